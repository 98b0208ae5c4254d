//! The rows of a cohort's manifest, each read on its own, with all that is wrong with it.

use std::path::PathBuf;

use rayon::prelude::*;

use super::faults::{ManifestFault, RowFault};
use super::manifest::HeaderCheck;
use crate::io::{
    MaskPath, ReadOptions, VisitSaid, VisitSource, check_name, date_of_text, read_said, scanned,
};
use crate::jobs::sheet::{Cells, FileColumns, SheetFault, UserTable, modality_words, unit_words};
use crate::record::{Modality, Units};
use crate::visit::{When, modality_of_word, units_of_word};

/// The columns that are read.
const COLUMNS: [&str; 16] = [
    "subject",
    "visit",
    "day",
    "date",
    "visit_folder",
    "image",
    "mask",
    "series",
    "site",
    "batch",
    "group",
    "baseline",
    "modality",
    "units",
    "rois",
    "roles",
];

/// Whether a row is marked as its subject's baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The cell is empty, or there is no column.
    Unmarked,
    /// The baseline.
    Baseline,
    /// No baseline.
    Followup,
}

/// One row without a fault of its own.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number; the first below the header is 1.
    pub row: usize,
    pub subject: String,
    pub visit: String,
    /// By the manifest, else by the visit's own file, else by the dates of its series.
    pub when: When,
    pub mark: Mark,
    pub source: VisitSource,
    pub site: Option<String>,
    pub batch: Option<String>,
    pub group: Option<String>,
    pub modality: Option<Modality>,
    pub units: Option<Units>,
    /// What the visit's own file says.
    pub said: Option<VisitSaid>,
}

/// A row, or its subject (where it names one) and its faults.
pub type ReadRow = Result<Row, (Option<String>, Vec<ManifestFault>)>;

/// The columns of a manifest.
pub struct Columns {
    path: PathBuf,
    rows: usize,
    subjects: Cells,
    visits: Cells,
    files: FileColumns,
    optional: Vec<(&'static str, Cells)>,
}

impl Columns {
    /// The columns of a table; what is wrong with the table as a whole is refused.
    pub fn of(table: &UserTable) -> Result<Self, SheetFault> {
        table.check_columns(&COLUMNS)?;
        let mut optional = Vec::new();
        for column in COLUMNS {
            if let Some(cells) = table.cells(column)? {
                optional.push((column, cells));
            }
        }
        Ok(Self {
            path: table.path.clone(),
            rows: table.rows(),
            subjects: table.needed("subject")?,
            visits: table.needed("visit")?,
            files: FileColumns::of(table)?,
            optional,
        })
    }

    /// All rows, in their order. Where nobody says when a scan was made, the dates of its series are looked up, for the
    /// subjects that are asked for.
    pub fn read(&self, options: &ReadOptions, check: &HeaderCheck) -> Vec<ReadRow> {
        (1..=self.rows).into_par_iter().map(|row| self.row(row, options, check)).collect()
    }

    fn cell(&self, column: &str, row: usize) -> Option<&str> {
        let (_, cells) = self.optional.iter().find(|(name, _)| *name == column)?;
        cells.get(row - 1)?.as_deref()
    }

    fn row(&self, row: usize, options: &ReadOptions, check: &HeaderCheck) -> ReadRow {
        let mut faults: Vec<RowFault> = Vec::new();
        let subject = self.name("subject", &self.subjects, row, &mut faults);
        let visit = self.name("visit", &self.visits, row, &mut faults);
        let modality = self.word("modality", row, &modality_words(), modality_of_word, &mut faults);
        let units = self.word("units", row, &unit_words(), units_of_word, &mut faults);
        let mark = self.word("baseline", row, &["true", "false"], mark_of_word, &mut faults);
        let mut when = self.when(row).unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        let source = self.files.source(row).map_err(|fault| faults.push(fault.into())).ok();
        let mut said = None;
        if let Some(source) = &source {
            let given = |mask| MaskPath::of(mask).file.exists();
            let missing = [Some(&source.path).filter(|path| !path.exists())]
                .into_iter()
                .chain([source.mask.as_ref().filter(|mask| !given(mask))])
                .flatten();
            faults.extend(missing.map(|file| RowFault::MissingFile(file.clone())));
            said = read_said(source).unwrap_or_else(|error| {
                faults.push(error.into());
                None
            });
            when = when.or(said.as_ref().map(|said| said.when)).filter(|when| *when != When::Unknown);
            let asked = subject.as_deref().is_some_and(|subject| check.is_of(subject));
            if when.is_none() && asked && faults.is_empty() {
                match scanned(source, options) {
                    Ok(scanned) => when = Some(scanned),
                    Err(error) => faults.push(error.into()),
                }
            }
        }
        match (subject, visit, source) {
            (Some(subject), Some(visit), Some(mut source)) if faults.is_empty() => {
                if source.mask.is_none() && !source.path.is_dir() {
                    // Names for the labels of a mask that was not drawn.
                    source.rois.clear();
                }
                Ok(Row {
                    row,
                    visit,
                    when: when.unwrap_or(When::Unknown),
                    mark: mark.unwrap_or(Mark::Unmarked),
                    source,
                    site: self.cell("site", row).map(str::to_owned),
                    batch: self.cell("batch", row).map(str::to_owned),
                    group: self.cell("group", row).map(str::to_owned),
                    modality,
                    units,
                    said,
                    subject,
                })
            }
            (subject, ..) => {
                let faults = faults.iter().map(|f| ManifestFault::new(row, subject.as_deref(), f)).collect();
                Err((subject, faults))
            }
        }
    }

    /// A name that must be there and be harmless.
    fn name(
        &self,
        column: &'static str,
        cells: &Cells,
        row: usize,
        faults: &mut Vec<RowFault>,
    ) -> Option<String> {
        let path = || self.path.clone();
        let Some(name) = &cells[row - 1] else {
            faults.push(SheetFault::EmptyCell { path: path(), row, column: column.to_owned() }.into());
            return None;
        };
        match check_name(name) {
            Ok(()) => Some(name.clone()),
            Err(fault) => {
                faults.push(SheetFault::Name { path: path(), row, column, name: name.clone(), fault }.into());
                None
            }
        }
    }

    /// A word that may be missing.
    fn word<T>(
        &self,
        column: &'static str,
        row: usize,
        known: &[&str],
        find: impl Fn(&str) -> Option<T>,
        faults: &mut Vec<RowFault>,
    ) -> Option<T> {
        let word = self.cell(column, row)?;
        let found = find(word);
        if found.is_none() {
            faults.push(SheetFault::word(&self.path, row, column, word, known).into());
        }
        found
    }

    /// When the scan was made, where the manifest says it.
    fn when(&self, row: usize) -> Result<Option<When>, RowFault> {
        match (self.cell("day", row), self.cell("date", row)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(RowFault::DayAndDate),
            (None, Some(date)) => date_of_text(date).map(Some).ok_or(RowFault::Date),
            (Some(day), None) => match day.parse::<f64>() {
                Ok(day) if day.is_finite() => Ok(Some(When::Day(day))),
                _ => Err(SheetFault::Number {
                    path: self.path.clone(),
                    row,
                    column: "day".into(),
                    text: day.to_owned(),
                }
                .into()),
            },
        }
    }
}

fn mark_of_word(word: &str) -> Option<Mark> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(Mark::Baseline),
        "false" | "no" | "0" => Some(Mark::Followup),
        _ => None,
    }
}
