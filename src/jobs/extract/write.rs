//! The files of a result.

use delta_table::{CsvFile, Table, TableError};

use super::batch::{Given, Work};
use super::plan::Plan;
use super::request::{ExtractRequest, Layout, Names};
use super::rows::{Column, FailedRow, Measurements, Region};
use crate::features::pyradiomics;
use crate::jobs::Failure;
use crate::jobs::run::TableFormat;
use crate::record::{FeatureKey, Outcome, Reason};
use crate::store::OutputFolder;

/// Regions that are put into the table at once: its text is many times as large as the values, which are all kept.
const BLOCK: usize = 256;

/// Columns of the long table after those that were given.
const LONG: [&str; 15] = [
    "modality",
    "measurement_hash",
    "roi",
    "label",
    "roi_role",
    "mask_source",
    "image",
    "family",
    "feature",
    "aggregation",
    "value",
    "unit",
    "status",
    "reason",
    "flags",
];
/// Columns of the wide table before the features.
const WIDE: [&str; 8] =
    ["modality", "measurement_hash", "roi", "label", "roi_role", "mask_source", "flags", "reasons"];

/// Writes the table of features, and that of failures where there are any.
pub fn tables(
    folder: &OutputFolder,
    request: &ExtractRequest,
    work: &Work,
    plan: &Plan,
    measured: &Measurements,
) -> Result<(), Failure> {
    let writer = Writer { names: request.names, given: front(work, request, measured), plan, measured };
    let table = |regions: &[Region]| match request.layout {
        Layout::Long => writer.long(regions),
        Layout::Wide => writer.wide(regions),
    };
    let mut csv = CsvFile::create(&folder.file("features.csv")?)?;
    // A table without regions has a header too.
    let first = measured.regions.len().min(BLOCK);
    csv.append(&table(&measured.regions[..first])?)?;
    for block in measured.regions[first..].chunks(BLOCK) {
        csv.append(&table(block)?)?;
    }
    if request.tables == TableFormat::CsvAndParquet {
        table(&measured.regions)?.write_parquet(&folder.file("features.parquet")?)?;
    }
    if !measured.failed.is_empty() {
        failures(work, &measured.failed).write_csv(&folder.file("failures.csv")?)?;
    }
    Ok(())
}

/// The columns in front, one cell per case: the number of the row, and the user's own. One that is called as ours
/// is gets another name, so that none is lost.
fn front(work: &Work, request: &ExtractRequest, measured: &Measurements) -> Vec<Given> {
    if !work.is_batch() {
        return Vec::new();
    }
    let mut taken: Vec<String> = vec!["row".into()];
    match request.layout {
        Layout::Long => taken.extend(LONG.map(String::from)),
        Layout::Wide => {
            taken.extend(WIDE.map(String::from));
            taken.extend(measured.columns.iter().map(|c| heading(&c.key, request.names)));
        }
    }
    let cells = (1..=work.cases.len()).map(|row| Some(row.to_string())).collect();
    let mut front = vec![Given { name: "row".into(), cells }];
    for given in &work.given {
        let mut name = given.name.clone();
        while taken.contains(&name) {
            name.insert_str(0, "given_");
        }
        taken.push(name.clone());
        front.push(Given { name, cells: given.cells.clone() });
    }
    front
}

/// The name of a feature as it is asked for.
fn feature_name(key: &FeatureKey, names: Names) -> String {
    match names {
        Names::Ibsi => key.feature.clone(),
        Names::Pyradiomics => pyradiomics::name_of(key).unwrap_or_else(|| key.feature.clone()),
    }
}

/// The heading of a feature's column: PyRadiomics' name where that is asked for and there is one, else tag and
/// aggregation (`cm_contrast_3D_avg`).
fn heading(key: &FeatureKey, names: Names) -> String {
    let theirs = match names {
        Names::Ibsi => None,
        Names::Pyradiomics => pyradiomics::name_of(key),
    };
    theirs.unwrap_or_else(|| match key.aggregation {
        Some(aggregation) => format!("{}_{aggregation}", key.feature),
        None => key.feature.clone(),
    })
}

struct Writer<'a> {
    names: Names,
    given: Vec<Given>,
    plan: &'a Plan,
    measured: &'a Measurements,
}

