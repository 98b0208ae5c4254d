//! What the solver asks of a loss.

/// A mean loss of n linear predictors, convex and twice differentiable.
pub(super) trait Loss {
    /// Whether the model has an unpenalised intercept.
    const INTERCEPT: bool;

    /// Moves to these linear predictors; sets `residuals` to minus n times the derivative of the mean loss.
    fn move_to(&mut self, linear: &[f64], residuals: &mut [f64]);

    /// The mean loss at these linear predictors.
    fn mean(&self, linear: &[f64]) -> f64;

    /// Keeps the second derivatives of where `move_to` was last called.
    fn keep_curvature(&mut self);

    /// Of a column, two vectors such that `dot(left of a, right of b) / n` is the kept second derivative of the mean
    /// loss along columns a and b.
    fn curve(&self, column: &[f64], left: &mut Vec<f64>, right: &mut Vec<f64>);
}
