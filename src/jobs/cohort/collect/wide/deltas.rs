//! `deltas_wide`: one row per subject, pair of visits and lesion, in the contours that decide.

use std::collections::BTreeMap;

use delta_table::{Kind, Sheet};

use super::super::decide::{Deciding, LesionPair};
use super::super::error::CollectError;
use super::super::request::DeltaScale;
use super::super::source::{Source, texts};
use super::columns::{Headings, Keys};
use super::row::{About, FlagWords, Values, WideRow};
use crate::record::MaskSource;

/// Columns before the features.
pub const ABOUT: &[About] = &[
    ("subject", Kind::Text),
    ("baseline_visit", Kind::Text),
    ("followup_visit", Kind::Text),
    ("lesion", Kind::Text),
    ("interval_days", Kind::Number),
    ("site", Kind::Text),
    ("batch", Kind::Text),
    ("group", Kind::Text),
    ("modality", Kind::Text),
    ("measurement_hash", Kind::Text),
    ("mask_source_baseline", Kind::Text),
    ("mask_source_followup", Kind::Text),
    ("delta_scale", Kind::Text),
    ("flags", Kind::Text),
    ("reasons", Kind::Text),
];

/// The rows of a patient: visits in their order, lesions by name.
pub fn rows(
    source: &Source,
    deltas: &Sheet,
    decided: &BTreeMap<LesionPair, Deciding>,
    scale: DeltaScale,
    headings: &Headings,
) -> Result<Vec<WideRow>, CollectError> {
    let column = |name: &str| texts(source, "deltas.csv", deltas, name);
    let numbers = |name: &str| deltas.numbers(name).map_err(|e| source.fault("deltas.csv", &e));
    let keys = Keys::of(source, "deltas.csv", deltas)?;
    let (modality, hash, flags) = (column("modality")?, column("measurement_hash")?, column("flags")?);
    let (values, whys) = (numbers(scale.word())?, column(scale.column_of_reasons())?);
    let interval = numbers("interval_days")?;
    let order = source.visits();
    let place = |visit: &str| order.iter().position(|of| *of == visit);
    let mut pairs: Vec<_> = decided.iter().collect();
    pairs.sort_by_key(|(pair, _)| (place(pair.followup), pair.lesion));
    let row = |(pair, deciding): (&LesionPair, &Deciding)| {
        let mut cells = Values::new(headings);
        let mut words = FlagWords::default();
        for n in &deciding.rows {
            words.add(flags[*n]);
            if let Some(place) = keys.key(*n).and_then(|key| headings.place(&key)) {
                cells.set(place, values[*n], whys[*n]);
            }
        }
        let (values, reasons) = cells.told();
        let first = deciding.rows.first().copied();
        let of_first = |column: &[Option<&str>]| first.and_then(|row| column[row]).map(str::to_owned);
        let made = |made: Option<MaskSource>| made.map(|made| made.word().to_owned());
        let about = vec![
            Some(source.subject.name.clone()),
            Some(pair.baseline.to_owned()),
            Some(pair.followup.to_owned()).filter(|visit| !visit.is_empty()),
            Some(pair.lesion.to_owned()),
            source.subject.site.clone(),
            source.subject.batch.clone(),
            source.subject.group.clone(),
            of_first(&modality),
            of_first(&hash),
            made(deciding.baseline),
            made(deciding.followup),
            Some(scale.word().to_owned()),
            words.told(),
            reasons,
        ];
        WideRow { about, interval_days: first.and_then(|row| interval[row]), values }
    };
    Ok(pairs.into_iter().map(row).collect())
}
