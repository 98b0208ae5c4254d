//! What was refused or is undefined, counted by reason.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::record::{DeltaRow, Flag};
use crate::report::headline::unanswered as groups;
use crate::report::input::RunReport;
use crate::report::wording::{self, count, list};

/// The section.
pub fn unanswered(report: &RunReport) -> Markup {
    let rows: Vec<&DeltaRow> = report.deltas.iter().collect();
    let groups = groups(&rows);
    html! {
        section id="unanswered" {
            h2 { "Refused or undefined" }
            @if groups.is_empty() {
                p { "Nothing: every delta has a value and was judged." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Refused or undefined" {
                    table.plain {
                        thead { tr { th.n { "Deltas" } th { "Verdict" } th { "Because" } th { "Regions" } } }
                        tbody {
                            @for ((verdict, reason), rois, n) in &groups {
                                @let look = wording::verdict(*verdict);
                                tr {
                                    td.n { (n) }
                                    td { span.tag.(look.class) { span.symbol aria-hidden="true" { (look.symbol) } (look.word) } }
                                    td { (reason.sentence()) small { (reason) } }
                                    td { (list(rois)) }
                                }
                            }
                        }
                    }
                }
            }
            (flags(report))
        }
    }
}

/// What a reader must know about values that are given.
fn flags(report: &RunReport) -> Markup {
    let mut counted: BTreeMap<&Flag, usize> = BTreeMap::new();
    for flag in report.deltas.iter().flat_map(|r| r.flags.iter()) {
        *counted.entry(flag).or_default() += 1;
    }
    html! {
        @if !counted.is_empty() {
            h3 { "Given, but know that" }
            ul {
                @for (flag, n) in &counted {
                    li { (wording::flag_sentence(flag)) span.means { " (" (count(*n, "delta")) ")" } }
                }
            }
        }
    }
}
