//! Headline deltas on the scale of their noise limit: 0 in the middle, -1 and +1 the limit.

use maud::{Markup, PreEscaped, html};
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingAreaErrorKind, RGBColor, ShapeStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, TextStyle};

use super::figure;
use crate::delta::summary::in_noise_limits;
use crate::record::{DeltaRow, NoiseScale, NoiseSource, Verdict};
use crate::report::headline::verdict_once_accepted;
use crate::report::wording::{
    count, feature_name, fixed, is_beyond, is_judged, number, region, signed, typographic, unit,
};

/// Deltas beyond this many limits are drawn at the border, with their number.
const FURTHEST: f64 = 3.5;

const INK: RGBColor = RGBColor(31, 41, 51);
const GREY: RGBColor = RGBColor(110, 118, 128);
const BAND: RGBColor = RGBColor(226, 232, 238);
const BEYOND: RGBColor = RGBColor(213, 94, 0);
const WITHIN: RGBColor = RGBColor(0, 114, 178);

/// One dot.
struct Dot {
    label: String,
    place: f64,
    kind: Kind,
    waits: bool,
}

/// What a mark says; each has its shape and colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Beyond the limit: a diamond.
    Beyond,
    /// Within it: a circle.
    Within,
    /// Of a feature that is too noisy to be judged: a cross, wherever it lies.
    Unjudged,
}

impl Kind {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            _ if is_beyond(verdict) => Self::Beyond,
            _ if is_judged(verdict) => Self::Within,
            _ => Self::Unjudged,
        }
    }

    fn colour(self) -> RGBColor {
        match self {
            Self::Beyond => BEYOND,
            Self::Within => WITHIN,
            Self::Unjudged => GREY,
        }
    }
}

/// Where things stand in a drawing of one width.
struct Layout {
    width: i32,
    /// Most that labels may take; 0 puts them above the line.
    label_width: i32,
    row_height: i32,
    font: i32,
}

impl Layout {
    /// The same layout with no more room for labels than they need.
    fn fit(&self, dots: &[&Dot]) -> Self {
        let longest = dots.iter().map(|d| d.label.chars().count()).max().unwrap_or(0);
        // Letters of a sans-serif face are on average a little over half as wide as high.
        let needed = (longest as f64 * 0.56 * f64::from(self.font)) as i32 + 12;
        Self { label_width: needed.clamp(80, self.label_width), ..*self }
    }
}

/// For desks and paper: label beside the line.
const WIDE: Layout = Layout { width: 900, label_width: 330, row_height: 26, font: 14 };
/// For telephones: label above the line.
const NARROW: Layout = Layout { width: 370, label_width: 0, row_height: 44, font: 13 };

/// The figure; nothing where no row has a noise limit.
///
/// `intensity` is the unit of intensities as they were measured.
pub fn delta_dots(rows: &[&DeltaRow], intensity: &str) -> Markup {
    let dots: Vec<(Dot, &DeltaRow)> = rows.iter().filter_map(|r| Some((dot(r)?, *r))).collect();
    if dots.is_empty() {
        return html! {};
    }
    let drawn: Vec<&Dot> = dots.iter().map(|(d, _)| d).collect();
    let waits = drawn.iter().any(|d| d.waits);
    let beyond = drawn.iter().filter(|d| d.kind == Kind::Beyond).count();
    let unjudged = drawn.iter().any(|d| d.kind == Kind::Unjudged);
    let in_silico = rows.iter().any(|row| row.noise_source == Some(NoiseSource::InSilico));
    let limit = if in_silico { "noise limit (in silico)" } else { "noise limit" };
    let alt = format!(
        "Dot plot of {} on the scale of the {limit}; {beyond} beyond it. The numbers are in the table below it.",
        count(drawn.len(), "delta")
    );
    let body = html! {
        div role="img" aria-label=(alt) {
            @for (class, layout) in [("wide", &WIDE.fit(&drawn)), ("narrow", &NARROW)] {
                div.plot.(class) aria-hidden="true" { (PreEscaped(draw(&drawn, layout))) }
            }
        }
        (numbers(&dots, intensity))
    };
    let caption = html! {
        "Each dot is one delta divided by its noise limit: between the lines at \u{2212}1 and +1 "
        @if in_silico {
            "perturbed copies of the two scans could differ as much (a band in silico: two scans of an unchanged \
             patient differ by more)"
        } @else {
            "two scans of an unchanged patient could differ as much"
        }
        ". Look for diamonds outside the grey band; to the right the value rose, \
         to the left it fell."
        @if unjudged { " Grey crosses belong to features too noisy to be judged, however far they lie." }
        @if waits {
            " Hollow marks wait for their contour to be confirmed: they show what the verdict would rest on."
        }
    };
    figure(&format!("Headline deltas (n = {})", drawn.len()), &body, &caption)
}

fn dot(row: &DeltaRow) -> Option<Dot> {
    let verdict = verdict_once_accepted(row);
    Some(Dot {
        label: format!("{} \u{b7} {}", region(&row.roi), feature_name(&row.key)),
        place: in_noise_limits(row)?,
        kind: Kind::of(verdict),
        waits: verdict != row.verdict,
    })
}

