//! Which features a study has, and what their columns are called.

use std::collections::{BTreeMap, BTreeSet};

use delta_table::Sheet;

use super::super::error::CollectError;
use super::super::source::{Source, texts};
use crate::record::{Aggregation, Family, FeatureKey, RoiRole};

/// The features of all patients' lesions. Diagnostics describe a measurement and are no columns.
#[derive(Clone, Debug, Default)]
pub struct Columns(BTreeSet<FeatureKey>);

impl Columns {
    /// Adds the features of a patient.
    pub fn add(&mut self, source: &Source, features: &Sheet) -> Result<(), CollectError> {
        let keys = Keys::of(source, "features.csv", features)?;
        let role = texts(source, "features.csv", features, "roi_role")?;
        for row in (0..features.rows()).filter(|row| role[*row] == Some(RoiRole::Lesion.word())) {
            let key = keys.key(row).filter(|key| key.family != Family::DIAG);
            if let Some(key) = key.filter(|key| !self.0.contains(key)) {
                self.0.insert(key);
            }
        }
        Ok(())
    }

    /// The columns, in the order of the long tables.
    pub fn headings(self) -> Headings {
        let names = self.0.iter().map(heading).collect();
        Headings { names, places: self.0.into_iter().enumerate().map(|(n, key)| (key, n)).collect() }
    }
}

/// Columns of features, in order.
#[derive(Clone, Debug)]
pub struct Headings {
    names: Vec<String>,
    places: BTreeMap<FeatureKey, usize>,
}

impl Headings {
    /// What they are called.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of a feature.
    pub fn place(&self, key: &FeatureKey) -> Option<usize> {
        self.places.get(key).copied()
    }
}

/// `cm_contrast_3D_avg`; where the image was filtered, its name first.
pub fn heading(key: &FeatureKey) -> String {
    let mut name = String::new();
    if key.image != "original" {
        name.push_str(&key.image);
        name.push('_');
    }
    name.push_str(&key.feature);
    if let Some(aggregation) = key.aggregation {
        name.push('_');
        name.push_str(aggregation.word());
    }
    name
}

/// The columns of a long table that say what is measured.
pub struct Keys<'a> {
    image: Vec<Option<&'a str>>,
    family: Vec<Option<&'a str>>,
    feature: Vec<Option<&'a str>>,
    aggregation: Vec<Option<&'a str>>,
}

impl<'a> Keys<'a> {
    /// Those of a patient's table.
    pub fn of(source: &Source, name: &str, sheet: &'a Sheet) -> Result<Self, CollectError> {
        let column = |column: &str| texts(source, name, sheet, column);
        Ok(Self {
            image: column("image")?,
            family: column("family")?,
            feature: column("feature")?,
            aggregation: column("aggregation")?,
        })
    }

    /// What is measured in a row.
    pub fn key(&self, row: usize) -> Option<FeatureKey> {
        Some(FeatureKey {
            image: self.image[row]?.to_owned(),
            family: Family::from_word(self.family[row]?)?,
            feature: self.feature[row]?.to_owned(),
            aggregation: self.aggregation[row].and_then(Aggregation::from_word),
        })
    }
}
