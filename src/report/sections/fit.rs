//! The first question to the reader, where a contour of ours decides: does it fit?

use maud::{Markup, html};

use super::contours_of;
use crate::record::RoiRole;
use crate::report::figures::contours::{Region, fit as figure};
use crate::report::headline::Deciding;
use crate::report::input::{Confirm, RunReport};
use crate::report::standing::rois_of;

/// The question, with the two ways on; nothing where every lesion's contour is confirmed.
pub fn fit(report: &RunReport, deciding: &Deciding) -> Markup {
    let figures: Vec<Markup> =
        report.pairs.iter().flat_map(|p| questions(report, deciding, p.followup)).collect();
    if figures.is_empty() {
        return html! {};
    }
    html! {
        section.ask id="fit" {
            h2 { @if figures.len() == 1 { "Does this contour fit?" } @else { "Do these contours fit?" } }
            p {
                "No one drew it: this program carried the baseline contour to the follow-up scan. Until a person \
                 agrees, sizes and deltas below have no verdict."
            }
            @for figure in figures { (figure) }
            @if let Some(confirm) = &report.confirm { (ways_on(confirm)) }
        }
    }
}

/// One figure for each lesion whose deciding contour nobody looked at.
fn questions(report: &RunReport, deciding: &Deciding, followup: &str) -> Vec<Markup> {
    let Some(visit) = report.visit(followup) else { return vec![] };
    rois_of(report, followup)
        .iter()
        .filter(|(_, role)| *role == RoiRole::Lesion)
        .filter_map(|(roi, _)| {
            let source = deciding.source(followup, roi).filter(|s| !s.is_confirmed())?;
            let contours = contours_of(visit, roi, Some(source));
            (!contours.is_empty()).then(|| {
                figure(&Region {
                    name: roi,
                    visit: visit.name,
                    modality: report.modality,
                    image: visit.image,
                    contours: contours.into_iter().map(|(s, structure)| (s, &structure.mask)).collect(),
                })
            })
        })
        .collect()
}

fn ways_on(confirm: &Confirm) -> Markup {
    html! {
        div.ways {
            div {
                h3 { "It fits" }
                p { "Accept it: measures again with the same alignment, and the verdicts stand." }
                (command(&confirm.accept_command))
            }
            div {
                h3 { "It does not" }
                p {
                    "Edit " code { (confirm.mask_path) } " in a viewer and give it back as the mask of the follow-up."
                }
                @if let Some(edited) = &confirm.edited_command { (command(edited)) }
            }
        }
    }
}

/// A command to copy. Lines break between its words only, so that `--from` stays in one piece.
fn command(text: &str) -> Markup {
    html! {
        div.command {
            code { @for word in text.split_inclusive(' ') { span { (word) } } }
            button.copy type="button" hidden { "Copy" }
        }
    }
}
