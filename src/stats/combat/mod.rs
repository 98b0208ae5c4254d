//! Harmonisation of batches by location and scale, shrunk over features (ComBat; Johnson, Li and Rabinovic 2007,
//! Biostatistics 8:118).
//!
//! Each feature is modelled as Y = a + X b + gamma_batch + delta_batch e, with the effect X b of covariates kept. The
//! values are standardised, Z = (Y - a - X b) / sd, and shift and variance of a batch are shrunk to what that batch
//! does to the other features: a normal prior for shifts and an inverse gamma for variances, or the other features'
//! estimates weighted by their likelihood. Then Y* = sd (Z - gamma*) / delta* + a + X b. All that is learnt can be
//! applied to rows that had no part in it; rows of a batch that was not there are refused.
//!
//! ```
//! use delta_radiomics::stats::combat::{Adjust, ComBat, Prior, Settings};
//! use nalgebra::DMatrix;
//! // One feature has no others to be shrunk to: batch 1 is brought to the common mean 4 and variance 1 (divisor n;
//! // each batch has the variance 2 by the divisor n - 1).
//! let x = DMatrix::from_row_slice(4, 1, &[1.0, 3.0, 5.0, 7.0]);
//! let (batch, none) = ([0, 0, 1, 1], DMatrix::zeros(4, 0));
//! let settings = Settings { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None };
//! let combat = ComBat::fit(&x, &batch, &none, settings).unwrap();
//! let harmonised = combat.apply(&x, &batch, &none).unwrap();
//! let half = 0.5_f64.sqrt();
//! for (value, expected) in harmonised.iter().zip([4.0 - half, 4.0 + half, 4.0 - half, 4.0 + half]) {
//!     assert!((value - expected).abs() < 1e-14);
//! }
//! ```

mod design;
mod fault;
mod model;
#[cfg(test)]
mod reference;
mod settings;
mod shrink;
#[cfg(test)]
mod tests;

pub use fault::ComBatFault;
pub use model::{BatchEffects, ComBat, without_batch};
pub use settings::{Adjust, Prior, Settings};
