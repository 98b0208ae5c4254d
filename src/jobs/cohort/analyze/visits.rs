//! Features of two visits in a table each, as PyRadiomics' wide tables: rows are matched by a key.

use std::collections::BTreeMap;
use std::path::Path;

use super::change::{Scale, asked_of_all, delta_name, scale_in_table};
use super::error::{AnalyzeFault, listed};
use super::measured::{Measured, MeasuredRow, Origin, VolumeChange};
use super::outcomes::each_once;
use super::request::{FeatureRequest, ScaleAsked};
use super::table::{About, column, feature_columns, file_name, hash_of, volume_column};
use crate::jobs::sheet::UserTable;
use crate::record::analysis::CourseVisit;

/// The two tables, and what matches their rows.
pub struct TwoTables<'a> {
    /// Of the baseline.
    pub baseline: &'a Path,
    /// Of the follow-up.
    pub followup: &'a Path,
    /// The column that names a row in both.
    pub key: &'a str,
    /// The column that names the patient; none: rows are patients.
    pub group: Option<&'a str>,
}

/// Scales that a frozen model wants, by feature: they go before the rule.
pub type Wanted = BTreeMap<String, Scale>;

/// Reads both tables.
pub fn read(of: &TwoTables, request: &FeatureRequest, wanted: &Wanted) -> Result<Measured, AnalyzeFault> {
    let (before, after) = (UserTable::read(of.baseline)?, UserTable::read(of.followup)?);
    let (keys_before, keys_after) = (before.filled(of.key)?, after.filled(of.key)?);
    each_once(of.baseline, keys_before.iter().map(|key| (key.as_str(), None)))?;
    each_once(of.followup, keys_after.iter().map(|key| (key.as_str(), None)))?;
    let place: BTreeMap<&str, usize> =
        keys_after.iter().enumerate().map(|(n, key)| (key.as_str(), n)).collect();
    let pairs: Vec<(usize, usize)> = (0..keys_before.len())
        .filter_map(|row| Some((row, *place.get(keys_before[row].as_str())?)))
        .collect();
    if pairs.is_empty() {
        let what = format!("no {} stands in both tables", of.key);
        return Err(AnalyzeFault::NoFeatures { source_of: of.followup.display().to_string(), what });
    }
    let groups = match of.group {
        Some(group) => Some((before.filled(group)?, after.cells(group)?)),
        None => None,
    };
    if let Some((first, Some(second))) = &groups {
        let differs = pairs.iter().find(|(a, b)| second[*b].as_ref().is_some_and(|name| *name != first[*a]));
        if let Some((a, b)) = differs {
            let other = second[*b].as_deref().unwrap_or_default();
            let what = format!("{} is of {} at baseline and of {other} here", keys_before[*a], first[*a]);
            return Err(AnalyzeFault::SeveralRows { path: of.followup.to_owned(), what });
        }
    }
    let about = [About::read(&before)?, About::read(&after)?];
    let mut measured = Measured { origin: origin(of, &about, &pairs)?, ..Measured::default() };
    request.scale.word().clone_into(&mut measured.origin.delta_scale);
    let keyed: Vec<&str> = [Some(of.key), of.group].into_iter().flatten().collect();
    let (first, words) = feature_columns(&before, &keyed)?;
    let (second, _) = feature_columns(&after, &keyed)?;
    measured.warn_left_out(&words);
    let second: BTreeMap<&str, &Vec<Option<f64>>> =
        second.iter().map(|(name, v)| (name.as_str(), v)).collect();
    let alone: Vec<String> = first
        .iter()
        .filter(|(name, _)| !second.contains_key(name.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    if !alone.is_empty() {
        measured.warn(
            "columns_of_one_visit",
            format!("Left out, for only the baseline has them: {}.", listed(&alone)),
        );
    }
    let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
    for (name, values) in &first {
        let Some(later) = second.get(name.as_str()) else { continue };
        let baseline: Vec<f64> = pairs.iter().map(|(row, _)| number(values[*row])).collect();
        let followup: Vec<f64> = pairs.iter().map(|(_, row)| number(later[*row])).collect();
        let by_rule = || scale_in_table(name, baseline.iter().chain(&followup).copied());
        let scale = wanted.get(name).copied().or_else(|| asked_of_all(request.scale)).unwrap_or_else(by_rule);
        let deltas = baseline.iter().zip(&followup).map(|(a, b)| scale.of(*a, *b)).collect();
        measured.delta.push(column(&delta_name(name, request.scale, scale), deltas));
        measured.baseline.push(column(name, baseline));
    }
    if measured.delta.is_empty() {
        let what = "no feature stands in both tables".to_owned();
        return Err(AnalyzeFault::NoFeatures { source_of: of.followup.display().to_string(), what });
    }
    let shared: Vec<(String, &Vec<Option<f64>>)> = first
        .iter()
        .filter(|(name, _)| second.contains_key(name.as_str()))
        .map(|(n, v)| (n.clone(), v))
        .collect();
    let volume = volume_column(&shared, request.volume.as_deref(), &before)?;
    let volumes = volume.map(|n| (&*shared[n].0, shared[n].1, second[shared[n].0.as_str()]));
    let diameters = DIAMETERS.into_iter().find_map(|name| {
        let before = &first.iter().find(|(of, _)| of == name)?.1;
        Some((before, *second.get(name)?))
    });
    measured.rows = pairs
        .iter()
        .map(|&(a, b)| {
            let key = keys_before[a].clone();
            let (subject, lesion) = match &groups {
                Some((names, _)) => (names[a].clone(), Some(key)),
                None => (key, None),
            };
            let volume = volumes.and_then(|(_, before, after)| {
                Some(VolumeChange::Volumes { baseline: before[a]?, followup: after[b] })
            });
            let day = about[1].followup_day[b].or(about[0].followup_day[a]);
            let diameter = diameters.and_then(|(before, after)| percent(before[a]?, after[b]?));
            let site = |about: &About, row: usize| about.sites.as_ref().and_then(|sites| sites[row].clone());
            MeasuredRow {
                subject,
                lesion,
                followup_day: day,
                course: course(day, diameter, volume),
                site: site(&about[0], a).or_else(|| site(&about[1], b)),
                volume: volume.unwrap_or_default(),
                recist: about[1].recist[b],
                volumetric: about[1].volumetric[b],
                ..MeasuredRow::default()
            }
        })
        .collect();
    let (lost, new) = (keys_before.len() - pairs.len(), keys_after.len() - pairs.len());
    let left_out = [("only at baseline", lost), ("only at follow-up", new)];
    let left_out = left_out.into_iter().filter(|(_, n)| *n > 0).map(|(why, n)| (why.to_owned(), n)).collect();
    measured.step("rows of both tables", left_out);
    match volumes {
        Some((name, ..)) => {
            let what = format!("The change of volume is the log ratio of {name}.");
            measured.warn("volume_column", what);
        }
        None => measured.warn_no_volume(),
    }
    if request.scale == ScaleAsked::LogRatio {
        leave_out_empty(&mut measured);
    }
    Ok(measured)
}

/// What longest axial diameters are called.
const DIAMETERS: [&str; 2] = ["morph_diam_axial", "original_shape_Maximum2DDiameterSlice"];

/// A change in per cent of the baseline; none where that is not above zero.
fn percent(baseline: f64, followup: f64) -> Option<f64> {
    (baseline > 0.0).then(|| 100.0 * (followup - baseline) / baseline)
}

/// Sizes at both visits; empty where neither is known.
fn course(day: Option<f64>, diameter: Option<f64>, volume: Option<VolumeChange>) -> Vec<CourseVisit> {
    let volume = volume.and_then(|volume| match volume {
        VolumeChange::Volumes { baseline, followup: Some(followup) } => percent(baseline, followup),
        _ => None,
    });
    if diameter.is_none() && volume.is_none() {
        return Vec::new();
    }
    let visit = |name: &str, day, diameter_percent, volume_percent| CourseVisit {
        visit: name.into(),
        day,
        diameter_percent,
        volume_percent,
        recist: None,
    };
    vec![
        visit("baseline", Some(0.0), diameter.map(|_| 0.0), volume.map(|_| 0.0)),
        visit("follow-up", day, diameter, volume),
    ]
}

/// A log ratio that is defined in some units alone would be an odd feature: those that lack any value go.
fn leave_out_empty(measured: &mut Measured) {
    let before = measured.delta.len();
    measured.delta.retain(|column| !column.values.iter().all(|value| value.is_nan()));
    let gone = before - measured.delta.len();
    if gone > 0 {
        measured
            .warn("no_log_ratio", format!("{gone} features have no log ratio in any unit and are left out."));
    }
}

fn origin(of: &TwoTables, about: &[About; 2], pairs: &[(usize, usize)]) -> Result<Origin, AnalyzeFault> {
    let rows: [Vec<usize>; 2] =
        [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()];
    let first = about[0].origin(of.baseline, &rows[0])?;
    let second = about[1].origin(of.followup, &rows[1])?;
    let mut hashes = [first.measurement_hashes, second.measurement_hashes].concat();
    hashes.sort();
    hashes.dedup();
    if hashes.len() > 1 {
        return Err(AnalyzeFault::Mixed { source_of: of.followup.display().to_string(), hashes });
    }
    let names = (file_name(of.baseline), file_name(of.followup));
    Ok(Origin {
        source: format!("the tables {} and {}", names.0, names.1),
        inputs: vec![
            (format!("baseline: {}", names.0), hash_of(of.baseline)?),
            (format!("follow-up: {}", names.1), hash_of(of.followup)?),
        ],
        measurement_hashes: hashes,
        visits: Some(("baseline".into(), "follow-up".into())),
        delta_scale: String::new(),
    })
}
