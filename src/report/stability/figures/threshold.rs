//! How many features pass at other thresholds, by the estimate and by its lower bound.

use maud::{Markup, html};

use super::{Data, Figure, Shown, words};
use crate::report::axis::Axis;
use crate::report::canvas::{Anchor, Canvas, Mark, svg};
use crate::report::stability::look;
use crate::report::stability::view::GroupView;
use crate::report::wording::fixed;

/// Thresholds that are told in numbers.
const TOLD: [f64; 3] = [0.75, 0.80, 0.90];

const WIDTH: i32 = 900;
const HEIGHT: i32 = 300;

/// The figure; nothing where no feature has an ICC.
pub fn threshold(view: &GroupView, asked: f64) -> Markup {
    let all = view.by_icc();
    if all.is_empty() {
        return html! {};
    }
    let points: Vec<f64> = all.iter().map(|(_, icc)| icc.estimate).collect();
    // Where repeats are equal there is no interval, and the estimate of 1 stands for its bound.
    let bounds: Vec<f64> = all
        .iter()
        .filter_map(|(_, icc)| icc.interval.map(|(lower, _)| lower).or((icc.estimate >= 1.0).then_some(1.0)))
        .collect();
    let mut thresholds = TOLD.to_vec();
    if !thresholds.contains(&asked) {
        thresholds.push(asked);
        thresholds.sort_by(f64::total_cmp);
    }
    let rows: Vec<(f64, usize, usize)> =
        thresholds.iter().map(|t| (*t, passing(&points, *t), passing(&bounds, *t))).collect();
    let told: Vec<String> =
        rows.iter().map(|(t, point, bound)| format!("at {} {point} and {bound}", fixed(*t, 2))).collect();
    Figure {
        title: "Sensitivity to the threshold".into(),
        alt: format!(
            "Two falling curves of the number of features whose estimate and whose lower bound reach a threshold: {}.",
            told.join(", ")
        ),
        drawings: vec![draw(&points, &bounds, &rows, view.found.len())],
        caption: html! {
            "How many of " (view.found.len()) " features pass by the estimate (circles) and by the lower bound of the 95 % \
             interval (diamonds). Where both curves are far apart, a larger study would change the list."
        },
        data: Data {
            head: words(["Threshold", "Estimate reaches it", "Lower bound reaches it", "Features"]),
            rows: rows
                .iter()
                .map(|(t, point, bound)| {
                    vec![fixed(*t, 2), point.to_string(), bound.to_string(), view.found.len().to_string()]
                })
                .collect(),
            file: "stability.csv", shown: Shown::Folded,
        },
    }
    .render()
}

fn passing(values: &[f64], threshold: f64) -> usize {
    values.iter().filter(|value| **value >= threshold).count()
}

fn draw(points: &[f64], bounds: &[f64], rows: &[(f64, usize, usize)], total: usize) -> String {
    let (left, top, right, bottom) = (60, 34, WIDTH - 30, HEIGHT - 44);
    let x = Axis::new((0.5, 1.0), (left, right));
    let most = passing(points, 0.5).max(passing(bounds, 0.5)).max(1);
    let y = Axis::new((0.0, most as f64 * 1.08), (bottom, top));
    svg(WIDTH, HEIGHT, |canvas| {
        for tick in y.ticks(4).into_iter().filter(|tick| tick.fract() == 0.0) {
            canvas.line(&[(left, y.at(tick)), (right, y.at(tick))], look::LINE, 1);
            canvas.words(&fixed(tick, 0), (left - 8, y.at(tick)), 12, look::GREY, Anchor::End);
        }
        for tick in [0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
            canvas.words(&fixed(tick, 1), (x.at(tick), bottom + 14), 12, look::GREY, Anchor::Middle);
        }
        let words = "threshold of the ICC";
        canvas.words(words, (i32::midpoint(left, right), bottom + 34), 13, look::INK, Anchor::Middle);
        canvas.words(&format!("features of {total}"), (4, 12), 13, look::INK, Anchor::Start);
        for (threshold, ..) in rows {
            canvas.broken((x.at(*threshold), top), (x.at(*threshold), bottom), look::GREY, 1);
        }
        curve(canvas, points, &x, &y, look::BLUE);
        curve(canvas, bounds, &x, &y, look::VERMILION);
        for (threshold, point, bound) in rows {
            let at = x.at(*threshold);
            // Numbers on both sides of the line, so that low ones do not touch.
            for (n, mark, colour, side, anchor) in [
                (point, Mark::Circle, look::BLUE, 9, Anchor::Start),
                (bound, Mark::Diamond, look::VERMILION, -9, Anchor::End),
            ] {
                let place = (at, y.at(*n as f64));
                canvas.mark(mark, place, 5, colour);
                canvas.words(&n.to_string(), (at + side, place.1 - 11), 13, colour, anchor);
            }
        }
        canvas.mark(Mark::Circle, (206, 12), 5, look::BLUE);
        canvas.words("by the estimate", (216, 12), 13, look::INK, Anchor::Start);
        canvas.mark(Mark::Diamond, (346, 12), 5, look::VERMILION);
        canvas.words("by the lower bound", (356, 12), 13, look::INK, Anchor::Start);
    })
}

/// A step at every value.
fn curve(canvas: &Canvas, values: &[f64], x: &Axis, y: &Axis, colour: plotters::prelude::RGBColor) {
    let mut steps: Vec<f64> = values.iter().copied().filter(|v| (0.5..1.0).contains(v)).collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    let height = |threshold: f64| y.at(passing(values, threshold) as f64);
    let mut places = vec![(x.at(0.5), height(0.5))];
    for value in steps {
        let (_, before) = places[places.len() - 1];
        let after = y.at(values.iter().filter(|v| **v > value).count() as f64);
        places.extend([(x.at(value), before), (x.at(value), after)]);
    }
    let (_, before) = places[places.len() - 1];
    places.push((x.at(1.0), before));
    canvas.line(&places, colour, 2);
}
