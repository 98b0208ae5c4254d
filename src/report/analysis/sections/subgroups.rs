//! The model in groups of patients.

use maud::{Markup, html};

use crate::report::analysis::figures::forest::{Kind, Line, Scale, draw};
use crate::report::analysis::view::View;
use crate::report::analysis::words::{maybe, maybe_interval};
use crate::report::figure::{Data, Figure, Shown, words as heads};
use crate::report::numbers::count;

/// The section; a line where no column was declared.
pub fn subgroups(view: &View) -> Markup {
    let all = &view.analysis.subgroups;
    html! {
        section id="subgroups" {
            h2 { "Subgroups" }
            @if all.is_empty() { p.note { "No subgroup column was declared." } } @else { (figure(view)) }
        }
    }
}

fn figure(view: &View) -> Markup {
    let all = &view.analysis.subgroups;
    let suppressed = all.iter().filter(|row| row.suppressed.is_some()).count();
    let lines: Vec<Line> = all
        .iter()
        .map(|row| Line {
            name: format!("{}: {}", row.column, row.level),
            interval: row.discrimination.filter(|_| row.suppressed.is_none()),
            instead: row
                .suppressed
                .as_ref()
                .map_or_else(|| "not estimated".into(), |why| format!("not shown: {why}")),
            beside: format!("n = {}, {}", row.n, count(row.events, view.event())),
            is_main: false,
        })
        .collect();
    let title = format!("{} within the group, with its 95 % interval", view.measure());
    let beside = format!("{} (95 % interval)", view.measure());
    let rows = all
        .iter()
        .map(|row| {
            let hidden = row.suppressed.is_some();
            let events = if hidden { "\u{2013}".to_owned() } else { row.events.to_string() };
            let mut cells = vec![
                format!("{}: {}", row.column, row.level),
                row.n.to_string(),
                row.patients.to_string(),
                events,
                maybe_interval(row.discrimination.filter(|_| !hidden), 2),
            ];
            if view.is_response() {
                cells.push(maybe(row.calibration_in_the_large.filter(|_| !hidden), 2));
            }
            cells.push(row.suppressed.clone().unwrap_or_default());
            cells
        })
        .collect();
    Figure {
        title: format!("{} in groups of patients ({})", view.measure(), view.n()),
        alt: format!("Forest plot of {} groups; {suppressed} too small to be shown.", all.len()),
        drawings: vec![draw(
            &lines,
            &Scale { title: &title, neutral: 0.5, neutral_words: "chance", told: &beside, beside: "", kind: Kind::Linear },
        )],
        caption: html! {
            (count(all.len(), "group")) ", none adjusted for the others"
            @if suppressed > 0 { "; " (suppressed) " too small to be shown: numbers of so few would give individuals away, or say nothing" }
            ". Look for groups whose interval lies apart from the others', and do not read much into one that merely \
             includes 0.5: groups are small."
        },
        data: Data {
            head: if view.is_response() {
                heads([
                    "Group",
                    "n",
                    "Patients",
                    "Responders",
                    "Estimate (95 % interval)",
                    "Mean prediction minus observed",
                    "Why not shown",
                ])
            } else {
                heads(["Group", "n", "Patients", "Events", "Estimate (95 % interval)", "Why not shown"])
            },
            rows,
            file: "metrics.json",
            shown: Shown::Open,
        },
    }
    .render()
}
