//! The tables of a cohort: `manifest.csv`, `outcomes.csv`, `truth.csv`.

use delta_table::{Table, TableError};

use super::outcomes::JUDGED_DAY;
use super::patient::{PlannedVisit, Record};
use crate::store::{OutputFolder, StoreError};

/// Writes all tables.
pub fn write(records: &[Record], out: &OutputFolder) -> Result<(), StoreError> {
    for (name, table) in [
        ("manifest.csv", manifest(records)),
        ("outcomes.csv", outcomes(records)),
        ("truth.csv", truth(records)),
    ] {
        let path = out.file(name)?;
        let written = table.and_then(|table| table.write_csv(&path));
        written.map_err(|e| StoreError::at(&path)(std::io::Error::other(e)))?;
    }
    Ok(())
}

/// One row per visit.
fn manifest(records: &[Record]) -> Result<Table, TableError> {
    let rows: Vec<(&Record, &PlannedVisit)> =
        records.iter().flat_map(|r| r.visits.iter().map(move |v| (r, v))).collect();
    let mut table = Table::new();
    table.text("subject", rows.iter().map(|(r, _)| Some(r.subject.as_str())));
    table.text("visit", rows.iter().map(|(_, v)| Some(v.name)));
    table.numbers("day", rows.iter().map(|(_, v)| Some(v.day)))?;
    table.text("visit_folder", rows.iter().map(|(r, v)| Some(r.folder(v))));
    table.text("site", rows.iter().map(|(r, _)| Some(r.role.site.word())));
    Ok(table)
}

/// One row per patient: what a statistician gets.
fn outcomes(records: &[Record]) -> Result<Table, TableError> {
    let outcome = || records.iter().map(|r| &r.outcome);
    let mut table = Table::new();
    table.text("subject", records.iter().map(|r| Some(r.subject.as_str())));
    table.numbers("known_day", records.iter().map(|_| Some(JUDGED_DAY)))?;
    table.numbers("response", outcome().map(|o| Some(o.response)))?;
    table.numbers("time_days", outcome().map(|o| Some(o.time_days)))?;
    table.numbers("event", outcome().map(|o| Some(o.event)))?;
    table.numbers("age", outcome().map(|o| Some(o.age)))?;
    table.text("sex", outcome().map(|o| Some(o.sex)));
    table.text("site", records.iter().map(|r| Some(r.role.site.word())));
    table.text("group", outcome().map(|o| Some(o.group)));
    Ok(table)
}

/// One row per patient: what nobody would know.
fn truth(records: &[Record]) -> Result<Table, TableError> {
    let at = |n: usize, f: fn(&PlannedVisit) -> f64| records.iter().map(move |r| r.visits.get(n).map(f));
    let mut table = Table::new();
    table.text("subject", records.iter().map(|r| Some(r.subject.as_str())));
    table.text("kind", records.iter().map(|r| Some(r.role.response.word())));
    table.text("course", records.iter().map(|r| Some(r.role.course.word())));
    table.numbers("visits", records.iter().map(|r| Some(r.visits.len() as f64)))?;
    table.numbers("noise_sd_hu", records.iter().map(|r| Some(r.role.site.noise_hu())))?;
    table.numbers("lesion_ml_t0", records.iter().map(|r| Some(r.lesion_ml)))?;
    table.numbers("volume_ratio_t1", at(1, PlannedVisit::volume_ratio))?;
    table.numbers("spread_ratio_t1", at(1, |v| v.spread))?;
    table.numbers("volume_ratio_t2", at(2, PlannedVisit::volume_ratio))?;
    table.numbers("spread_ratio_t2", at(2, |v| v.spread))?;
    table.numbers("survival_days", records.iter().map(|r| Some(r.outcome.survival_days)))?;
    Ok(table)
}
