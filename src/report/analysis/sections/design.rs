//! What was asked, of whom, and how: one paragraph, and what was overridden.

use maud::{Markup, html};

use super::banner::coverage;
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{coded, short};
use crate::report::numbers::{count, list, sentence};

/// The section.
pub fn design(view: &View) -> Markup {
    let design = &view.analysis.design;
    html! {
        section id="design" {
            h2 { "Design" }
            p { (coded(&paragraph(view))) }
            p { (landmark(view)) }
            @for text in &design.overridden {
                p.warning { span.symbol aria-hidden="true" { "!" } "Overridden: " (sentence(text)) }
            }
            p.means { (sentence(&view.analysis.claim.interval.text)) " " (sentence(&coverage(view))) }
        }
    }
}

/// Folds, repeats, penalty, permutations, resamples, candidates.
pub fn paragraph(view: &View) -> String {
    let design = &view.analysis.design;
    let visits = design.visits.as_ref().map_or_else(
        || "deltas as the table gives them".to_owned(),
        |(baseline, followup)| {
            format!("{baseline} against {followup}, {} deltas", design.delta_scale.replace('_', " "))
        },
    );
    let candidates: Vec<String> = design
        .candidates
        .iter()
        .map(|c| format!("{} ({})", look::model_in_sentence(c.model), count(c.columns, "column")))
        .collect();
    let candidates =
        if candidates.is_empty() { String::new() } else { format!(" Models: {}.", list(&candidates)) };
    let harmonised = design.harmonised.as_ref().map_or_else(String::new, |text| {
        format!(" Sites are harmonised inside the folds: {}", sentence(text))
    });
    format!(
        "Features from {} ({visits}). Cross-validation with {} by patient, stratified by the outcome, {}; {} choose the \
         penalty of an elastic net (mixing {}). All that learns (imputation, scaling, filters, selection, penalty) learns \
         from the training part alone. Discrimination is {} of pairs within a fold. {} of the labels among patients and {} \
         of patients run the whole pipeline. Seed {}.{candidates}{harmonised}",
        design.source,
        count(design.folds, "fold"),
        count(design.repeats, "repeat"),
        count(design.inner_folds, "inner fold"),
        short(design.alpha),
        view.measure(),
        count(design.permutations, "permutation"),
        count(design.resamples, "resample"),
        design.seed,
    )
}

/// When time starts, and who is left out by that.
pub fn landmark(view: &View) -> String {
    let landmark = &view.analysis.design.landmark;
    let mut out = Vec::new();
    for (n, what) in [
        (landmark.events_before, "with an event on or before it"),
        (landmark.lost_before, "lost on or before it"),
    ] {
        if n > 0 {
            out.push(format!("{} {what}", count(n, "patient")));
        }
    }
    let out = if out.is_empty() {
        "nobody is left out by it".to_owned()
    } else {
        format!("left out: {}", list(&out))
    };
    let incorporated = match landmark.incorporated {
        0 => String::new(),
        n => format!(" The response of {} was known on or before it.", count(n, "patient")),
    };
    let unknown = match landmark.unknown_day {
        0 => String::new(),
        n => format!(" For {} it is not known on which day the outcome was known.", count(n, "patient")),
    };
    format!("Landmark: {}; {out}.{incorporated}{unknown}", landmark.rule)
}
