//! Standard error of a share of pairs that were won: an area under the ROC curve, or Harrell's C, also pooled over
//! folds and repeats.
//!
//! To first order each unit moves the share by what its own pairs won beyond it: e_i = sum over its pairs of
//! (won - share), over all pairs. The variance is the sum of e_i^2, summed within a patient before it is squared where
//! a patient has several units. For an area without clusters that is DeLong's (1988) variance with divisor n; with
//! clusters Obuchowski's (1997, Biometrics 53:567).

/// The pairs of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnPairs {
    /// Those that were won, whichever of both units this is; ties count half.
    pub won: f64,
    /// Those that are usable.
    pub usable: f64,
}

/// Adds up the pairs of each unit. Pairs as in [`super::concordance::pairs`]; for a yes or no, those with it have an
/// event on day 1 and those without are lost on day 2.
///
/// ```
/// use delta_radiomics::stats::pair_error::{OwnPairs, own_pairs};
/// // Of three usable pairs the first two are won, the third is a tie.
/// let of = own_pairs(&[2.0, 1.0, 1.0], &[1.0, 2.0, 3.0], &[true, true, false]);
/// assert_eq!(of[0], OwnPairs { won: 2.0, usable: 2.0 });
/// assert_eq!(of[1], OwnPairs { won: 1.5, usable: 2.0 });
/// ```
pub fn own_pairs(risk: &[f64], days: &[f64], events: &[bool]) -> Vec<OwnPairs> {
    let n = risk.len().min(days.len()).min(events.len());
    let mut own = vec![OwnPairs::default(); n];
    for first in (0..n).filter(|i| events[*i]) {
        for second in 0..n {
            let later = days[second] > days[first] || (days[second] == days[first] && !events[second]);
            if later && risk[first].is_finite() && risk[second].is_finite() {
                let won = match risk[first].partial_cmp(&risk[second]) {
                    Some(std::cmp::Ordering::Greater) => 1.0,
                    Some(std::cmp::Ordering::Equal) => 0.5,
                    _ => 0.0,
                };
                for unit in [first, second] {
                    own[unit].won += won;
                    own[unit].usable += 1.0;
                }
            }
        }
    }
    own
}

/// A share of pairs with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairShare {
    /// Share of the usable pairs that were won.
    pub share: f64,
    /// Its standard error, the predictions held fixed; zero where all pairs were won, or all lost: then it says
    /// nothing.
    pub se: f64,
}

/// The share, from the pairs of all units (each pair is in two of them) and the patient of each; `None` without a
/// usable pair or with one patient.
///
/// ```
/// use delta_radiomics::stats::pair_error::{own_pairs, share};
/// // Positives 3 and 1, negatives 2 and 0: three of four pairs are won. Each positive wins 1 and 1/2 of its pairs,
/// // each negative loses 1/2 and 1: e = 1/8, -1/8, -1/8, 1/8, and 4/3 of the sum of their squares is the variance.
/// let own = own_pairs(&[3.0, 1.0, 2.0, 0.0], &[1.0, 1.0, 2.0, 2.0], &[true, true, false, false]);
/// let of = share(&own, &[0, 1, 2, 3]).unwrap();
/// assert_eq!(of.share, 0.75);
/// assert!((of.se - (4.0_f64 / 3.0 * 4.0 / 64.0).sqrt()).abs() < 1e-15);
/// ```
pub fn share(own: &[OwnPairs], patient: &[usize]) -> Option<PairShare> {
    let usable: f64 = own.iter().map(|unit| unit.usable).sum::<f64>() / 2.0;
    if usable <= 0.0 {
        return None;
    }
    let share = own.iter().map(|unit| unit.won).sum::<f64>() / 2.0 / usable;
    let mut moved: Vec<(usize, f64)> =
        own.iter().zip(patient).map(|(unit, patient)| (*patient, unit.won - share * unit.usable)).collect();
    moved.sort_by_key(|of| of.0);
    let (mut patients, mut squares) = (0.0, 0.0);
    for of in moved.chunk_by(|a, b| a.0 == b.0) {
        let sum: f64 = of.iter().map(|unit| unit.1).sum();
        patients += 1.0;
        squares += sum * sum;
    }
    (patients > 1.0).then(|| PairShare { share, se: (squares * patients / (patients - 1.0)).sqrt() / usable })
}

#[cfg(test)]
mod tests {
    use super::{own_pairs, share};
    use crate::numeric::random::Random;
    use crate::stats::{auc, concordance};

    #[test]
    fn without_clusters_an_area_has_delongs_error() {
        let mut random = Random::seeded(4);
        let labels: Vec<bool> = (0..300).map(|i| i % 3 == 0).collect();
        let scores: Vec<f64> = labels.iter().map(|l| random.normal() + f64::from(u8::from(*l))).collect();
        let days: Vec<f64> = labels.iter().map(|l| if *l { 1.0 } else { 2.0 }).collect();
        let patient: Vec<usize> = (0..300).collect();
        let found = share(&own_pairs(&scores, &days, &labels), &patient).unwrap();
        let delong = auc::delong(&scores, &labels).unwrap();
        assert!((found.share - delong.auc).abs() < 1e-12);
        // Divisors n - 1 of each class there, n of all here.
        assert!((found.se / delong.se - 1.0).abs() < 0.01, "{found:?} {delong:?}");
    }

    #[test]
    fn twins_are_no_further_patients() {
        let (risk, days, events) = (
            [3.0, 1.0, 2.0, 0.0, 2.5, 0.5],
            [1.0, 3.0, 3.0, 7.0, 4.0, 5.0],
            [true, true, false, true, true, false],
        );
        let once = share(&own_pairs(&risk, &days, &events), &[0, 1, 2, 3, 4, 5]).unwrap();
        let doubled = |v: &[f64]| [v, v].concat();
        let twice = own_pairs(&doubled(&risk), &doubled(&days), &[events, events].concat());
        let kept = share(&twice, &[0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]).unwrap();
        assert!((once.share - kept.share).abs() < 1e-12 && (once.se - kept.se).abs() < 1e-12);
        let torn = share(&twice, &(0..12).collect::<Vec<_>>()).unwrap();
        assert!(torn.se < 0.8 * once.se);
        assert!((once.share - concordance::harrell(&risk, &days, &events).unwrap()).abs() < 1e-15);
    }

    #[test]
    fn without_pairs_or_with_one_patient_there_is_no_error() {
        assert_eq!(share(&[], &[]), None);
        assert_eq!(share(&own_pairs(&[1.0, 2.0], &[1.0, 2.0], &[false, false]), &[0, 1]), None);
        assert_eq!(share(&own_pairs(&[1.0, 2.0], &[1.0, 2.0], &[true, false]), &[0, 0]), None);
        assert_eq!(share(&own_pairs(&[f64::NAN, 2.0], &[1.0, 2.0], &[true, false]), &[0, 1]), None);
        assert_eq!(share(&own_pairs(&[2.0, 1.0], &[1.0, 2.0], &[true, false]), &[0, 1]).unwrap().se, 0.0);
    }
}
