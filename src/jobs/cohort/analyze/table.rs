//! Features of a ready table: one row per patient or lesion, with deltas as they stand.

use std::path::Path;

use super::error::AnalyzeFault;
use super::measured::{Measured, MeasuredRow, Origin, VolumeChange};
use super::outcomes::each_once;
use super::request::FeatureRequest;
use crate::analyze::Column;
use crate::jobs::sheet::{Cells, Content, SheetFault, UserTable};
use crate::record::ResponseCategory;
use crate::store::hash_file;

/// Columns of a table of features that are none: who, when, where, how.
const ABOUT: [&str; 28] = [
    "subject",
    "lesion",
    "visit",
    "baseline_visit",
    "followup_visit",
    "interval_days",
    "followup_day",
    "day",
    "date",
    "site",
    "batch",
    "group",
    "modality",
    "measurement_hash",
    "mask_source",
    "mask_source_baseline",
    "mask_source_followup",
    "delta_scale",
    "flags",
    "reasons",
    "roi",
    "roi_role",
    "recist",
    "volumetric",
    "known_day",
    "response",
    "time_days",
    "event",
];

/// What volumes are called, the first goes before.
const VOLUMES: [&str; 6] = [
    "morph_volume",
    "original_shape_MeshVolume",
    "original_shape_VoxelVolume",
    "original_shape_Volume",
    "morph_vol_approx",
    "volume",
];

/// Features at baseline in a table of deltas begin so.
const BASELINE: &str = "baseline_";
/// Deltas may begin so.
const DELTA: &str = "delta_";

/// Reads a table of deltas. `delta_` in front of a name does not count; columns that begin with `baseline_` are
/// features at baseline.
pub fn read(path: &Path, request: &FeatureRequest) -> Result<Measured, AnalyzeFault> {
    let table = UserTable::read(path)?;
    let rows = chosen_rows(&table, request.visit.as_deref())?;
    let subjects = table.filled("subject")?;
    let lesions = table.cells("lesion")?;
    let about = About::read(&table)?;
    let name = |row: usize| (subjects[row].as_str(), cell(lesions.as_ref(), row));
    each_once(path, rows.iter().map(|row| name(*row)))?;
    let mut measured = Measured { origin: about.origin(path, &rows)?, ..Measured::default() };
    let (columns, words) = feature_columns(&table, &[])?;
    measured.warn_left_out(&words);
    let volume = volume_column(&columns, request.volume.as_deref(), &table)?;
    measured.columns = columns.iter().map(|(name, _)| name.clone()).collect();
    for (name, values) in &columns {
        let values = || rows.iter().map(|row| values[*row].unwrap_or(f64::NAN)).collect();
        match name.strip_prefix(BASELINE) {
            Some(name) => measured.baseline.push(column(name, values())),
            None => measured.delta.push(column(name.strip_prefix(DELTA).unwrap_or(name), values())),
        }
    }
    let volumes = volume.map(|n| &columns[n].1);
    measured.rows = rows
        .iter()
        .map(|row| MeasuredRow {
            subject: subjects[*row].clone(),
            lesion: cell(lesions.as_ref(), *row).map(str::to_owned),
            followup_day: about.followup_day[*row],
            site: about.sites.as_ref().and_then(|sites| sites[*row].clone()),
            volume: volumes
                .and_then(|values| values[*row])
                .map_or(VolumeChange::Unknown, VolumeChange::Given),
            recist: about.recist[*row],
            volumetric: about.volumetric[*row],
            ..MeasuredRow::default()
        })
        .collect();
    measured.origin.delta_scale = about.scale.unwrap_or_else(|| "as the table gives them".into());
    measured.step(format!("rows of {}", file_name(path)), Vec::new());
    if let Some(n) = volume {
        measured.warn("volume_column", format!("The change of volume is column {}.", columns[n].0));
    } else {
        measured.warn_no_volume();
    }
    Ok(measured)
}

impl Measured {
    /// A column of the table that was named as a covariate is no feature.
    pub fn leave_out_covariates(&mut self, names: &[String]) {
        let own: Vec<&String> = names.iter().filter(|name| self.columns.contains(*name)).collect();
        self.baseline
            .retain(|column| !own.iter().any(|name| name.strip_prefix(BASELINE) == Some(&column.name)));
        self.delta
            .retain(|column| !own.iter().any(|name| name.strip_prefix(DELTA).unwrap_or(name) == column.name));
    }

    /// Columns of words among features.
    pub fn warn_left_out(&mut self, columns: &[String]) {
        if !columns.is_empty() {
            self.warn(
                "columns_of_words",
                format!("Left out, for they are words: {}.", super::error::listed(columns)),
            );
        }
    }

