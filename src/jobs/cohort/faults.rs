//! What a cohort's manifest can be refused for: all faults of all rows, told at once.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use delta_dicom::FaultKind;
use serde::Serialize;
use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::{IoError, shown_path};
use crate::jobs::Failure;
use crate::jobs::sheet::SheetFault;

/// So many faults are listed.
const LISTED: usize = 200;

/// A fault of a manifest, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManifestFault {
    /// Row; the first below the header is 1.
    pub row: usize,
    /// Subject that cannot take part because of it; none where the row names none.
    pub subject: Option<String>,
    /// The file that it is about, where it is about one; without UIDs.
    pub file: Option<PathBuf>,
    /// A stable code such as `E-MANIFEST-BASELINE`.
    pub code: String,
    /// The fact, without the row.
    pub fact: String,
    /// The way on.
    pub hint: String,
}

impl ManifestFault {
    /// A fault of a row.
    pub fn new(row: usize, subject: Option<&str>, fault: &RowFault) -> Self {
        let file = match fault {
            RowFault::Io(error) => Some(error.path()),
            RowFault::MissingFile(file) | RowFault::SameScan { file, .. } => Some(file.as_path()),
            _ => None,
        };
        Self {
            row,
            subject: subject.map(str::to_owned),
            file: file.map(|file| shown_path(file).into()),
            code: fault.code().to_owned(),
            fact: fault.words(row),
            hint: fault.hint(),
        }
    }
}

impl fmt::Display for ManifestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(subject) = &self.subject {
            write!(f, ", {subject}")?;
        }
        write!(f, ": {}  {}", self.code, self.fact)?;
        if !self.fact.ends_with(['.', '?', '!']) {
            f.write_str(".")?;
        }
        write!(f, " {}", self.hint)
    }
}

/// The refusal of a manifest with faults, which lists them; none where there is no fault.
pub fn refusal(manifest: &Path, faults: &[ManifestFault]) -> Option<Failure> {
    if faults.is_empty() {
        return None;
    }
    let mut lines = vec![format!("{}:", manifest.display())];
    lines.extend(faults.iter().take(LISTED).map(|fault| format!("  {fault}")));
    if faults.len() > LISTED {
        lines.push(format!("  and {} more", faults.len() - LISTED));
    }
    let subjects: BTreeSet<&str> = faults.iter().filter_map(|f| f.subject.as_deref()).collect();
    lines.push(format!("Faults: {}, of {} subjects", faults.len(), subjects.len()));
    Some(Failure {
        code: "E-MANIFEST-FAULTS".into(),
        fact: lines.join("\n"),
        hint:
            "Correct them; or leave these subjects out with --skip-faulty, and they are rows of failures.csv."
                .into(),
        exit: Exit::Input,
    })
}

/// Why a row, or the subject that it is about, cannot take part.
#[derive(Debug, Error)]
pub enum RowFault {
    /// A cell.
    #[error(transparent)]
    Cell(Box<SheetFault>),
    /// A file of the visit.
    #[error(transparent)]
    Io(Box<IoError>),
    /// A file or folder that is not there.
    #[error("there is no {}", shown_path(.0))]
    MissingFile(PathBuf),
    /// Day and date.
    #[error("day and date are both given")]
    DayAndDate,
    /// A date that cannot be read; what stands there may be one all the same, and is not told.
    #[error("what stands in column date is no date")]
    Date,
    /// The visit was listed before.
    #[error("visit {visit} stands in row {first} too")]
    Duplicate {
        /// Visit.
        visit: String,
        /// The other row.
        first: usize,
    },
    /// Two visits whose names differ in case alone.
    #[error("visit {visit} and visit {other} of row {first} differ in upper and lower case alone")]
    VisitCase {
        /// Visit.
        visit: String,
        /// The other one.
        other: String,
        /// Its row.
        first: usize,
    },
    /// Two subjects whose names differ in case alone.
    #[error("subject {subject} and subject {other} of row {first} differ in upper and lower case alone")]
    SubjectCase {
        /// Subject.
        subject: String,
        /// The other one.
        other: String,
        /// A row of it.
        first: usize,
    },
    /// One scan as two visits.
    #[error("{} is the scan of row {first} too", shown_path(file))]
    SameScan {
        /// Image or visit folder.
        file: PathBuf,
        /// The other row.
        first: usize,
    },
    /// No visit is the baseline.
    #[error("no visit is the baseline (visits: {0})")]
    NoBaseline(String),
    /// Several are.
    #[error("several visits are marked as the baseline: {0}")]
    ManyBaselines(String),
    /// A follow-up that was earlier.
    #[error("visit {visit} is {days} days before the baseline {baseline}")]
    BeforeBaseline {
        /// Visit.
        visit: String,
        /// Days.
        days: f64,
        /// Baseline.
        baseline: String,
    },
    /// Dates and days.
    #[error("some visits have dates and some have days: {0}")]
    DatesAndDays(String),
    /// Follow-ups whose order is not known.
    #[error("visit {0} has no day, and other follow-ups have: their order is not known")]
    NoOrder(String),
    /// Windows, and a visit whose day is not known.
    #[error("visit {0} has no day after the baseline, and visit windows are asked for")]
    NoDay(String),
    /// The baseline has the name of a window.
    #[error("the baseline is called {0}, as one of the windows")]
    WindowName(String),
    /// Rows of a subject that say different groups.
    #[error("the group is {found:?}, in row {first} {expected:?}")]
    Group {
        /// What this row says.
        found: String,
        /// What the other one says.
        expected: String,
        /// The other row.
        first: usize,
    },
    /// Visits of different modalities.
    #[error("visit {visit} is {found}, the baseline {expected}")]
    Modality {
        /// Visit.
        visit: String,
        /// Its modality.
        found: String,
        /// That of the baseline.
        expected: String,
    },
    /// Visit files that name different subjects.
    #[error("visit.toml names subject {found}, that of row {first} {expected}")]
    OtherSubject {
        /// What it names.
        found: String,
        /// What the other one names.
        expected: String,
        /// The other row.
        first: usize,
    },
    /// Names for labels without a mask.
    #[error("labels are named, and the visit has no mask")]
    LabelsWithoutMask,
    /// Nothing was drawn at any visit.
    #[error("no visit has a mask (visits: {0})")]
    NoMask(String),
}

