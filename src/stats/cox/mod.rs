//! Cox regression: how columns multiply the hazard (Cox 1972).
//!
//! A row with linear predictor eta has exp(eta) times the hazard of one with 0. Coefficients maximise the partial
//! likelihood: at each event, the chance that it met the row it did, of all rows then at risk. For d events at one time
//! Efron (1977) lets the share l/d of them leave the risk set before the (l+1)-th; Breslow (1974) lets none leave.
//!
//! Times are days. Rows of equal time are all at risk at it, also those that are censored there.

mod fit;
mod hazards;
mod likelihood;
mod one;
mod order;

#[cfg(test)]
mod tests;

pub use fit::{CoxFit, Ties, fit};
pub use hazards::{PhTest, proportional_hazards};
pub(in crate::stats) use likelihood::breslow;
pub use likelihood::{baseline_survival, partial_log_likelihood};
pub use one::one;
pub use order::Order;
