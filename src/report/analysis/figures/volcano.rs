//! Features one by one: effect against its p-value, with the line of the false discovery rate.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, line_legend, look, mark_legend};
use crate::record::analysis::{Interval, UnivariateRow};
use crate::report::analysis::chart::{Chart, range};
use crate::report::analysis::view::{View, block_name};
use crate::report::analysis::words::{maybe_interval, maybe_p};
use crate::report::canvas::{Mark, Stroke, svg};
use crate::report::numbers::{capital, count};

const SIZE: (i32, i32) = (560, 400);
const FRAME: [i32; 4] = [48, 58, 544, 348];
/// Features below this rate of false discoveries count as found.
pub const RATE: f64 = 0.05;
/// p-values below this are drawn there.
const LEAST: f64 = 1e-12;
/// So many rows stand behind the figure; all stand in the table of features.
const MOST_ROWS: usize = 40;

/// The effect of a feature that is on the axis: the AUC, or the log hazard ratio.
fn interval(view: &View, row: &UnivariateRow) -> Option<Interval> {
    if view.is_response() { row.discrimination } else { row.log_hazard_ratio }
}

/// Tests of a block: rows with a p.
pub fn tests(rows: &[&UnivariateRow]) -> usize {
    rows.iter().filter(|row| row.p.is_some()).count()
}

/// Rows below the rate of false discoveries.
pub fn found(rows: &[&UnivariateRow]) -> usize {
    rows.iter().filter(|row| row.q.is_some_and(|q| q < RATE)).count()
}

/// The figure of one block; nothing where it has no test.
pub fn volcano(view: &View, block: &str) -> Markup {
    let rows = view.block(block);
    let (m, found) = (tests(&rows), found(&rows));
    if m == 0 {
        return html! {};
    }
    let measured = if view.is_response() { "AUC" } else { "log hazard ratio per SD" };
    let effect_head =
        if view.is_response() { "AUC (95 % interval)" } else { "Log hazard ratio per SD (95 % interval)" };
    let first = rows.iter().find(|row| row.p.is_some() && interval(view, row).is_some());
    let name = capital(block_name(block));
    Figure {
        title: format!("{name}, one by one ({})", view.n()),
        alt: format!(
            "Volcano plot of {m} {}: {measured} against the p-value on a logarithmic scale; {found} beyond a false \
             discovery rate of 5 %.",
            block_name(block)
        ),
        drawings: vec![draw(view, &rows, m)],
        caption: html! {
            (count(m, "test")) ", " (found) " beyond a false discovery rate of 5 % (Benjamini-Hochberg)"
            @if let Some(row) = first {
                "; the smallest p is that of " (look::feature(&row.feature)) " (" (measured) " " (maybe_interval(interval(view, row), 2)) ", p " (maybe_p(row.p)) ", q " (maybe_p(row.q)) ")"
            }
            ". Look above the broken line; without a point there, the best of " (m) " is what chance alone brings."
        },
        data: Data {
            head: heads(["Feature", effect_head, "p", "q"]),
            rows: rows
                .iter()
                .filter(|row| row.p.is_some() && interval(view, row).is_some())
                .take(MOST_ROWS)
                .map(|row| {
                    vec![row.feature.clone(), maybe_interval(interval(view, row), 3), maybe_p(row.p), maybe_p(row.q)]
                })
                .collect(),
            file: "univariate.csv",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

fn draw(view: &View, rows: &[&UnivariateRow], m: usize) -> String {
    let height = |p: f64| -p.clamp(LEAST, 1.0).log10();
    let points: Vec<(f64, f64, bool)> = rows
        .iter()
        .filter_map(|row| {
            Some((interval(view, row)?.estimate, height(row.p?), row.q.is_some_and(|q| q < RATE)))
        })
        .filter(|(x, y, _)| x.is_finite() && y.is_finite())
        .collect();
    // Where q is 5 %: the largest p that is found, or what the smallest would have to be.
    let limit = rows
        .iter()
        .filter(|row| row.q.is_some_and(|q| q < RATE))
        .filter_map(|row| row.p)
        .fold(RATE / m as f64, f64::max);
    let neutral = if view.is_response() { 0.5 } else { 0.0 };
    let far = points.iter().map(|(x, ..)| (x - neutral).abs()).fold(0.1_f64, f64::max) * 1.06;
    let top = range(points.iter().map(|(_, y, _)| *y)).map_or(1.0, |(_, high)| high);
    let chart = Chart::new((neutral - far, neutral + far), (0.0, top.max(1.12 * height(limit))), FRAME);
    let across = if view.is_response() {
        "AUC (above 0.5: larger in responders)"
    } else {
        "Log hazard ratio per SD (above 0: larger with earlier events)"
    };
    svg(SIZE.0, SIZE.1, |canvas| {
        chart.axes(canvas, (across, "\u{2212}log10 p"), (6, 6));
        let x = chart.x.at(neutral);
        canvas.line(&[(x, FRAME[1]), (x, FRAME[3])], look::GREY, 1);
        let y = chart.y.at(height(limit));
        canvas.broken((FRAME[0], y), (FRAME[2], y), look::INK, 1);
        for (x, y, is_found) in points.iter().rev() {
            let (mark, colour, radius) =
                if *is_found { (Mark::Diamond, look::VERMILION, 4) } else { (Mark::Circle, look::BLUE, 2) };
            canvas.mark(mark, chart.at((*x, *y)), radius, colour);
        }
        let end = mark_legend(
            canvas,
            &[
                (Mark::Circle, look::BLUE, "not beyond".into()),
                (Mark::Diamond, look::VERMILION, "beyond the false discovery rate".into()),
            ],
            (4, 14),
        );
        // Not at the line: with many findings, points lie all along it.
        line_legend(canvas, &[(Stroke::Broken, look::INK, format!("q = 0.05 of {m} tests"))], (end, 14));
    })
}