impl RowFault {
    /// The fact without the row, which the list names anyway.
    fn words(&self, row: usize) -> String {
        let whole = self.to_string();
        match (self, whole.split_once(&format!(": row {row}: "))) {
            (Self::Cell(_), Some((_, fact))) => fact.to_owned(),
            _ => whole,
        }
    }
}

impl From<SheetFault> for RowFault {
    fn from(fault: SheetFault) -> Self {
        Self::Cell(Box::new(fault))
    }
}

impl From<IoError> for RowFault {
    fn from(error: IoError) -> Self {
        Self::Io(Box::new(error))
    }
}

impl Diagnose for RowFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Cell(fault) => fault.code(),
            Self::Io(error) => error.code(),
            Self::MissingFile(_) => "E-FILE-MISSING",
            Self::DayAndDate | Self::Date => "E-MANIFEST-DATE",
            Self::Duplicate { .. }
            | Self::VisitCase { .. }
            | Self::SubjectCase { .. }
            | Self::SameScan { .. } => "E-MANIFEST-DUPLICATE",
            Self::NoBaseline(_) | Self::ManyBaselines(_) => "E-MANIFEST-BASELINE",
            Self::BeforeBaseline { .. } | Self::DatesAndDays(_) | Self::NoOrder(_) | Self::NoDay(_) => {
                "E-MANIFEST-DAYS"
            }
            Self::WindowName(_) => "E-MANIFEST-WINDOW",
            Self::Group { .. } | Self::OtherSubject { .. } => "E-MANIFEST-SUBJECT",
            Self::Modality { .. } => "E-MANIFEST-MODALITY",
            Self::LabelsWithoutMask | Self::NoMask(_) => "E-MANIFEST-MASK",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Cell(fault) => return fault.hint(),
            Self::Io(error) => match &**error {
                IoError::Dicom { fault, .. } if fault.kind == FaultKind::Choice => {
                    "Say in the column series which one is meant: its label as listed."
                }
                error => return error.hint(),
            },
            Self::MissingFile(_) => "Paths are relative to the manifest's folder.",
            Self::DayAndDate => "Keep one of them.",
            Self::Date => "Write dates as 2024-03-01.",
            Self::Duplicate { .. } => "Remove one of the rows, or give the visits different names.",
            Self::VisitCase { .. } | Self::SubjectCase { .. } => {
                "Write the name alike, or choose two that differ: some file systems take both for one."
            }
            Self::SameScan { .. } => "Correct the path: a scan compared with itself shows no change.",
            Self::NoBaseline(_) => {
                "Call the baseline t0, or add a column baseline with true in its row; the earliest visit is not guessed."
            }
            Self::ManyBaselines(_) => "Mark one visit of the subject.",
            Self::BeforeBaseline { .. } => "Correct the day, or say which visit is the baseline.",
            Self::DatesAndDays(_) => "Give dates to all visits of a subject, or days.",
            Self::NoOrder(_) => "Give days to all follow-ups, or to none: then they keep the order of the rows.",
            Self::NoDay(_) => "Give a day or a date to every visit, in the manifest or in visit.toml.",
            Self::WindowName(_) => "Give the window another name.",
            Self::Group { .. } => "A subject belongs to one group: correct the row.",
            Self::Modality { .. } => {
                "Visits of different modalities are not compared: make a manifest of each, or say modality where \
                 nobody describes the scan."
            }
            Self::OtherSubject { .. } => "One of them is another patient's: correct the row or visit.toml.",
            Self::LabelsWithoutMask => "Name the mask, or leave rois and roles empty in this row.",
            Self::NoMask(_) => "Draw the regions in at least one visit; the other gets them by registration.",
        }
        .into()
    }
}