fn numbers(dots: &[(Dot, &DeltaRow)], intensity: &str) -> Markup {
    html! {
           details {
               summary { "The numbers behind it" }
               div.scroll tabindex="0" role="region" aria-label="Headline deltas" {
                   table.plain {
                       thead { tr {
                           th { "Region and feature" } th.n { "Delta" } th { "Scale" } th.n { "Noise limit" }
    th.n { "Delta / limit" }
                       } }
                       tbody {
                           @for (dot, row) in dots {
                               @let (delta, scale) = match row.noise_scale {
                                   Some(NoiseScale::Log) => (row.log_ratio.value(), "log ratio".to_owned()),
                                   _ => (
                                       row.absolute.value(),
                                       format!("difference {}", unit(&row.key.feature, intensity)),
                                   ),
                               };
                               tr {
                                   td { (dot.label) }
                                   td.n { (delta.map_or_else(String::new, |d| typographic(&signed(d)))) }
                                   td { (scale) }
                                   td.n { (row.noise_limit.map_or_else(String::new, number)) }
                                   td.n { (typographic(&signed(dot.place))) }
                               }
                           }
                       }
                   }
               }
           }
       }
}

fn draw(dots: &[&Dot], layout: &Layout) -> String {
    let height = 30 + layout.row_height * dots.len() as i32 + 48;
    let mut svg = String::new();
    {
        let area =
            SVGBackend::with_string(&mut svg, (layout.width as u32, height as u32)).into_drawing_area();
        // Drawing into a string cannot fail.
        let _ = paint(&area, dots, layout, height).and_then(|()| area.present());
    }
    svg
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Painted<'a> =
    Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as plotters::backend::DrawingBackend>::ErrorType>>;

fn text(layout: &Layout, colour: RGBColor, h: HPos) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", layout.font).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(h, VPos::Center),
    }
}

fn paint<'a>(area: &Area<'a>, dots: &[&Dot], layout: &Layout, height: i32) -> Painted<'a> {
    // Room for the numbers of what lies beyond the border.
    let (left, right) = (layout.label_width + 52, layout.width - 52);
    let middle = f64::midpoint(f64::from(left), f64::from(right));
    let per_limit = f64::from(right - left) / 2.0 / FURTHEST;
    let x = |place: f64| (middle + place.clamp(-FURTHEST, FURTHEST) * per_limit).round() as i32;
    let (top, bottom) = (28, height - 44);
    area.draw(&Rectangle::new([(x(-1.0), top), (x(1.0), bottom)], BAND.filled()))?;
    for tick in -3_i32..=3 {
        let at = x(f64::from(tick));
        let colour = if tick.abs() <= 1 { GREY } else { BAND };
        area.draw(&PathElement::new(vec![(at, top), (at, bottom)], colour.stroke_width(1)))?;
        let label = if tick > 0 { format!("+{tick}") } else { typographic(&tick.to_string()) };
        area.draw(&Text::new(label, (at, bottom + 12), text(layout, GREY, HPos::Center)))?;
    }
    area.draw(&Text::new(
        "delta / noise limit",
        (middle.round() as i32, bottom + 32),
        text(layout, INK, HPos::Center),
    ))?;
    for (place, word) in [(-2.25, "fell"), (0.0, "within noise"), (2.25, "rose")] {
        area.draw(&Text::new(word, (x(place), 14), text(layout, GREY, HPos::Center)))?;
    }
    for (n, dot) in dots.iter().enumerate() {
        let row_top = top + layout.row_height * n as i32;
        paint_dot(area, dot, layout, row_top, &x)?;
    }
    Ok(())
}

fn paint_dot<'a>(
    area: &Area<'a>,
    dot: &Dot,
    layout: &Layout,
    row_top: i32,
    x: &dyn Fn(f64) -> i32,
) -> Painted<'a> {
    let beside = layout.label_width > 0;
    let y = if beside { row_top + layout.row_height / 2 } else { row_top + 32 };
    let most = if beside { 44 } else { 46 };
    let label = shorten(&dot.label, most);
    let (label_x, label_y, anchor) =
        if beside { (layout.label_width, y, HPos::Right) } else { (6, row_top + 14, HPos::Left) };
    area.draw(&Text::new(label, (label_x, label_y), text(layout, INK, anchor)))?;
    let colour = dot.kind.colour();
    let at = x(dot.place);
    area.draw(&PathElement::new(vec![(x(0.0), y), (at, y)], colour.mix(0.55).stroke_width(2)))?;
    let fill: ShapeStyle = if dot.waits { RGBColor(255, 255, 255).filled() } else { colour.filled() };
    match dot.kind {
        Kind::Beyond => {
            let mut shape = vec![(at - 7, y), (at, y - 7), (at + 7, y), (at, y + 7)];
            area.draw(&Polygon::new(shape.clone(), fill))?;
            shape.push(shape[0]);
            area.draw(&PathElement::new(shape, colour.stroke_width(2)))?;
        }
        Kind::Within => {
            area.draw(&Circle::new((at, y), 5, fill))?;
            area.draw(&Circle::new((at, y), 5, colour.stroke_width(2)))?;
        }
        Kind::Unjudged => {
            for arm in [[(at - 5, y - 5), (at + 5, y + 5)], [(at - 5, y + 5), (at + 5, y - 5)]] {
                area.draw(&PathElement::new(arm.to_vec(), colour.stroke_width(2)))?;
            }
        }
    }
    if dot.place.abs() > FURTHEST {
        let (number_x, anchor) = if dot.place > 0.0 { (at + 12, HPos::Left) } else { (at - 12, HPos::Right) };
        let words = typographic(&fixed(dot.place, 1));
        let words = if dot.place > 0.0 { format!("+{words}") } else { words };
        area.draw(&Text::new(words, (number_x, y), text(layout, colour, anchor)))?;
    }
    Ok(())
}

/// The text cut to `most` letters.
fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}\u{2026}", kept.trim_end())
}
