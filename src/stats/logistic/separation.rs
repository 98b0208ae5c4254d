//! Whether a combination of columns tells the classes apart.

use nalgebra::DVector;

/// Beyond this linear predictor (odds of three million to one) a model is asked whether it grows without bound.
const FAR: f64 = 15.0;

/// What a row may lie on the wrong side of a boundary that other rows run away from, as a share of their speed.
const SLACK: f64 = 1e-6;

/// Whether rows moved by the coefficients so far, or the direction of the next step, prove that there is no maximum.
///
/// Complete separation: coefficients that put each row on its own side make the outcomes ever more likely when
/// multiplied; this proof is exact. Quasi-complete separation: a direction in which no row moves to the wrong side
/// and some move to their own does the same. Newton's direction becomes one as the predictors grow, up to
/// terms of the order of exp(-predictor), hence the slack and the wait.
pub(super) fn proven(moved: &DVector<f64>, direction: &DVector<f64>, y: &[bool]) -> bool {
    let worst = |of: &DVector<f64>| {
        of.iter().zip(y).map(|(v, y)| if *y { *v } else { -v }).fold(f64::INFINITY, f64::min)
    };
    if worst(moved) > 0.0 {
        return true;
    }
    let speed = direction.amax();
    // A converging model slows down; one that runs away moves by about one in each step.
    moved.amax() > FAR && speed > 0.1 && worst(direction) >= -SLACK * speed
}
