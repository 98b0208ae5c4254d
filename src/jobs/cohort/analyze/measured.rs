//! What was measured: lesions by baseline features and deltas, wherever they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::AnalyzeFault;
use crate::analyze::{Block, BlockKind, Column};
use crate::record::analysis::{Counted, CourseVisit, FlowStep, Warning};

/// Lesions, or patients, with their features.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Where the features come from.
    pub origin: Origin,
    /// One per row of every column.
    pub rows: Vec<MeasuredRow>,
    /// Features at baseline.
    pub baseline: Vec<Column>,
    /// Changes of features.
    pub delta: Vec<Column>,
    /// Columns of a ready table that became features, by their names there.
    pub columns: BTreeSet<String>,
    /// Steps up to here.
    pub flow: Vec<FlowStep>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// Where features come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// In words.
    pub source: String,
    /// SHA-256 of each table that was read, by its name.
    pub inputs: Vec<(String, String)>,
    /// Measurement hashes, where they are said.
    pub measurement_hashes: Vec<String>,
    /// Baseline and follow-up, where they have names.
    pub visits: Option<(String, String)>,
    /// The scale of the deltas.
    pub delta_scale: String,
}

/// A lesion or a patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredRow {
    /// Patient.
    pub subject: String,
    /// Lesion, where rows are lesions.
    pub lesion: Option<String>,
    /// Days from baseline to the follow-up scan, where known.
    pub followup_day: Option<f64>,
    /// Site, where known.
    pub site: Option<String>,
    /// How the volume changed.
    pub volume: VolumeChange,
    /// How the volume of all of the patient's lesions changed, those that are gone among them; unknown where rows are
    /// all there is.
    pub volume_of_patient: VolumeChange,
    /// Category of RECIST 1.1 of the patient, as a number.
    pub recist: Option<f64>,
    /// Category by volume of the patient, as a number.
    pub volumetric: Option<f64>,
    /// Size over the visits, the baseline first.
    pub course: Vec<CourseVisit>,
    /// The same of the patient's lesions together.
    pub course_of_patient: Vec<CourseVisit>,
}

/// How a volume changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum VolumeChange {
    /// Nobody says.
    #[default]
    Unknown,
    /// At both visits, in the same unit; zero where a lesion is gone.
    Volumes {
        /// At the baseline.
        baseline: f64,
        /// At the follow-up, where it is known.
        followup: Option<f64>,
    },
    /// As a table gives it.
    Given(f64),
}

impl VolumeChange {
    /// The number of the volume block: the log ratio, or what the table gives.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Volumes { baseline, followup: Some(followup) } if baseline > 0.0 && followup > 0.0 => {
                Some(libm::log(followup / baseline))
            }
            Self::Given(value) => Some(value),
            Self::Volumes { .. } | Self::Unknown => None,
        }
    }

    /// The volume at baseline, where it is known.
    pub fn baseline(self) -> Option<f64> {
        match self {
            Self::Volumes { baseline, .. } => Some(baseline),
            Self::Given(_) | Self::Unknown => None,
        }
    }
}

impl Measured {
    /// Patients among the rows.
    pub fn patients(&self) -> usize {
        count_patients(self.rows.iter().map(|row| row.subject.as_str()))
    }

    /// What rows are.
    pub fn counted(&self) -> Counted {
        if self.rows.iter().any(|row| row.lesion.is_some()) { Counted::Lesions } else { Counted::Patients }
    }

    /// Notes a step after which these rows are left.
    pub fn step(&mut self, step: impl Into<String>, left_out: Vec<(String, usize)>) {
        let (patients, units) = (self.patients(), self.rows.len());
        let counted = self.counted();
        self.flow.push(FlowStep { step: step.into(), patients, units, counted, events: None, left_out });
    }

    /// Notes what a reader must know.
    pub fn warn(&mut self, code: &str, text: impl Into<String>) {
        self.warnings.push(Warning { code: code.to_owned(), text: text.into() });
    }

    /// The rows that are asked for, in this order.
    pub fn select(&mut self, rows: &[usize]) {
        self.rows = rows.iter().map(|row| self.rows[*row].clone()).collect();
        for column in self.baseline.iter_mut().chain(&mut self.delta) {
            column.values = rows.iter().map(|row| column.values[*row]).collect();
        }
    }

