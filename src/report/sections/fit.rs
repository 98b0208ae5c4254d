//! The first question to the reader, where a contour of ours decides: does it fit?

use std::path::Path;

use maud::{Markup, html};

use super::contours_of;
use crate::record::RoiRole;
use crate::report::figures::contours::{Region, fit as figure};
use crate::report::headline::{Deciding, waiting};
use crate::report::input::{Confirm, RunReport, ToConfirm};
use crate::report::standing::rois_of;
use crate::report::wording::{region, region_list};

/// The question, with the two ways on; nothing where every lesion's contour is confirmed.
pub fn fit(report: &RunReport, deciding: &Deciding) -> Markup {
    let figures: Vec<Markup> =
        report.pairs.iter().flat_map(|p| questions(report, deciding, p.followup)).collect();
    let waiting = waiting(&deciding.rows(report));
    if figures.is_empty() && (waiting.is_empty() || report.confirm.is_none()) {
        return html! {};
    }
    html! {
        section.ask id="fit" {
            h2 { @if waiting.len() == 1 { "Does this contour fit?" } @else { "Do these contours fit?" } }
            p {
                "Nobody drew " (region_list(&waiting, MOST_NAMES)) " at follow-up: this program took "
                @if waiting.len() == 1 { "its contour" } @else { "their contours" }
                " over from baseline. Until a person agrees, what is measured there has no verdict."
                @if waiting.len() > figures.len() {
                    " Those that are not shown here stand under " a href="#regions" { "Regions at each visit" } "."
                }
            }
            @for figure in figures { (figure) }
            @if let Some(confirm) = &report.confirm { (ways_on(confirm)) }
        }
    }
}

/// Regions that the question names; the others are counted.
const MOST_NAMES: usize = 8;

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
                    name: &region(roi),
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
    match confirm {
        Confirm::ByCommand { accept_command, mask_path, edited_command } => {
            by_command(accept_command, mask_path, edited_command.as_deref())
        }
        Confirm::InStudy(visits) => in_study(visits),
    }
}

fn by_command(accept: &str, mask_path: &str, edited: Option<&str>) -> Markup {
    html! {
        div.ways {
            div {
                h3 { "It fits" }
                p { "Accept it. This measures again with the same alignment, and the verdicts stand." }
                (command(accept))
            }
            div {
                h3 { "It does not" }
                p {
                    (edit(mask_path)) " and give it back as the mask of the follow-up."
                    @if edited.is_none() {
                        " With several follow-ups: name it as " code { "mask" } " in that visit's " code { "visit.toml" } "."
                    }
                }
                @if let Some(edited) = edited { (command(edited)) }
            }
        }
    }
}

/// A patient of a study is run again by its manifest, not by a command of its own.
fn in_study(visits: &[ToConfirm]) -> Markup {
    html! {
        div.ways {
            div {
                h3 { "It fits" }
                @for visit in visits {
                    p {
                        "Accept it: write this line into " code { "visit.toml" } " in the folder of " (visit.visit)
                        ", without the regions that do not fit."
                    }
                    (command(&visit.accept_line))
                }
                p { "A visit that the manifest gives as an image has no such file: give a copy of our mask as its mask." }
            }
            div {
                h3 { "It does not" }
                @for visit in visits {
                    p {
                        (edit(&visit.mask_path)) ", save it outside this result, and give it as the mask of "
                        (visit.visit) ": in the column " code { "mask" } " of the manifest, or with "
                        code { "mask_source = \"edited\"" } " in its " code { "visit.toml" } "."
                    }
                }
            }
        }
        p { "Then run the same " code { "delta cohort run" } " again. Only patients whose files changed are measured anew." }
    }
}

/// What to edit: a mask, contours for a planning system, or a folder of masks where regions overlap.
fn edit(mask_path: &str) -> Markup {
    html! {
        @if mask_path.ends_with(".nii.gz") {
            "Edit " code { (mask_path) } " in a viewer"
        } @else if Path::new(mask_path).extension().is_some_and(|ending| ending == "dcm") {
            "Edit " code { (mask_path) } " beside its series in a planning system, export it"
        } @else {
            "Edit the region's file in the folder " code { (mask_path) }
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
