//! The contact sheet: every alignment before and after, the worst first.

use maud::{Markup, html};

use super::card::{PICTURE, card, similarity};
use crate::record::QaVerdict;
use crate::report::cohort::look;
use crate::report::cohort::order::MOST_TILES;
use crate::report::cohort::study::{Ranked, Study};
use crate::report::wording::{count, sentence};

/// Beyond the pictures, so many lines; all stand in `qa.csv`.
const MOST_LINES: usize = 400;

/// The section.
pub fn sheet(study: &Study) -> Markup {
    let (shown, others) = study.ranked.split_at(study.ranked.len().min(MOST_TILES));
    html! {
        section id="alignments" {
            h2 { "Contact sheet" }
            @if shown.is_empty() { p.note { "No visit pair was aligned." } } @else {
                p {
                    "Every alignment before and after, the worst first: FAIL, then REVIEW, then PASS, and of each the \
                     least similar above chance first. Similarity is told as a share of the way from chance (0) to \
                     identity (1). " (PICTURE) " A name leads to the patient's report."
                }
            }
            @for verdict in [QaVerdict::Fail, QaVerdict::Review, QaVerdict::Pass] {
                @let group: Vec<&Ranked> = shown.iter().filter(|r| r.qa.verdict == verdict).collect();
                @if !group.is_empty() {
                    h3 { (look::badge(verdict)) " " (counted(study, verdict, group.len())) }
                    ol.cards { @for ranked in group { (card(ranked)) } }
                }
            }
            @if !others.is_empty() { (further(others)) }
        }
    }
}

fn counted(study: &Study, verdict: QaVerdict, shown: usize) -> String {
    let all = study.alignments(verdict);
    if shown == all { count(all, "alignment") } else { format!("the worst {shown} of {all}") }
}

fn further(others: &[Ranked]) -> Markup {
    html! {
        h3 { "Without a picture here" }
        p.note {
            (count(others.len(), "further alignment")) ", each better than those above. Their pictures stand in the \
             patients' reports."
            @if others.len() > MOST_LINES { " The first " (MOST_LINES) " are listed; all stand in " code { "qa.csv" } "." }
        }
        div.scroll.tall tabindex="0" role="region" aria-label="Further alignments" {
            table {
                thead { tr {
                    th.n scope="col" { "Rank" } th scope="col" { "Patient" } th scope="col" { "Visits" }
                    th scope="col" { "Verdict" } th scope="col" { "Similarity" } th scope="col" { "Findings" }
                } }
                tbody { @for ranked in others.iter().take(MOST_LINES) {
                    @let row = &ranked.pair.row;
                    tr {
                        td.n { (ranked.rank) }
                        td { (look::subject(row)) }
                        td.visits { (look::visits(row)) }
                        td { (look::badge(ranked.qa.verdict)) }
                        td { (similarity(ranked)) }
                        td { @for reason in &ranked.qa.reasons { (sentence(&reason.text)) " " } }
                    }
                } }
            }
        }
    }
}
