//! One lane per unit: its visits with their categories, and its end.

use maud::{Markup, html};

use super::waterfall::{name, outcome};
use super::{Data, Figure, Shown, heads, look, mark_legend};
use crate::record::analysis::Course;
use crate::report::analysis::chart::Chart;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, short};
use crate::report::canvas::{Anchor, Mark, Stroke, shorten, svg};
use crate::report::numbers::count;

const WIDTH: i32 = 900;
const LEFT: i32 = 120;
const TOP: i32 = 34;
const ROW: i32 = 14;
/// Lanes of a part of the figure, between which a page may break.
const IN_PART: usize = 40;
/// So many lanes are drawn.
const MOST: usize = 120;

/// The last day that is known of a unit.
fn last(course: &Course) -> Option<f64> {
    let visits = course.visits.iter().filter_map(|v| v.day);
    visits.chain(course.days).filter(|d| d.is_finite()).max_by(f64::total_cmp)
}

/// The figure; a sentence where no day is known.
pub fn swimmer(view: &View) -> Markup {
    let mut lanes: Vec<(&Course, f64)> = view
        .analysis
        .courses
        .iter()
        .filter_map(|c| last(c).map(|d| (c, d)))
        .filter(|(_, d)| *d > 0.0)
        .collect();
    lanes.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| name(a.0).cmp(&name(b.0))));
    if lanes.is_empty() {
        return html! { p.note { "No swimmer plot: days of visits are not known." } };
    }
    let events = lanes.iter().filter(|(c, _)| c.outcome == Some(true)).count();
    let drawn = &lanes[..lanes.len().min(MOST)];
    let days = lanes[0].1;
    Figure {
        title: format!("Visits and outcome over time ({})", view.n_of(lanes.len(), events)),
        alt: format!(
            "Swimmer plot: one lane for each of {}, the longest first, up to {} days from baseline.",
            count(lanes.len(), view.unit()),
            short(days)
        ),
        drawings: drawn.chunks(IN_PART).enumerate().map(|(at, part)| draw(view, part, days, at == 0)).collect(),
        caption: html! {
            "A lane is one " (view.unit()) ", the longest first. Letters: category of RECIST 1.1 at that visit (C complete, \
             P partial, S stable, D progressive); points: visits without one. "
            @if view.is_response() {
                "The mark at the left is the outcome. "
            } @else {
                "The mark at the end is the event, an arrow a loss. "
            }
            "Look at how early the visits lie that the deltas come from."
            @if drawn.len() < lanes.len() { " The first " (drawn.len()) " are drawn." }
        },
        data: Data {
            head: heads(["Unit", "Last day", "Outcome", "Visits (day, category)"]),
            rows: lanes.iter().map(|(c, d)| vec![name(c), short(*d), outcome(view, c), visits(c)]).collect(),
            file: "metrics.json",
            shown: Shown::OnScreen,
        },
    }
    .render()
}

fn visits(course: &Course) -> String {
    let told: Vec<String> = course
        .visits
        .iter()
        .map(|v| {
            let day = v.day.map_or_else(|| NONE.to_owned(), short);
            let recist = v.recist.as_deref().map_or_else(String::new, |r| format!(" {r}"));
            format!("{} {day}{recist}", v.visit)
        })
        .collect();
    told.join("; ")
}

/// The letter of a category: complete, partial, stable, progressive.
fn letter(category: &str) -> Option<&'static str> {
    match category.to_ascii_uppercase().as_str() {
        "CR" => Some("C"),
        "PR" => Some("P"),
        "SD" => Some("S"),
        "PD" => Some("D"),
        _ => None,
    }
}

fn draw(view: &View, lanes: &[(&Course, f64)], days: f64, is_first: bool) -> String {
    let top = if is_first { TOP } else { 6 };
    let bottom = top + ROW * lanes.len() as i32 + 2;
    let chart = Chart::new((0.0, days), (0.0, 1.0), [LEFT, top, WIDTH - 30, bottom]);
    svg(WIDTH, bottom + 44, |canvas| {
        if is_first {
            let there = |of: Option<bool>| view.analysis.courses.iter().any(|c| c.outcome == of);
            let names = super::waterfall::outcomes(view);
            let mut legend = Vec::new();
            for (of, word) in [(Some(true), names.0), (Some(false), names.1), (None, "not known")] {
                // A loss is an arrow, and the caption says so.
                if there(of) && (view.is_response() || of != Some(false)) {
                    let (mark, colour) = look::outcome(of);
                    legend.push((mark, colour, word.to_owned()));
                }
            }
            mark_legend(canvas, &legend, (LEFT, 14));
        }
        chart.axes_at(canvas, ("Days from baseline", ""), &chart.x.ticks(8), &[]);
        for (at, (course, end)) in lanes.iter().enumerate() {
            let y = top + ROW * at as i32 + ROW / 2 + 1;
            let (mark, colour) = look::outcome(course.outcome);
            canvas.words(&shorten(&name(course), 14), (LEFT - 18, y), 11, look::INK, Anchor::End);
            let x = chart.x.at(*end);
            canvas.rectangle((LEFT, y - 4), (x, y + 4), look::LINE);
            if view.is_response() {
                canvas.mark(mark, (LEFT - 9, y), 3, colour);
            } else if course.outcome != Some(false) {
                canvas.mark(mark, (x, y), 4, colour);
            } else if course.days.is_some() {
                canvas.stroke(&[(x, y), (x + 9, y)], look::INK, 1, Stroke::Solid);
                canvas.area(&[(x + 13, y), (x + 8, y - 3), (x + 8, y + 3)], look::INK, 100);
            }
            for visit in &course.visits {
                let Some(day) = visit.day.filter(|d| d.is_finite()) else { continue };
                let place = (chart.x.at(day), y);
                match visit.recist.as_deref().and_then(letter) {
                    Some(letter) => canvas.bold(letter, place, 11, look::INK, Anchor::Middle),
                    None => canvas.mark(Mark::Circle, place, 2, look::INK),
                }
            }
        }
    })
}
