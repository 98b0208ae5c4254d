//! One plot per QA figure: a mark per alignment, a row per site, each a link to the patient's report.

use maud::{Markup, html};

use crate::record::QaVerdict;
use crate::report::axis::Axis;
use crate::report::cohort::look;
use crate::report::cohort::measures::Measure;
use crate::report::cohort::study::{Ranked, Study};
use crate::report::figure::{Data, Figure, Shown};
use crate::report::wording::{number, typographic};

const WIDTH: i32 = 460;
const TOP: i32 = 8;
const RIGHT: i32 = 14;
/// Marks nearer than this would hide each other.
const CLEAR: i32 = 10;
/// Marks are stacked to so many above and below the middle of a row.
const MOST_STACKED: i32 = 5;
/// So many alignments, the worst, are marks with a link; the others strokes.
const MOST_MARKS: usize = 400;
/// So many sites have a row of their own; smaller ones share the last.
const MOST_SITES: usize = 8;

/// A mark: an alignment, its place along the axis, and how far it is moved up or down.
type Mark<'a> = (&'a Ranked<'a>, i32, i32);

/// A row of the plots.
struct Row<'a> {
    name: String,
    ranked: Vec<&'a Ranked<'a>>,
}

/// The section.
pub fn strips(study: &Study) -> Markup {
    if study.ranked.is_empty() {
        return html! {};
    }
    let rows = rows(&study.ranked);
    html! {
        section id="strips" {
            h2 { "Figure by figure" }
            p {
                "A mark is an alignment"
                @if rows.len() > 1 { ", a row a site" }
                "; point at it for the patient, follow it to the patient's report. A site that lies apart from the \
                 others scans or draws differently."
                @if study.ranked.len() > MOST_MARKS {
                    " The worst " (MOST_MARKS) " alignments are marks, the others strokes."
                }
            }
            p.legend {
                @for verdict in [QaVerdict::Fail, QaVerdict::Review, QaVerdict::Pass] { (look::badge(verdict)) }
            }
            div.panels {
                @for measure in Measure::ALL { (strip(measure, &rows)) }
            }
        }
    }
}

fn rows<'a>(ranked: &'a [Ranked<'a>]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row> = Vec::new();
    for one in ranked {
        let name = one.pair.row.site.clone().unwrap_or_default();
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.ranked.push(one),
            None => rows.push(Row { name, ranked: vec![one] }),
        }
    }
    rows.sort_by(|a, b| b.ranked.len().cmp(&a.ranked.len()).then_with(|| a.name.cmp(&b.name)));
    if rows.len() > MOST_SITES {
        let rest: Vec<&Ranked> = rows.drain(MOST_SITES - 1..).flat_map(|row| row.ranked).collect();
        rows.push(Row { name: "other sites".into(), ranked: rest });
    } else {
        rows.sort_by(|a, b| a.name.cmp(&b.name));
    }
    if rows.len() > 1 {
        for row in rows.iter_mut().filter(|row| row.name.is_empty()) {
            row.name = "no site given".into();
        }
    }
    rows
}

