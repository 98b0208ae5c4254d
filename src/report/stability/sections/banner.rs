//! The head of the page: the study, and how many features are stable.

use maud::{Markup, html};

use crate::record::{IccBound, Stability};
use crate::report::stability::StabilityInput;
use crate::report::stability::look;
use crate::report::stability::view::{Counts, GroupView};
use crate::report::stability::warnings::warnings;
use crate::report::wording::{count, fixed};

/// Title and headline, a card per group.
pub fn banner(input: &StabilityInput, views: &[GroupView]) -> Markup {
    // Nothing is green that has a warning.
    let is_clear = |view: &GroupView| view.counts()[0] > 0 && warnings(view, &input.rules).is_empty();
    let level = if views.iter().all(is_clear) { "good" } else { "look" };
    html! {
        header {
            p.research { "Research use only. Not a medical device." }
            h1 { @match &input.title { Some(title) => (title), None => (heading(views)) } }
            p.subtitle { (subtitle(input, views)) }
        }
        section.banner.(level) aria-label="Result" {
            @for view in views {
                (card(view, input, views.len() > 1))
            }
            @if !input.notes.is_empty() {
                ul.notes { @for note in &input.notes { li { (note) } } }
            }
        }
    }
}

fn heading(views: &[GroupView]) -> &'static str {
    if views.iter().all(GroupView::in_silico) {
        "How well features resist perturbations"
    } else {
        "How well features repeat"
    }
}

fn subtitle(input: &StabilityInput, views: &[GroupView]) -> String {
    let kind = if views.iter().all(GroupView::in_silico) { "In-silico perturbation" } else { "Test-retest" };
    let groups = if views.len() > 1 {
        format!(" \u{b7} {}, never pooled", count(views.len(), "group"))
    } else {
        String::new()
    };
    format!("{kind} report{groups} \u{b7} {}", rule(input))
}

/// The rule of stability in a few words.
fn rule(input: &StabilityInput) -> String {
    let figure = match input.rules.icc_bound {
        IccBound::Lower => "lower bound of the ICC",
        IccBound::Point => "ICC",
    };
    format!("stable: {figure} at least {}", fixed(input.rules.icc_threshold, 2))
}

fn card(view: &GroupView, input: &StabilityInput, several: bool) -> Markup {
    let counts = view.counts();
    html! {
        div.headline {
            @if several { h2 { (look::group(&view.design.group)) } }
            p.verdict {
                strong { (counts[0]) " of " (view.found.len()) }
                (if view.found.len() == 1 { " feature is stable" } else { " features are stable" })
                span.means { " \u{b7} " (people(view)) }
            }
            (verdicts(&counts))
            @for warning in warnings(view, &input.rules) {
                p.warning { span.symbol aria-hidden="true" { "!" } (warning) }
            }
        }
    }
}

/// `n = 11 regions of 11 subjects, 2 scans each`.
fn people(view: &GroupView) -> String {
    let (least, greatest) = view.n_range();
    let n = if least == greatest { greatest.to_string() } else { format!("{least} to {greatest}") };
    let subjects = view.found.iter().map(|found| found.n_subjects).max().unwrap_or(0);
    let repeats = count(view.k(), look::repeat(view.design.group.kind));
    let subjects = count(subjects, "subject");
    format!("n = {n} {} of {subjects}, {repeats} each", if greatest == 1 { "region" } else { "regions" })
}

fn verdicts(counts: &Counts) -> Markup {
    html! {
        ul.tally {
            @for (verdict, n) in Stability::ALL.iter().zip(counts) {
                @let (symbol, class) = look::tag(*verdict);
                li { span.(class) { span.symbol aria-hidden="true" { (symbol) } } strong { (n) } " " (verdict) }
            }
        }
    }
}
