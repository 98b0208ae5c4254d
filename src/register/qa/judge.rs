//! From figures to a verdict with reasons in words.

use super::deformation::Deformation;
use super::residual::{FAR_MM, Places, REACH_MM, WITHIN_MM};
use super::sample::Constant;
use super::similarity::{LEAST_CHANCES, OFFSET_MM, Similarity};
use super::{QaThresholds, RivalStart, TurnedStart};
use crate::record::{QaReason, QaVerdict, TreQa};

/// All that is judged.
pub struct Facts<'a> {
    /// A scan without contrast.
    pub constant: Option<Constant>,
    /// Both scans are the same.
    pub identical: bool,
    /// Share of the body inside the baseline's field of view.
    pub overlap: f64,
    /// Similarity and chance.
    pub similarity: &'a Similarity,
    /// The map.
    pub map: &'a Deformation,
    /// What was found place by place.
    pub places: &'a Places,
    /// Landmarks.
    pub landmarks: Option<&'a TreQa>,
    /// A rigid start that ended elsewhere.
    pub rival: Option<RivalStart>,
    /// A turned start.
    pub turned: Option<TurnedStart>,
}

/// Codes of findings that rest on similarity alone: good landmarks outweigh them.
const BY_SIMILARITY: [&str; 3] = ["similarity", "chance", "misplaced"];

/// The gravest verdict among the reasons; PASS without any.
pub fn verdict(reasons: &[QaReason]) -> QaVerdict {
    reasons.iter().map(|r| r.verdict).max().unwrap_or(QaVerdict::Pass)
}

/// Every finding, gravest first.
pub fn reasons(facts: &Facts, t: &QaThresholds) -> Vec<QaReason> {
    let mut found: Vec<QaReason> = [
        constant(facts),
        identical(facts),
        overlap(facts, t),
        similarity(facts, t),
        chance(facts, t),
        misplaced(facts, t),
        folds(facts, t),
        jacobian(facts, t),
        inverse(facts, t),
        displacement(facts, t),
        scale(facts, t),
        one_body(facts, t),
        rival(facts, t),
        turned(facts),
        landmarks(facts, t),
    ]
    .into_iter()
    .flatten()
    .collect();
    lift(&mut found, facts, t);
    found.sort_by_key(|r| std::cmp::Reverse(r.verdict));
    found
}

// Every check ends with it, and a check is an option.
#[allow(clippy::unnecessary_wraps)]
fn reason(code: &str, verdict: QaVerdict, [value, threshold]: [f64; 2], text: String) -> Option<QaReason> {
    Some(QaReason { code: code.to_owned(), text, value, threshold, verdict })
}

/// FAIL beyond a limit, else REVIEW.
fn grade(fails: bool) -> QaVerdict {
    if fails { QaVerdict::Fail } else { QaVerdict::Review }
}

/// A share as a percentage with as many digits as it needs.
fn percent(share: f64) -> String {
    let p = share * 100.0;
    if p != 0.0 && p.abs() < 0.1 {
        format!("{p:.3} %")
    } else if p.abs() < 10.0 {
        format!("{p:.1} %")
    } else {
        format!("{p:.0} %")
    }
}

fn constant(facts: &Facts) -> Option<QaReason> {
    let scan = match facts.constant? {
        Constant::Fixed => "follow-up",
        Constant::Moving => "baseline",
    };
    let text =
        format!("The {scan} scan has nearly the same value everywhere, so nothing can be aligned by it.");
    reason("constant", QaVerdict::Fail, [0.0, 0.0], text)
}

fn identical(facts: &Facts) -> Option<QaReason> {
    let text =
        "Baseline and follow-up are the same scan, voxel for voxel; nobody scans a patient twice like that.";
    facts.identical.then(|| reason("identical", QaVerdict::Review, [1.0, 0.0], text.to_owned()))?
}

