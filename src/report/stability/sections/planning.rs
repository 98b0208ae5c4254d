//! What this number of subjects can show, and how many a new study needs.

use maud::{Markup, html};

use crate::record::{IccForm, RepeatKind};
use crate::report::stability::view::GroupView;
use crate::report::wording::fixed;
use crate::stability::rules::Rules;
use crate::stats::required::{icc_needed, n_needed};

const THRESHOLDS: [f64; 3] = [0.75, 0.80, 0.90];
const ICCS: [f64; 4] = [0.80, 0.85, 0.90, 0.95];

/// Both tables; nothing where repeats are too few for an ICC at all.
pub fn planning(view: &GroupView, rules: &Rules) -> Markup {
    let (_, n) = view.n_range();
    let k = view.k();
    if k < 2 || view.design.group.kind == RepeatKind::Perturbation {
        return html! {};
    }
    let mut thresholds = THRESHOLDS.to_vec();
    if !thresholds.contains(&rules.icc_threshold) {
        thresholds.push(rules.icc_threshold);
        thresholds.sort_by(f64::total_cmp);
    }
    let form = view.form;
    html! {
        h3 { "What n subjects can show" }
        p {
            "The lower bound reaches a threshold only where the estimate is well above it. For " (form) " with " (k)
            " repeats each" @if shift_matters(form) { " and no shift between repeats" } ":"
        }
        div.scroll tabindex="0" role="region" aria-label="Estimate and number of subjects needed" {
            table.plain.tight {
                thead { tr {
                    th scope="col" { "Threshold" }
                    th.n scope="col" { "ICC needed at n\u{a0}=\u{a0}" (n) }
                    @for icc in ICCS { th.n scope="col" { "n needed for ICC\u{a0}" (fixed(icc, 2)) } }
                } }
                tbody { @for threshold in &thresholds { tr {
                    th scope="row" { (fixed(*threshold, 2)) }
                    td.n { (icc_needed(form, n, k, *threshold).map_or_else(none, |icc| fixed(icc, 3))) }
                    @for icc in ICCS {
                        td.n { (n_needed(form, icc, k, *threshold).map_or_else(none, |n| n.to_string())) }
                    }
                } } }
            }
        }
        p.note {
            "Read from the left: at this n the first figure; the others are the regions, one per subject, of a study planned \
             anew. A dash: no number of subjects is enough. See " code { "delta stability plan" } "."
        }
    }
}

fn none() -> String {
    "\u{2013}".to_owned()
}

/// Whether a shift between repeats counts against this form.
fn shift_matters(form: IccForm) -> bool {
    matches!(form, IccForm::AgreementSingle | IccForm::AgreementMean)
}
