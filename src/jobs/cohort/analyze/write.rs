//! The files of an analysis, each whole or not at all.

use std::path::Path;

use delta_table::{Table, TableError};

use super::error::AnalyzeFault;
use crate::analyze::{Folds, Prediction, Unit};
use crate::jobs::Failure;
use crate::record::analysis::{Analysis, Interval, ModelKind, UnivariateRow};
use crate::report::analysis::render;
use crate::store::{Existing, Staging, StoreError, write_json};

/// Where files are put together.
const STAGING: &str = ".partial";
/// The record of a result.
pub const METRICS: &str = "metrics.json";
/// All files that an analysis may write.
const FILES: [&str; 10] = [
    "report.html",
    METRICS,
    "model.json",
    "flow.json",
    "folds.csv",
    "folds.parquet",
    "univariate.csv",
    "univariate.parquet",
    "predictions.csv",
    "predictions.parquet",
];
/// All files that applying a model may write.
pub const APPLIED_FILES: [&str; 3] = [METRICS, "predictions.csv", "predictions.parquet"];

/// What the tables are made from, beside the record.
pub struct Files {
    /// The folds.
    pub folds: Folds,
    /// Predictions of units that the model had not seen.
    pub predictions: Vec<Prediction>,
    /// Units, in the order that predictions name them by.
    pub units: Vec<Unit>,
}

/// Refuses a folder that holds something else than an earlier result.
pub fn check_folder(out: &Path, existing: Existing) -> Result<(), StoreError> {
    let occupied = std::fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    let is_file = out.is_file();
    let ours = out.join(METRICS).is_file();
    if is_file || (occupied && !ours && existing == Existing::Keep) {
        return Err(StoreError::Occupied(out.to_owned()));
    }
    Ok(())
}

/// Starts files in a folder, which is made where it is not there.
pub fn begin(out: &Path) -> Result<Staging, StoreError> {
    std::fs::create_dir_all(out).map_err(StoreError::at(out))?;
    Staging::begin(out, STAGING)
}

/// Writes the files; gives the model that was kept.
pub fn write(
    out: &Path,
    analysis: &Analysis,
    files: &Files,
    freeze: ModelKind,
) -> Result<Option<ModelKind>, Failure> {
    let page = render(analysis)?;
    let staging = begin(out)?;
    let html = staging.file("report.html");
    std::fs::write(&html, page).map_err(StoreError::at(&html))?;
    write_json(&staging.file(METRICS), analysis)?;
    write_json(&staging.file("flow.json"), &analysis.flow)?;
    let frozen =
        analysis.models.iter().find(|model| model.model == freeze).and_then(|model| model.frozen.as_ref());
    if let Some(frozen) = frozen {
        write_json(&staging.file("model.json"), frozen)?;
    }
    both(&staging, "folds", &files.folds.table(&files.units))?;
    both(&staging, "univariate", &univariate(&analysis.univariate).map_err(failed("univariate"))?)?;
    both(&staging, "predictions", &predictions(files).map_err(failed("predictions"))?)?;
    staging.publish(&FILES.map(str::to_owned))?;
    Ok(frozen.map(|_| freeze))
}

/// A table as CSV and as Parquet.
pub fn both(staging: &Staging, name: &str, table: &Table) -> Result<(), AnalyzeFault> {
    let write = || -> Result<(), TableError> {
        table.write_csv(&staging.file(&format!("{name}.csv")))?;
        table.write_parquet(&staging.file(&format!("{name}.parquet")))
    };
    write().map_err(failed(name))
}

/// An error at a table of the result.
pub fn failed(name: &str) -> impl Fn(TableError) -> AnalyzeFault + use<> {
    let file = format!("{name}.csv or .parquet");
    move |source| AnalyzeFault::Write { file: file.clone(), source }
}

/// An interval of a row.
type OfRow = fn(&UnivariateRow) -> Option<Interval>;

fn univariate(rows: &[UnivariateRow]) -> Result<Table, TableError> {
    let mut table = Table::new();
    let number = |of: fn(&UnivariateRow) -> Option<f64>| rows.iter().map(of).collect::<Vec<_>>();
    table.text("block", rows.iter().map(|row| Some(row.block.as_str())));
    table.text("feature", rows.iter().map(|row| Some(row.feature.as_str())));
    table.counts("n", rows.iter().map(|row| Some(row.n as i64)));
    table.counts("events", rows.iter().map(|row| Some(row.events as i64)));
    let intervals: [(&str, OfRow); 2] =
        [("discrimination", |row| row.discrimination), ("log_hazard_ratio", |row| row.log_hazard_ratio)];
    for (name, of) in intervals {
        let part = |part: fn(Interval) -> f64| rows.iter().map(|row| of(row).map(part)).collect::<Vec<_>>();
        table.numbers(name, part(|interval| interval.estimate))?;
        table.numbers(&format!("{name}_lower"), part(|interval| interval.lower))?;
        table.numbers(&format!("{name}_upper"), part(|interval| interval.upper))?;
    }
    table.numbers("u", number(|row| row.u))?;
    table.numbers("p", number(|row| row.p))?;
    table.numbers("q", number(|row| row.q))?;
    table.numbers("volume_correlation", number(|row| row.volume_correlation))?;
    table.numbers("mutual_information", number(|row| row.mutual_information))?;
    table.text("gate", rows.iter().map(|row| row.gate.as_deref()));
    table.text("status", rows.iter().map(|row| row.status.as_deref()));
    Ok(table)
}

fn predictions(files: &Files) -> Result<Table, TableError> {
    let (rows, units) = (&files.predictions, &files.units);
    let mut table = Table::new();
    table.text("subject", rows.iter().map(|row| units.get(row.unit).map(|unit| unit.subject.as_str())));
    if units.iter().any(|unit| unit.lesion.is_some()) {
        table.text("lesion", rows.iter().map(|row| units.get(row.unit)?.lesion.as_deref()));
    }
    table.text("model", rows.iter().map(|row| Some(row.model.word())));
    // As in folds.csv.
    table.counts("repeat", rows.iter().map(|row| Some(row.repeat as i64)));
    table.counts("fold", rows.iter().map(|row| Some(row.fold as i64)));
    table.numbers("linear", rows.iter().map(|row| Some(row.linear)))?;
    table.numbers("probability", rows.iter().map(|row| row.probability))?;
    Ok(table)
}
