//! How many deltas of unchanged patients are beyond their noise limits by chance.
//!
//! A repeatability coefficient is an estimate: with few repeats it is often too small, so that more than 5 % of
//! deltas of unchanged patients are beyond it. Of a feature taken as it comes the share beyond RC is
//! 2 P(T_df > 1.96). A feature that had to pass as stable is more likely to have had a within-subject standard
//! deviation (wSD) that came out small, so its share is larger. That selection has no closed form; it is simulated.
//!
//! The model: true ICCs of features lie evenly between 0.6 and 0.95, as many at each step of 0.05; the n subjects are
//! measured k times, normal and without a shift between repeats. The mean squares of such a study are independent multiples of chi squared
//! (Scheffe 1959, chapter 7), so they are drawn as such; ICC, wSD and limit are those of real repeats, and the share of a fresh pair's differences beyond the limit is exact:
//! 2 P(Z > limit / (sqrt(2) sigma)).

use rayon::prelude::*;

use super::passing::Hurdle;
use crate::numeric::random::Random;
use crate::record::{IccBound, IccForm, RcBound};
use crate::stats::mean_squares::MeanSquares;
use crate::stats::repeatability::{chi_squared_quantile, repeatability_coefficient};

/// True ICCs of features, equally many of each. The share of those that passed depends on them: it is the larger,
/// the more features lie near the threshold.
const TRUE_ICCS: [f64; 8] = [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// Features are drawn in blocks, each from its own generator, so that the figure does not depend on threads.
const BLOCKS: u64 = 100;
const BLOCK: usize = 64 * TRUE_ICCS.len();

/// Of fewer features that passed nothing is said: their share would be uncertain by more than half a point.
const FEWEST_PASSED: usize = 400;

/// Shares of deltas beyond their limits where nothing changed, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedShares {
    /// Of all features.
    pub all: f64,
    /// Of those that passed as stable; `None` where too few pass to say.
    pub stable: Option<f64>,
}

/// The shares of deltas of unchanged patients beyond the limits of a study with `n` regions and `k` repeats of each,
/// where features pass whose ICC of this `form` (`bound`: the estimate or its lower bound) reaches `threshold`, and
/// the limit is RC or its upper bound by `rc_bound`. Fewer than two regions or repeats count as two: no study has them.
///
/// Regions are those of different subjects; several of one subject carry less, and the share is then a little more.
///
/// ```
/// use delta_radiomics::record::{IccBound, IccForm, RcBound};
/// use delta_radiomics::stability::chance::expected_share;
/// let of = |n, rc| expected_share(n, 2, IccForm::AgreementSingle, IccBound::Lower, 0.75, rc, 1);
/// // Few repeats: RC itself is too small a limit, above all where a small wSD helped to pass.
/// let few = of(10, RcBound::Point);
/// assert!(few.all > 0.07 && few.stable.unwrap() > few.all + 0.03);
/// // By default its upper bound is the limit below 20 regions.
/// assert!(of(10, RcBound::Auto).stable.unwrap() < 0.03);
/// ```
pub fn expected_share(
    n: usize,
    k: usize,
    form: IccForm,
    bound: IccBound,
    threshold: f64,
    rc_bound: RcBound,
    seed: u64,
) -> ExpectedShares {
    let gate = SimulatedGate { form, bound, threshold, rc_bound };
    gate.shares(Design { n: n.max(2), k: k.max(2) }, &TRUE_ICCS, seed)
}

/// n regions, k repeats.
#[derive(Clone, Copy)]
struct Design {
    n: usize,
    k: usize,
}

/// What features have to pass, and what their limit is.
#[derive(Clone, Copy)]
struct SimulatedGate {
    form: IccForm,
    bound: IccBound,
    threshold: f64,
    rc_bound: RcBound,
}

/// Sums over the features of a block.
#[derive(Default)]
struct Sums {
    all: f64,
    stable: f64,
    passed: usize,
}

impl SimulatedGate {
    fn shares(self, design: Design, true_iccs: &[f64], seed: u64) -> ExpectedShares {
        let df = design.df();
        // The limit in units of the estimated wSD is the same for all features.
        let widened = if self.rc_bound.takes_upper(u32::try_from(design.n).unwrap_or(u32::MAX)) {
            (df / chi_squared_quantile(0.025, df)).sqrt()
        } else {
            1.0
        };
        let limit_of_one = repeatability_coefficient(widened);
        let mut seeds = Random::seeded(seed);
        let seeds: Vec<u64> = (0..BLOCKS).map(|_| seeds.next_u64()).collect();
        let blocks: Vec<Sums> =
            seeds.into_par_iter().map(|seed| self.block(design, true_iccs, limit_of_one, seed)).collect();
        let mut sums = Sums::default();
        for block in blocks {
            sums.all += block.all;
            sums.stable += block.stable;
            sums.passed += block.passed;
        }
        let drawn = (BLOCKS as usize * BLOCK) as f64;
        let stable = (sums.passed >= FEWEST_PASSED).then(|| sums.stable / sums.passed as f64);
        ExpectedShares { all: sums.all / drawn, stable }
    }

