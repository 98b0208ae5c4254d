//! Models along decreasing lambdas, for any loss.

use nalgebra::DMatrix;

use super::kernel::column;
use super::loss::Loss;
use super::quadratic::Quadratic;
use super::ridge::Components;
use super::{KKT_TOLERANCE, Penalised};
use crate::numeric::lanes::{add, dot};
use crate::stats::fit::FitFault;

/// Alpha that the largest lambda of smaller ones is that of (glmnet's convention).
const LEAST_ALPHA: f64 = 1e-3;
/// Steps for one lambda. Some five are usual.
const STEPS: usize = 400;
/// A step that leaves more than this share of the violation asks for the curvature of where it stands.
const STALE: f64 = 0.1;
/// Violation, as a share of lambda, below which a new column is looked for while the old ones settle.
const LOOSE: f64 = 0.02;
/// Gradients are known to about this, whatever lambda.
const ROUNDING: f64 = 1e-14;

/// The smallest lambda at which no column enters the model without columns.
pub(super) fn largest_lambda(x: &DMatrix<f64>, loss: &mut impl Loss, null: &[f64], alpha: f64) -> f64 {
    let mut residuals = vec![0.0; null.len()];
    if x.nrows() != null.len() || null.iter().any(|eta| !eta.is_finite()) {
        return 0.0;
    }
    loss.move_to(null, &mut residuals);
    let largest = (0..x.ncols()).map(|j| dot(column(x, j), &residuals).abs()).fold(0.0, f64::max);
    largest / null.len() as f64 / alpha.max(LEAST_ALPHA)
}

/// Models at `lambdas`, from the model without columns.
pub(super) fn path(
    x: &DMatrix<f64>,
    loss: impl Loss,
    intercept: f64,
    alpha: f64,
    lambdas: &[f64],
) -> Result<Vec<Penalised>, FitFault> {
    let usable = |lambda: &f64| lambda.is_finite() && *lambda > 0.0;
    if !lambdas.iter().all(usable) || !x.iter().all(|v| v.is_finite()) || !(0.0..=1.0).contains(&alpha) {
        return Err(FitFault::NotConverged);
    }
    if alpha == 0.0 && x.ncols() > x.nrows() {
        let components = Components::of(x);
        // A condition of a column is a combination, of length 1, of those of the components.
        let tolerance = KKT_TOLERANCE / (components.scores.ncols().max(1) as f64).sqrt();
        let mut models = Path::new(&components.scores, loss, intercept, alpha, tolerance).models(lambdas)?;
        for model in &mut models {
            model.coefficients = components.coefficients(x, &model.coefficients);
        }
        return Ok(models);
    }
    Path::new(x, loss, intercept, alpha, KKT_TOLERANCE).models(lambdas)
}

/// Where the solver stands.
struct Path<'a, L> {
    x: &'a DMatrix<f64>,
    alpha: f64,
    tolerance: f64,
    loss: L,
    ones: Vec<f64>,
    /// Coefficients of the columns; the last one is the intercept.
    coefficients: Vec<f64>,
    linear: Vec<f64>,
    residuals: Vec<f64>,
    /// Gradients of all columns when they were last computed.
    gradients: Vec<f64>,
    model: Quadratic,
    /// Whether a column is in `model`.
    inside: Vec<bool>,
    /// Second derivative of the square penalty in `model`: as the curvature of the loss, that of its last refreshing.
    square: f64,
}

impl<'a, L: Loss> Path<'a, L> {
    fn new(x: &'a DMatrix<f64>, loss: L, intercept: f64, alpha: f64, tolerance: f64) -> Self {
        let (n, p) = x.shape();
        let mut coefficients = vec![0.0; p + 1];
        coefficients[p] = intercept;
        let mut path = Self {
            x,
            alpha,
            tolerance,
            loss,
            ones: vec![1.0; n],
            coefficients,
            linear: vec![intercept; n],
            residuals: vec![0.0; n],
            gradients: vec![0.0; p],
            model: Quadratic::default(),
            inside: vec![false; p + 1],
            square: 0.0,
        };
        path.loss.move_to(&path.linear, &mut path.residuals);
        path.refresh(0.0);
        let all: Vec<usize> = (0..p).collect();
        path.update(&all);
        path
    }

    fn models(mut self, lambdas: &[f64]) -> Result<Vec<Penalised>, FitFault> {
        let p = self.x.ncols();
        let largest = self.gradients.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let mut before = if self.alpha > 0.0 { largest / self.alpha } else { f64::MAX };
        let mut models = Vec::with_capacity(lambdas.len());
        for &lambda in lambdas {
            self.solve(lambda, before)?;
            before = lambda;
            let kept = (0..p).filter(|&j| self.coefficients[j] != 0.0);
            models.push(Penalised {
                lambda,
                intercept: self.coefficients[p],
                coefficients: kept.map(|j| (j, self.coefficients[j])).collect(),
            });
        }
        Ok(models)
    }

