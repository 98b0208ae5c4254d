//! The model of several columns.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::order::Order;
use crate::stats::fit::FitFault;

/// Steps of Newton's method. Some six are usual.
pub(super) const STEPS: usize = 60;
/// A linear predictor that moves by less in a step has settled: the next step would be the square of it.
pub(super) const SETTLED: f64 = 1e-9;
/// Error of a log-likelihood, relative, or absolute below 1.
pub(super) const ROUNDING: f64 = 1e-13;
/// Share of its variance that a column must keep beside the others.
pub(super) const COLLINEAR: f64 = 1e-10;
/// A step that moves a linear predictor by more than the second, for a rise of the likelihood below the first, says that
/// the likelihood rises for ever: near a maximum the rise is of the order of the squared move.
pub(super) const FLAT: (f64, f64) = (1e-7, 0.1);

/// What is done with several events at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// Efron 1977: events of one time leave the risk set one after the other.
    Efron,
    /// Breslow 1974: none leaves.
    Breslow,
}

/// A Cox model.
#[derive(Clone, Debug, PartialEq)]
pub struct CoxFit {
    /// Logarithms of hazard ratios per unit of each column.
    pub coefficients: Vec<f64>,
    /// Their covariance: the inverse of the observed information.
    pub covariance: DMatrix<f64>,
    /// Partial log-likelihood.
    pub log_likelihood: f64,
    /// That of the model whose coefficients are all zero.
    pub null_log_likelihood: f64,
    /// How equal times were handled.
    pub ties: Ties,
}

impl CoxFit {
    /// Standard errors of the coefficients.
    pub fn standard_errors(&self) -> Vec<f64> {
        self.covariance.diagonal().iter().map(|v| v.sqrt()).collect()
    }
}

/// Fits `x` (rows x columns, on any scale) by Newton's method, a step halved until the likelihood rises.
///
/// ```
/// use delta_radiomics::stats::cox::{Ties, fit};
/// use nalgebra::DMatrix;
/// // With h = exp(b): events at x = 1, 0, 1 give (h / (2h + 1)) (1 / (h + 1)), largest at 2 h^2 = 1.
/// let x = DMatrix::from_column_slice(3, 1, &[1.0, 0.0, 1.0]);
/// let found = fit(&x, &[1.0, 2.0, 3.0], &[true, true, true], Ties::Efron).unwrap();
/// assert!((found.coefficients[0] - 0.5_f64.sqrt().ln()).abs() < 1e-12);
/// assert!((found.null_log_likelihood - (1.0_f64 / 6.0).ln()).abs() < 1e-12);
/// ```
///
/// # Errors
/// `NoEvents`; `TooFew` where there are no more rows than columns; `Collinear` columns, also a constant one;
/// `Separated` where the likelihood rises for ever along a combination of columns; `NotConverged`, also where a value
/// is not finite.
pub fn fit(x: &DMatrix<f64>, days: &[f64], events: &[bool], ties: Ties) -> Result<CoxFit, FitFault> {
    let order = Order::of(days, events);
    let (n, k) = x.shape();
    if n != order.len() || n <= k {
        return Err(FitFault::TooFew);
    }
    if order.events() == 0 {
        return Err(FitFault::NoEvents);
    }
    if !x.iter().chain(days).all(|v| v.is_finite()) {
        return Err(FitFault::NotConverged);
    }
    let (columns, scales) = standardised(x, &order)?;
    let rows = columns.transpose();
    let mut at = DVector::zeros(k);
    let mut here = Likelihood::of(&rows, &at, &order, ties);
    let null = here.log_likelihood;
    if k == 0 {
        return Ok(CoxFit {
            coefficients: Vec::new(),
            covariance: DMatrix::zeros(0, 0),
            log_likelihood: null,
            null_log_likelihood: null,
            ties,
        });
    }
    let mut factor = factored(&here.information, COLLINEAR).ok_or(FitFault::Collinear)?;
    for _ in 0..STEPS {
        let mut step = factor.solve(&here.score);
        let mut next = Likelihood::of(&rows, &(&at + &step), &order, ties);
        let mut moved = (&columns * &step).amax();
        if step.dot(&here.score) < FLAT.0 && moved > FLAT.1 {
            return Err(FitFault::Separated);
        }
        for _ in 0..30 {
            if next.log_likelihood >= here.log_likelihood - ROUNDING * here.log_likelihood.abs().max(1.0) {
                break;
            }
            step /= 2.0;
            moved = f64::MAX;
            next = Likelihood::of(&rows, &(&at + &step), &order, ties);
        }
        at += step;
        here = next;
        // Columns that were no combination of each other at zero lose their information only where there is no maximum.
        factor = factored(&here.information, COLLINEAR).ok_or(FitFault::Separated)?;
        if moved < SETTLED {
            let inverse = factor.inverse();
            return Ok(CoxFit {
                coefficients: at.iter().zip(&scales).map(|(b, s)| b / s).collect(),
                covariance: DMatrix::from_fn(k, k, |a, b| inverse[(a, b)] / (scales[a] * scales[b])),
                log_likelihood: here.log_likelihood,
                null_log_likelihood: null,
                ties,
            });
        }
    }
    Err(FitFault::NotConverged)
}

