//! `features_wide`: one row per subject, visit and lesion, measured in the contour that decides.

use std::collections::{BTreeMap, BTreeSet};

use delta_table::{Kind, Sheet};

use super::super::decide::{Deciding, LesionPair};
use super::super::error::CollectError;
use super::super::source::{Source, texts};
use super::columns::{Headings, Keys};
use super::row::{About, FlagWords, Values, WideRow};
use crate::delta::contour::{LesionContour, rank};
use crate::record::{MaskSource, Reason, RoiRole};

/// Columns before the features.
pub const ABOUT: &[About] = &[
    ("subject", Kind::Text),
    ("visit", Kind::Text),
    ("lesion", Kind::Text),
    ("site", Kind::Text),
    ("batch", Kind::Text),
    ("group", Kind::Text),
    ("modality", Kind::Text),
    ("measurement_hash", Kind::Text),
    ("mask_source", Kind::Text),
    ("flags", Kind::Text),
    ("reasons", Kind::Text),
];

/// The rows of a lesion at a visit, by contour.
type Contours = BTreeMap<MaskSource, Vec<usize>>;

/// The rows of a patient: visits in their order, lesions by name.
pub fn rows(
    source: &Source,
    features: &Sheet,
    decided: &BTreeMap<LesionPair, Deciding>,
    contour: LesionContour,
    headings: &Headings,
) -> Result<Vec<WideRow>, CollectError> {
    let table = Table::new(source, features)?;
    let lesions = table.lesions();
    let mut rows = Vec::new();
    let none = Contours::new();
    for visit in source.visits() {
        let pairs = decided.iter().filter(|(pair, _)| pair.followup == visit);
        let pairs: BTreeMap<&str, &Deciding> =
            pairs.map(|(pair, deciding)| (pair.lesion, deciding)).collect();
        let measured = lesions.keys().filter(|(of, _)| *of == visit).map(|(_, lesion)| *lesion);
        let names: BTreeSet<&str> = measured.chain(pairs.keys().copied()).collect();
        for lesion in names {
            let contours = lesions.get(&(visit, lesion)).unwrap_or(&none);
            // At a follow-up the deltas have decided: of a lesion that is gone, contours of ours show nothing.
            let chosen = if let Some(deciding) = pairs.get(lesion) {
                deciding.followup.ok_or(deciding.missing)
            } else {
                let best = contours.keys().copied().min_by_key(|source| rank(Some(*source), contour));
                best.ok_or(None)
            };
            rows.push(table.row(source, chosen, contours, (visit, lesion), headings));
        }
    }
    Ok(rows)
}

/// The columns of `features.csv` that are needed.
struct Table<'a> {
    keys: Keys<'a>,
    visit: Vec<Option<&'a str>>,
    roi: Vec<Option<&'a str>>,
    role: Vec<Option<&'a str>>,
    mask_source: Vec<Option<&'a str>>,
    modality: Vec<Option<&'a str>>,
    hash: Vec<Option<&'a str>>,
    reason: Vec<Option<&'a str>>,
    flags: Vec<Option<&'a str>>,
    value: Vec<Option<f64>>,
}

impl<'a> Table<'a> {
    fn new(source: &Source, features: &'a Sheet) -> Result<Self, CollectError> {
        let column = |name: &str| texts(source, "features.csv", features, name);
        Ok(Self {
            keys: Keys::of(source, "features.csv", features)?,
            visit: column("visit")?,
            roi: column("roi")?,
            role: column("roi_role")?,
            mask_source: column("mask_source")?,
            modality: column("modality")?,
            hash: column("measurement_hash")?,
            reason: column("reason")?,
            flags: column("flags")?,
            value: features.numbers("value").map_err(|e| source.fault("features.csv", &e))?,
        })
    }

    /// The rows of each lesion, by visit and name.
    fn lesions(&self) -> BTreeMap<(&'a str, &'a str), Contours> {
        let mut lesions: BTreeMap<(&str, &str), Contours> = BTreeMap::new();
        for row in (0..self.visit.len()).filter(|row| self.role[*row] == Some(RoiRole::Lesion.word())) {
            let made = self.mask_source[row].and_then(MaskSource::from_word);
            if let (Some(visit), Some(roi), Some(made)) = (self.visit[row], self.roi[row], made) {
                lesions.entry((visit, roi)).or_default().entry(made).or_default().push(row);
            }
        }
        lesions
    }

    fn row(
        &self,
        source: &Source,
        chosen: Result<MaskSource, Option<Reason>>,
        contours: &Contours,
        (visit, lesion): (&str, &str),
        headings: &Headings,
    ) -> WideRow {
        let rows = chosen.ok().and_then(|chosen| contours.get(&chosen)).map_or(&[][..], Vec::as_slice);
        let mut values = match chosen {
            Ok(_) => Values::new(headings),
            Err(missing) => Values::without(headings, missing.unwrap_or(Reason::NotMeasured).word()),
        };
        let mut flags = FlagWords::default();
        for row in rows {
            flags.add(self.flags[*row]);
            if let Some(place) = self.keys.key(*row).and_then(|key| headings.place(&key)) {
                values.set(place, self.value[*row], self.reason[*row]);
            }
        }
        let (values, reasons) = values.told();
        // A lesion that is gone has no row here; all rows of a patient are of one measurement.
        let first = rows.first().copied().unwrap_or(0);
        let of_first = |column: &[Option<&str>]| column.get(first).copied().flatten().map(str::to_owned);
        let about = vec![
            Some(source.subject.name.clone()),
            Some(visit.to_owned()),
            Some(lesion.to_owned()),
            source.subject.site.clone(),
            source.subject.batch.clone(),
            source.subject.group.clone(),
            of_first(&self.modality),
            of_first(&self.hash),
            chosen.ok().map(|chosen| chosen.word().to_owned()),
            flags.told(),
            reasons,
        ];
        WideRow { about, interval_days: None, values }
    }
}