    /// Moves to the minimum at `lambda`, from that at `before`.
    fn solve(&mut self, lambda: f64, before: f64) -> Result<(), FitFault> {
        let (p, limit) = (self.x.ncols(), lambda * self.alpha);
        // Tibshirani 2012, eq. 17: a gradient changes by no more than lambda does, most of the time.
        let strong_limit = (self.alpha * (2.0 * lambda - before)).min(limit);
        let strong: Vec<usize> = (0..p).filter(|&j| self.gradients[j].abs() >= strong_limit).collect();
        let weak: Vec<usize> = (0..p).filter(|&j| self.gradients[j].abs() < strong_limit).collect();
        let entering: Vec<usize> =
            strong.iter().copied().filter(|&j| !self.inside[j] && self.gradients[j].abs() > limit).collect();
        self.take(&entering);

        let tolerance = (self.tolerance * lambda).max(ROUNDING);
        let (mut looked, mut stale) = (false, false);
        let mut slopes = self.slopes(&self.residuals);
        for _ in 0..STEPS {
            let violation = self.violation(&slopes, lambda);
            let done = violation <= tolerance;
            if done || (!looked && violation <= LOOSE * lambda) {
                looked = true;
                let mut entering = self.violating(&strong, limit, tolerance);
                if done && entering.is_empty() {
                    self.note(&slopes);
                    entering = self.violating(&weak, limit, tolerance);
                    if entering.is_empty() {
                        return Ok(());
                    }
                }
                if !entering.is_empty() {
                    self.take(&entering);
                    slopes = self.slopes(&self.residuals);
                    continue;
                }
            }
            if stale {
                self.refresh(lambda * (1.0 - self.alpha));
                slopes = self.slopes(&self.residuals);
            }
            let left = self.step(&mut slopes, violation, lambda, stale)?;
            stale = left > STALE * violation;
        }
        Err(FitFault::NotConverged)
    }

    /// One step of the columns inside; their violation after it. `fresh`: the model's curvature is that of here.
    fn step(
        &mut self,
        slopes: &mut Vec<f64>,
        violation: f64,
        lambda: f64,
        fresh: bool,
    ) -> Result<f64, FitFault> {
        let mut fresh = fresh;
        loop {
            let penalties = self.penalties(lambda * self.alpha);
            let squares = self.penalties(lambda * (1.0 - self.alpha));
            let start: Vec<f64> = self.model.columns.iter().map(|&j| self.coefficients[j]).collect();
            let smooth: Vec<f64> =
                slopes.iter().zip(&start).zip(&squares).map(|((g, b), square)| g + square * b).collect();
            let target = self.model.minimum(&start, &smooth, &penalties);
            let mut direction = vec![0.0; self.linear.len()];
            for ((&j, from), to) in self.model.columns.iter().zip(&start).zip(&target) {
                if from != to {
                    add(&mut direction, to - from, self.column(j));
                }
            }
            let home = self.linear.clone();
            self.go(&home, &direction, 1.0);
            let reached = self.slopes(&self.residuals);
            self.set(&start, &target, 1.0);
            let left = self.violation(&reached, lambda);
            if left <= 0.5 * violation {
                *slopes = reached;
                return Ok(left);
            }
            if !fresh {
                self.set(&start, &start, 1.0);
                self.linear = home;
                self.loss.move_to(&self.linear, &mut self.residuals);
                self.refresh(lambda * (1.0 - self.alpha));
                *slopes = self.slopes(&self.residuals);
                fresh = true;
                continue;
            }
            // The step of a true parabola goes down: the longest of its halves that does so enough is taken (Armijo).
            let penalty = |at: &[f64]| {
                let of = |((b, p), s): ((&f64, &f64), &f64)| p * b.abs() + s / 2.0 * b * b;
                at.iter().zip(&penalties).zip(&squares).map(of).sum::<f64>()
            };
            let from = self.loss.mean(&home) + penalty(&start);
            let linear: f64 =
                slopes.iter().zip(start.iter().zip(&target)).map(|(g, (a, b))| g * (b - a)).sum();
            let promised = linear + penalty(&target) - penalty(&start);
            let mut length = 1.0;
            for _ in 0..40 {
                self.set(&start, &target, length);
                self.go(&home, &direction, length);
                let at: Vec<f64> = self.model.columns.iter().map(|&j| self.coefficients[j]).collect();
                let value = self.loss.mean(&self.linear) + penalty(&at);
                if value <= from + 1e-4 * length * promised + 1e-15 * from.abs() {
                    *slopes = self.slopes(&self.residuals);
                    return Ok(f64::MAX);
                }
                length /= 2.0;
            }
            return Err(FitFault::NotConverged);
        }
    }