    fn block(self, design: Design, true_iccs: &[f64], limit_of_one: f64, seed: u64) -> Sums {
        let hurdle = Hurdle::of(self.form, self.bound, self.threshold, design.n, design.k);
        let mut random = Random::seeded(seed);
        let mut sums = Sums::default();
        for true_icc in true_iccs.iter().copied().cycle().take(BLOCK) {
            let squares = design.draw(true_icc, &mut random);
            let limit = limit_of_one * squares.within.sqrt();
            // A fresh pair differs by N(0, 2 (1 - ICC)); beyond on either side.
            let beyond = libm::erfc(limit / (2.0 * (1.0 - true_icc).sqrt()));
            sums.all += beyond;
            if hurdle.is_passed(&squares) {
                sums.stable += beyond;
                sums.passed += 1;
            }
        }
        sums
    }
}

impl Design {
    /// Degrees of freedom of wSD.
    fn df(self) -> f64 {
        self.n as f64 * (self.k as f64 - 1.0)
    }

    /// Mean squares of a study of a feature with this true ICC and a total variance of one.
    fn draw(self, true_icc: f64, random: &mut Random) -> MeanSquares {
        let (n, k) = (self.n as f64, self.k as f64);
        let noise = 1.0 - true_icc;
        let mut mean_square = |variance: f64, df: usize| variance * chi_squared(df, random) / df as f64;
        let subjects = mean_square(k * true_icc + noise, self.n - 1);
        let repeats = mean_square(noise, self.k - 1);
        let residual = mean_square(noise, (self.n - 1) * (self.k - 1));
        let within = (repeats + (n - 1.0) * residual) / n;
        MeanSquares { n: self.n, k: self.k, mean: 0.0, subjects, repeats, residual, within }
    }
}

/// A chi-squared deviate: a sum of squares for few degrees of freedom, else the method of Marsaglia & Tsang (2000).
fn chi_squared(df: usize, random: &mut Random) -> f64 {
    if df < 4 {
        return (0..df).map(|_| random.normal()).map(|z| z * z).sum();
    }
    let d = df as f64 / 2.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = random.normal();
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        // 1 - uniform is never zero.
        if libm::log(1.0 - random.uniform()) < 0.5 * z * z + d * (1.0 - v + libm::log(v)) {
            return 2.0 * d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::student::two_sided;

    const Z: f64 = crate::stats::repeatability::Z;

    fn gate(rc_bound: RcBound) -> SimulatedGate {
        SimulatedGate { form: IccForm::AgreementSingle, bound: IccBound::Lower, threshold: 0.75, rc_bound }
    }

    fn share(n: usize, rc_bound: RcBound) -> ExpectedShares {
        expected_share(n, 2, IccForm::AgreementSingle, IccBound::Lower, 0.75, rc_bound, 1)
    }

    #[test]
    fn of_features_that_passed_more_are_beyond_as_simulated_before() {
        // Figures of an independent simulation with the same true ICCs: 12.6, 10.9 and 8.1 %.
        for (n, published) in [(10, 0.126), (12, 0.109), (20, 0.081)] {
            let found = share(n, RcBound::Point).stable.unwrap();
            assert!((found - published).abs() < 0.006, "n {n}: {found} {published}");
        }
    }

    #[test]
    fn a_feature_at_the_threshold_passes_by_luck_alone() {
        // The same simulation at one true ICC of 0.8: 23 %.
        let passed = gate(RcBound::Point).shares(Design { n: 10, k: 2 }, &[0.8], 1).stable.unwrap();
        assert!((passed - 0.23).abs() < 0.02, "{passed}");
    }

    #[test]
    fn a_feature_as_it_comes_exceeds_as_student_says() {
        for n in [10, 20, 50] {
            let (found, exact) = (share(n, RcBound::Point).all, two_sided(Z, n as f64).unwrap());
            assert!((found - exact).abs() < 0.002, "n {n}: {found} {exact}");
        }
    }

    #[test]
    fn the_upper_bound_limits_few_repeats_and_not_many() {
        assert_eq!(share(19, RcBound::Auto), share(19, RcBound::Upper));
        assert_eq!(share(20, RcBound::Auto), share(20, RcBound::Point));
        assert!(share(10, RcBound::Upper).stable.unwrap() < 0.03);
    }

    #[test]
    fn nothing_is_said_of_the_features_that_passed_where_hardly_any_does() {
        let gate = SimulatedGate { threshold: 0.999, ..gate(RcBound::Auto) };
        assert_eq!(gate.shares(Design { n: 5, k: 2 }, &TRUE_ICCS, 1).stable, None);
    }

    #[test]
    fn the_same_share_at_any_number_of_threads() {
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| share(10, RcBound::Auto))
        };
        assert_eq!(at(1), at(2));
        assert_eq!(at(1), at(5));
    }

    #[test]
    fn drawn_mean_squares_have_the_moments_of_chi_squared() {
        let mut random = Random::seeded(3);
        for df in [1, 3, 4, 9, 50] {
            let draws: Vec<f64> = (0..100_000).map(|_| chi_squared(df, &mut random)).collect();
            let mean = draws.iter().sum::<f64>() / 1e5;
            let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 1e5;
            let df = df as f64;
            assert!((mean / df - 1.0).abs() < 0.02 && (variance / (2.0 * df) - 1.0).abs() < 0.05, "{df}");
        }
    }
}
