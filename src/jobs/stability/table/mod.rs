//! A ready table of features: long as `features.csv`, or wide with one column per feature.

mod long;
mod name;
mod wide;

use std::collections::BTreeMap;
use std::path::Path;

use super::condition;
use super::error::StabilityFault;
use super::manifest::conditions;
use super::repeated::Repeated;
use super::request::TableRequest;
use crate::jobs::sheet::UserTable;
use crate::record::{FeatureKey, MaskSource, MeasurementHash, Modality, RepeatKind, RoiRole};
use crate::visit::modality_of_word;

/// A table that was read and checked.
#[derive(Debug)]
pub struct ReadyTable {
    /// Its values.
    pub rows: Vec<Repeated>,
    /// The modality of all of them; `None` where nobody says it.
    pub modality: Option<Modality>,
    /// The measurement of all of them; `None` where the table does not say it.
    pub hash: Option<MeasurementHash>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
}

/// Reads a table of features.
pub fn read(request: &TableRequest, condition: Option<&str>) -> Result<ReadyTable, StabilityFault> {
    let table = UserTable::read(&request.table)?;
    let counts = condition::chosen(&table.path, &conditions(&table)?, condition)?;
    let about = About::of(&table, request)?;
    let is_long = ["feature", "value"].iter().all(|column| table.has(column));
    let mut found = if is_long { long::rows(&table, &about)? } else { wide::rows(&table, &about)? };
    found.rows.retain(|row| counts[row.row]);
    check_repeats(&table.path, &found.rows)?;
    let hash = single(&table.path, "measurement", &about.hashes, &counts)?;
    let modality = single(&table.path, "modality", &about.modalities, &counts)?;
    let mut notes = found.notes;
    notes.extend(about.said.clone());
    Ok(ReadyTable {
        rows: pooled(found.rows.into_iter().map(|r| r.repeated).collect()),
        modality: modality.as_deref().and_then(modality_of_word).or(request.modality),
        hash: hash.map(MeasurementHash::new),
        notes,
    })
}

/// A value, and the row that it stands in.
struct Found {
    row: usize,
    repeated: Repeated,
}

/// Values and what was left out.
struct Findings {
    rows: Vec<Found>,
    notes: Vec<String>,
}

/// What a row says of all its values.
struct About {
    subjects: Vec<String>,
    repeats: Vec<String>,
    kinds: Vec<RepeatKind>,
    rois: Vec<String>,
    roles: Vec<RoiRole>,
    sources: Vec<MaskSource>,
    modalities: Vec<Option<String>>,
    hashes: Vec<Option<String>>,
    perturbations: Vec<Option<u32>>,
    modality: Modality,
    /// What was assumed.
    said: Option<String>,
}

impl About {
    fn of(table: &UserTable, request: &TableRequest) -> Result<Self, StabilityFault> {
        let role_words: Vec<&str> = RoiRole::ALL.iter().map(|r| r.word()).collect();
        let source_words: Vec<&str> = MaskSource::ALL.iter().map(|s| s.word()).collect();
        let modality_words: Vec<&str> = Modality::ALL.iter().map(|m| m.word()).collect();
        let roles = table.words("roi_role", &role_words, RoiRole::from_word)?;
        let sources = table.words("mask_source", &source_words, MaskSource::from_word)?;
        let modalities = table.words("modality", &modality_words, modality_of_word)?;
        let kinds = table.repeat_kinds()?;
        let none = || vec![None; table.rows()];
        let numbers = if table.has("perturbation") { table.numbers("perturbation")? } else { none() };
        let rois = table.cells("roi")?.unwrap_or_else(|| vec![None; table.rows()]);
        let assumed: Vec<String> = [
            ("roi_role", format!("regions are taken as {}", request.role)),
            ("mask_source", format!("contours as {}", request.source)),
            ("repeat_kind", format!("repeats as those of a {}", request.kind)),
        ]
        .into_iter()
        .filter(|(column, _)| !table.has(column))
        .map(|(_, said)| said)
        .collect();
        let roles: Vec<RoiRole> = roles.into_iter().map(|r| r.unwrap_or(request.role)).collect();
        Ok(Self {
            subjects: table.filled("subject")?,
            repeats: table.filled("repeat")?,
            kinds: kinds.into_iter().map(|k| k.unwrap_or(request.kind)).collect(),
            rois: rois
                .into_iter()
                .zip(&roles)
                .map(|(roi, role)| roi.unwrap_or_else(|| role.to_string()))
                .collect(),
            roles,
            sources: sources.into_iter().map(|s| s.unwrap_or(request.source)).collect(),
            modality: modalities
                .iter()
                .flatten()
                .next()
                .copied()
                .or(request.modality)
                .unwrap_or(Modality::Ot),
            modalities: modalities.into_iter().map(|m| m.map(|m| m.to_string())).collect(),
            hashes: table.cells("measurement_hash")?.unwrap_or_else(|| vec![None; table.rows()]),
            perturbations: numbers.into_iter().map(|n| n.map(|n| n as u32)).collect(),
            said: (!assumed.is_empty())
                .then(|| format!("The table does not say it: {}.", assumed.join(", "))),
        })
    }