impl Writer<'_> {
    /// One row per region and feature.
    fn long(&self, regions: &[Region]) -> Result<Table, TableError> {
        let columns = &self.measured.columns;
        let features: Vec<String> = columns.iter().map(|c| feature_name(&c.key, self.names)).collect();
        let mut table = Table::new();
        // A cell of the region stands in all its rows.
        let mut of_region = |name: &str, cell: &dyn Fn(&Region) -> Option<String>| {
            let cells = regions.iter().flat_map(|r| std::iter::repeat_n(cell(r), columns.len()));
            table.text(name, cells);
        };
        for given in &self.given {
            of_region(&given.name, &|r| given.cells[r.case].clone());
        }
        for name in &LONG[..6] {
            of_region(name, &|r| self.about(r, name));
        }
        let mut of_feature = |name: &str, cell: &dyn Fn(usize, &Column) -> Option<String>| {
            let cells = regions.iter().flat_map(|_| columns.iter().enumerate().map(|(n, c)| cell(n, c)));
            table.text(name, cells);
        };
        of_feature("image", &|_, c| filled(&c.key.image));
        of_feature("family", &|_, c| filled(c.key.family.word()));
        of_feature("feature", &|n, _| Some(features[n].clone()));
        of_feature("aggregation", &|_, c| filled(c.key.aggregation_word()));
        let outcomes = || regions.iter().flat_map(|r| r.outcomes.iter());
        table.numbers("value", outcomes().map(|o| o.value()))?;
        table.text("unit", regions.iter().flat_map(|_| columns.iter().map(|c| filled(&c.unit))));
        table.text("status", outcomes().map(|o| Some(o.status().word())));
        table.text("reason", outcomes().map(|o| o.reason().map(Reason::word)));
        table.text(
            "flags",
            regions.iter().flat_map(|r| std::iter::repeat_n(self.about(r, "flags"), columns.len())),
        );
        Ok(table)
    }

    /// One row per region, one column per feature.
    fn wide(&self, regions: &[Region]) -> Result<Table, TableError> {
        let mut table = Table::new();
        for given in &self.given {
            table.text(&given.name, regions.iter().map(|r| given.cells[r.case].as_deref()));
        }
        for name in WIDE {
            table.text(name, regions.iter().map(|r| self.about(r, name)));
        }
        for (n, column) in self.measured.columns.iter().enumerate() {
            let values = regions.iter().map(|r| r.outcomes[n].value());
            table.numbers(&heading(&column.key, self.names), values)?;
        }
        Ok(table)
    }

    /// The cell of a region in one of the columns that say what it is.
    fn about(&self, region: &Region, column: &str) -> Option<String> {
        filled(&match column {
            "modality" => self.plan.meaning.modality.to_string(),
            "measurement_hash" => self.plan.hash.as_str().to_owned(),
            "roi" => region.name.clone(),
            "label" => region.label.to_string(),
            "roi_role" => region.role.to_string(),
            "mask_source" => region.source.to_string(),
            "flags" => region.flags.to_string(),
            "reasons" => self.reasons(region),
            other => unreachable!("no column {other}"),
        })
    }

    /// Why cells of a region are empty: `cm_corr_3D_avg=no_neighbours;...`.
    fn reasons(&self, region: &Region) -> String {
        let without = |(column, outcome): (&Column, &Outcome)| {
            outcome.reason().map(|reason| format!("{}={reason}", heading(&column.key, self.names)))
        };
        let reasons: Vec<String> =
            self.measured.columns.iter().zip(&region.outcomes).filter_map(without).collect();
        reasons.join(";")
    }
}

fn filled(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

/// Rows that gave nothing, and why.
fn failures(work: &Work, failed: &[FailedRow]) -> Table {
    let given = |column: &str, f: &FailedRow| {
        let found = work.given.iter().find(|g| g.name.trim().eq_ignore_ascii_case(column));
        found.and_then(|g| g.cells[f.case].clone())
    };
    let mut table = Table::new();
    table
        .text("row", failed.iter().map(|f| Some((f.case + 1).to_string())))
        .text("image", failed.iter().map(|f| given("Image", f)))
        .text("mask", failed.iter().map(|f| given("Mask", f)))
        .text("code", failed.iter().map(|f| Some(&f.failure.code)))
        .text("fact", failed.iter().map(|f| Some(&f.failure.fact)))
        .text("hint", failed.iter().map(|f| Some(&f.failure.hint)));
    table
}