fn overlap(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let share = facts.overlap;
    if share >= t.overlap_pass {
        return None;
    }
    let text = format!(
        "Only {} of the follow-up's body lies inside the baseline's field of view (at least {} is asked).",
        percent(share),
        percent(t.overlap_pass)
    );
    reason("overlap", grade(share < t.overlap_fail), [share, t.overlap_pass], text)
}

fn similarity(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let s = &facts.similarity.record;
    let gain = s.spline - s.before;
    if gain >= t.gain_pass || facts.constant.is_some() {
        return None;
    }
    let text = format!(
        "The scans are less alike after the alignment (correlation {:.3}) than before it ({:.3}).",
        s.spline, s.before
    );
    reason("similarity", grade(gain <= t.gain_fail), [gain, t.gain_pass], text)
}

fn chance(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    if facts.constant.is_some() {
        return None;
    }
    let s = &facts.similarity.record;
    let Some(above) = facts.similarity.above_chance_sd else {
        let text = "The scans overlap too little to compare the alignment with chance alignments.".to_owned();
        let counted = facts.similarity.chances as f64;
        return reason("chance", QaVerdict::Review, [counted, LEAST_CHANCES as f64], text);
    };
    if above >= t.chance_sd_pass {
        return None;
    }
    let fails = above <= 0.0;
    let [near, far] = OFFSET_MM;
    let text = if fails {
        format!(
            "The scans are no more alike (correlation {:.3}) than when they are shifted at random by {near} to {far} mm (up to \
             {:.3}): wrong patient, wrong region, or a failed alignment.",
            s.spline, s.chance_max
        )
    } else {
        format!(
            "The scans are hardly more alike (correlation {:.3}) than when they are shifted at random by {near} to {far} mm (up \
             to {:.3}).",
            s.spline, s.chance_max
        )
    };
    reason("chance", grade(fails), [above, t.chance_sd_pass], text)
}

fn misplaced(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let share = facts.places.misplaced.filter(|_| facts.constant.is_none())?;
    if share <= t.misplaced_pass {
        return None;
    }
    let text = format!(
        "At {} of the places that were looked at the baseline fits clearly better {FAR_MM} to {REACH_MM} mm away (up to {} passes).",
        percent(share),
        percent(t.misplaced_pass)
    );
    reason("misplaced", grade(share > t.misplaced_fail), [share, t.misplaced_pass], text)
}

fn folds(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let share = facts.map.jacobian.folded_fraction;
    if share <= 0.0 {
        return None;
    }
    let text = format!(
        "The deformation folds tissue onto itself in {} of the body; no real motion does that.",
        percent(share)
    );
    reason("folds", grade(share > t.folded_fail), [share, 0.0], text)
}

fn jacobian(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let (low, high) = (facts.map.jacobian.p01, facts.map.jacobian.p99);
    if low < t.jacobian_pass[0] {
        // The determinant is baseline volume over follow-up volume.
        let text = format!(
            "In one hundredth of the body the deformation lets tissue grow to more than {:.1} times its volume (up to \
             {:.1} times passes).",
            1.0 / low.max(1e-3),
            1.0 / t.jacobian_pass[0]
        );
        return reason("volume_change", grade(low < t.jacobian_fail[0]), [low, t.jacobian_pass[0]], text);
    }
    if high > t.jacobian_pass[1] {
        let text = format!(
            "In one hundredth of the body the deformation squeezes tissue to less than {} of its volume (down to {} \
             passes).",
            percent(1.0 / high),
            percent(1.0 / t.jacobian_pass[1])
        );
        return reason("volume_change", grade(high > t.jacobian_fail[1]), [high, t.jacobian_pass[1]], text);
    }
    None
}

fn inverse(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let voxels = facts.map.inverse_voxels;
    if voxels <= t.inverse_pass_voxels {
        return None;
    }
    let text = format!(
        "The way back from baseline to follow-up misses by {:.2} mm on average ({voxels:.2} voxels; up to {} passes).",
        facts.map.inverse_mm.mean, t.inverse_pass_voxels
    );
    reason("inverse", grade(voxels > t.inverse_fail_voxels), [voxels, t.inverse_pass_voxels], text)
}

