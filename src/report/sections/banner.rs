//! The head of the page: whose scans, and how far they can be relied on.

use maud::{Markup, html};

use crate::report::input::RunReport;
use crate::report::single::NO_FOLLOW_UP;
use crate::report::standing::{Check, Level, overall};
use crate::report::wording;

/// Symbol and class of a level. Colour, symbol and word always stand together.
fn look(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Good => ("\u{2713}", "good"),
        Level::Unknown => ("?", "unknown"),
        Level::Look => ("!", "look"),
        Level::Stop => ("\u{2715}", "stop"),
    }
}

/// Title and the banner of checks.
pub fn banner(report: &RunReport, checks: &[Check]) -> Markup {
    let names: Vec<&str> = report.visits.iter().map(|v| v.name).collect();
    let (level, word, meaning) = match overall(checks) {
        (Level::Unknown, ..) if !report.is_followed() => {
            (Level::Unknown, "Features only", NO_FOLLOW_UP.to_owned())
        }
        any => any,
    };
    let (symbol, class) = look(level);
    html! {
        header {
            p.research { "Research use only. Not a medical device." }
            h1 {
                @match report.subject { Some(subject) => (subject), None if report.is_followed() => "Change between visits", None => "One visit" }
            }
            p.subtitle {
                (wording::modality(report.modality)) " \u{b7} " (names.join(" \u{2192} "))
                @if !report.is_followed() { " \u{b7} no follow-up" }
                @for pair in &report.pairs {
                    @if let Some(days) = pair.interval_days {
                        " \u{b7} " (wording::number(days)) " days to " (pair.followup)
                    }
                }
            }
        }
        section.banner.(class) aria-label="Status" {
            p.verdict { span.symbol aria-hidden="true" { (symbol) } strong { (word) } span { (meaning) } }
            div.checks { @for check in checks { (card(check)) } }
            @if !report.notes.is_empty() {
                ul.notes { @for note in &report.notes { li { (note) } } }
            }
        }
    }
}

fn card(check: &Check) -> Markup {
    let (symbol, class) = look(check.level);
    html! {
        div.check.(class) {
            h2 { (check.topic) }
            p.word { span.symbol aria-hidden="true" { (symbol) } (check.word) }
            @for sentence in &check.sentences { p { (sentence) } }
        }
    }
}
