//! The rows as tables, sorted, with the columns of docs/files.md: `features.csv`, `perturbations.csv`,
//! `deltas.csv`, `trajectories.csv` and `response.csv`.

use std::cmp::Ordering;

use delta_table::{Form, Kind, Table, TableError};

use crate::diagnose::{Diagnose, Exit};

use super::delta::DeltaRow;
use super::feature::{FeatureRow, Outcome, PerturbedFeature};
use super::response::ResponseRow;
use super::trajectory::TrajectoryRow;
use super::words::{NoiseScale, NoiseSource, Reason, ResponseCategory, Verdict};

impl Diagnose for TableError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "E-TABLE-FILE",
            Self::Format(_) => "E-TABLE-FORMAT",
            Self::ShortRow { .. } => "E-TABLE-ROW",
            Self::MissingColumn(_) => "E-TABLE-COLUMN",
            Self::NoNumber { .. } => "E-TABLE-NUMBER",
            Self::NotFinite(_) => "E-TABLE-NAN",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::File(_) => "Check that the file exists, and free space and permissions there.".into(),
            Self::Format(_) => "Give a CSV with a header, separated by commas.".into(),
            Self::ShortRow { .. } => {
                "Write every cell, also the empty ones, with commas between them.".into()
            }
            Self::MissingColumn(_) => "Check the header's spelling.".into(),
            Self::NoNumber { .. } => "Correct the cell, or leave it empty.".into(),
            Self::NotFinite(_) => {
                "This is a defect of the program: please report it with the command.".into()
            }
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::File(_) => Exit::Surroundings,
            Self::NotFinite(_) => Exit::Defect,
            _ => Exit::Input,
        }
    }
}