fn strip(measure: Measure, rows: &[Row]) -> Markup {
    let mut values: Vec<f64> =
        rows.iter().flat_map(|row| &row.ranked).filter_map(|r| measure.value(r.qa)).collect();
    values.sort_by(f64::total_cmp);
    let title = format!("{} (n = {})", measure.title(), values.len());
    let (Some(low), Some(high)) = (values.first(), values.last()) else {
        return html! {
            figure { p.title { (title) } p.note { "Not known of any alignment of this study." } }
        };
    };
    let scale = Scale::new(measure, (*low, *high), left(rows));
    Figure {
        title,
        alt: format!(
            "Strip plot: {}, {}. From {} to {}, median {}. The numbers are in the table below it.",
            measure.title(),
            measure.axis(),
            number(*low),
            number(*high),
            number(median(&values)),
        ),
        drawings: vec![draw(measure, rows, &scale)],
        caption: html! { (measure.caption()) },
        data: Data {
            head: ["Site", "n", "lowest", "quarter", "median", "three quarters", "highest"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.iter().map(|row| five_numbers(measure, row)).collect(),
            file: "qa.csv",
            shown: Shown::Folded,
        },
    }
    .render_linked()
}

fn five_numbers(measure: Measure, row: &Row) -> Vec<String> {
    let mut values: Vec<f64> = row.ranked.iter().filter_map(|r| measure.value(r.qa)).collect();
    values.sort_by(f64::total_cmp);
    let name = if row.name.is_empty() { "all".to_owned() } else { row.name.clone() };
    let at = |share: f64| {
        let place = (share * (values.len().max(1) - 1) as f64).round() as usize;
        values.get(place).map_or_else(String::new, |v| typographic(&number(*v)))
    };
    [name, values.len().to_string()].into_iter().chain([0.0, 0.25, 0.5, 0.75, 1.0].map(at)).collect()
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// Room for the names of sites.
fn left(rows: &[Row]) -> i32 {
    let longest = rows.iter().map(|row| short(&row.name).chars().count()).max().unwrap_or(0) as i32;
    if longest == 0 { RIGHT } else { 14 + 7 * longest }
}

fn short(name: &str) -> String {
    const MOST: usize = 14;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    name.chars().take(MOST - 1).chain(['\u{2026}']).collect()
}

/// The axis: changes of volume are ratios, and lie on a logarithmic one.
struct Scale {
    axis: Axis,
    ticks: Vec<f64>,
    is_ratio: bool,
}

impl Scale {
    fn new(measure: Measure, (low, high): (f64, f64), left: i32) -> Self {
        let pixels = (left, WIDTH - RIGHT);
        if measure == Measure::Jacobian {
            let top = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
            let high = top.into_iter().find(|t| *t >= high).unwrap_or(100.0);
            let ticks = [1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0]
                .into_iter()
                .filter(|t| *t <= high && (high <= 5.0 || *t != 1.25 && *t != 1.5))
                .collect();
            return Self { axis: Axis::new((0.0, high.ln()), pixels), ticks, is_ratio: true };
        }
        // Zero belongs to distances and folds, and to similarity it is chance.
        let ends = match measure {
            Measure::Overlap | Measure::Dice => (low, high),
            _ => (low.min(0.0), high.max(measure.least_reach())),
        };
        // Room at both ends, so that marks at the border are whole and ticks enclose them.
        let ends = if ends.0 < ends.1 { ends } else { (ends.0 - 0.5, ends.1 + 0.5) };
        let room = 0.03 * (ends.1 - ends.0);
        let axis = Axis::new((ends.0 - room, ends.1 + room), pixels);
        Self { ticks: axis.ticks(5), axis, is_ratio: false }
    }

    fn at(&self, value: f64) -> i32 {
        self.axis.at(if self.is_ratio { value.max(1.0).ln() } else { value })
    }
}

/// Marks of a row, moved up and down so that none hides another.
fn placed<'a>(measure: Measure, row: &Row<'a>, scale: &Scale) -> Vec<Mark<'a>> {
    let mut taken: Vec<(i32, i32)> = Vec::new();
    let mut placed = Vec::new();
    for ranked in row.ranked.iter().filter(|r| r.rank <= MOST_MARKS) {
        let Some(value) = measure.value(ranked.qa) else { continue };
        let x = scale.at(value);
        let is_free =
            |dy: i32| !taken.iter().any(|(tx, ty)| (tx - x).abs() < CLEAR && (ty - dy).abs() < CLEAR);
        let steps = (0..=MOST_STACKED).flat_map(|step| [step * CLEAR, -step * CLEAR]);
        // Where there is no room left, the last place is shared.
        let dy = steps.into_iter().find(|dy| is_free(*dy)).unwrap_or(-MOST_STACKED * CLEAR);
        taken.push((x, dy));
        placed.push((*ranked, x, dy));
    }
    placed
}

fn draw(measure: Measure, rows: &[Row], scale: &Scale) -> String {
    let rows: Vec<(&Row, Vec<Mark>)> = rows.iter().map(|row| (row, placed(measure, row, scale))).collect();
    let half = |marks: &[Mark]| 8 + marks.iter().map(|(_, _, dy)| dy.abs()).max().unwrap_or(0).max(6);
    let bottom = TOP + rows.iter().map(|(_, marks)| 2 * half(marks)).sum::<i32>();
    let first = rows.iter().map(|(row, _)| short(&row.name)).any(|name| !name.is_empty());
    let above = |at: usize| TOP + rows[..at].iter().map(|(_, marks)| 2 * half(marks)).sum::<i32>();
    let drawing = html! {
        svg.strip xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {}", bottom + 44)) {
            @for tick in &scale.ticks {
                @let x = scale.at(*tick);
                path.tick d=(format!("M{x} {TOP}V{bottom}")) {}
                text.number x=(x) y=(bottom + 16) text-anchor="middle" { (typographic(&number(*tick))) }
            }
            @for (at, (row, marks)) in rows.iter().enumerate() {
                @let middle = above(at) + half(marks);
                @if first { text x="0" y=(middle + 4) { (short(&row.name)) } }
                (strokes(measure, row, scale, middle))
                // The worst last, so that nothing lies on it.
                @for (ranked, x, dy) in marks.iter().rev() { (link(measure, ranked, (*x, middle + dy))) }
                path.base d=(format!("M0 {}H{WIDTH}", above(at + 1))) {}
            }
            text.unit x=(WIDTH - RIGHT) y=(bottom + 36) text-anchor="end" { (measure.axis()) }
        }
    };
    drawing.into_string()
}

fn link(measure: Measure, ranked: &Ranked, at: (i32, i32)) -> Markup {
    let row = &ranked.pair.row;
    html! {
        a href=(look::page_of(&row.key)) {
            title {
                (row.subject) ", " (look::visits(row)) ": " (typographic(&measure.words(ranked.qa))) ", "
                (ranked.qa.verdict.word())
            }
            (look::mark(ranked.qa.verdict, at))
        }
    }
}

fn strokes(measure: Measure, row: &Row, scale: &Scale, middle: i32) -> Markup {
    let path: Vec<String> = row
        .ranked
        .iter()
        .filter(|r| r.rank > MOST_MARKS)
        .filter_map(|r| measure.value(r.qa))
        .map(|value| format!("M{} {}v8", scale.at(value), middle - 4))
        .collect();
    html! { @if !path.is_empty() { path.strokes d=(path.concat()) {} } }
}
