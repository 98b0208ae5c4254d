//! The head of the page: the question, and the answer in words.

use maud::{Markup, html};

use crate::record::analysis::ClaimVerdict;
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{interval, maybe_interval, minus, p_told};
use crate::report::numbers::{count, sentence};

/// What the analysis asks.
pub fn question(view: &View) -> &'static str {
    if view.is_response() { "Do deltas go with response?" } else { "Do deltas go with survival?" }
}

/// What may be said, in a sentence.
pub fn verdict(view: &View) -> String {
    let claim = &view.analysis.claim;
    let outcome = if view.is_response() { "response" } else { "survival" };
    let name = look::model_in_sentence(claim.model);
    match claim.claim {
        ClaimVerdict::BeyondVolume => {
            format!("The model of {name} says more about {outcome} than the change of volume does.")
        }
        ClaimVerdict::None => format!(
            "Here the model of {name} does not beat the change of volume alone: nothing shows that it says more about {outcome}."
        ),
    }
}

/// The claim as a word: `claim: none`.
pub fn word(view: &View) -> &'static str {
    match view.analysis.claim.claim {
        ClaimVerdict::BeyondVolume => "claim: beyond volume",
        ClaimVerdict::None => "claim: none",
    }
}

/// Title, claim with its reasons, the numbers that it rests on, warnings.
pub fn banner(view: &View) -> Markup {
    let claim = &view.analysis.claim;
    let (class, symbol) = match claim.claim {
        ClaimVerdict::BeyondVolume => ("good", "\u{2713}"),
        ClaimVerdict::None => ("unknown", "\u{25cb}"),
    };
    html! {
        header {
            p.research { "Research use only. Not a medical device." }
            h1 { (question(view)) }
            p.subtitle { "Analysis of a cohort \u{b7} " (view.n()) " \u{b7} outcome: " (view.analysis.design.outcome) }
        }
        section.banner.(class) aria-label="Claim" {
            p.verdict {
                span.symbol aria-hidden="true" { (symbol) } strong { (word(view)) } span { (verdict(view)) }
            }
            @if !claim.reasons.is_empty() {
                ul.reasons { @for reason in &claim.reasons { li { (minus(&sentence(reason))) } } }
            }
            (keys(view))
            @for warning in &view.analysis.warnings {
                p.warning { span.symbol aria-hidden="true" { "!" } (sentence(&warning.text)) " " code { (warning.code) } }
            }
        }
    }
}

/// The numbers that the claim rests on.
fn keys(view: &View) -> Markup {
    let model = view.claimed();
    let volume = view.model(crate::record::analysis::ModelKind::Volume);
    let difference = view.difference(view.analysis.claim.model);
    let permutation = model.filter(|m| m.discrimination.is_some()).and_then(|m| m.permutation.as_ref());
    html! {
        dl.keys {
            div {
                dt { (look::model(view.analysis.claim.model)) ", " (view.measure()) }
                dd {
                    (maybe_interval(model.and_then(|m| m.discrimination), 2))
                    @if let Some(of) = permutation {
                        small { (p_told(of.p)) ", " (count(of.permutations, "permutation")) ", " (count(view.permuted(), "test")) }
                    }
                }
            }
            div {
                dt { "Volume alone, " (view.measure()) }
                dd { (maybe_interval(volume.and_then(|m| m.discrimination), 2)) }
            }
            div {
                dt { "Difference to volume" }
                dd {
                    @match difference.and_then(|d| d.difference) {
                        Some(of) => (interval(of, 2)),
                        None => { "\u{2013}" small { (difference.and_then(|d| d.status.as_deref()).unwrap_or("not compared")) } },
                    }
                }
            }
            div {
                dt { "Interval" }
                dd { "95 %" small { (coverage(view)) } }
            }
        }
    }
}

/// The interval's method and its simulated coverage.
pub fn coverage(view: &View) -> String {
    let method = &view.analysis.claim.interval;
    let name = method.name.replace('_', " ");
    match method.simulated_coverage {
        Some((low, high)) => format!(
            "{name}; simulated coverage {} to {}",
            crate::report::analysis::words::percent(low),
            crate::report::analysis::words::percent(high)
        ),
        None => format!("{name}; coverage not simulated"),
    }
}
