//! One measured feature of one repeat: a row of this command's `features.csv`.

use super::error::StabilityFault;
use crate::record::{Family, FeatureRow, MaskSource, RepeatKind, RoiGroup};
use crate::stability::study::{Group, Measurement};

/// A feature of a repeat.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// Name of the repeat.
    pub repeat: String,
    /// What was repeated.
    pub kind: RepeatKind,
    /// Number of the perturbation of the repeat's scan, from 1; `None` for the scan itself.
    pub perturbation: Option<u32>,
    /// The least confirmed contour among the repeats of this region: where one is drawn and the other made by us,
    /// their difference holds our error.
    pub pooled_as: MaskSource,
    /// What was measured.
    pub feature: FeatureRow,
}

impl Repeated {
    fn subject(&self) -> &str {
        self.feature.subject.as_deref().unwrap_or_default()
    }

    /// What the study of stability takes of it.
    fn measurement(&self) -> Measurement {
        let row = &self.feature;
        // Perturbations of two scans of a subject are two rows of that subject, not one with more repeats.
        let (roi, repeat) = match self.perturbation {
            Some(number) => (format!("{}@{}", row.roi, self.repeat), format!("{number:06}")),
            None => (row.roi.clone(), self.repeat.clone()),
        };
        Measurement {
            subject: self.subject().to_owned(),
            roi,
            repeat,
            group: Group {
                rois: RoiGroup::of(row.roi_role, &row.roi),
                source: self.pooled_as,
                kind: self.kind,
            },
            key: row.key.clone(),
            unit: row.unit.clone(),
            value: row.outcome.value(),
        }
    }
}

/// The measurements of a study; diagnostics are none.
pub fn measurements(rows: &[Repeated]) -> Vec<Measurement> {
    let told = rows.iter().filter(|r| r.feature.key.family != Family::DIAG);
    told.map(Repeated::measurement).collect()
}

/// Repeats by which a feature is asked for on the command line: its name, or its name with the aggregation.
pub fn check_asked(asked: &[String], rows: &[Repeated]) -> Result<(), StabilityFault> {
    let mut known: Vec<&str> = rows.iter().map(|r| r.feature.key.feature.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    for name in asked {
        if !known.contains(&name.as_str()) {
            let meant = crate::diagnose::nearest(name, known.iter().copied()).map(str::to_owned);
            return Err(StabilityFault::NoSuchFeature { asked: name.clone(), meant });
        }
    }
    Ok(())
}