    /// No column is the volume.
    pub fn warn_no_volume(&mut self) {
        self.warn(
            "no_volume",
            "No column is known as the volume, so that deltas cannot be held against it and nothing can be claimed; \
             name it with --volume.",
        );
    }
}

/// A column of features.
pub fn column(name: &str, values: Vec<f64>) -> Column {
    Column { name: name.to_owned(), values, gate: None }
}

/// The file's name, without its folders.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn cell(cells: Option<&Cells>, row: usize) -> Option<&str> {
    cells?.get(row)?.as_deref()
}

/// Columns of numbers by name, and the names of those of words. Diagnostics describe a measurement.
pub type FeatureColumns = (Vec<(String, Vec<Option<f64>>)>, Vec<String>);

/// The columns of features: those that say nothing else, and hold numbers.
pub fn feature_columns(table: &UserTable, keys: &[&str]) -> Result<FeatureColumns, AnalyzeFault> {
    let own =
        |name: &&str| !ABOUT.contains(name) && !keys.contains(name) && !name.starts_with("diagnostics_");
    let names: Vec<String> = table.names().filter(own).map(str::to_owned).collect();
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    for name in names {
        match table.content(&name)? {
            Content::Numbers(values) => numbers.push((name, values)),
            Content::Words(_) => words.push(name),
        }
    }
    if numbers.is_empty() {
        let what = "there is no column of features".to_owned();
        return Err(AnalyzeFault::NoFeatures { source_of: table.path.display().to_string(), what });
    }
    Ok((numbers, words))
}

/// The place of the column that is the volume.
pub fn volume_column<T>(
    columns: &[(String, T)],
    asked: Option<&str>,
    table: &UserTable,
) -> Result<Option<usize>, AnalyzeFault> {
    let find = |name: &str| {
        let is = |of: &str| of == name || of.strip_prefix(DELTA) == Some(name);
        columns.iter().position(|(of, _)| is(of))
    };
    match asked {
        Some(name) => find(name).map(Some).ok_or_else(|| table.lacks(name).into()),
        None => Ok(VOLUMES.into_iter().find_map(find)),
    }
}

/// What a table says of its rows beside features.
pub struct About {
    /// Day of the follow-up scan.
    pub followup_day: Vec<Option<f64>>,
    /// Sites, where there is such a column.
    pub sites: Option<Cells>,
    /// Categories as numbers.
    pub recist: Vec<Option<f64>>,
    /// Categories as numbers.
    pub volumetric: Vec<Option<f64>>,
    hashes: Cells,
    visits: [Cells; 2],
    scale: Option<String>,
}

impl About {
    /// Of a table.
    pub fn read(table: &UserTable) -> Result<Self, AnalyzeFault> {
        let none = || vec![None; table.rows()];
        let days = ["followup_day", "interval_days"].into_iter().find(|column| table.has(column));
        let cells = |column: &str| Ok::<_, SheetFault>(table.cells(column)?.unwrap_or_else(none));
        let known: Vec<&str> = ResponseCategory::ALL.iter().map(|category| category.word()).collect();
        let category = |column| {
            let words = table.words(column, &known, ResponseCategory::from_word)?;
            Ok::<_, SheetFault>(words.into_iter().map(|word| word.map(category_number)).collect())
        };
        Ok(Self {
            followup_day: days
                .map_or_else(|| Ok(vec![None; table.rows()]), |column| table.numbers(column))?,
            sites: table.cells("site")?,
            recist: category("recist")?,
            volumetric: category("volumetric")?,
            hashes: cells("measurement_hash")?,
            visits: [cells("baseline_visit")?, cells("followup_visit")?],
            scale: cells("delta_scale")?.into_iter().flatten().next(),
        })
    }

    /// Where these rows come from.
    pub fn origin(&self, path: &Path, rows: &[usize]) -> Result<Origin, AnalyzeFault> {
        let different = |cells: &Cells| -> Vec<String> {
            let cells: std::collections::BTreeSet<_> =
                rows.iter().filter_map(|row| cells[*row].clone()).collect();
            cells.into_iter().collect()
        };
        let hashes = different(&self.hashes);
        if hashes.len() > 1 {
            return Err(AnalyzeFault::Mixed { source_of: path.display().to_string(), hashes });
        }
        let [baseline, followup] = [&self.visits[0], &self.visits[1]].map(|cells| different(cells).join("/"));
        Ok(Origin {
            source: format!("the table {}", file_name(path)),
            inputs: vec![(file_name(path), hash_of(path)?)],
            measurement_hashes: hashes,
            visits: (!baseline.is_empty() && !followup.is_empty()).then_some((baseline, followup)),
            delta_scale: String::new(),
        })
    }
}

/// SHA-256 of a table that was read.
pub fn hash_of(path: &Path) -> Result<String, AnalyzeFault> {
    hash_file(path).map_err(|error| SheetFault::file(path, &error).into())
}

