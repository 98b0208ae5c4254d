//! In how many ways the patients of a study were measured.

use std::collections::BTreeMap;

use delta_table::Sheet;

use super::error::CollectError;
use super::source::{Source, texts};
use crate::record::{MeasurementHash, Modality};

/// Patients that are named per measurement.
const NAMED: usize = 3;

/// The patients of each modality by their measurement.
#[derive(Clone, Debug, Default)]
pub struct Measured(BTreeMap<Modality, BTreeMap<String, Patients>>);

/// Patients of one measurement: how many, and the first of them.
#[derive(Clone, Debug, Default)]
struct Patients {
    count: usize,
    first: Vec<String>,
}

impl Measured {
    /// Adds a patient. All rows of its result are of one measurement.
    pub fn add(&mut self, source: &Source, features: &Sheet) -> Result<(), CollectError> {
        let modality = texts(source, "features.csv", features, "modality")?;
        let hash = texts(source, "features.csv", features, "measurement_hash")?;
        let found: std::collections::BTreeSet<_> = modality.into_iter().zip(hash).collect();
        for (modality, hash) in found {
            let (Some(modality), Some(hash)) = (modality.and_then(Modality::from_word), hash) else {
                continue;
            };
            let patients = self.0.entry(modality).or_default().entry(hash.to_owned()).or_default();
            patients.count += 1;
            if patients.first.len() < NAMED {
                patients.first.push(source.subject.name.clone());
            }
        }
        Ok(())
    }

    /// The measurement of most patients, by modality; of equals the first.
    pub fn usual(&self) -> BTreeMap<Modality, MeasurementHash> {
        let most = |ways: &BTreeMap<String, Patients>| {
            ways.iter().rev().max_by_key(|(_, patients)| patients.count).map(|(hash, _)| hash.clone())
        };
        let found = self.0.iter().filter_map(|(modality, ways)| Some((*modality, most(ways)?)));
        found.map(|(modality, hash)| (modality, MeasurementHash::new(hash))).collect()
    }

    /// The modalities whose patients were measured in several ways, each as the refusal of a table that cannot show it.
    pub fn mixed(&self) -> Vec<CollectError> {
        let several = self.0.iter().filter(|(_, ways)| ways.len() > 1);
        several
            .map(|(modality, ways)| CollectError::Mixed {
                modality: *modality,
                ways: ways.iter().map(|(hash, patients)| patients.told(hash)).collect(),
            })
            .collect()
    }
}

impl Patients {
    fn told(&self, hash: &str) -> String {
        let more = self.count.saturating_sub(self.first.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} by {}{rest}", hash.get(..12).unwrap_or(hash), self.first.join(", "))
    }
}
