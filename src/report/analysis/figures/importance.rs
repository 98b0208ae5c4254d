//! What drives the model: mean absolute SHAP values, and what is lost where a column is shuffled.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look};
use crate::record::analysis::{Explained, ImportanceRow, ModelResult};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, maybe, percent, short};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, fitted, svg};
use crate::report::numbers::count;

const WIDTH: i32 = 900;
const LEFT: i32 = 320;
const MIDDLE: i32 = 640;
const ROW: i32 = 24;
const TOP: i32 = 34;
/// So many features are drawn.
pub const MOST: usize = 15;

/// The figure; nothing without features.
pub fn importance(view: &View, model: &ModelResult, explained: &Explained) -> Markup {
    let rows = &explained.importance[..explained.importance.len().min(MOST)];
    let Some(first) = rows.first() else { return html! {} };
    let chosen =
        |feature: &str| model.chosen.iter().find(|(name, _)| name == feature).map(|(_, share)| *share);
    Figure {
        title: format!("What drives the model: {} ({})", look::model_in_sentence(model.model), view.n()),
        alt: format!(
            "Bars of mean absolute SHAP values and of the loss of {} under permutation for {}; {} leads.",
            view.measure(),
            count(rows.len(), "feature"),
            first.feature
        ),
        drawings: vec![draw(view, rows)],
        caption: html! {
            "Left: mean absolute SHAP value on the scale of the linear predictor. Right: loss of " (view.measure())
            " where the column is shuffled among units of a test fold. Long on the left and nothing on the right: the model \
             leans on it without gain. "
            @if let Some(share) = chosen(&first.feature) {
                (first.feature) " was chosen in " (percent(share)) " of the folds; a feature chosen in few is one of many that \
                 would have done."
            }
        },
        data: Data {
            head: heads(["Feature", "Mean |SHAP|", "Loss under permutation", "Chosen in (share of folds)"]),
            rows: explained
                .importance
                .iter()
                .map(|row| {
                    vec![
                        row.feature.clone(),
                        short(row.mean_shap),
                        maybe(row.permutation, 3),
                        maybe(chosen(&row.feature), 2),
                    ]
                })
                .collect(),
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}

fn draw(view: &View, rows: &[ImportanceRow]) -> String {
    let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
    let most = rows.iter().map(|r| finite(r.mean_shap)).fold(1e-9_f64, f64::max);
    let losses = || rows.iter().filter_map(|r| r.permutation).map(finite);
    let (low, high) = losses().fold((0.0_f64, 1e-3_f64), |(l, h), v| (l.min(v), h.max(v)));
    let shap = Axis::new((0.0, most), (LEFT, MIDDLE - 70));
    let loss = Axis::new((low, high), (MIDDLE + 20, WIDTH - 60));
    svg(WIDTH, TOP + ROW * rows.len() as i32 + 8, |canvas| {
        canvas.words("Mean |SHAP| (linear predictor)", (LEFT, 12), 13, look::GREY, Anchor::Start);
        let right = format!("Loss of {}", view.measure());
        canvas.words(&right, (MIDDLE + 20, 12), 13, look::GREY, Anchor::Start);
        for (at, row) in rows.iter().enumerate() {
            let y = TOP + ROW * at as i32 + ROW / 2 - 6;
            canvas.words(
                &fitted(look::feature(&row.feature), LEFT - 14, 13),
                (LEFT - 10, y),
                13,
                look::INK,
                Anchor::End,
            );
            let end = shap.at(finite(row.mean_shap));
            canvas.rectangle((LEFT, y - 7), (end, y + 7), look::BLUE);
            canvas.words(&short(row.mean_shap), (end + 6, y), 12, look::GREY, Anchor::Start);
            if let Some(value) = row.permutation {
                let (zero, end) = (loss.at(0.0), loss.at(finite(value)));
                canvas.rectangle((zero, y - 7), (end, y + 7), look::ORANGE);
                canvas.words(&decimals(value, 3), (end.max(zero) + 6, y), 12, look::GREY, Anchor::Start);
            }
        }
        let zero = loss.at(0.0);
        canvas.line(&[(zero, TOP - 8), (zero, TOP + ROW * rows.len() as i32)], look::GREY, 1);
    })
}
