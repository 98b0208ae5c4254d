//! Harmonisation of batches by location and scale, shrunk over features (ComBat; Johnson, Li and Rabinovic 2007,
//! Biostatistics 8:118).

mod settings;

pub use settings::{Adjust, Prior, Settings};
