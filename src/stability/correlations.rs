//! Six intraclass correlations from variance components.
//!
//! With the components that mean squares give, (MSR - MSW)/k between and MSW within subjects, or (MSR - MSE)/k,
//! (MSC - MSE)/n and MSE, these are the ratios of mean squares of McGraw & Wong (1996), negative ones among them. With
//! components by maximum likelihood they hold for tables with holes. Resamples, which need no intervals of their own,
//! are served from here too.

use crate::stats::mean_squares::MeanSquares;
use crate::stats::reml::VarianceComponents;

/// Variance between subjects and the noise beside it, in each model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Components {
    /// One-way: between and within subjects.
    pub one_way: Option<(f64, f64)>,
    /// Two-way: between subjects, between repeats, residual.
    pub two_way: Option<(f64, f64, f64)>,
}

impl Components {
    /// Those of the mean squares of a complete table, not held at zero.
    pub fn of_squares(squares: &MeanSquares) -> Self {
        let (n, k) = (squares.n as f64, squares.k as f64);
        let (subjects, residual) = (squares.subjects, squares.residual);
        Self {
            one_way: Some(((subjects - squares.within) / k, squares.within)),
            two_way: Some(((subjects - residual) / k, (squares.repeats - residual) / n, residual)),
        }
    }

    /// Those of maximum likelihood in both models.
    pub fn of_likelihood(one_way: Option<VarianceComponents>, two_way: Option<VarianceComponents>) -> Self {
        Self {
            one_way: one_way.map(|c| (c.subject, c.residual)),
            two_way: two_way.map(|c| (c.subject, c.repeat.unwrap_or(0.0), c.residual)),
        }
    }

    /// The ICCs in the order of [`crate::record::IccForm::ALL`], those of means for means of `k`.
    pub fn correlations(&self, k: usize) -> [Option<f64>; 6] {
        let share = |between: f64, noise: f64| {
            let all = between + noise;
            (all > 0.0).then(|| between / all).filter(|icc| icc.is_finite())
        };
        let k = k as f64;
        let one_way = |means: f64| self.one_way.and_then(|(between, within)| share(between, within / means));
        let agreement = |means: f64| {
            self.two_way.and_then(|(between, repeats, rest)| share(between, (repeats + rest) / means))
        };
        let consistency =
            |means: f64| self.two_way.and_then(|(between, _, rest)| share(between, rest / means));
        [one_way(1.0), agreement(1.0), consistency(1.0), one_way(k), agreement(k), consistency(k)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::IccForm;
    use crate::stats::icc::icc;

    #[test]
    fn components_give_the_ratios_of_mean_squares() {
        let tables: [(&[f64], usize); 3] = [
            (&[9.0, 2.0, 5.0, 8.0, 6.0, 1.0, 3.0, 2.0, 8.0, 4.0, 6.0, 8.0, 7.0, 1.0, 2.0, 6.0], 4),
            // Repeats differ more than subjects.
            (&[1.0, 3.0, 3.1, 1.0, 3.0, 4.2, 1.0, 2.9, 3.3, 2.5], 2),
            (&[1.0, 1.1, 4.0, 4.2, 2.0, 1.7, 9.0, 9.4], 2),
        ];
        for (values, k) in tables {
            let squares = MeanSquares::of(values, k).unwrap();
            let found = Components::of_squares(&squares).correlations(k);
            for (form, found) in IccForm::ALL.iter().zip(found) {
                let exact = icc(&squares, *form).unwrap().estimate;
                assert!(
                    (found.unwrap() - exact).abs() < 1e-12 * exact.abs().max(1.0),
                    "{form} {found:?} {exact}"
                );
            }
        }
    }
}
