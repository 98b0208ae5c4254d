//! Tests only: the simulated cohort that the expected values of models are of (120 patients, 40 features).

use std::path::PathBuf;

use nalgebra::DMatrix;
use serde_json::Value;

use crate::reference;

/// The folder of the cohort; `None`, with a message, where the reference is absent.
pub(super) fn folder() -> Option<PathBuf> {
    reference::folder().map(|f| f.join("reference/stats/cohort"))
}

/// A file of JSON beside the cohort.
pub(super) fn json(name: &str) -> Option<Value> {
    let path = folder()?.join(name);
    Some(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

/// A table beside the cohort: names of columns, and rows of cells.
pub(super) fn table(name: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let text = std::fs::read_to_string(folder()?.join(name)).unwrap();
    let mut rows =
        text.lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect());
    Some((rows.next().unwrap(), rows.collect()))
}

/// One column of a table as numbers.
///
/// # Panics
/// Where it is absent, or a cell is no number.
pub(super) fn column(table: &(Vec<String>, Vec<Vec<String>>), name: &str) -> Vec<f64> {
    let at = table.0.iter().position(|c| c == name).unwrap_or_else(|| panic!("no column {name}"));
    table.1.iter().map(|row| row[at].parse().unwrap()).collect()
}

/// Numbers of an array.
pub(super) fn numbers(array: &Value) -> Vec<f64> {
    array.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The cohort.
pub(super) struct Cohort {
    /// 120 rows of f00 to f39.
    features: DMatrix<f64>,
    pub(super) response: Vec<bool>,
    pub(super) site: Vec<usize>,
    pub(super) age: Vec<f64>,
    pub(super) days: Vec<f64>,
    pub(super) events: Vec<bool>,
    pub(super) fold: Vec<usize>,
}

impl Cohort {
    /// Reads it; `None`, with a message, where the reference is absent.
    pub(super) fn read() -> Option<Self> {
        let table = table("cohort.csv")?;
        let flags = |name| column(&table, name).iter().map(|&v| v == 1.0).collect();
        let indices = |name| column(&table, name).iter().map(|&v| v as usize).collect();
        let values: Vec<f64> = (0..40).flat_map(|f| column(&table, &format!("f{f:02}"))).collect();
        Some(Self {
            features: DMatrix::from_vec(table.1.len(), 40, values),
            response: flags("response"),
            site: indices("site"),
            age: column(&table, "age"),
            days: column(&table, "time_days"),
            events: flags("event"),
            fold: indices("fold"),
        })
    }

    /// The features: rows are patients, columns are f00 to f39.
    pub(super) fn columns(&self) -> DMatrix<f64> {
        self.features.clone()
    }

    /// The features with mean 0 and population standard deviation 1.
    pub(super) fn standardised(&self) -> DMatrix<f64> {
        let mut x = self.columns();
        for mut column in x.column_iter_mut() {
            let mean = column.mean();
            column.add_scalar_mut(-mean);
            let sd = column.norm() / (column.len() as f64).sqrt();
            column.unscale_mut(sd);
        }
        x
    }
}

/// Whether a value is within a relative tolerance, absolute near zero.
pub(super) fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}