    /// Linear predictors `length` of the way along `direction`, and what follows from them.
    fn go(&mut self, home: &[f64], direction: &[f64], length: f64) {
        for (linear, (h, d)) in self.linear.iter_mut().zip(home.iter().zip(direction)) {
            *linear = h + length * d;
        }
        self.loss.move_to(&self.linear, &mut self.residuals);
    }

    fn set(&mut self, start: &[f64], target: &[f64], length: f64) {
        for ((&j, from), to) in self.model.columns.iter().zip(start).zip(target) {
            self.coefficients[j] = if length == 1.0 { *to } else { from + length * (to - from) };
        }
    }

    /// A penalty per column inside: none for the intercept.
    fn penalties(&self, penalty: f64) -> Vec<f64> {
        self.model.columns.iter().map(|&j| if j == self.x.ncols() { 0.0 } else { penalty }).collect()
    }

    /// How far the columns inside are from the conditions of the minimum.
    fn violation(&self, slopes: &[f64], lambda: f64) -> f64 {
        let (p, limit, square) = (self.x.ncols(), lambda * self.alpha, lambda * (1.0 - self.alpha));
        let of = |(&j, g): (&usize, &f64)| {
            let b = self.coefficients[j];
            if j == p {
                g.abs()
            } else if b == 0.0 {
                g.abs() - limit
            } else {
                (g + square * b + limit * b.signum()).abs()
            }
        };
        // Not a number is kept, so that it is never taken for a minimum.
        self.model
            .columns
            .iter()
            .zip(slopes)
            .map(of)
            .fold(0.0, |m, v| if v > m || v.is_nan() { v } else { m })
    }

    /// Gradients of the columns inside.
    fn slopes(&self, residuals: &[f64]) -> Vec<f64> {
        let n = residuals.len() as f64;
        self.model.columns.iter().map(|&j| -dot(self.column(j), residuals) / n).collect()
    }

    fn note(&mut self, slopes: &[f64]) {
        let p = self.x.ncols();
        for (&j, slope) in self.model.columns.iter().zip(slopes) {
            if j < p {
                self.gradients[j] = *slope;
            }
        }
    }

    /// Computes the gradients of those of `columns` that are not inside.
    fn update(&mut self, columns: &[usize]) {
        let n = self.residuals.len() as f64;
        for &j in columns {
            if !self.inside[j] {
                self.gradients[j] = -dot(column(self.x, j), &self.residuals) / n;
            }
        }
    }

    /// Those of `columns` outside that should not be zero.
    fn violating(&mut self, columns: &[usize], limit: f64, tolerance: f64) -> Vec<usize> {
        self.update(columns);
        let outside = columns.iter().copied().filter(|&j| !self.inside[j]);
        outside.filter(|&j| self.gradients[j].abs() > limit + tolerance).collect()
    }

    fn take(&mut self, columns: &[usize]) {
        for &j in columns {
            self.inside[j] = true;
        }
        let square = |j: usize| if j == self.x.ncols() { 0.0 } else { self.square };
        let columns: Vec<(usize, &[f64], f64)> =
            columns.iter().map(|&j| (j, at(self.x, &self.ones, j), square(j))).collect();
        self.model.push(&columns, &self.loss);
    }

    /// The curvature of here, in the columns that are not zero or were about to move.
    fn refresh(&mut self, square: f64) {
        let p = self.x.ncols();
        self.square = square;
        self.loss.keep_curvature();
        let columns: Vec<usize> = if self.model.columns.is_empty() && L::INTERCEPT {
            vec![p]
        } else {
            self.model.columns.iter().copied().filter(|&j| j == p || self.coefficients[j] != 0.0).collect()
        };
        let left: Vec<usize> = self.model.columns.iter().copied().filter(|j| !columns.contains(j)).collect();
        for j in left {
            self.inside[j] = false;
        }
        self.model.clear();
        self.take(&columns);
    }

    fn column(&self, j: usize) -> &[f64] {
        at(self.x, &self.ones, j)
    }
}

/// A column; beyond the last that of the intercept.
fn at<'a>(x: &'a DMatrix<f64>, ones: &'a [f64], j: usize) -> &'a [f64] {
    if j == x.ncols() { ones } else { column(x, j) }
}
