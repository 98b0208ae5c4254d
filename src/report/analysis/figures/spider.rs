//! Each unit's size over its visits.

use maud::{Markup, html};

use super::waterfall::{self, name, outcome};
use super::{Data, Figure, Shown, heads, line_legend, look, outcomes};
use crate::record::analysis::{Course, CourseVisit};
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, short};
use crate::report::canvas::{Anchor, svg};
use crate::report::numbers::count;

const WIDTH: i32 = 900;
const FRAME: [i32; 4] = [56, 58, 826, 360];
const HIGHEST: f64 = 200.0;

/// The size that is drawn.
type Size = fn(&CourseVisit) -> Option<f64>;

/// Days and changes of a unit; without a number left out.
fn points(course: &Course, size: Size) -> Vec<(f64, f64)> {
    let known = course.visits.iter().filter_map(|v| Some((v.day?, size(v)?)));
    known.filter(|(d, v)| d.is_finite() && v.is_finite()).collect()
}

/// The figure; a sentence where no unit has two visits with day and size.
pub fn spider(view: &View) -> Markup {
    let by_diameter: Size = |v| v.diameter_percent;
    let by_volume: Size = |v| v.volume_percent;
    let lines_by = |size: Size| -> Vec<(&Course, Vec<(f64, f64)>)> {
        let lines = view.analysis.courses.iter().map(|c| (c, points(c, size)));
        lines.filter(|(_, p)| p.len() > 1).collect()
    };
    let diameters = lines_by(by_diameter);
    let (lines, what, limits): (_, _, &[f64]) = if diameters.is_empty() {
        (lines_by(by_volume), "volume", &[])
    } else {
        (diameters, "longest diameter", &[20.0, -30.0])
    };
    if lines.is_empty() {
        return html! { p.note { "No spider plot: no unit has a size at two visits whose days are known." } };
    }
    let events = lines.iter().filter(|(c, _)| c.outcome == Some(true)).count();
    let last = lines.iter().flat_map(|(_, p)| p).map(|p| p.0).fold(1.0_f64, f64::max);
    let all = || lines.iter().flat_map(|(_, p)| p).map(|p| p.1);
    let high = all().fold(30.0_f64, f64::max).min(HIGHEST);
    let low = all().fold(-40.0_f64, f64::min);
    let chart = Chart::new((0.0, last), (low, high), FRAME);
    let [left, _, right, _] = FRAME;
    let there: Vec<Option<bool>> = lines.iter().map(|(c, _)| c.outcome).collect();
    let drawing = svg(WIDTH, FRAME[3] + 44, |canvas| {
        let up = format!("Change of the {what} from baseline (%)");
        chart.axes(canvas, ("Days from baseline", &up), (8, 7));
        for limit in limits {
            let y = chart.y.at(*limit);
            canvas.broken((left, y), (right, y), look::INK, 1);
            canvas.words(
                if *limit > 0.0 { "+20 %" } else { "\u{2212}30 %" },
                (right + 6, y),
                13,
                look::INK,
                Anchor::Start,
            );
        }
        for (course, points) in &lines {
            let (stroke, colour) = look::outcome_line(course.outcome);
            canvas.stroke(&chart.places(points.iter().copied()), colour, 1, stroke);
            if let Some(last) = points.last() {
                let (mark, _) = look::outcome(course.outcome);
                canvas.mark(mark, chart.at(*last), 2, colour);
            }
        }
        let legend: Vec<_> = outcomes(waterfall::outcomes(view), &there)
            .into_iter()
            .map(|(of, word)| {
                let (stroke, colour) = look::outcome_line(of);
                (stroke, colour, word)
            })
            .collect();
        line_legend(canvas, &legend, (left, 14));
    });
    Figure {
        title: format!("Change of the {what} over time ({})", view.n_of(lines.len(), events)),
        alt: format!(
            "Spider plot: one line for each of {}, the change of the {what} from baseline over days.",
            count(lines.len(), view.unit())
        ),
        drawings: vec![drawing],
        caption: html! {
            "One line per " (view.unit()) ", from baseline on"
            @if high >= HIGHEST { "; growth beyond +200 % is drawn at the upper border" }
            ". Look for lines that turn upwards after a first shrinking."
        },
        data: Data {
            head: heads(["Unit", "Outcome", "Day: change (%)"]),
            rows: lines
                .iter()
                .map(|(course, points)| {
                    let told: Vec<String> =
                        points.iter().map(|(d, v)| format!("{}: {}", short(*d), short(*v))).collect();
                    let told = if told.is_empty() { NONE.to_owned() } else { told.join("; ") };
                    vec![name(course), outcome(view, course), told]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}