    /// One row per patient: the largest lesion at baseline, with the volume of all lesions together.
    ///
    /// # Errors
    /// Several rows of a patient without a volume: nobody can say which is the largest.
    pub fn take_largest_lesions(&mut self, path: &Path) -> Result<(), AnalyzeFault> {
        let mut of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (n, row) in self.rows.iter().enumerate() {
            of.entry(row.subject.clone()).or_default().push(n);
        }
        let several = of.values().filter(|rows| rows.len() > 1).count();
        let lesions = self.rows.iter().any(|row| row.lesion.is_some());
        let mut chosen = Vec::with_capacity(of.len());
        for (subject, rows) in &of {
            let size = |row: &usize| self.rows[*row].volume.baseline();
            if rows.len() > 1 && rows.iter().any(|row| size(row).is_none()) {
                return Err(AnalyzeFault::SeveralRows {
                    path: path.to_owned(),
                    what: format!(
                        "{subject} has {} rows, none of which can be chosen as the largest lesion, and the outcomes \
                         are of patients",
                        rows.len()
                    ),
                });
            }
            // Of equals the first: rows stand in the order of their lesions' names.
            let largest = rows
                .iter()
                .copied()
                .rev()
                .max_by(|a, b| size(a).unwrap_or(0.0).total_cmp(&size(b).unwrap_or(0.0)));
            chosen.extend(largest.map(|row| (row, sum(rows.iter().map(|row| self.rows[*row].volume)))));
        }
        self.select(&chosen.iter().map(|(row, _)| *row).collect::<Vec<_>>());
        for (row, (_, volume)) in self.rows.iter_mut().zip(chosen) {
            row.volume = match row.volume_of_patient {
                VolumeChange::Unknown => volume,
                known => known,
            };
            if !row.course_of_patient.is_empty() {
                row.course = std::mem::take(&mut row.course_of_patient);
            }
            row.lesion = None;
        }
        if lesions {
            self.step("one row per patient: the largest lesion at baseline", Vec::new());
        }
        if several > 0 {
            self.warn(
                "largest_lesion",
                format!(
                    "Outcomes are of patients, and {several} have several lesions: features are those of the largest \
                     at baseline, the volume is that of all together."
                ),
            );
        }
        Ok(())
    }

    /// The blocks that come from images, without those that nobody has; their columns are moved, for they are large.
    pub fn take_blocks(&mut self, volume: &str) -> Vec<Block> {
        let (baseline, delta) = (std::mem::take(&mut self.baseline), std::mem::take(&mut self.delta));
        let single = |kind, name: &str, of: fn(&MeasuredRow) -> Option<f64>| {
            let values: Vec<f64> = self.rows.iter().map(|row| of(row).unwrap_or(f64::NAN)).collect();
            let column = Column { name: name.to_owned(), values, gate: None };
            let known = column.values.iter().any(|value| !value.is_nan());
            known.then(|| Block { kind, columns: vec![column] })
        };
        let many = |kind, columns: Vec<Column>| (!columns.is_empty()).then_some(Block { kind, columns });
        [
            single(BlockKind::Volume, volume, |row| row.volume.value()),
            single(BlockKind::Recist, "recist_1_1", |row| row.recist),
            single(BlockKind::Volumetric, "volumetric", |row| row.volumetric),
            many(BlockKind::Baseline, baseline),
            many(BlockKind::Delta, delta),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The volumes together; what the single one gives where there is one.
fn sum(volumes: impl Iterator<Item = VolumeChange>) -> VolumeChange {
    let add = |a, b| match (a, b) {
        (
            VolumeChange::Volumes { baseline: a0, followup: a1 },
            VolumeChange::Volumes { baseline: b0, followup: b1 },
        ) => VolumeChange::Volumes { baseline: a0 + b0, followup: a1.zip(b1).map(|(a1, b1)| a1 + b1) },
        (a, _) => a,
    };
    volumes.reduce(add).unwrap_or_default()
}

/// How many names differ.
pub fn count_patients<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesion(subject: &str, name: &str, baseline: f64, followup: f64) -> MeasuredRow {
        MeasuredRow {
            subject: subject.into(),
            lesion: Some(name.into()),
            volume: VolumeChange::Volumes { baseline, followup: Some(followup) },
            ..MeasuredRow::default()
        }
    }

    #[test]
    fn a_patient_is_its_largest_lesion_with_the_volume_of_all() {
        let column = Column { name: "x".into(), values: vec![1.0, 2.0, 3.0], gate: None };
        let rows =
            vec![lesion("A", "l1", 3.0, 3.0), lesion("A", "l2", 5.0, 1.0), lesion("B", "l1", 2.0, 2.0)];
        let mut measured = Measured { rows, delta: vec![column], ..Measured::default() };
        measured.take_largest_lesions(Path::new("t.csv")).unwrap();
        assert_eq!(measured.delta[0].values, [2.0, 3.0]);
        assert_eq!(measured.rows[0].volume.value(), Some(libm::log(0.5)), "8 to 4");
        assert_eq!((measured.rows[0].lesion.as_ref(), measured.warnings.len()), (None, 1));
        assert_eq!(measured.flow[0].units, 2);
    }

    #[test]
    fn no_lesion_is_chosen_without_a_size() {
        let row = |lesion: &str| MeasuredRow {
            subject: "A".into(),
            lesion: Some(lesion.into()),
            ..MeasuredRow::default()
        };
        let mut measured = Measured { rows: vec![row("l1"), row("l2")], ..Measured::default() };
        let fault = measured.take_largest_lesions(Path::new("t.csv")).unwrap_err();
        assert!(fault.to_string().contains("A has 2 rows"), "{fault}");
    }

    #[test]
    fn a_volume_that_is_gone_has_no_logarithm() {
        let gone = VolumeChange::Volumes { baseline: 3.0, followup: Some(0.0) };
        assert_eq!(gone.value(), None);
        assert_eq!(VolumeChange::Given(-0.4).value(), Some(-0.4));
    }
}
