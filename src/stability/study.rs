//! Repeated measurements, put into series that may be pooled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::error::StabilityError;
use super::name::Name;
use crate::record::{FeatureKey, MaskSource, RepeatKind, RoiGroup};

/// What is never pooled with anything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The regions.
    pub rois: RoiGroup,
    /// Where their contours come from.
    pub source: MaskSource,
    /// What was repeated.
    pub kind: RepeatKind,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.rois, self.source, self.kind)
    }
}

/// One value of one repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The subject.
    pub subject: String,
    /// The region.
    pub roi: String,
    /// Name of the repeat; the same in all subjects.
    pub repeat: String,
    /// What it may be pooled with.
    pub group: Group,
    /// What is measured.
    pub key: FeatureKey,
    /// Unit of the value; empty where there is none.
    pub unit: String,
    /// The value; `None` where there is none. What is not finite counts as none.
    pub value: Option<f64>,
}

/// A study of repeated measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// One per group and feature, in order of both.
    pub series: Vec<Series>,
    /// Names of the repeats of each group, in the order of each row's values: naturally sorted (`2` before `10`), so
    /// that the order of the measurements changes nothing.
    pub repeats: BTreeMap<Group, Vec<String>>,
}

/// All repeats of one feature in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What may be pooled.
    pub group: Group,
    /// What is measured.
    pub key: FeatureKey,
    /// Unit of the values; empty where there is none.
    pub unit: String,
    /// One row per region of a subject, in natural order of subject and region.
    pub rows: Vec<Row>,
}

/// The repeats of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The subject.
    pub subject: String,
    /// The region.
    pub roi: String,
    /// A value per repeat of the group; `None` where there is none.
    pub values: Vec<Option<f64>>,
}

/// A series on its way: the unit, and a cell per region and repeat, empty until it is measured.
#[derive(Default)]
struct Collected {
    unit: String,
    rows: BTreeMap<(Name, Name), Vec<Cell>>,
}

/// Place for a value.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    /// Nothing was said of it.
    Open,
    /// It was measured, with a value or without.
    Measured(Option<f64>),
}

impl Study {
    /// Of measurements in any order. Refused: none at all, a cell that is there twice, a group with one repeat only, a
    /// group whose subjects share no repeat's name, a feature in two units.
    pub fn of(measurements: Vec<Measurement>) -> Result<Self, StabilityError> {
        let repeats = repeats(&measurements)?;
        let mut collected: BTreeMap<(Group, FeatureKey), Collected> = BTreeMap::new();
        for measurement in measurements {
            let Measurement { subject, roi, repeat, group, key, unit, value } = measurement;
            let repeat = Name(repeat);
            // Both are there: the names were collected from these measurements.
            let Some(names) = repeats.get(&group) else { continue };
            let Ok(place) = names.binary_search(&repeat) else { continue };
            let described = || (word(&key), group.to_string());
            let row_of = (Name(subject), Name(roi));
            let at = (group.clone(), key.clone());
            let series = collected.entry(at).or_default();
            if series.unit.is_empty() {
                series.unit = unit;
            } else if !unit.is_empty() && unit != series.unit {
                let (feature, group) = described();
                return Err(StabilityError::Units {
                    feature,
                    group,
                    first: series.unit.clone(),
                    second: unit,
                });
            }
            let row = series.rows.entry(row_of.clone()).or_insert_with(|| vec![Cell::Open; names.len()]);
            if let Some(cell @ Cell::Open) = row.get_mut(place) {
                *cell = Cell::Measured(value.filter(|v| v.is_finite()));
            } else {
                let ((feature, group), (Name(subject), Name(roi))) = (described(), row_of);
                return Err(StabilityError::Duplicate { subject, roi, repeat: repeat.0, feature, group });
            }
        }
        let series = collected.into_iter().map(|((group, key), of)| of.series(group, key)).collect();
        let text = |names: Vec<Name>| names.into_iter().map(|name| name.0).collect();
        Ok(Self { series, repeats: repeats.into_iter().map(|(group, names)| (group, text(names))).collect() })
    }
}

impl Cell {
    fn value(self) -> Option<f64> {
        match self {
            Self::Open => None,
            Self::Measured(value) => value,
        }
    }
}

impl Collected {
    fn series(self, group: Group, key: FeatureKey) -> Series {
        let rows = self.rows.into_iter().map(|((Name(subject), Name(roi)), cells)| Row {
            subject,
            roi,
            values: cells.into_iter().map(Cell::value).collect(),
        });
        Series { group, key, unit: self.unit, rows: rows.collect() }
    }
}

fn word(key: &FeatureKey) -> String {
    format!("{}/{}/{}/{}", key.image, key.family, key.feature, key.aggregation_word())
}

