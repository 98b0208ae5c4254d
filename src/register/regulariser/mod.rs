//! What a deformation costs by itself.
//!
//! One more regulariser is one file, one variant and one arm of [`RegulariserKind::build`]; the tests of this
//! file then hold for it too.

mod barrier;
mod bending;
mod stiffness;
mod stretch;
mod variation;

pub use barrier::{Barrier, Repaired};
pub use bending::Bending;
pub use stiffness::Stiffness;
pub use variation::Variation;

use crate::transform::Lattice;

/// A cost of the coefficients of a lattice, laid out component by component (R, A, S).
pub trait Regulariser: Send + Sync {
    /// The cost, which may be infinite where a deformation is not allowed; `weight` times its derivative is added
    /// to `gradient`.
    fn evaluate(&self, coefficients: &[f64], weight: f64, gradient: &mut [f64]) -> f64;
}

/// The regularisers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegulariserKind {
    /// Bending energy.
    Bending,
    /// Barrier against folding.
    Barrier,
    /// Total variation.
    Variation,
}

impl RegulariserKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Bending, Self::Barrier, Self::Variation];

    /// The regulariser for a lattice whose domain ends at `extent_mm` from its first corner.
    pub fn build(self, lattice: &Lattice, extent_mm: [f64; 3]) -> Box<dyn Regulariser> {
        match self {
            Self::Bending => Box::new(Bending::new(lattice, extent_mm)),
            Self::Barrier => Box::new(Barrier::new(lattice)),
            Self::Variation => Box::new(Variation::new(lattice)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    #[test]
    fn every_gradient_is_the_derivative_of_its_cost() {
        let grid = Grid::axis_aligned([20, 17, 15], [2.0, 2.0, 3.0], [4.0, 5.0, 6.0]).unwrap();
        let lattice = Lattice::covering(&grid, [10.0, 10.0, 11.0]);
        let n = 3 * lattice.len();
        // Strong enough to reach the barrier, without a fold.
        let c: Vec<f64> = (0..n).map(|i| 10.5 * ((i * i * 37 % 101) as f64 / 50.0 - 1.0)).collect();
        for &kind in RegulariserKind::ALL {
            let regulariser = kind.build(&lattice, [38.0, 32.0, 42.0]);
            let mut gradient = vec![0.0; n];
            let cost = regulariser.evaluate(&c, 0.7, &mut gradient);
            assert!(cost.is_finite() && cost > 0.0, "{kind:?} is at work: {cost}");
            for seed in 1..20 {
                let turn: Vec<f64> = (0..n).map(|i| libm::cos((i * seed) as f64 * 0.37)).collect();
                let at = |h: f64| {
                    let there: Vec<f64> = c.iter().zip(&turn).map(|(c, t)| c + h * t).collect();
                    0.7 * regulariser.evaluate(&there, 0.0, &mut vec![0.0; n])
                };
                let measured = (at(1e-5) - at(-1e-5)) / 2e-5;
                let claimed: f64 = gradient.iter().zip(&turn).map(|(g, t)| g * t).sum();
                let scale: f64 = gradient.iter().zip(&turn).map(|(g, t)| (g * t).abs()).sum();
                assert!((measured - claimed).abs() < 1e-5 * scale, "{kind:?}: {measured} against {claimed}");
            }
        }
    }

    #[test]
    fn a_shift_costs_nothing() {
        let grid = Grid::axis_aligned([20, 17, 15], [2.0, 2.0, 3.0], [0.0; 3]).unwrap();
        let lattice = Lattice::covering(&grid, [10.0; 3]);
        let shift = vec![7.0; 3 * lattice.len()];
        for &kind in RegulariserKind::ALL {
            let mut gradient = vec![0.0; shift.len()];
            let cost = kind.build(&lattice, [38.0, 32.0, 42.0]).evaluate(&shift, 1.0, &mut gradient);
            assert!(cost.abs() < 1e-12 && gradient.iter().all(|g| g.abs() < 1e-12), "{kind:?}: {cost}");
        }
    }
}
