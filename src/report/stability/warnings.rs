//! What a reader has to know before relying on a group's verdicts.

use super::view::GroupView;
use crate::record::{IccBound, MaskSource, RcBound};
use crate::report::wording::fixed;
use crate::stability::rules::Rules;
use crate::stats::required::icc_needed;

/// Fewer regions than this leave intervals so wide that verdicts say little.
const FEW: usize = 20;

/// The warnings, in sentences.
pub fn warnings(view: &GroupView, rules: &Rules) -> Vec<String> {
    let mut all = Vec::new();
    let (_, n) = view.n_range();
    if view.in_silico() {
        all.push(
            "This is robustness against perturbations of one scan, not test-retest: what changes between two scans \
             of a patient (position, scanner, physiology) is not in it."
                .to_owned(),
        );
    }
    match n {
        0 => all.push("No region has enough repeats: nothing can be said.".to_owned()),
        1 => all.push(
            "One region only: within-patient variation and RC are given; an ICC needs several patients."
                .to_owned(),
        ),
        n if n < FEW => all.push(small(n, view, rules)),
        _ => {}
    }
    if view.bootstrapped() {
        all.push(
            "Several regions of a subject are not independent, or repeats are missing: intervals come from a bootstrap \
             of subjects, and are too narrow where subjects are few."
                .to_owned(),
        );
    }
    if view.design.group.source == MaskSource::Carried {
        all.push(
            "Masks of the repeats are carried by registration: this is the noise of the image, not of delineation."
                .to_owned(),
        );
    }
    all
}

fn small(n: usize, view: &GroupView, rules: &Rules) -> String {
    let needed = icc_needed(view.form, n, view.k(), rules.icc_threshold);
    let verdicts = match needed.filter(|_| rules.icc_bound == IccBound::Lower) {
        Some(needed) => format!(
            "a feature passes only from an ICC of {} on; that few pass need not mean that few are stable.",
            fixed(needed, 2)
        ),
        None => "intervals are wide, and estimates above the threshold are partly luck.".to_owned(),
    };
    let limit = match rules.rc_bound {
        RcBound::Auto | RcBound::Upper => " The gate takes the upper bound of RC as the noise limit.",
        RcBound::Point => "",
    };
    format!("Small study: with n = {n} {verdicts}{limit}")
}
