//! What holds for the whole study.

use maud::{Markup, html};

use crate::report::cohort::study::Study;
use crate::report::wording::{self, capital, sentence};

/// The section.
pub fn settings(study: &Study) -> Markup {
    let settings = &study.page.settings;
    html! {
        section id="settings" {
            h2 { "Settings" }
            @for differing in &settings.differing {
                p.warning {
                    span.symbol aria-hidden="true" { "!" }
                    (differing.subject) " (" (wording::modality(differing.modality)) ") was measured otherwise than the \
                     study: measurement hash " code { (differing.measurement_hash) }
                    ". Its values must not be compared with the others."
                }
            }
            @if !settings.modalities.is_empty() {
                div.scroll tabindex="0" role="region" aria-label="Settings per modality" {
                    table.plain {
                        thead { tr {
                            th scope="col" { "Modality" } th scope="col" { "Protocol" } th scope="col" { "Sampling" }
                            th scope="col" { "Why" } th scope="col" { "Measurement hash" }
                        } }
                        tbody { @for of in &settings.modalities {
                            tr {
                                th scope="row" { (wording::modality(of.modality)) }
                                td { (of.protocol) }
                                td { (of.sampling) }
                                td { (sentence(&of.why)) }
                                td { code { (of.measurement_hash) } }
                            }
                        } }
                    }
                }
            }
            dl {
                dt { "Visit windows" }
                dd {
                    @if settings.windows.is_empty() { "none: every visit of the manifest takes part" }
                    (settings.windows.join("; ").replace("+/-", "\u{b1}"))
                }
                @for (label, value) in &settings.further { dt { (capital(label)) } dd { (value) } }
                @if !settings.command.is_empty() { dt { "Command" } dd { code { (settings.command) } } }
                dt { "Program" } dd { "delta " (study.page.version) }
                dt { "Tables" }
                dd { "features.csv, deltas.csv, qa.csv, visits.csv, failures.csv beside this page" }
            }
        }
    }
}
