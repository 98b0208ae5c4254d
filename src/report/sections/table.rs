//! All deltas, to sort and to search. Works as a plain table without scripts.

use maud::{Markup, html};

use crate::record::{DeltaRow, Flag, NoiseScale, Outcome};
use crate::report::input::RunReport;
use crate::report::wording::{self, count, feature_name, number, signed, signed_percent, typographic};

/// With more rows than this, paper gets the file's name instead of the table.
const MOST_PRINTED: usize = 250;

/// The table.
pub fn table(report: &RunReport) -> Markup {
    let rows = report.deltas;
    let several = report.pairs.len() > 1;
    let common = common_flags(rows);
    let class = if rows.len() > MOST_PRINTED { "screen-only" } else { "printed" };
    html! {
        section id="deltas" {
            h2 { "All deltas" }
            @if rows.is_empty() { p.note { "There is none." } } @else {
                p {
                    (count(rows.len(), "row")) ", as in " code { "deltas.csv" }
                    ". The noise limit belongs to the difference, or to the log ratio where it is marked "
                    span.means { "log" } "."
                }
                @if rows.len() > MOST_PRINTED {
                    p.print-only { "The table is too long for paper: it is the file deltas.csv." }
                }
                div class=(class) {
                    p.search hidden {
                        label for="find" { "Find" }
                        input id="find" type="search" placeholder="region, feature, verdict, reason";
                        span id="found" role="status" {}
                    }
                    div.scroll.tall tabindex="0" role="region" aria-label="All deltas" {
                        table.deltas id="delta-table" {
                            thead { tr {
                                @if several { th scope="col" { "Visit" } }
                                th scope="col" { "Region" }
                                th scope="col" { "Feature" }
                                th.n scope="col" { "Baseline" }
                                th.n scope="col" { "Follow-up" }
                                th.n scope="col" { "Difference" }
                                th.n scope="col" { "Relative" }
                                th.n scope="col" { "Log ratio" }
                                th.n scope="col" { "Noise limit" }
                                th scope="col" { "Verdict" }
                                th scope="col" { "Why" }
                            } }
                            tbody { @for row in rows { (line(row, several, &common)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Flags that every row carries: said once in the next section, they need not be said in every row.
fn common_flags(rows: &[DeltaRow]) -> Vec<&Flag> {
    let Some(first) = rows.first() else { return vec![] };
    first.flags.iter().filter(|flag| rows.iter().all(|row| row.flags.has(flag))).collect()
}

fn line(row: &DeltaRow, several: bool, common: &[&Flag]) -> Markup {
    let look = wording::verdict(row.verdict);
    let value = |v: Option<f64>| v.map_or_else(String::new, |v| typographic(&number(v)));
    html! {
        tr {
            @if several { td { (row.followup_visit) } }
            td {
                (row.roi)
                @if let Some(source) = row.mask_source_followup { small { (source) } }
            }
            td {
                (feature_name(&row.key))
                small { (row.key.feature) " " (row.key.aggregation_word()) }
            }
            td.n { (value(row.baseline)) }
            td.n { (value(row.followup)) }
            (change(row.absolute, signed))
            (change(row.relative, signed_percent))
            (change(row.log_ratio, signed))
            td.n {
                @if let Some(limit) = row.noise_limit {
                    "\u{b1}" (number(limit))
                    @if row.noise_scale == Some(NoiseScale::Log) { small { "log" } }
                }
            }
            td {
                span.tag.(look.class) { span.symbol aria-hidden="true" { (look.symbol) } (look.word) }
                @if let Some(then) = row.verdict_if_accepted {
                    small { "if accepted: " (wording::verdict(then).word) }
                }
            }
            td.why {
                (wording::row_reason(row))
                @let own: Vec<String> =
                    row.flags.iter().filter(|f| !common.contains(f)).map(|f| f.to_string().replace('_', " ")).collect();
                @if !own.is_empty() { small { (own.join(", ")) } }
            }
        }
    }
}

/// A cell of a change; an empty one says why to whoever points at it.
fn change(outcome: Outcome, words: fn(f64) -> String) -> Markup {
    html! {
        @match outcome.value() {
            Some(v) => td.n { (typographic(&words(v))) },
            None => td.n title=(wording::outcome_reason(outcome)) {},
        }
    }
}
