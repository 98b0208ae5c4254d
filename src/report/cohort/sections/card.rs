//! An alignment in a few words: picture, patient, verdict, reasons.

use maud::{Markup, html};

use crate::report::cohort::look;
use crate::report::cohort::measures::Measure;
use crate::report::cohort::study::Ranked;
use crate::report::wording::{count, sentence, typographic};

/// How to read a picture.
pub const PICTURE: &str = "Each picture: before the alignment at the left, after it at the right. The follow-up is orange, the \
                           baseline blue; where both agree it is grey.";
/// So many reasons are told; the others stand on the patient's page.
const MOST_REASONS: usize = 2;

/// The card.
pub fn card(ranked: &Ranked) -> Markup {
    let row = &ranked.pair.row;
    let page = look::page_of(&row.key);
    let (_, class) = look::verdict(ranked.qa.verdict);
    html! {
        li.tile.(class) value=(ranked.rank) {
            // The patient's name below is the link that keys reach; the picture is the same link for a mouse.
            a.picture href=(page) tabindex="-1" aria-hidden="true" {
                @match &ranked.pair.tile {
                    Some(tile) => {
                        @let (width, height) = tile.size();
                        img src=(tile.address()) width=(width) height=(height) loading="lazy" alt="";
                    },
                    None => span.nothing { "no picture" },
                }
            }
            p.who {
                span.rank { (ranked.rank) } " "
                a href=(page) { (row.subject) }
                " " span.means { (look::visits(row)) @if let Some(site) = &row.site { ", " (site) } }
            }
            p.judged { (look::badge(ranked.qa.verdict)) " " span.means { (similarity(ranked)) } }
            (reasons(ranked))
        }
    }
}

/// Similarity above chance in a few words.
pub fn similarity(ranked: &Ranked) -> String {
    let text = Measure::Similarity.words(ranked.qa);
    if text.is_empty() {
        "similarity above chance unknown".into()
    } else {
        format!("similarity {} above chance", typographic(&text))
    }
}

fn reasons(ranked: &Ranked) -> Markup {
    let reasons = &ranked.qa.reasons;
    html! {
        @if reasons.is_empty() { p.why { "No finding." } }
        @for reason in reasons.iter().take(MOST_REASONS) { p.why { (sentence(&reason.text)) } }
        @if reasons.len() > MOST_REASONS {
            p.why { (count(reasons.len() - MOST_REASONS, "further finding")) "." }
        }
    }
}
