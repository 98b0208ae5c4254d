//! Whether deltas say more than the change of volume, and why not.

use crate::analyze::validate::interval::method;
use crate::record::analysis::{Claim, ClaimVerdict, Difference, ModelKind, ModelResult};

/// The level below which a permutation p counts.
const LEVEL: f64 = 0.05;

/// The claim about the deltas' model: permutation p below 0.05, and the lower bound of its difference to volume alone
/// above zero. All that fails is named.
pub(in crate::analyze) fn claim(
    models: &[ModelResult],
    differences: &[Difference],
    resamples: usize,
) -> Claim {
    let deltas = models.iter().find(|result| result.model == ModelKind::Deltas);
    let mut against: Vec<String> = Vec::new();
    let mut in_favour: Vec<String> = Vec::new();
    match deltas.and_then(|result| result.permutation.as_ref()) {
        Some(permutation) if permutation.p < LEVEL => in_favour.push(format!(
            "deltas tell the outcome better than chance (permutation p {})",
            p_words(permutation.p)
        )),
        Some(permutation) => against.push(format!(
            "deltas do not tell the outcome better than exchanged labels (permutation p {}, needed: below {LEVEL})",
            p_words(permutation.p)
        )),
        None if deltas.is_none_or(|result| result.discrimination.is_none()) => {
            against.push("there is no model of deltas that could be judged".into());
        }
        None => against.push("labels were not permuted".into()),
    }
    let difference = differences.iter().find(|d| d.model == ModelKind::Deltas);
    match difference.and_then(|d| d.difference) {
        Some(found) if found.lower > 0.0 => in_favour.push(format!(
            "deltas tell it better than the change of volume alone (difference {:+.3}, interval {:+.3} to {:+.3})",
            found.estimate, found.lower, found.upper
        )),
        Some(found) => against.push(format!(
            "deltas do not beat the change of volume alone: difference {:+.3}, interval {:+.3} to {:+.3}, whose lower \
             end is not above zero",
            found.estimate, found.lower, found.upper
        )),
        None => against.push(
            difference
                .and_then(|d| d.status.clone())
                .unwrap_or_else(|| "there is no difference to volume alone".into()),
        ),
    }
    let verdict = if against.is_empty() { ClaimVerdict::BeyondVolume } else { ClaimVerdict::None };
    Claim {
        claim: verdict,
        model: ModelKind::Deltas,
        reasons: if against.is_empty() { in_favour } else { against },
        interval: method(resamples),
    }
}

fn p_words(p: f64) -> String {
    if p < 0.001 { "below 0.001".into() } else { format!("{p:.3}") }
}