/// A category as a number that grows with the tumour.
pub fn category_number(category: ResponseCategory) -> f64 {
    match category {
        ResponseCategory::Cr => 0.0,
        ResponseCategory::Pr => 1.0,
        ResponseCategory::Sd => 2.0,
        ResponseCategory::Pd => 3.0,
    }
}

/// The rows of one follow-up per patient: the visit that is asked for, else each patient's first by its day.
fn chosen_rows(table: &UserTable, visit: Option<&str>) -> Result<Vec<usize>, AnalyzeFault> {
    let all = || (0..table.rows()).collect::<Vec<usize>>();
    let Some(visits) = table.cells("followup_visit")? else {
        return match visit {
            None => Ok(all()),
            Some(_) => Err(table.lacks("followup_visit").into()),
        };
    };
    if let Some(asked) = visit {
        let rows: Vec<usize> =
            all().into_iter().filter(|row| visits[*row].as_deref() == Some(asked)).collect();
        let present: std::collections::BTreeSet<String> = visits.into_iter().flatten().collect();
        let present = present.into_iter().collect::<Vec<_>>().join(", ");
        return if rows.is_empty() {
            Err(AnalyzeFault::NoVisit { asked: asked.to_owned(), present })
        } else {
            Ok(rows)
        };
    }
    let subjects = table.filled("subject")?;
    let days =
        if table.has("interval_days") { table.numbers("interval_days")? } else { vec![None; table.rows()] };
    let mut first: std::collections::BTreeMap<&str, (f64, Option<&str>)> = std::collections::BTreeMap::new();
    for row in all().into_iter().filter(|row| visits[*row].is_some()) {
        let here = (days[row].unwrap_or(f64::INFINITY), visits[row].as_deref());
        let of = first.entry(&subjects[row]).or_insert(here);
        if here.0 < of.0 {
            *of = here;
        }
    }
    let is_first =
        |row: &usize| first.get(subjects[*row].as_str()).is_some_and(|of| of.1 == visits[*row].as_deref());
    Ok(all().into_iter().filter(is_first).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose;
    use crate::jobs::cohort::analyze::request::{FeatureSource, ScaleAsked};

    fn read_text(text: &str, visit: Option<&str>) -> Result<Measured, AnalyzeFault> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("features.csv");
        std::fs::write(&path, text).unwrap();
        let request = FeatureRequest {
            source: FeatureSource::Table(path.clone()),
            visit: visit.map(str::to_owned),
            scale: ScaleAsked::Auto,
            volume: None,
        };
        read(&path, &request)
    }

    #[test]
    fn deltas_baseline_features_and_the_volume_are_told_apart() {
        let measured = read_text(
            "subject,site,diagnostics_x,delta_morph_volume,baseline_mean,cm,note\nA,S,1,-0.5,3,1,u\nB,T,2,,4,2,v\n",
            None,
        )
        .unwrap();
        let names = |columns: &[Column]| columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&measured.delta), ["morph_volume", "cm"]);
        assert_eq!(names(&measured.baseline), ["mean"]);
        assert_eq!(measured.rows[0].volume.value(), Some(-0.5));
        assert!(measured.delta[0].values[1].is_nan());
        assert_eq!(measured.rows[1].site.as_deref(), Some("T"));
        assert!(measured.warnings.iter().any(|w| w.text.contains("note")));
    }

    #[test]
    fn each_patient_takes_its_first_follow_up_or_the_one_that_is_asked_for() {
        let text = "subject,followup_visit,interval_days,x\nA,t2,80,1\nA,t1,40,2\nB,t2,60,3\n";
        assert_eq!(read_text(text, None).unwrap().delta[0].values, [2.0, 3.0]);
        assert_eq!(read_text(text, Some("t2")).unwrap().delta[0].values, [1.0, 3.0]);
        assert_eq!(read_text(text, Some("t3")).unwrap_err().code(), "E-COHORT-VISIT");
    }

    #[test]
    fn bad_tables_are_refused() {
        for (text, code) in [
            ("subject,x\nA,\"1,5\"\nB,2\n", "E-TABLE-NUMBER"),
            ("subject,x\nA,1\nA,2\n", "E-COHORT-ROWS"),
            ("subject,x\nA,u\nB,v\n", "E-COHORT-FEATURES"),
            ("subject,x\nA,inf\nB,1\n", "E-TABLE-NUMBER"),
            ("x,y\n1,2\n", "E-TABLE-COLUMN"),
            ("subject,x,measurement_hash\nA,1,aa\nB,2,bb\n", "E-COHORT-MIXED"),
        ] {
            assert_eq!(read_text(text, None).unwrap_err().code(), code, "{text}");
        }
    }
}
