//! A long table: one row per repeat, region and feature, as `features.csv`.

use super::{About, Findings};
use crate::jobs::sheet::UserTable;
use crate::jobs::stability::error::StabilityFault;
use crate::record::{Aggregation, Family, FeatureKey};

use super::name;

/// The values of a long table.
pub fn rows(table: &UserTable, about: &About) -> Result<Findings, StabilityFault> {
    let features = table.filled("feature")?;
    let values = table.numbers("value")?;
    let none = || vec![None; table.rows()];
    let images = table.cells("image")?.unwrap_or_else(none);
    let units = table.cells("unit")?.unwrap_or_else(none);
    let families = table.words("family", &[], Family::from_word)?;
    let words: Vec<&str> = Aggregation::ALL.iter().map(|a| a.word()).collect();
    let aggregations = table.words("aggregation", &words, Aggregation::from_word)?;
    let mut rows = Vec::new();
    for (n, feature) in features.into_iter().enumerate() {
        let known = name::key_of(&feature);
        let key = FeatureKey {
            image: images[n].clone().unwrap_or(known.image),
            family: families[n].unwrap_or(known.family),
            feature,
            aggregation: aggregations[n],
        };
        rows.push(about.found(n, key, units[n].clone().unwrap_or_default(), values[n]));
    }
    Ok(Findings { rows, notes: Vec::new() })
}
