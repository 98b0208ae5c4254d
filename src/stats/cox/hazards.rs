//! Whether hazards are proportional: whether a coefficient changes with time.

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::gamma_ur;

use super::fit::{COLLINEAR, CoxFit, factored, standardised, sweep};
use super::order::Order;

/// A score test of coefficients that change with time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhTest {
    /// The statistic.
    pub chi_squared: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// P(chi-squared > statistic).
    pub p: f64,
}

/// Tests of each column's coefficient, then of all together; none where the information is singular.
///
/// Score test (Grambsch & Therneau 1994, as in version 3 of R's `survival::cox.zph`) of b + c g(t) against b, with
/// g = 1 - S(t-), the Kaplan-Meier curve of all rows, centred over events. With x - m the row of an event less the mean
/// at risk and V the covariance there: the score of c is the sum of g (x - m), its information has the blocks sum V,
/// sum g V, sum g^2 V.
pub fn proportional_hazards(x: &DMatrix<f64>, days: &[f64], events: &[bool], fit: &CoxFit) -> Vec<PhTest> {
    let order = Order::of(days, events);
    let k = x.ncols();
    if order.len() != x.nrows() || fit.coefficients.len() != k || k == 0 {
        return Vec::new();
    }
    let Ok((columns, scales)) = standardised(x, &order) else { return Vec::new() };
    let at = DVector::from_iterator(k, fit.coefficients.iter().zip(&scales).map(|(b, s)| b * s));
    let times = transformed(&order);
    let mut score = DVector::zeros(2 * k);
    let mut information = DMatrix::zeros(2 * k, 2 * k);
    sweep(&columns.transpose(), &at, &order, fit.ties, |event| {
        let g = times[event.tie];
        score.rows_mut(k, k).axpy(g, &event.score, 1.0);
        for (row, column, power) in [(0, 0, 1.0), (0, k, g), (k, 0, g), (k, k, g * g)] {
            let mut block = information.view_mut((row, column), (k, k));
            block += &event.covariance * power;
        }
    });
    let test = |tested: Vec<usize>| {
        let df = tested.len();
        let places: Vec<usize> = (0..k).chain(tested.into_iter().map(|j| k + j)).collect();
        let block = DMatrix::from_fn(places.len(), places.len(), |a, b| information[(places[a], places[b])]);
        let part = DVector::from_iterator(places.len(), places.iter().map(|&j| score[j]));
        let chi_squared = factored(&block, COLLINEAR)?.solve(&part).dot(&part).max(0.0);
        Some(PhTest { chi_squared, df, p: gamma_ur(df as f64 / 2.0, chi_squared / 2.0) })
    };
    (0..k)
        .map(|j| test(vec![j]))
        .chain([test((0..k).collect())])
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
}

/// 1 - S before each distinct time, less its mean over events.
fn transformed(order: &Order) -> Vec<f64> {
    let mut survival = 1.0;
    let mut times = Vec::with_capacity(order.ties().len());
    let (mut sum, mut count) = (0.0, 0.0);
    for tie in order.ties() {
        times.push(1.0 - survival);
        sum += tie.events as f64 * (1.0 - survival);
        count += tie.events as f64;
        survival *= 1.0 - tie.events as f64 / (order.len() - tie.start) as f64;
    }
    let mean = if count > 0.0 { sum / count } else { 0.0 };
    times.iter().map(|g| g - mean).collect()
}
