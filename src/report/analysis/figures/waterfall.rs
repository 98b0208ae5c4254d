//! Best change of size of each unit, the largest growth first, with the limits of RECIST 1.1.

use maud::{Markup, html};

use super::{Data, Figure, Shown, heads, look, outcome_legend};
use crate::record::analysis::Course;
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, short};
use crate::report::canvas::{Anchor, svg};
use crate::report::numbers::count;

const WIDTH: i32 = 900;
const FRAME: [i32; 4] = [56, 58, 826, 360];
/// Growth beyond this is cut, and says so.
const HIGHEST: f64 = 150.0;

/// The best change of a unit after baseline: the smallest diameter, in per cent.
fn best(course: &Course) -> Option<f64> {
    let changes = course.visits.iter().skip(1).filter_map(|v| v.diameter_percent);
    changes.filter(|v| v.is_finite()).min_by(f64::total_cmp)
}

/// Names of the outcomes of a course.
pub fn outcomes(view: &View) -> (&'static str, &'static str) {
    if view.is_response() { ("responder", "no responder") } else { ("event", "no event") }
}

/// A unit by its name.
pub fn name(course: &Course) -> String {
    match &course.lesion {
        Some(lesion) => format!("{}, {lesion}", course.subject),
        None => course.subject.clone(),
    }
}

/// The figure; a sentence where no diameter is known.
pub fn waterfall(view: &View) -> Markup {
    let mut bars: Vec<(&Course, f64)> =
        view.analysis.courses.iter().filter_map(|c| best(c).map(|v| (c, v))).collect();
    bars.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| name(a.0).cmp(&name(b.0))));
    if bars.is_empty() {
        return html! { p.note { "No waterfall plot: no change of a diameter is known." } };
    }
    let events = bars.iter().filter(|(c, _)| c.outcome == Some(true)).count();
    let shrunk = bars.iter().filter(|(_, v)| *v <= -30.0).count();
    let grown = bars.iter().filter(|(_, v)| *v >= 20.0).count();
    Figure {
        title: format!("Best change of diameter ({})", view.n_of(bars.len(), events)),
        alt: format!(
            "Waterfall plot of {}: {shrunk} at or below \u{2212}30 %, {grown} at or above +20 %.",
            count(bars.len(), view.unit())
        ),
        drawings: vec![draw(view, &bars)],
        caption: html! {
            "Each bar is one " (view.unit()) ": the smallest diameter after baseline against baseline. Broken lines: \
             \u{2212}30 % (" (shrunk) " at or below) and +20 % (" (grown) " at or above), the limits of RECIST 1.1. Look for " (against(view)) ": there size misleads."
        },
        data: Data {
            head: heads(["Unit", "Best change (%)", "Outcome"]),
            rows: bars.iter().map(|(c, v)| vec![name(c), short(*v), outcome(view, c)]).collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

/// Bars whose size says the opposite of their outcome.
fn against(view: &View) -> &'static str {
    if view.is_response() {
        "dark bars among those that grew, and light ones among those that shrank"
    } else {
        "light bars among those that grew, and dark ones among those that shrank"
    }
}

/// A unit's outcome in words.
pub fn outcome(view: &View, course: &Course) -> String {
    let (with, without) = outcomes(view);
    course.outcome.map_or(NONE, |yes| if yes { with } else { without }).to_owned()
}

fn draw(view: &View, bars: &[(&Course, f64)]) -> String {
    let high = bars.iter().map(|(_, v)| *v).fold(30.0_f64, f64::max).min(HIGHEST);
    let low = bars.iter().map(|(_, v)| *v).fold(-40.0_f64, f64::min);
    let chart = Chart::new((0.0, bars.len() as f64), (low, high), FRAME);
    let [left, _, right, _] = FRAME;
    svg(WIDTH, FRAME[3] + 40, |canvas| {
        let across = format!(
            "{}, the largest growth first",
            crate::report::numbers::capital(&format!("{}s", view.unit()))
        );
        chart.axes_at(canvas, (&across, "Best change of the longest diameter (%)"), &[], &chart.y.ticks(7));
        let zero = chart.y.at(0.0);
        for (at, (course, value)) in bars.iter().enumerate() {
            let (from, to) = (chart.x.at(at as f64), chart.x.at(at as f64 + 1.0));
            let gap = i32::from(to - from > 3);
            let (_, colour) = look::outcome(course.outcome);
            canvas.rectangle((from + gap, zero), (to, chart.y.at(*value)), colour);
            if *value > HIGHEST {
                canvas.words(
                    "\u{2191}",
                    (i32::midpoint(from, to), FRAME[1] - 4),
                    12,
                    look::INK,
                    Anchor::Middle,
                );
            }
        }
        canvas.line(&[(left, zero), (right, zero)], look::INK, 1);
        for (limit, word) in [(20.0, "+20 %"), (-30.0, "\u{2212}30 %")] {
            let y = chart.y.at(limit);
            canvas.broken((left, y), (right, y), look::INK, 1);
            canvas.words(word, (right + 6, y), 13, look::INK, Anchor::Start);
        }
        let there: Vec<Option<bool>> = bars.iter().map(|(c, _)| c.outcome).collect();
        outcome_legend(canvas, outcomes(view), &there, (left, 14));
    })
}
