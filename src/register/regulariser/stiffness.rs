//! How much weight the bending energy has: the same for every pair, or less where the motion is rough anyway.
//!
//! A fixed weight lambda says that all motion is as smooth as the pairs it was chosen on: a weight that is right for one
//! brain at two visits is far too stiff between two people, and the reverse folds noise into the field. With
//! a weight that is itself unknown (a gamma prior on it, integrated out; Simpson 2012 estimates it instead) the cost
//! of a bending energy `B` becomes `C(B) = lambda B0 ln(1 + B / B0)`, with slope `C'(B) = lambda / (1 + B / B0)`: lambda
//! for smooth motion, `lambda B0 / B` for rough. `B` and `B0` are in mm^-2, lambda in mm2, so `C` has no unit.

/// How the bending energy becomes a cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stiffness {
    /// `C = lambda B`.
    Constant {
        /// The weight in mm2.
        lambda_mm2: f64,
    },
    /// `C = lambda B0 ln(1 + B / B0)`.
    Yielding {
        /// Weight of smooth motion in mm2.
        lambda_mm2: f64,
        /// `B0`: the bending energy in mm^-2 at which the weight is half of that.
        roughness_per_mm2: f64,
    },
}

impl Stiffness {
    /// Cost of a bending energy (mm^-2), and its derivative by it (mm2).
    ///
    /// ```
    /// use delta_radiomics::register::regulariser::Stiffness;
    /// let stiffness = Stiffness::Yielding { lambda_mm2: 40.0, roughness_per_mm2: 1e-3 };
    /// let (cost, weight) = stiffness.cost(1e-3);
    /// assert!((cost - 0.04 * f64::ln(2.0)).abs() < 1e-15 && (weight - 20.0).abs() < 1e-12);
    /// ```
    pub fn cost(self, bending: f64) -> (f64, f64) {
        match self {
            Self::Constant { lambda_mm2 } => (lambda_mm2 * bending, lambda_mm2),
            Self::Yielding { lambda_mm2, roughness_per_mm2 } => {
                let share = bending / roughness_per_mm2;
                (lambda_mm2 * roughness_per_mm2 * libm::log1p(share), lambda_mm2 / (1.0 + share))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_the_slope_of_the_cost() {
        for stiffness in [
            Stiffness::Constant { lambda_mm2: 30.0 },
            Stiffness::Yielding { lambda_mm2: 30.0, roughness_per_mm2: 1e-3 },
        ] {
            for bending in [1e-5, 1e-3, 0.1] {
                let h = 1e-4 * bending;
                let slope = (stiffness.cost(bending + h).0 - stiffness.cost(bending - h).0) / (2.0 * h);
                assert!(
                    (slope - stiffness.cost(bending).1).abs() < 1e-5 * slope,
                    "{stiffness:?} at {bending}"
                );
            }
        }
    }

    #[test]
    fn smooth_motion_meets_the_whole_weight_and_rough_motion_ever_less() {
        let yielding = Stiffness::Yielding { lambda_mm2: 30.0, roughness_per_mm2: 1e-3 };
        let weights = [0.0, 1e-4, 1e-2, 1.0].map(|b| yielding.cost(b).1);
        assert!(weights[0] == 30.0 && weights.windows(2).all(|w| w[1] < w[0]));
    }
}