/// Columns by time, of mean 0 and population SD 1, and their SDs.
pub(super) fn standardised(x: &DMatrix<f64>, order: &Order) -> Result<(DMatrix<f64>, Vec<f64>), FitFault> {
    let n = x.nrows();
    let (mut values, mut scales) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.ncols()));
    for j in 0..x.ncols() {
        let (column, scale) = standard(&order.sorted(x.column(j).as_slice())).ok_or(FitFault::Collinear)?;
        values.extend(column);
        scales.push(scale);
    }
    Ok((DMatrix::from_vec(n, x.ncols(), values), scales))
}

/// A column of mean 0 and population SD 1, and its SD; `None` if it has no spread beyond rounding.
pub(super) fn standard(values: &[f64]) -> Option<(Vec<f64>, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let mut centred: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let scale = (centred.iter().map(|v| v * v).sum::<f64>() / n).sqrt();
    if !scale.is_finite() || scale <= 1e-13 * mean.abs() || scale < f64::MIN_POSITIVE {
        return None;
    }
    for v in &mut centred {
        *v /= scale;
    }
    Some((centred, scale))
}

/// The factor of a matrix of which no pivot falls below `share` of its diagonal.
pub(super) fn factored(matrix: &DMatrix<f64>, share: f64) -> Option<Cholesky<f64, Dyn>> {
    let factor = Cholesky::new(matrix.clone())?;
    let lower = factor.l_dirty();
    let holds = |j: usize| lower[(j, j)] * lower[(j, j)] > share * matrix[(j, j)];
    (0..matrix.nrows()).all(holds).then_some(factor)
}

/// The partial likelihood at a point.
struct Likelihood {
    log_likelihood: f64,
    score: DVector<f64>,
    information: DMatrix<f64>,
}

impl Likelihood {
    /// `rows`: columns x rows by time.
    fn of(rows: &DMatrix<f64>, at: &DVector<f64>, order: &Order, ties: Ties) -> Self {
        let k = rows.nrows();
        let mut here =
            Self { log_likelihood: 0.0, score: DVector::zeros(k), information: DMatrix::zeros(k, k) };
        sweep(rows, at, order, ties, |event| {
            here.log_likelihood += event.log_chance;
            here.score += &event.score;
            here.information += &event.covariance;
        });
        here
    }
}

/// One event of the partial likelihood: with Efron's rule events of one time differ in the risk set.
pub(super) struct Event {
    /// Place of its time among the distinct times.
    pub tie: usize,
    /// ln of the chance that it met the row it did.
    pub log_chance: f64,
    /// That row less the mean at risk.
    pub score: DVector<f64>,
    /// Covariance of the columns at risk, weighted by exp(linear predictor).
    pub covariance: DMatrix<f64>,
}

/// Visits all events from the latest to the earliest.
pub(super) fn sweep(
    rows: &DMatrix<f64>,
    at: &DVector<f64>,
    order: &Order,
    ties: Ties,
    mut visit: impl FnMut(&Event),
) {
    let k = rows.nrows();
    let linear: Vec<f64> = (0..rows.ncols()).map(|i| rows.column(i).dot(at)).collect();
    // Weights are relative to the largest of those at risk: late rows may have hazards that are nothing beside early ones.
    let mut largest = f64::NEG_INFINITY;
    let mut risk = Moments::zeros(k);
    let mut event =
        Event { tie: 0, log_chance: 0.0, score: DVector::zeros(k), covariance: DMatrix::zeros(k, k) };
    for (place, tie) in order.ties().iter().enumerate().rev() {
        let mut of_events = Moments::zeros(k);
        let joining = linear[tie.start..tie.end].iter().copied().fold(largest, f64::max);
        if joining > largest {
            risk.scale(libm::exp(largest - joining));
            largest = joining;
        }
        for i in (tie.start..tie.end).rev() {
            let weight = libm::exp(linear[i] - largest);
            risk.add(weight, rows, i);
            if i < tie.start + tie.events && ties == Ties::Efron && tie.events > 1 {
                of_events.add(weight, rows, i);
            }
        }
        for l in 0..tie.events {
            let row = tie.start + l;
            let share = match ties {
                Ties::Efron => l as f64 / tie.events as f64,
                Ties::Breslow => 0.0,
            };
            let sum = risk.sum - share * of_events.sum;
            let mean = (&risk.first - share * &of_events.first) / sum;
            event.tie = place;
            event.log_chance = linear[row] - largest - libm::log(sum);
            event.score = rows.column(row) - &mean;
            event.covariance = (&risk.second - share * &of_events.second) / sum - &mean * mean.transpose();
            visit(&event);
        }
    }
}

/// Sums of weights, weighted rows and weighted products of rows.
struct Moments {
    sum: f64,
    first: DVector<f64>,
    second: DMatrix<f64>,
}

impl Moments {
    fn zeros(k: usize) -> Self {
        Self { sum: 0.0, first: DVector::zeros(k), second: DMatrix::zeros(k, k) }
    }

    fn scale(&mut self, by: f64) {
        self.sum *= by;
        self.first *= by;
        self.second *= by;
    }

    fn add(&mut self, weight: f64, rows: &DMatrix<f64>, i: usize) {
        let row = rows.column(i);
        self.sum += weight;
        self.first.axpy(weight, &row, 1.0);
        self.second.ger(weight, &row, &row, 1.0);
    }
}
