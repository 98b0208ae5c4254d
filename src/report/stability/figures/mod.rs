//! One file per figure. Each gives a `<figure>` with alternative text, a caption that tells the eye where to look, and
//! the numbers behind it.

pub mod bland_altman;
pub mod family_bars;
pub mod forest;
pub mod heat_map;
pub mod threshold;
pub mod wcv_ladder;

use super::look;
use crate::record::Stability;
use crate::report::canvas::{Anchor, Canvas, Mark, width_of};
use crate::report::figure::{Data, Figure, Shown, words};

/// A legend of verdicts from `x` on; gives where it ends.
fn verdict_legend(canvas: &Canvas, verdicts: &[Stability], mut x: i32, y: i32) -> i32 {
    for verdict in verdicts {
        canvas.mark(look::mark(*verdict), (x + 6, y), 5, look::colour(*verdict));
        canvas.words(verdict.word(), (x + 18, y), 13, look::INK, Anchor::Start);
        x += 18 + width_of(verdict.word(), 13) + 22;
    }
    x
}

/// A verdict's mark, where a plot has room for one.
fn verdict_mark(verdict: Stability) -> (Mark, plotters::prelude::RGBColor) {
    (look::mark(verdict), look::colour(verdict))
}
