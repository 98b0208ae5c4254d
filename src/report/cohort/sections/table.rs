//! All visit pairs with their figures and lesions, to sort and to search. Works as a plain table without scripts.

use maud::{Markup, html};

use crate::record::{CohortQaRow, Followed};
use crate::report::cohort::input::PairView;
use crate::report::cohort::look;
use crate::report::cohort::measures::Measure;
use crate::report::cohort::study::Study;
use crate::report::wording::{count, number, typographic};

/// With more rows than this, paper gets the file's name instead of the table.
const MOST_PRINTED: usize = 150;
/// With more rows than this, the page itself does.
const MOST_ROWS: usize = 1000;

/// The section.
pub fn table(study: &Study) -> Markup {
    let without: Vec<&PairView> = study.page.pairs.iter().filter(|p| p.row.alignment.is_none()).collect();
    let pairs: Vec<&PairView> = study.ranked.iter().map(|r| r.pair).chain(without).collect();
    let class = if pairs.len() > MOST_PRINTED { "screen-only" } else { "printed" };
    html! {
        section id="pairs" {
            h2 { "All visit pairs" }
            @if pairs.is_empty() { p.note { "There is none." } } @else {
                p {
                    (count(pairs.len(), "row")) ", as in " code { "qa.csv" } ", the worst alignment first; single visits \
                     stand last. These are the numbers behind the plots above."
                    @if pairs.len() > MOST_ROWS { " The first " (MOST_ROWS) " are shown." }
                }
                @if pairs.len() > MOST_PRINTED {
                    p.print-only { "The table is too long for paper: it is the file qa.csv." }
                }
                div class=(class) {
                    p.search hidden {
                        label for="find" { "Find" }
                        input id="find" type="search" placeholder="patient, site, verdict";
                        span id="found" role="status" {}
                    }
                    div.scroll.tall tabindex="0" role="region" aria-label="All visit pairs" {
                        table.deltas.wide id="delta-table" {
                            thead { tr {
                                th scope="col" { "Patient" }
                                th scope="col" { "Visits" }
                                th scope="col" { "Site" }
                                th.n scope="col" { "Days" }
                                th scope="col" { "Verdict" }
                                @for measure in Measure::ALL { th.n scope="col" { (measure.short()) } }
                                @for head in ["Lesions at baseline", "at follow-up", "new", "gone", "lost"] {
                                    th.n scope="col" { (head) }
                                }
                                th.n scope="col" { "Deltas" }
                                th.n scope="col" { "judged" }
                                th.n scope="col" { "beyond noise" }
                            } }
                            tbody { @for pair in pairs.iter().take(MOST_ROWS) { (line(&pair.row)) } }
                        }
                    }
                }
            }
        }
    }
}

fn line(row: &CohortQaRow) -> Markup {
    html! {
        tr {
            td { (look::subject(row)) }
            td.visits { (look::visits(row)) }
            td { (row.site.as_deref().unwrap_or_default()) }
            td.n { (row.interval_days.map_or_else(String::new, number)) }
            td {
                @match &row.alignment {
                    Some(qa) => (look::badge(qa.verdict)),
                    None => (came_to(row.followed)),
                }
            }
            @for measure in Measure::ALL {
                td.n { @if let Some(qa) = &row.alignment { (typographic(&measure.words(qa))) } }
            }
            td.n { (row.lesions_baseline) }
            @match row.followed {
                Followed::NoFollowUp => @for _ in 0..7 { td.n {} },
                _ => @for n in [
                    row.lesions_followup, row.lesions_new, row.lesions_absent, row.lesions_lost,
                    row.deltas, row.deltas_judged, row.deltas_changed,
                ] { td.n { (n) } },
            }
        }
    }
}

fn came_to(followed: Followed) -> &'static str {
    match followed {
        Followed::Aligned => "aligned",
        Followed::NotRegistered => "by masks alone",
        Followed::NoFollowUp => "features only",
    }
}
