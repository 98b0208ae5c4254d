//! SHAP values of each unit, feature by feature.

use maud::{Markup, html};

use super::importance::MOST;
use super::{Data, Figure, Shown, heads, look, mark_legend};
use crate::record::analysis::{Explained, ModelResult};
use crate::report::analysis::chart::range;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, short};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Mark, fitted, svg};

const WIDTH: i32 = 900;
const LEFT: i32 = 320;
const TOP: i32 = 34;
const ROW: i32 = 30;
/// Pixels that points of one heap stand apart.
const APART: i32 = 4;

/// Values of one feature by unit, and whether larger values push upwards.
struct Line<'a> {
    name: &'a str,
    values: Vec<f64>,
    rises: Option<bool>,
}

/// The figure; nothing without values.
pub fn shap(view: &View, model: &ModelResult, explained: &Explained) -> Markup {
    if explained.shap.is_empty() || explained.importance.is_empty() {
        return html! {};
    }
    let rises = |feature: &str| {
        let terms = model.frozen.as_ref().map(|f| &f.coefficients)?;
        terms.iter().find(|c| c.feature == feature).map(|c| c.coefficient > 0.0)
    };
    let lines: Vec<Line> = explained
        .importance
        .iter()
        .enumerate()
        .take(MOST)
        .map(|(at, row)| Line {
            name: &row.feature,
            values: explained
                .shap
                .iter()
                .filter_map(|unit| unit.get(at).copied())
                .filter(|v| v.is_finite())
                .collect(),
            rises: rises(&row.feature),
        })
        .collect();
    let higher = if view.is_response() { "a more probable response" } else { "an earlier event" };
    Figure {
        title: format!("SHAP values of each {} ({})", view.unit(), view.n()),
        alt: format!(
            "SHAP summary: for each of {} features one point per {}, at what the feature adds to the linear predictor.",
            lines.len(),
            view.unit()
        ),
        drawings: vec![draw(&lines)],
        caption: html! {
            "One point per " (view.unit()) ": what the feature adds to its linear predictor; to the right, " (higher)
            ". Look at the side on which filled points (values above the mean) lie: it is the direction of the effect. Exact, \
             for the model is linear."
        },
        data: Data {
            head: heads(["Feature", "Least", "Median", "Largest", "Larger values"]),
            rows: lines.iter().map(row).collect(),
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}

fn row(line: &Line) -> Vec<String> {
    let mut sorted = line.values.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).map_or_else(String::new, |v| decimals(*v, 3));
    let word = line.rises.map_or("", |rises| if rises { "raise it" } else { "lower it" });
    vec![
        line.name.to_owned(),
        at(0),
        at(sorted.len() / 2),
        at(sorted.len().saturating_sub(1)),
        word.to_owned(),
    ]
}

fn draw(lines: &[Line]) -> String {
    let (low, high) = range(lines.iter().flat_map(|l| l.values.iter().copied())).unwrap_or((-1.0, 1.0));
    let axis = Axis::new((low.min(0.0), high.max(0.0)), (LEFT + 10, WIDTH - 20));
    let bottom = TOP + ROW * lines.len() as i32;
    svg(WIDTH, bottom + 42, |canvas| {
        mark_legend(
            canvas,
            &[
                (Mark::Circle, look::BLUE, "value above the mean".into()),
                (Mark::Ring, look::VERMILION, "below".into()),
            ],
            (LEFT, 14),
        );
        for tick in axis.ticks(7) {
            let x = axis.at(tick);
            canvas.line(&[(x, TOP), (x, bottom)], look::LINE, 1);
            canvas.words(&short(tick), (x, bottom + 13), 12, look::GREY, Anchor::Middle);
        }
        let zero = axis.at(0.0);
        canvas.line(&[(zero, TOP), (zero, bottom)], look::GREY, 1);
        let title = "SHAP value (linear predictor)";
        canvas.words(title, (i32::midpoint(LEFT, WIDTH), bottom + 31), 13, look::INK, Anchor::Middle);
        for (at, line) in lines.iter().enumerate() {
            let y = TOP + ROW * at as i32 + ROW / 2;
            canvas.words(
                &fitted(look::feature(line.name), LEFT - 12, 13),
                (LEFT - 6, y),
                13,
                look::INK,
                Anchor::End,
            );
            for (place, value) in heaped(&line.values, &axis, y) {
                let is_above = line.rises.is_none_or(|rises| (value > 0.0) == rises);
                let (mark, colour) =
                    if is_above { (Mark::Circle, look::BLUE) } else { (Mark::Ring, look::VERMILION) };
                canvas.mark(mark, place, 2, colour);
            }
        }
    })
}

/// Points of nearly one value stand above and below each other, within the row.
fn heaped(values: &[f64], axis: &Axis, middle: i32) -> Vec<((i32, i32), f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (mut heap, mut first) = (0, i32::MIN);
    let mut placed = Vec::with_capacity(sorted.len());
    for value in sorted {
        let x = axis.at(value);
        if x - first > APART {
            (heap, first) = (0, x);
        }
        let away = APART * ((heap + 1) / 2) % (ROW / 2 - 1);
        placed.push(((x, if heap % 2 == 0 { middle - away } else { middle + away }), value));
        heap += 1;
    }
    placed
}
