//! ICCs with their intervals, sorted: one line per feature, in one plot per family where features are many.

use maud::{Markup, html};

use super::{Data, Figure, Shown, verdict_legend, verdict_mark, words};
use crate::record::{IccBound, Stability};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, shorten, svg, width_of};
use crate::report::stability::look;
use crate::report::stability::view::{GroupView, IccShown};
use crate::report::wording::{count, fixed, typographic};
use crate::stability::assess::Assessed;

const WIDTH: i32 = 900;
const ROW: i32 = 18;
/// Up to so many features stand in one plot, whatever their family.
const MOST_IN_ONE: usize = 36;
/// Of a family, so many lines are drawn: the best and the worst half.
const MOST_OF_FAMILY: usize = 40;
/// Intervals that reach further down are cut, and end in an arrow.
const LOWEST: f64 = -0.4;
/// Longer names are cut.
const MOST_LETTERS: usize = 50;

type Line<'a> = (&'a Assessed, IccShown);

/// One plot.
struct Panel<'a> {
    title: Option<String>,
    lines: Vec<Line<'a>>,
    /// Lines that were left out before this one.
    gap: Option<(usize, usize)>,
}

/// The figure; a sentence where no feature has an ICC.
pub fn forest(view: &GroupView, threshold: f64, bound: IccBound) -> Markup {
    let sorted = view.by_icc();
    if sorted.is_empty() {
        return html! { p.note { "No feature has an ICC: there is nothing to put into a forest plot." } };
    }
    let panels = panels(view, &sorted);
    let without = view.found.len() - sorted.len();
    let left_out: usize = panels.iter().filter_map(|p| p.gap).map(|(_, n)| n).sum();
    let (best, worst) = (&sorted[0], &sorted[sorted.len() - 1]);
    let figure = match bound {
        IccBound::Lower => "the whole bar lies to the right of the line",
        IccBound::Point => "the mark lies to the right of the line",
    };
    Figure {
        title: format!("{} with 95 % intervals", view.form),
        alt: format!(
            "Forest plot of {}, from {} of {} down to {} of {}; threshold {}. The numbers are in the table below it.",
            count(sorted.len(), "ICC"),
            fixed(best.1.estimate, 2),
            look::feature(&best.0.key),
            fixed(worst.1.estimate, 2),
            look::feature(&worst.0.key),
            fixed(threshold, 2),
        ),
        drawings: panels.iter().map(|panel| draw(panel, &sorted, threshold)).collect(),
        caption: html! {
            "Marks are estimates, bars their 95 % intervals, the highest first. A feature is stable where " (figure)
            " (" (fixed(threshold, 2)) "). Long bars are the price of few subjects, not of a bad feature."
            @if sorted.iter().any(|(_, icc)| icc.interval.is_some_and(|(lower, _)| lower < LOWEST)) {
                " A bar that ends in an arrow reaches further down."
            }
            @if left_out > 0 {
                " Families of more than " (MOST_OF_FAMILY) " features show their best and their worst; "
                (count(left_out, "feature")) " stand in the table only."
            }
            @if without > 0 { " " (count(without, "feature")) " without an ICC " @if without == 1 { "is" } @else { "are" } " not drawn." }
        },
        data: data(view),
    }
    .render()
}

