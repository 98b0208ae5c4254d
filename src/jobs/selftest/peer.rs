//! Our unrounded values beside another implementation's, where the standard's folder holds them: three published digits
//! cannot tell a small error from rounding, and this can.

use std::collections::BTreeMap;
use std::path::Path;

use super::{SelftestError, read_table};
use crate::features::ibsi::{Comparison, TableError, cells};
use crate::record::Family;

/// The other implementation.
pub const NAME: &str = "MIRP 2.7.0";

/// Its values.
const FILE: &str = "mirp_2.7.0_ibsi1_values.csv";

/// Values that agree differ by no more than this, in parts of the value.
pub const AGREEMENT: f64 = 1e-6;

/// Why a feature's values differ by more, and up to which share of the value that explains it.
const CAUSES: &[(&str, f64, &str)] = &[("morph_moran_i", 0.5, SAMPLED), ("morph_geary_c", 0.01, SAMPLED)];

const SAMPLED: &str = "it draws voxels at random where there are many; here all pairs count";

/// Both values of one row.
pub struct Pair<'a> {
    /// Ours, and what it is of.
    pub row: &'a Comparison,
    /// Their distance in parts of the other value.
    pub relative: f64,
}

impl Pair<'_> {
    /// Why the values differ, where that is known.
    pub fn cause(&self) -> Option<&'static str> {
        let known =
            |(tag, up_to, _): &&(&str, f64, &str)| *tag == self.row.feature && self.relative <= *up_to;
        CAUSES.iter().find(known).map(|(_, _, why)| *why)
    }
}

/// All values that both have, by family, in the order of our table.
pub struct Peer<'a> {
    /// Pairs of values.
    pub families: BTreeMap<Family, Vec<Pair<'a>>>,
    /// How many values the other gives.
    pub given: usize,
}

/// Reads the other values, where the folder holds them.
pub fn read<'a>(folder: &Path, ours: &'a [Comparison]) -> Result<Option<Peer<'a>>, SelftestError> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let theirs = read_table(&path, values)?;
    let mut families: BTreeMap<Family, Vec<Pair>> = BTreeMap::new();
    for row in ours {
        let value = theirs.get(&(row.config.to_owned(), row.tag()));
        if let (Some(family), Some(ours), Some(theirs)) = (row.family(), row.value(), value) {
            // A value that should be nothing may be a last bit: it is held against 10^-9.
            let relative = (ours - theirs).abs() / theirs.abs().max(1e-9);
            families.entry(family).or_default().push(Pair { row, relative });
        }
    }
    Ok(Some(Peer { families, given: theirs.len() }))
}

/// Values by configuration and tag.
fn values(text: &str) -> Result<BTreeMap<(String, String), f64>, TableError> {
    cells(text, ["config", "tag", "mirp_value"])?
        .into_iter()
        .map(|(line, [config, tag, value])| match value.parse() {
            Ok(value) => Ok(((config.to_owned(), tag.to_owned()), value)),
            Err(_) => Err(TableError::Cell { line, column: "value", word: value.to_owned() }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::ibsi::Table;

    #[test]
    fn a_cause_is_given_for_features_of_the_standard_that_may_differ() {
        let table = Table::of_the_digital_phantom();
        for (tag, up_to, _) in CAUSES {
            assert!(*up_to > AGREEMENT && table.rows().iter().any(|row| row.feature == *tag), "{tag}");
        }
    }
}
