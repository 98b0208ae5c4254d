//! On which scale the noise of a feature is measured.

use super::rules::ScaleRule;
use super::table::Table;
use crate::record::NoiseScale;
use crate::stats::kendall::{Kendall, tau_b};
use crate::stats::precision::PrecisionProfile;

/// The scale that decides and the profile that chose it. A scale that was given is taken, but logarithms only where
/// there are any.
pub(super) fn choose(
    raw: &Table,
    log: Option<&Table>,
    rule: ScaleRule,
) -> (NoiseScale, Option<PrecisionProfile>) {
    match (rule, log) {
        (ScaleRule::Always(NoiseScale::Log), Some(_)) => (NoiseScale::Log, None),
        (ScaleRule::Always(_), _) => (NoiseScale::Raw, None),
        (ScaleRule::Auto, _) => {
            let profile = profile(raw, log);
            (profile.scale(), Some(profile))
        }
    }
}

/// The precision profile: of two repeats the absolute difference against the pair's mean, of more the standard
/// deviation of a region's values against their mean, which for pairs is the same order.
fn profile(raw: &Table, log: Option<&Table>) -> PrecisionProfile {
    if raw.k == 2 {
        return PrecisionProfile::of(&raw.pairs());
    }
    let (on_raw, on_log) = (spread_against_mean(raw), log.and_then(spread_against_mean));
    PrecisionProfile {
        tau_raw: on_raw.map(|k| k.tau),
        p_raw: on_raw.map(|k| k.p),
        tau_log: on_log.map(|k| k.tau),
        p_log: on_log.map(|k| k.p),
    }
}

fn spread_against_mean(table: &Table) -> Option<Kendall> {
    let of = |row: &Vec<Option<f64>>| {
        let values: Vec<f64> = row.iter().flatten().copied().collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        (values.len() > 1).then(|| ((squares / (n - 1.0)).sqrt(), mean))
    };
    tau_b(&table.rows.iter().filter_map(of).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::super::testing::complete;
    use super::*;

    fn chosen(rows: &[Vec<f64>], rule: ScaleRule) -> (NoiseScale, Option<PrecisionProfile>) {
        let raw = Table::of(&complete(rows));
        choose(&raw, raw.map(f64::ln).as_ref(), rule)
    }

    /// Noise of a tenth, or of one, of regions from small to large.
    fn rows(k: usize, proportional: bool) -> Vec<Vec<f64>> {
        let noise = |i: usize, j: usize| [0.9, -1.0, 0.3, -0.4, 1.0, 0.1, -0.7][(3 * i + 2 * j) % 7];
        let value = |i: usize, j: usize| {
            let size = 2.0_f64.powi(i as i32) * 20.0;
            if proportional { size * (1.0 + 0.1 * noise(i, j)) } else { size + noise(i, j) }
        };
        (0..14).map(|i| (0..k).map(|j| value(i, j)).collect()).collect()
    }

    #[test]
    fn noise_in_proportion_calls_for_logarithms_at_any_number_of_repeats() {
        for k in [2, 3, 5] {
            assert_eq!(chosen(&rows(k, true), ScaleRule::Auto).0, NoiseScale::Log, "{k}");
            assert_eq!(chosen(&rows(k, false), ScaleRule::Auto).0, NoiseScale::Raw, "{k}");
        }
    }

    #[test]
    fn a_given_scale_is_taken_where_it_is_possible() {
        let log = ScaleRule::Always(NoiseScale::Log);
        assert_eq!(chosen(&rows(2, false), log), (NoiseScale::Log, None));
        assert_eq!(chosen(&rows(2, true), ScaleRule::Always(NoiseScale::Raw)), (NoiseScale::Raw, None));
        let signed: Vec<Vec<f64>> =
            rows(2, true).iter().map(|row| vec![row[0] - 100.0, row[1] - 100.0]).collect();
        assert_eq!(chosen(&signed, log), (NoiseScale::Raw, None));
    }

    #[test]
    fn for_pairs_spread_and_difference_are_one_profile() {
        let raw = Table::of(&complete(&rows(2, true)));
        let (by_spread, by_difference) =
            (spread_against_mean(&raw).unwrap(), PrecisionProfile::of(&raw.pairs()));
        assert!((by_spread.tau - by_difference.tau_raw.unwrap()).abs() < 1e-12);
    }
}