fn panels<'a>(view: &GroupView<'a>, sorted: &[Line<'a>]) -> Vec<Panel<'a>> {
    let families = view.families();
    if sorted.len() <= MOST_IN_ONE || families.len() == 1 {
        return vec![shortened(None, sorted.to_vec())];
    }
    families
        .into_iter()
        .map(|(family, _)| {
            let lines = sorted.iter().filter(|(found, _)| found.key.family == family).copied().collect();
            shortened(Some(look::family(family)), lines)
        })
        .filter(|panel| !panel.lines.is_empty())
        .collect()
}

/// The best and the worst of too many lines. A single family may fill the page.
fn shortened(title: Option<String>, mut lines: Vec<Line>) -> Panel {
    let most = if title.is_some() { MOST_OF_FAMILY } else { 2 * MOST_OF_FAMILY };
    let dropped = lines.len().saturating_sub(most);
    if dropped == 0 {
        return Panel { title, lines, gap: None };
    }
    lines.drain(most / 2..most / 2 + dropped);
    Panel { title, lines, gap: Some((most / 2, dropped)) }
}

fn draw(panel: &Panel, all: &[Line], threshold: f64) -> String {
    let least =
        all.iter().map(|(_, icc)| icc.interval.map_or(icc.estimate, |(lower, _)| lower.min(icc.estimate)));
    // All plots of a figure share one axis.
    let low = (least.fold(0.0_f64, f64::min) * 10.0).floor() / 10.0;
    let names: Vec<String> =
        all.iter().map(|(found, _)| shorten(&look::feature(&found.key), MOST_LETTERS)).collect();
    let left = (names.iter().map(|name| width_of(name, 13)).max().unwrap_or(0) + 14).clamp(90, 360);
    let top = if panel.title.is_some() { 50 } else { 30 };
    let rows = panel.lines.len() as i32 + i32::from(panel.gap.is_some());
    let bottom = top + ROW * rows + 4;
    let axis = Axis::new((low.max(LOWEST), 1.0), (left, WIDTH - 150));
    svg(WIDTH, bottom + 44, |canvas| {
        if let Some(title) = &panel.title {
            canvas.words(title, (4, 12), 15, look::INK, Anchor::Start);
        }
        let shown: Vec<Stability> = Stability::ALL
            .iter()
            .copied()
            .filter(|v| panel.lines.iter().any(|(f, _)| f.verdict == *v))
            .collect();
        verdict_legend(canvas, &shown, left, top - 18);
        grid(canvas, &axis, top, bottom, threshold);
        canvas.words("ICC", (i32::midpoint(left, WIDTH - 150), bottom + 34), 13, look::INK, Anchor::Middle);
        let mut row = 0;
        for (at, line) in panel.lines.iter().enumerate() {
            if let Some((_, dropped)) = panel.gap.filter(|(before, _)| *before == at) {
                let y = top + ROW * row + ROW / 2;
                let words = format!("\u{2026} {dropped} more in the table \u{2026}");
                canvas.words(&words, (left - 8, y), 13, look::GREY, Anchor::End);
                row += 1;
            }
            feature(canvas, line, &axis, left, top + ROW * row + ROW / 2);
            row += 1;
        }
    })
}

fn grid(canvas: &Canvas, axis: &Axis, top: i32, bottom: i32, threshold: f64) {
    for tick in axis.ticks(7) {
        let x = axis.at(tick);
        canvas.line(&[(x, top), (x, bottom)], look::LINE, 1);
        canvas.words(&typographic(&fixed(tick, 1)), (x, bottom + 13), 13, look::GREY, Anchor::Middle);
    }
    let x = axis.at(threshold);
    canvas.broken((x, top), (x, bottom), look::INK, 1);
    canvas.words(&format!("threshold {}", fixed(threshold, 2)), (x, top - 8), 12, look::INK, Anchor::Middle);
}

fn feature(canvas: &Canvas, (found, icc): &Line, axis: &Axis, left: i32, y: i32) {
    let (mark, colour) = verdict_mark(found.verdict);
    canvas.words(
        &shorten(&look::feature(&found.key), MOST_LETTERS),
        (left - 8, y),
        13,
        look::INK,
        Anchor::End,
    );
    if let Some((lower, upper)) = icc.interval {
        canvas.line(&[(axis.at(lower), y), (axis.at(upper), y)], colour, 2);
        if lower < LOWEST {
            let x = axis.at(lower);
            canvas.line(&[(x + 6, y - 4), (x, y), (x + 6, y + 4)], colour, 2);
        }
    }
    canvas.mark(mark, (axis.at(icc.estimate), y), 4, colour);
    canvas.words(&typographic(&told(icc)), (WIDTH - 140, y), 12, look::GREY, Anchor::Start);
}

fn told(icc: &IccShown) -> String {
    let estimate = fixed(icc.estimate, 2);
    icc.interval.map_or_else(
        || estimate.clone(),
        |(lower, upper)| format!("{estimate} ({} to {})", fixed(lower, 2), fixed(upper, 2)),
    )
}

fn data(view: &GroupView) -> Data {
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| typographic(&fixed(v, 3)));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for found in &view.found {
        let icc = view.icc(found);
        let bounds = icc.and_then(|icc| icc.interval);
        let (of_point, of_bound) = view.classes(found);
        rows.push(vec![
            look::feature(&found.key),
            found.key.feature.clone(),
            found.n.to_string(),
            number(icc.map(|icc| icc.estimate)),
            number(bounds.map(|b| b.0)),
            number(bounds.map(|b| b.1)),
            of_point.map_or_else(String::new, |c| c.to_string()),
            of_bound.map_or_else(String::new, |c| c.to_string()),
            found.verdict.to_string(),
            found.agreement.as_ref().err().map_or_else(String::new, |reason| reason.sentence().to_owned()),
        ]);
    }
    let head = [
        "Feature",
        "Tag",
        "n",
        "ICC",
        "Lower",
        "Upper",
        "Class of ICC",
        "Class of lower",
        "Verdict",
        "Why none",
    ];
    Data { head: words(head), rows, file: "stability.csv", shown: Shown::Folded }
}