/// The names of each group's repeats, sorted.
fn repeats(measurements: &[Measurement]) -> Result<BTreeMap<Group, Vec<Name>>, StabilityError> {
    if measurements.is_empty() {
        return Err(StabilityError::Empty);
    }
    // Subjects by repeat, by group.
    let mut groups: BTreeMap<&Group, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for m in measurements {
        groups.entry(&m.group).or_default().entry(&m.repeat).or_default().insert(&m.subject);
    }
    let mut all = BTreeMap::new();
    for (group, repeats) in groups {
        let described = group.to_string();
        if let (1, Some((repeat, _))) = (repeats.len(), repeats.first_key_value()) {
            return Err(StabilityError::OneRepeat { group: described, repeat: (*repeat).to_owned() });
        }
        let subjects = repeats.values().flatten().collect::<BTreeSet<_>>().len();
        if subjects > 1 && repeats.values().all(|of| of.len() == 1) {
            return Err(StabilityError::ForeignRepeats { group: described, subjects });
        }
        let mut names: Vec<Name> = repeats.keys().map(|name| Name((*name).to_owned())).collect();
        names.sort();
        all.insert(group.clone(), names);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose;
    use crate::record::{Family, RoiRole};

    fn measured(subject: &str, repeat: &str, value: f64) -> Measurement {
        let rois = RoiGroup::of(RoiRole::Lesion, "gtv");
        Measurement {
            subject: subject.into(),
            roi: "gtv".into(),
            repeat: repeat.into(),
            group: Group { rois, source: MaskSource::Drawn, kind: RepeatKind::Scan },
            key: FeatureKey {
                image: "original".into(),
                family: Family::new("stat"),
                feature: "stat_mean".into(),
                aggregation: None,
            },
            unit: "HU".into(),
            value: Some(value),
        }
    }

    #[test]
    fn rows_and_repeats_are_in_natural_order_whatever_comes_first() {
        let mut all = Vec::new();
        for subject in ["S10", "S2"] {
            for (repeat, value) in [("10", 10.0), ("9", 9.0), ("1", f64::NAN)] {
                all.push(measured(subject, repeat, value));
            }
        }
        let study = Study::of(all.clone()).unwrap();
        all.reverse();
        assert_eq!(study, Study::of(all).unwrap());
        let [series] = study.series.as_slice() else { panic!("one series") };
        assert_eq!((series.rows[0].subject.as_str(), series.rows[1].subject.as_str()), ("S2", "S10"));
        assert_eq!(series.rows[0].values, [None, Some(9.0), Some(10.0)]);
        assert_eq!(study.repeats[&series.group], ["1", "9", "10"]);
    }

    #[test]
    fn what_is_never_pooled_is_a_series_of_its_own() {
        let mut all = Vec::new();
        for (source, kind, role, roi) in [
            (MaskSource::Drawn, RepeatKind::Scan, RoiRole::Lesion, "gtv1"),
            (MaskSource::Drawn, RepeatKind::Scan, RoiRole::Lesion, "gtv2"),
            (MaskSource::Carried, RepeatKind::Scan, RoiRole::Lesion, "gtv1"),
            (MaskSource::Drawn, RepeatKind::Rater, RoiRole::Lesion, "gtv1"),
            (MaskSource::Drawn, RepeatKind::Scan, RoiRole::Organ, "liver"),
            (MaskSource::Drawn, RepeatKind::Scan, RoiRole::Organ, "kidney"),
        ] {
            for repeat in ["1", "2"] {
                let group = Group { rois: RoiGroup::of(role, roi), source, kind };
                all.push(Measurement { roi: roi.into(), group, ..measured("S1", repeat, 1.0) });
            }
        }
        let study = Study::of(all).unwrap();
        let rows: Vec<usize> = study.series.iter().map(|series| series.rows.len()).collect();
        // Lesions are pooled with one another, organs are not.
        assert_eq!((rows.len(), rows.iter().sum::<usize>()), (5, 6));
    }

    #[test]
    fn what_cannot_be_put_in_order_is_refused() {
        let (a, b) = (measured("S1", "1", 1.0), measured("S1", "2", 2.0));
        let twice = Study::of(vec![a.clone(), b.clone(), a.clone()]).unwrap_err();
        assert_eq!(twice.code(), "E-STABILITY-DUPLICATE");
        assert!(twice.to_string().contains("subject S1, region gtv, repeat 1"), "{twice}");
        let code = |all: Vec<Measurement>| Study::of(all).unwrap_err().code();
        // A cell that holds no value is a cell.
        assert_eq!(code(vec![Measurement { value: None, ..a.clone() }, a.clone(), b.clone()]), twice.code());
        assert_eq!(code(vec![a.clone(), measured("S2", "1", 2.0)]), "E-STABILITY-ONE-REPEAT");
        assert_eq!(code(vec![a.clone(), measured("S2", "2", 2.0)]), "E-STABILITY-REPEATS");
        assert_eq!(code(vec![a, Measurement { unit: "SUV".into(), ..b }]), "E-STABILITY-UNITS");
        assert_eq!(code(Vec::new()), "E-STABILITY-EMPTY");
    }
}
