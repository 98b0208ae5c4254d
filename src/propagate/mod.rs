//! Regions, images and maps through a transform.
//!
//! Labels travel from the baseline to the follow-up's grid through the whole transform at once, each structure of
//! its own, and stay integers. Images are warped to be looked at, never to be measured.

mod agreement;
mod carry;
mod label_map;
mod maps;
mod round_trip;
mod uncertainty;

pub use agreement::{Agreement, agreement};
pub use carry::{Carried, carry};
pub use label_map::{Overlap, label_map};
pub use maps::{displacement_field, jacobian_map, warped, warped_cubic};
pub use round_trip::{by_way_of, there_and_back};
pub use uncertainty::{Stage, border_uncertainty_mm, mean_displacement_mm, points};
