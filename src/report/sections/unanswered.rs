//! What was refused or is undefined, counted by reason.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::record::{DeltaRow, Flag};
use crate::report::headline::{Deciding, unanswered as groups};
use crate::report::input::RunReport;
use crate::report::wording::{self, count, region_list, sentence};

/// The section.
pub fn unanswered(report: &RunReport, deciding: &Deciding) -> Markup {
    let rows = deciding.rows(report);
    let groups = groups(&rows);
    html! {
        section id="unanswered" {
            h2 { "Refused or undefined" }
            @if rows.len() < report.deltas.len() {
                p.note {
                    "Counted here: the contour of each region that decides at each follow-up. The table above also \
                     holds our other contours, to compare."
                }
            }
            @if groups.is_empty() {
                p { "Nothing." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Refused or undefined" {
                    table.plain {
                        thead { tr { th.n { "Deltas" } th { "Verdict" } th { "Because" } th { "Regions" } } }
                        tbody {
                            @for group in &groups {
                                @let look = wording::verdict(group.verdict);
                                tr {
                                    td.n { (group.rows) }
                                    td { span.tag.(look.class) { span.symbol aria-hidden="true" { (look.symbol) } (look.word) } }
                                    td { (sentence(group.reason.sentence())) small { (group.reason) } }
                                    td { (region_list(&group.rois, usize::MAX - 1)) }
                                }
                            }
                        }
                    }
                }
            }
            (flags(&rows))
        }
    }
}

/// What a reader must know about values that are given.
fn flags(rows: &[&DeltaRow]) -> Markup {
    let mut counted: BTreeMap<&Flag, usize> = BTreeMap::new();
    for flag in rows.iter().flat_map(|r| r.flags.iter()) {
        *counted.entry(flag).or_default() += 1;
    }
    html! {
        @if !counted.is_empty() {
            h3 { "What flags on given values mean" }
            ul {
                @for (flag, n) in &counted {
                    li {
                        (wording::flag_sentence(flag)) " "
                        span.means { code { (flag) } ", " (count(*n, "delta")) }
                    }
                }
            }
        }
    }
}
