//! Two axes with ticks, titles and units; places of values between them.

use super::look;
use super::words::short;
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, Place};

/// The frame of a chart: left, top, right, bottom, in pixels.
pub type Frame = [i32; 4];

/// Two axes in their frame.
pub struct Chart {
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// Where.
    pub frame: Frame,
}

impl Chart {
    /// A chart of these ranges.
    pub fn new(x: (f64, f64), y: (f64, f64), frame: Frame) -> Self {
        let [left, top, right, bottom] = frame;
        Self { x: Axis::new(x, (left, right)), y: Axis::new(y, (bottom, top)), frame }
    }

    /// The place of a pair of values.
    pub fn at(&self, (x, y): (f64, f64)) -> Place {
        (self.x.at(x), self.y.at(y))
    }

    /// The places of values, those without a number left out.
    pub fn places(&self, values: impl IntoIterator<Item = (f64, f64)>) -> Vec<Place> {
        let finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
        values.into_iter().filter(finite).map(|v| self.at(v)).collect()
    }

    /// Both axes with some `ticks` round numbers each. The title of the upward axis stands above it, to be read
    /// without turning the head.
    pub fn axes(&self, canvas: &Canvas, (across, up): (&str, &str), ticks: (usize, usize)) {
        self.axes_at(canvas, (across, up), &self.x.ticks(ticks.0), &self.y.ticks(ticks.1));
    }

    /// The same with given ticks.
    pub fn axes_at(&self, canvas: &Canvas, (across, up): (&str, &str), x: &[f64], y: &[f64]) {
        let [left, top, right, bottom] = self.frame;
        for tick in y {
            let at = self.y.at(*tick);
            canvas.line(&[(left, at), (right, at)], look::LINE, 1);
            canvas.words(&short(*tick), (left - 7, at), 12, look::GREY, Anchor::End);
        }
        for tick in x {
            let at = self.x.at(*tick);
            canvas.line(&[(at, bottom), (at, bottom + 4)], look::GREY, 1);
            canvas.words(&short(*tick), (at, bottom + 14), 12, look::GREY, Anchor::Middle);
        }
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], look::GREY, 1);
        canvas.words(across, (i32::midpoint(left, right), bottom + 33), 13, look::INK, Anchor::Middle);
        canvas.words(up, (4, top - 15), 13, look::INK, Anchor::Start);
    }
}

/// The range of these values with some room; none where there is no number.
pub fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let room = 0.04 * (high - low);
    (low <= high).then_some((low - room, high + room))
}