/// One column: its name, and what a row has in it. An empty cell is `None`.
pub(super) enum Column<R> {
    Text(&'static str, fn(&R) -> Option<String>),
    Number(&'static str, fn(&R) -> Option<f64>),
    Count(&'static str, fn(&R) -> Option<usize>),
}

use Column::{Count, Number, Text};

impl<R> Column<R> {
    fn add_to<'a>(&self, table: &mut Table, rows: impl Iterator<Item = &'a R>) -> Result<(), TableError>
    where
        R: 'a,
    {
        match self {
            Text(name, cell) => table.text(name, rows.map(cell)),
            Number(name, cell) => table.numbers(name, rows.map(cell))?,
            Count(name, cell) => table.counts(name, rows.map(|row| cell(row).map(|n| n as i64))),
        };
        Ok(())
    }

    fn kind(&self) -> (&'static str, Kind) {
        match self {
            Text(name, _) => (name, Kind::Text),
            Number(name, _) => (name, Kind::Number),
            Count(name, _) => (name, Kind::Count),
        }
    }
}

/// Names and kinds of columns.
pub(super) fn form<R>(columns: &[Column<R>]) -> Form {
    columns.iter().map(Column::kind).collect()
}

/// The columns of `features.csv`.
pub fn feature_form() -> Form {
    form(&FEATURES)
}

/// The columns of `deltas.csv`.
pub fn delta_form() -> Form {
    form(&DELTAS)
}

/// The columns of `trajectories.csv`.
pub fn trajectory_form() -> Form {
    form(&TRAJECTORIES)
}

/// The columns of `response.csv`.
pub fn response_form() -> Form {
    form(&RESPONSES)
}

/// Columns of `features.csv`.
const FEATURES: [Column<FeatureRow>; 16] = [
    Text("subject", |r| r.subject.clone()),
    Text("visit", |r| some(&r.visit)),
    Text("modality", |r| some(r.modality.word())),
    Text("measurement_hash", |r| some(r.measurement_hash.as_str())),
    Text("roi", |r| some(&r.roi)),
    Text("roi_role", |r| some(r.roi_role.word())),
    Text("mask_source", |r| some(r.mask_source.word())),
    Text("image", |r| some(&r.key.image)),
    Text("family", |r| some(r.key.family.word())),
    Text("feature", |r| some(&r.key.feature)),
    Text("aggregation", |r| some(r.key.aggregation_word())),
    Number("value", |r| r.outcome.value()),
    Text("unit", |r| some(&r.unit)),
    Text("status", |r| some(r.outcome.status().word())),
    Text("reason", |r| r.outcome.reason().and_then(|reason| some(reason.word()))),
    Text("flags", |r| some(&r.flags.to_string())),
];

/// Columns of `deltas.csv`.
const DELTAS: [Column<DeltaRow>; 40] = [
    Text("subject", |r| r.subject.clone()),
    Text("modality", |r| some(r.modality.word())),
    Text("measurement_hash", |r| some(r.measurement_hash.as_str())),
    Text("roi", |r| some(&r.roi)),
    Text("roi_role", |r| some(r.roi_role.word())),
    Text("baseline_visit", |r| some(&r.baseline_visit)),
    Text("followup_visit", |r| some(&r.followup_visit)),
    Number("interval_days", |r| r.interval_days),
    Text("mask_source_baseline", |r| r.mask_source_baseline.and_then(|s| some(s.word()))),
    Text("mask_source_followup", |r| r.mask_source_followup.and_then(|s| some(s.word()))),
    Text("image", |r| some(&r.key.image)),
    Text("family", |r| some(r.key.family.word())),
    Text("feature", |r| some(&r.key.feature)),
    Text("aggregation", |r| some(r.key.aggregation_word())),
    Number("baseline", |r| r.baseline),
    Number("followup", |r| r.followup),
    Number("absolute", |r| r.absolute.value()),
    Number("relative", |r| r.relative.value()),
    Number("log_ratio", |r| r.log_ratio.value()),
    Number("absolute_per_day", |r| r.absolute_per_day),
    Number("log_ratio_per_day", |r| r.log_ratio_per_day),
    Text("icc_form", |r| r.icc_form.clone()),
    Number("icc", |r| r.icc),
    Number("icc_lower", |r| r.icc_lower),
    Text("noise_scale", |r| r.noise_scale.map(NoiseScale::word).and_then(some)),
    Number("noise_df", |r| r.noise_df),
    Number("noise_limit", |r| r.noise_limit),
    Number("noise_limit_upper", |r| r.noise_limit_upper),
    Text("noise_source", |r| r.noise_source.map(NoiseSource::word).and_then(some)),
    Number("p", |r| r.p),
    Number("q", |r| r.q),
    Number("border_low", |r| r.border_low),
    Number("border_high", |r| r.border_high),
    Text("verdict", |r| some(r.verdict.word())),
    Text("verdict_if_accepted", |r| r.verdict_if_accepted.map(Verdict::word).and_then(some)),
    Text("status", |r| some(r.absolute.status().word())),
    Text("reason", |r| r.reason.map(Reason::word).and_then(some)),
    Text("relative_status", |r| some(ok_or_reason(r.relative))),
    Text("log_ratio_status", |r| some(ok_or_reason(r.log_ratio))),
    Text("flags", |r| some(&r.flags.to_string())),
];

/// Columns of `trajectories.csv`.
const TRAJECTORIES: [Column<TrajectoryRow>; 20] = [
    Text("subject", |r| r.subject.clone()),
    Text("modality", |r| some(r.modality.word())),
    Text("measurement_hash", |r| some(r.measurement_hash.as_str())),
    Text("roi", |r| some(&r.roi)),
    Text("roi_role", |r| some(r.roi_role.word())),
    Text("mask_sources", |r| some(&r.mask_source_words())),
    Text("image", |r| some(&r.key.image)),
    Text("family", |r| some(r.key.family.word())),
    Text("feature", |r| some(&r.key.feature)),
    Text("aggregation", |r| some(r.key.aggregation_word())),
    Number("visits", |r| Some(r.visits() as f64)),
    Number("first_day", |r| Some(r.first_day)),
    Number("last_day", |r| Some(r.last_day)),
    Number("ols_slope_per_day", |r| r.ols_slope_per_day.value()),
    Number("ols_slope_se", |r| r.ols_slope_se),
    Number("theil_sen_slope_per_day", |r| r.theil_sen_slope_per_day),
    Number("auc_above_baseline", |r| r.auc_above_baseline),
    Text("status", |r| some(r.ols_slope_per_day.status().word())),
    Text("reason", |r| r.ols_slope_per_day.reason().and_then(|reason| some(reason.word()))),
    Text("flags", |r| some(&r.flags.to_string())),
];

/// Columns of `response.csv`.
const RESPONSES: [Column<ResponseRow>; 20] = [
    Text("subject", |r| r.subject.clone()),
    Text("modality", |r| some(r.modality.word())),
    Text("measurement_hash", |r| some(r.measurement_hash.as_str())),
    Text("baseline_visit", |r| some(&r.baseline_visit)),
    Text("followup_visit", |r| some(&r.followup_visit)),
    Number("interval_days", |r| r.interval_days),
    Text("criterion", |r| some(r.criterion.word())),
    Number("n_lesions", |r| Some(r.lesions as f64)),
    Number("n_new_lesions", |r| Some(r.new_lesions as f64)),
    Text("mask_sources", |r| some(&r.mask_source_words())),
    Text("unit", |r| some(r.criterion.unit())),
    Number("baseline", |r| r.baseline),
    Number("nadir", |r| r.nadir),
    Number("size", |r| r.size.value()),
    Number("percent_from_baseline", ResponseRow::percent_from_baseline),
    Number("percent_from_nadir", ResponseRow::percent_from_nadir),
    Text("category", |r| r.category.ok().map(ResponseCategory::word).and_then(some)),
    Text("status", |r| some(r.status().word())),
    Text("reason", |r| r.category.err().and_then(|reason| some(reason.word()))),
    Text("flags", |r| some(&r.flags.to_string())),
];

/// An empty text is an empty cell: no unit or aggregation is "not applicable".
pub(super) fn some(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

fn ok_or_reason(outcome: Outcome) -> &'static str {
    outcome.reason().map_or("ok", Reason::word)
}

/// The table of feature values, sorted by subject, visit, region, contour and feature.
pub fn feature_table(rows: &[FeatureRow]) -> Result<Table, TableError> {
    table(&FEATURES, rows, by_measurement)
}

fn by_measurement(a: &FeatureRow, b: &FeatureRow) -> Ordering {
    (&a.subject, &a.visit, &a.roi, a.mask_source, &a.key, &a.measurement_hash).cmp(&(
        &b.subject,
        &b.visit,
        &b.roi,
        b.mask_source,
        &b.key,
        &b.measurement_hash,
    ))
}

/// The table of every perturbed copy's values: the columns of `features.csv` and the number of the copy. Sorted as
/// `features.csv`, the copies of one value together.
pub fn perturbation_table(rows: &[PerturbedFeature]) -> Result<Table, TableError> {
    let mut sorted: Vec<&PerturbedFeature> = rows.iter().collect();
    sorted.sort_by(|a, b| by_measurement(&a.row, &b.row).then(a.perturbation.cmp(&b.perturbation)));
    let mut table = Table::new();
    for column in &FEATURES {
        column.add_to(&mut table, sorted.iter().map(|r| &r.row))?;
    }
    table.numbers("perturbation", sorted.iter().map(|r| Some(f64::from(r.perturbation))))?;
    Ok(table)
}

/// Adds the columns of `features.csv` to a table, for rows in the order in which they are given.
pub fn add_feature_columns(table: &mut Table, rows: &[&FeatureRow]) -> Result<(), TableError> {
    for column in &FEATURES {
        column.add_to(table, rows.iter().copied())?;
    }
    Ok(())
}

/// The table of deltas, sorted by subject, region, visits, contours and feature.
pub fn delta_table(rows: &[DeltaRow]) -> Result<Table, TableError> {
    table(&DELTAS, rows, |a, b| {
        let visits = |r: &DeltaRow| (r.subject.clone(), r.roi.clone(), r.baseline_visit.clone());
        let contours = |r: &DeltaRow| (r.mask_source_baseline, r.mask_source_followup);
        visits(a)
            .cmp(&visits(b))
            .then_with(|| a.followup_visit.cmp(&b.followup_visit))
            .then_with(|| contours(a).cmp(&contours(b)))
            .then_with(|| a.key.cmp(&b.key))
    })
}

/// The table of trajectories, sorted by subject, region and feature.
pub fn trajectory_table(rows: &[TrajectoryRow]) -> Result<Table, TableError> {
    table(&TRAJECTORIES, rows, |a, b| (&a.subject, &a.roi, &a.key).cmp(&(&b.subject, &b.roi, &b.key)))
}

/// The table of response categories, sorted by subject and criterion; visits keep their order in time.
pub fn response_table(rows: &[ResponseRow]) -> Result<Table, TableError> {
    table(&RESPONSES, rows, |a, b| (&a.subject, a.criterion).cmp(&(&b.subject, b.criterion)))
}

pub(super) fn table<R>(
    columns: &[Column<R>],
    rows: &[R],
    order: impl Fn(&R, &R) -> Ordering,
) -> Result<Table, TableError> {
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by(|a, b| order(a, b));
    let mut table = Table::new();
    for column in columns {
        column.add_to(&mut table, sorted.iter().copied())?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use delta_table::Sheet;

    use super::super::{Family, FeatureKey, Flag, MaskSource, MeasurementHash, Modality, RoiRole};
    use super::*;

    fn names<R>(columns: &[Column<R>]) -> String {
        form(columns).header().trim_end().replace(',', ", ")
    }

    fn feature(feature: &str, outcome: Outcome) -> FeatureRow {
        FeatureRow {
            subject: None,
            visit: "t0".into(),
            modality: Modality::Ct,
            measurement_hash: MeasurementHash::new("ab".into()),
            roi: "a \"quoted\", lesion".into(),
            roi_role: RoiRole::Lesion,
            mask_source: MaskSource::Drawn,
            key: FeatureKey {
                image: "original".into(),
                family: Family::new("stat"),
                feature: feature.into(),
                aggregation: None,
            },
            outcome,
            unit: String::new(),
            flags: [Flag::Upsampled, Flag::AssumedHu].into_iter().collect(),
        }
    }

    #[test]
    fn columns_are_those_of_the_interfaces() {
        assert_eq!(
            names(&FEATURES),
            "subject, visit, modality, measurement_hash, roi, roi_role, mask_source, image, family, feature, \
             aggregation, value, unit, status, reason, flags"
        );
        assert_eq!(
            names(&DELTAS),
            "subject, modality, measurement_hash, roi, roi_role, baseline_visit, followup_visit, interval_days, \
             mask_source_baseline, mask_source_followup, image, family, feature, aggregation, baseline, followup, \
             absolute, relative, log_ratio, absolute_per_day, log_ratio_per_day, icc_form, icc, icc_lower, \
             noise_scale, noise_df, noise_limit, noise_limit_upper, noise_source, p, q, border_low, border_high, \
             verdict, verdict_if_accepted, status, reason, relative_status, log_ratio_status, flags"
        );
        assert_eq!(
            names(&TRAJECTORIES),
            "subject, modality, measurement_hash, roi, roi_role, mask_sources, image, family, feature, \
             aggregation, visits, first_day, last_day, ols_slope_per_day, ols_slope_se, \
             theil_sen_slope_per_day, auc_above_baseline, status, reason, flags"
        );
        assert_eq!(
            names(&RESPONSES),
            "subject, modality, measurement_hash, baseline_visit, followup_visit, interval_days, criterion, \
             n_lesions, n_new_lesions, mask_sources, unit, baseline, nadir, size, percent_from_baseline, \
             percent_from_nadir, category, status, reason, flags"
        );
    }

    #[test]
    fn numbers_read_back_to_the_same_bits_and_no_number_is_an_empty_cell() {
        let values = [0.1 + 0.2, 1e-300, -1.7976931348623157e308, 5.0, 123456789.12345679];
        let mut rows: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(i, v)| feature(&format!("stat_{i}"), Outcome::Value(*v)))
            .collect();
        rows.push(feature("stat_x", Outcome::Undefined(Reason::SingleGreyLevel)));
        rows.reverse();
        let folder = tempfile::tempdir().unwrap();
        let (csv, parquet) = (folder.path().join("features.csv"), folder.path().join("features.parquet"));
        let table = feature_table(&rows).unwrap();
        table.write_csv(&csv).unwrap();
        table.write_parquet(&parquet).unwrap();
        for sheet in [Sheet::read_csv(&csv).unwrap(), Sheet::read_parquet(&parquet).unwrap()] {
            let back = sheet.numbers("value").unwrap();
            let bits = |v: &f64| v.to_bits();
            assert_eq!(back.iter().flatten().map(bits).collect::<Vec<_>>(), values.map(f64::to_bits));
            assert_eq!(back[5], None, "sorted by feature");
            assert_eq!(sheet.text("reason").unwrap()[5].as_deref(), Some("single_grey_level"));
            assert_eq!(sheet.text("aggregation").unwrap()[0], None);
            assert_eq!(sheet.text("roi").unwrap()[0].as_deref(), Some("a \"quoted\", lesion"));
            assert_eq!(sheet.text("flags").unwrap()[0].as_deref(), Some("upsampled;assumed_hu"));
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let rows = ["stat_a", "stat_b", "stat_c"].map(|tag| feature(tag, Outcome::Value(1.0)));
        let mut turned = rows.to_vec();
        turned.rotate_left(1);
        let folder = tempfile::tempdir().unwrap();
        let written = |rows: &[FeatureRow]| {
            let file = folder.path().join("features.csv");
            feature_table(rows).unwrap().write_csv(&file).unwrap();
            std::fs::read_to_string(file).unwrap()
        };
        assert_eq!(written(&rows), written(&turned));
    }

    #[test]
    fn a_number_that_is_none_never_reaches_a_file() {
        let error = feature_table(&[feature("stat_mean", Outcome::Value(f64::NAN))]).err().unwrap();
        assert!(error.to_string().contains("value"));
    }
}
