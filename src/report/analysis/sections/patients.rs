//! The cohort by outcome, and what is missing of it.

use maud::{Markup, html};

use crate::record::analysis::{TableOneCell, TableOneRow};
use crate::report::analysis::figures::missing::missing;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, decimals, maybe, percent, short};

/// The section.
pub fn patients(view: &View) -> Markup {
    let table = &view.analysis.table_one;
    html! {
        section id="patients" {
            h2 { "The cohort by outcome" }
            @if table.rows.is_empty() {
                p.note { "There is no covariate to describe the cohort by: give some with the outcomes." }
            } @else {
                (table_one(view))
                p.note {
                    "Numbers are median (quartiles), words are n (share of those known). No test: with many rows some differ by \
                     chance. A standardised difference above 0.1 in size is worth a look."
                }
            }
            h3 { "Missing values" }
            (missing(view))
        }
    }
}

fn table_one(view: &View) -> Markup {
    let table = &view.analysis.table_one;
    let differs = table.rows.iter().any(|row| row.standardised_difference.is_some());
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table 1" {
            table.plain {
                thead { tr {
                    th scope="col" { "Covariate" }
                    @for (name, n) in &table.groups { th.n scope="col" { (name) " (n\u{a0}=\u{a0}" (n) ")" } }
                    @if differs { th.n scope="col" { "Standardised difference" } }
                } }
                tbody { @for (at, row) in table.rows.iter().enumerate() {
                    @if row.level.is_some() && !continues(&table.rows, at) {
                        tr { th scope="rowgroup" colspan=(table.groups.len() + 1 + usize::from(differs)) { (row.name) } }
                    }
                    tr {
                        @match &row.level {
                            Some(level) => th.level scope="row" { (level) },
                            None => th scope="row" { (row.name) },
                        }
                        @for cell in &row.cells { td.n { (told(cell)) } }
                        @if differs { td.n { (maybe(row.standardised_difference, 2)) } }
                    }
                } }
            }
        }
        p.means { "Table 1 (" (view.n()) ")." }
    }
}

/// Whether a row is a further level of the covariate of the row before it.
fn continues(rows: &[TableOneRow], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| rows.get(before)).is_some_and(|before| {
        before.level.is_some() && rows.get(at).is_some_and(|row| row.name == before.name)
    })
}

fn told(cell: &TableOneCell) -> String {
    match cell {
        TableOneCell::Number { n: 0, .. } => NONE.to_owned(),
        TableOneCell::Number { median, quartiles, .. } => {
            let median = median.map_or_else(|| NONE.to_owned(), short);
            match quartiles {
                Some((q1, q3)) => format!("{median} ({} to {})", short(*q1), short(*q3)),
                None => median,
            }
        }
        TableOneCell::Level { n, of: 0 } => decimals(*n as f64, 0),
        TableOneCell::Level { n, of } => format!("{n} ({})", percent(*n as f64 / *of as f64)),
    }
}
