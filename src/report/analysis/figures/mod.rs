//! One file per figure. Each gives a `<figure>` with alternative text, a caption that tells the eye where to look, and
//! the numbers behind it.

pub mod calibration;
pub mod components;
pub mod decision;
pub mod flow;
pub mod forest;
pub mod heat_map;
pub mod importance;
pub mod kaplan_meier;
pub mod missing;
pub mod nomogram;
pub mod permutation;
pub mod roc;
pub mod shap;
pub mod spider;
pub mod swimmer;
pub mod volcano;
pub mod waterfall;

use super::look;
use crate::report::canvas::Place;
use crate::report::canvas::{Anchor, Canvas, Mark, Stroke, width_of};
pub use crate::report::figure::{Data, Figure, Shown, words as heads};
use plotters::prelude::RGBColor;

/// Marks with their words, side by side from a place on; gives where they end.
pub fn mark_legend(canvas: &Canvas, entries: &[(Mark, RGBColor, String)], (mut x, y): Place) -> i32 {
    for (mark, colour, word) in entries {
        canvas.mark(*mark, (x + 6, y), 4, *colour);
        canvas.words(word, (x + 16, y), 12, look::INK, Anchor::Start);
        x += 16 + width_of(word, 12) + 16;
    }
    x
}

/// Lines with their words, side by side from a place on.
pub fn line_legend(canvas: &Canvas, entries: &[(Stroke, RGBColor, String)], (mut x, y): Place) {
    for (stroke, colour, word) in entries {
        canvas.stroke(&[(x, y), (x + 24, y)], *colour, 2, *stroke);
        canvas.words(word, (x + 30, y), 12, look::INK, Anchor::Start);
        x += 30 + width_of(word, 12) + 18;
    }
}

/// A legend of outcomes, of those that are there.
pub fn outcome_legend(canvas: &Canvas, names: (&str, &str), there: &[Option<bool>], at: Place) {
    let entries: Vec<_> = outcomes(names, there)
        .into_iter()
        .map(|(outcome, word)| {
            let (mark, colour) = look::outcome(outcome);
            (mark, colour, word)
        })
        .collect();
    mark_legend(canvas, &entries, at);
}

/// Outcomes that are there with their words.
pub fn outcomes((with, without): (&str, &str), there: &[Option<bool>]) -> Vec<(Option<bool>, String)> {
    [(Some(true), with), (Some(false), without), (None, "not known")]
        .into_iter()
        .filter(|(outcome, _)| there.contains(outcome))
        .map(|(outcome, word)| (outcome, word.to_owned()))
        .collect()
}