fn displacement(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let (median, p95) = (facts.map.displacement_median_mm, facts.map.displacement_mm.p95);
    let [most_median, most_p95] = t.displacement_pass_mm;
    if p95 > most_p95 {
        let text = format!(
            "One twentieth of the body moves by more than {p95:.0} mm after the rigid alignment (up to {most_p95:.0} mm \
             passes)."
        );
        return reason("displacement", grade(p95 > t.displacement_fail_mm), [p95, most_p95], text);
    }
    if median > most_median {
        let text = format!(
            "Half of the body moves by more than {median:.0} mm after the rigid alignment (up to {most_median:.0} mm \
             passes)."
        );
        return reason("displacement", QaVerdict::Review, [median, most_median], text);
    }
    None
}

fn scale(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    // The body as a whole speaks where too few places could be looked at.
    let [smallest, largest] = facts.places.scale.unwrap_or(facts.map.scale);
    let [low, high] = t.scale_pass;
    let (value, threshold) = if smallest < low {
        (smallest, low)
    } else if largest > high {
        (largest, high)
    } else {
        return None;
    };
    let text = format!(
        "Along one direction the baseline seems {} of the follow-up's size: the spacing of one scan may be wrong, or \
         these are two patients.",
        percent(value)
    );
    reason("scale", QaVerdict::Review, [value, threshold], text)
}

fn one_body(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let share = facts.places.one_body.filter(|share| *share < t.one_body_pass)?;
    let text = format!(
        "Only {} of the places that were looked at move as one body, to {WITHIN_MM} mm (at least {} is asked): these are \
         two patients, one scan is mirrored, or organs move much.",
        percent(share),
        percent(t.one_body_pass)
    );
    reason("one_body", QaVerdict::Review, [share, t.one_body_pass], text)
}

fn rival(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let r = facts.rival?;
    let apart = r.distance_mm > t.start_apart[0] || r.angle_degrees > t.start_apart[1];
    if !apart || r.gap > t.start_gap {
        return None;
    }
    let text = format!(
        "Two positions fit almost equally well, {:.0} mm and {:.0} degrees apart; the better one was taken.",
        r.distance_mm, r.angle_degrees
    );
    reason("ambiguous_start", QaVerdict::Review, [r.gap, t.start_gap], text)
}

fn turned(facts: &Facts) -> Option<QaReason> {
    let turned = facts.turned?;
    if turned.likeness <= turned.ordinary {
        return None;
    }
    let text = "The scans fit better when one is mirrored or turned by half a turn: a header is wrong, or the patient \
                lay the other way round. It was not applied.";
    reason("turned", QaVerdict::Review, [turned.likeness, turned.ordinary], text.to_owned())
}

fn landmarks(facts: &Facts, t: &QaThresholds) -> Option<QaReason> {
    let tre = facts.landmarks.filter(|l| l.n >= t.landmarks_least)?;
    if tre.median <= t.landmarks_never_pass_mm {
        return None;
    }
    let text = format!(
        "The {} landmarks are off by {:.1} mm (median; up to {:.0} mm passes).",
        tre.n, tre.median, t.landmarks_never_pass_mm
    );
    reason("landmarks", QaVerdict::Review, [tre.median, t.landmarks_never_pass_mm], text)
}

/// Good landmarks turn a FAIL by similarity alone into a REVIEW. Folds and all else stay.
fn lift(found: &mut [QaReason], facts: &Facts, t: &QaThresholds) {
    let Some(tre) = facts.landmarks.filter(|l| l.n >= t.landmarks_least) else { return };
    if tre.median >= t.landmarks_lift_mm {
        return;
    }
    for reason in found.iter_mut().filter(|r| r.verdict == QaVerdict::Fail) {
        if BY_SIMILARITY.contains(&reason.code.as_str()) {
            reason.verdict = QaVerdict::Review;
            reason.text = format!(
                "{} But the {} landmarks are off by {:.1} mm only (median).",
                reason.text, tre.n, tre.median
            );
        }
    }
}