    /// A value of a row.
    fn found(&self, row: usize, key: FeatureKey, unit: String, value: Option<f64>) -> Found {
        use crate::record::{FeatureRow, Flags, Outcome, Reason};
        let feature = FeatureRow {
            subject: Some(self.subjects[row].clone()),
            visit: self.repeats[row].clone(),
            modality: self.modality,
            measurement_hash: MeasurementHash::new(self.hashes[row].clone().unwrap_or_default()),
            roi: self.rois[row].clone(),
            roi_role: self.roles[row],
            mask_source: self.sources[row],
            outcome: value.map_or(Outcome::Undefined(Reason::Insufficient), Outcome::Value),
            key,
            unit,
            flags: Flags::default(),
        };
        let repeated = Repeated {
            repeat: self.repeats[row].clone(),
            kind: self.kinds[row],
            perturbation: self.perturbations[row],
            pooled_as: self.sources[row],
            feature,
        };
        Found { row, repeated }
    }
}

/// What tells the repeats of a region's feature apart.
type Place<'a> = (&'a Option<String>, RepeatKind, &'a str, MaskSource, &'a FeatureKey);

fn place(row: &Repeated) -> Place<'_> {
    let feature = &row.feature;
    (&feature.subject, row.kind, &feature.roi, feature.mask_source, &feature.key)
}

/// Each repeat once, and at least two of each subject.
fn check_repeats(path: &Path, rows: &[Found]) -> Result<(), StabilityFault> {
    let mut seen: BTreeMap<(Place, &str, Option<u32>), usize> = BTreeMap::new();
    let mut repeats: BTreeMap<(&Option<String>, RepeatKind), Vec<String>> = BTreeMap::new();
    for Found { row, repeated } in rows {
        let what = (place(repeated), repeated.repeat.as_str(), repeated.perturbation);
        if let Some(first) = seen.insert(what, *row) {
            let feature = &repeated.feature;
            let subject = feature.subject.clone().unwrap_or_default();
            return Err(StabilityFault::Duplicate {
                path: path.to_owned(),
                first: first + 1,
                second: row + 1,
                what: format!("subject {subject}, repeat {}, {}", repeated.repeat, feature.roi),
            });
        }
        let of_subject = repeats.entry((&repeated.feature.subject, repeated.kind)).or_default();
        let name = repeated.perturbation.map_or_else(|| repeated.repeat.clone(), |p| format!("{p}"));
        if !of_subject.contains(&name) {
            of_subject.push(name);
        }
    }
    match repeats.iter().find(|(_, repeats)| repeats.len() < 2) {
        Some(((subject, _), repeats)) => Err(StabilityFault::OneRepeat {
            path: path.to_owned(),
            who: format!("subject {}", subject.as_deref().unwrap_or_default()),
            repeat: repeats.concat(),
        }),
        None => Ok(()),
    }
}

/// What all rows that count have in a column; several are refused.
fn single(
    path: &Path,
    what: &'static str,
    cells: &[Option<String>],
    counts: &[bool],
) -> Result<Option<String>, StabilityFault> {
    let mut counted =
        cells.iter().enumerate().zip(counts).filter(|(_, counts)| **counts).map(|(cell, _)| cell);
    let Some((_, first)) = counted.next() else { return Ok(None) };
    let shown = |cell: &Option<String>| cell.as_deref().unwrap_or("none").to_owned();
    match counted.find(|(_, cell)| *cell != first) {
        Some((row, other)) => Err(StabilityFault::Mixed {
            path: path.to_owned(),
            what,
            first: shown(first),
            second: format!("in row {}, {}", row + 1, shown(other)),
        }),
        None => Ok(first.clone()),
    }
}

/// Repeats of one region that were measured in contours of different kinds are pooled by the less confirmed one,
/// where no repeat has both.
fn pooled(mut rows: Vec<Repeated>) -> Vec<Repeated> {
    type Region = (Option<String>, RepeatKind, String);
    let region = |r: &Repeated| (r.feature.subject.clone(), r.kind, r.feature.roi.clone());
    let mut contours: BTreeMap<Region, BTreeMap<String, Vec<MaskSource>>> = BTreeMap::new();
    for row in &rows {
        let sources = contours.entry(region(row)).or_default().entry(row.repeat.clone()).or_default();
        if !sources.contains(&row.pooled_as) {
            sources.push(row.pooled_as);
        }
    }
    for row in &mut rows {
        let of_region = &contours[&region(row)];
        if of_region.values().all(|sources| sources.len() == 1) {
            let least = of_region.values().flatten().max();
            row.pooled_as = least.copied().unwrap_or(row.pooled_as);
        }
    }
    rows
}
