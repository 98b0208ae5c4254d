//! The frozen model as lines to read off.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::{FrozenModel, Nomogram};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, lines, short};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, fitted, svg, width_of};
use crate::report::numbers::{count, sentence};

const WIDTH: i32 = 900;
const LEFT: i32 = 300;
/// Half a word of the last tick lies beyond it.
const RIGHT: i32 = 866;
const ROW: i32 = 40;
/// Letters of a name of several words in a line.
const MOST_LETTERS: usize = 30;
/// With more terms nobody reads a nomogram.
const MOST: usize = 16;

/// The figure; a sentence where the model has no terms or too many.
pub fn nomogram(view: &View, frozen: &FrozenModel, of: &Nomogram) -> Markup {
    let n = of.axes.len();
    if n == 0 || of.total.len() < 2 {
        return html! { p.note { "No nomogram: the model on all units has no term." } };
    }
    if n > MOST {
        return html! {
            p.note { "No nomogram: the model on all units has " (n) " terms, too many to read off by hand. They stand in " code { "model.json" } "." }
        };
    }
    let (units, _, events) = frozen.fitted_to;
    Figure {
        title: format!("Nomogram of the frozen model ({})", view.n_of(units, events)),
        alt: format!(
            "Nomogram of {}: points of each value, and the {} that their sum predicts. The ends of each line are in the table below it.",
            count(n, "term"),
            of.predicts
        ),
        drawings: vec![draw(of)],
        caption: html! {
            "For each feature go from the value straight up to the points, add the points, and read at the bottom: "
            (sentence(&of.predicts)) " Look at the length of a line: it is the weight of the feature. For research only: the \
             model was fitted to all units, and how it does on others is said by the figures above, not by this one."
        },
        data: data(of),
    }
    .render()
}

/// The two ends of each feature's line, between which points rise evenly, and the ticks of the total, two to a row: all
/// ticks of a line in one row would run beyond the edge of paper.
fn data(of: &Nomogram) -> Data {
    let mut rows = Vec::new();
    for axis in &of.axes {
        if let (Some(first), Some(last)) = (axis.ticks.first(), axis.ticks.last()) {
            let end = |(value, points): (f64, f64)| [short(tidy(value, &axis.ticks)), decimals(points, 1)];
            rows.push(row(&axis.feature, [*first, *last].map(end).concat()));
        }
    }
    for pair in of.total.chunks(2) {
        let ticks = pair.iter().flat_map(|(points, value)| [chance(*value), decimals(*points, 1)]).collect();
        rows.push(row(&format!("Total: {}", of.predicts), ticks));
    }
    Data {
        head: heads(["Line", "Value", "Points", "Value", "Points"]),
        rows,
        file: "model.json",
        shown: Shown::Folded,
    }
}

/// A row of the table; where the total ends with one tick, the cells of the second are empty.
fn row(name: &str, mut cells: Vec<String>) -> Vec<String> {
    cells.insert(0, name.to_owned());
    cells.resize(5, String::new());
    cells
}

fn draw(of: &Nomogram) -> String {
    let points = || of.axes.iter().flat_map(|a| &a.ticks).map(|t| t.1).filter(|p| p.is_finite());
    let top = points().fold(1.0_f64, f64::max);
    let scale = Axis::new((points().fold(0.0_f64, f64::min), top), (LEFT, RIGHT));
    let totals = || of.total.iter().map(|t| t.0).filter(|p| p.is_finite());
    let total = Axis::new(
        (totals().fold(f64::INFINITY, f64::min), totals().fold(f64::NEG_INFINITY, f64::max)),
        (LEFT, RIGHT),
    );
    let rows = of.axes.len() as i32 + 3;
    let y = |row: i32| 22 + ROW * row;
    svg(WIDTH, y(rows - 1) + 26, |canvas| {
        let ticks: Vec<(i32, String)> =
            scale.ticks(10).into_iter().map(|t| (scale.at(t), short(t))).collect();
        line(canvas, "Points", &ticks, y(0));
        for (at, axis) in of.axes.iter().enumerate() {
            let mut ticks: Vec<(i32, String)> = axis
                .ticks
                .iter()
                .filter(|t| t.0.is_finite() && t.1.is_finite())
                .map(|(value, points)| (scale.at(*points), short(tidy(*value, &axis.ticks))))
                .collect();
            ticks.sort_by_key(|t| t.0);
            line(canvas, &axis.feature, &ticks, y(at as i32 + 1));
        }
        let ticks: Vec<(i32, String)> =
            total.ticks(10).into_iter().map(|t| (total.at(t), short(t))).collect();
        line(canvas, "Total points", &ticks, y(rows - 2));
        let mut ticks: Vec<(i32, String)> = of
            .total
            .iter()
            .filter(|t| t.0.is_finite() && t.1.is_finite())
            .map(|(points, value)| (total.at(*points), chance(*value)))
            .collect();
        ticks.sort_by_key(|t| t.0);
        line(canvas, &of.predicts, &ticks, y(rows - 1));
    })
}

/// A probability as it can be read off: finer only near its ends.
fn chance(value: f64) -> String {
    if (0.01..=0.99).contains(&value) { decimals(value, 2) } else { short(value) }
}

/// A value without the dust of its arithmetic: what is nothing beside the others on its line is zero.
fn tidy(value: f64, line: &[(f64, f64)]) -> f64 {
    let largest = line.iter().map(|t| t.0.abs()).filter(|v| v.is_finite()).fold(0.0_f64, f64::max);
    if value.abs() < 1e-9 * largest { 0.0 } else { value }
}

/// A line with ticks; a name of several words breaks between them, and words at ticks that would touch the one before are left out.
fn line(canvas: &Canvas, name: &str, ticks: &[(i32, String)], y: i32) {
    let told =
        if name.contains(' ') { lines(name, MOST_LETTERS) } else { vec![look::feature(name).to_owned()] };
    let top = y - 8 * (told.len() as i32 - 1);
    for (at, part) in told.iter().enumerate() {
        let place = (LEFT - 16, top + 16 * at as i32);
        canvas.words(&fitted(part, LEFT - 20, 13), place, 13, look::INK, Anchor::End);
    }
    if let (Some(first), Some(last)) = (ticks.first(), ticks.last()) {
        canvas.line(&[(first.0, y), (last.0, y)], look::INK, 1);
    }
    let mut free = i32::MIN;
    for (x, word) in ticks {
        canvas.line(&[(*x, y - 4), (*x, y + 4)], look::INK, 1);
        let half = width_of(word, 12) / 2;
        if x - half > free {
            canvas.words(word, (*x, y + 14), 12, look::GREY, Anchor::Middle);
            free = x + half + 3;
        }
    }
}
