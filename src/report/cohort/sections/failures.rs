//! Patients that gave nothing, and those that gave features only.

use maud::{Markup, html};

use crate::report::cohort::look;
use crate::report::cohort::study::Study;
use crate::report::wording::count;

/// So many names stand on the page.
const MOST_NAMES: usize = 300;

/// Both sections.
pub fn failures(study: &Study) -> Markup {
    html! {
        section id="failures" {
            h2 { "Failures" }
            @if study.page.failures.is_empty() { p { "None." } } @else {
                p {
                    (count(study.page.failures.len(), "patient")) ", as in " code { "failures.csv" }
                    ". A patient whose files were mended is measured by the same command."
                }
                div.scroll tabindex="0" role="region" aria-label="Failures" {
                    table {
                        thead { tr {
                            th scope="col" { "Patient" } th scope="col" { "Code" }
                            th scope="col" { "File and fact" } th scope="col" { "What to do" }
                        } }
                        tbody { @for failure in &study.page.failures {
                            tr {
                                th scope="row" { (failure.subject) }
                                td { code { (failure.code) } }
                                td { (failure.fact) }
                                td { (failure.hint) }
                            }
                        } }
                    }
                }
            }
        }
        @if !study.features_only.is_empty() {
            section id="features-only" {
                h2 { "Features only" }
                p {
                    (count(study.features_only.len(), "patient")) " without a follow-up: features are given, deltas are \
                     undefined."
                }
                p.names {
                    @for subject in study.features_only.iter().take(MOST_NAMES) {
                        @match study.key_of(subject) {
                            Some(key) => a href=(look::page_of(key)) { (subject) },
                            None => (subject),
                        }
                        " "
                    }
                    @if study.features_only.len() > MOST_NAMES {
                        "and " (study.features_only.len() - MOST_NAMES) " more, in qa.csv."
                    }
                }
            }
        }
    }
}
