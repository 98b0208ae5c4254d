//! All deltas, to sort and to search. Works as a plain table without scripts.

use maud::{Markup, html};

use crate::record::{DeltaRow, Flag, NoiseScale, NoiseSource, Outcome, RoiRole};
use crate::report::headline::{Deciding, border_range};
use crate::report::input::RunReport;
use crate::report::wording::{
    self, count, feature_name, number, sentence, signed, signed_percent, typographic, unit,
};

/// With more rows than this, paper gets the file's name instead of the table.
pub const MOST_PRINTED: usize = 250;

/// What the lines of the table share.
struct Context<'a> {
    deciding: &'a Deciding,
    intensity: &'static str,
    /// Flags that every row carries: said once in the next section, they need not be said in every row.
    common: Vec<&'a Flag>,
    several: bool,
}

/// The table: lesions first, and of each region the deciding contour first.
pub fn table(report: &RunReport, deciding: &Deciding) -> Markup {
    let mut rows: Vec<&DeltaRow> = report.deltas.iter().collect();
    let visit = |row: &DeltaRow| report.pairs.iter().position(|p| p.followup == row.followup_visit);
    rows.sort_by_key(|r| (visit(r), r.roi_role != RoiRole::Lesion, &r.roi, !deciding.holds(r)));
    let several = report.pairs.len() > 1;
    let context = Context {
        deciding,
        intensity: report.intensity_unit(),
        common: common_flags(report.deltas),
        several,
    };
    let class = if rows.len() > MOST_PRINTED { "screen-only" } else { "printed" };
    html! {
        section id="deltas" {
            h2 { "All deltas" }
            @if rows.is_empty() { p.note { "There is none." } } @else {
                p {
                    (count(rows.len(), "row")) ", as in " code { "deltas.csv" }
                    ". Values have the unit of the difference; an empty cell says why to whoever points at it. The noise limit belongs to the difference, or to the \
                     log ratio where it is marked " span.means { "log" } "."
                }
                @if rows.len() > MOST_PRINTED {
                    p.print-only { "The table is too long for paper: it is the file deltas.csv." }
                }
                div class=(class) {
                    (search())
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
                                th scope="col" { "Verdict, and why" }
                            } }
                            tbody { @for row in rows { (line(row, &context)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Where a reader types what is looked for; shown by the script that finds it.
pub fn search() -> Markup {
    html! {
        p.search hidden {
            label for="find" { "Find" }
            input id="find" type="search" placeholder="region, feature, verdict, reason";
            span id="found" role="status" {}
        }
    }
}

fn common_flags(rows: &[DeltaRow]) -> Vec<&Flag> {
    let Some(first) = rows.first() else { return vec![] };
    first.flags.iter().filter(|flag| rows.iter().all(|row| row.flags.has(flag))).collect()
}

fn line(row: &DeltaRow, context: &Context) -> Markup {
    let decides = context.deciding.holds(row);
    let unit = unit(&row.key.feature, context.intensity);
    let look = wording::verdict(row.verdict);
    let why = wording::row_reason(row);
    let flags: Vec<String> = row
        .flags
        .iter()
        .filter(|f| !context.common.contains(f))
        .map(|f| f.to_string().replace('_', " "))
        .collect();
    let value = |v: Option<f64>| v.map_or_else(String::new, |v| typographic(&number(v)));
    html! {
        tr {
            @if context.several { td { (row.followup_visit) } }
            td {
                (row.roi)
                @if let Some(source) = row.mask_source_followup {
                    small { (source) @if !decides { ", to compare" } }
                }
            }
            td {
                (feature_name(&row.key))
                small { (row.key.feature) " " (row.key.aggregation_word()) }
            }
            td.n { (value(row.baseline)) }
            td.n { (value(row.followup)) }
            (difference(row, &unit))
            (change(row.relative, signed_percent))
            (change(row.log_ratio, signed))
            td.n {
                @if let Some(limit) = row.noise_limit {
                    "\u{b1}" (number(limit))
                    @if row.noise_scale == Some(NoiseScale::Log) { small { "log" } }
                    @if row.noise_source == Some(NoiseSource::InSilico) { small { " in silico" } }
                }
            }
            td.verdict {
                span.tag.(look.class) { span.symbol aria-hidden="true" { (look.symbol) } (look.word) }
                @if let Some(then) = row.verdict_if_accepted.filter(|then| *then != row.verdict) {
                    small { "if confirmed: " (wording::verdict(then).word) }
                }
                @if !why.is_empty() { small { (sentence(&why)) } }
                @if !flags.is_empty() { small { "Flags: " (flags.join(", ")) } }
            }
        }
    }
}

/// The difference with its unit, and its range under an uncertain border.
fn difference(row: &DeltaRow, unit: &str) -> Markup {
    html! {
        @match row.absolute.value() {
            Some(v) => td.n {
                (typographic(&signed(v))) @if !unit.is_empty() { " " span.unit { (unit) } }
                @if let Some([low, high]) = border_range(row) {
                    small { "border: " (typographic(&signed(low))) " to " (typographic(&signed(high))) }
                }
            },
            None => td.n title=(wording::outcome_reason(row.absolute)) {},
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
