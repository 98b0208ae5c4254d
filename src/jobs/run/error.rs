//! What a run can be refused for, beside what the rooms below refuse.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::io::{NameFault, shown_path};

/// Why a run cannot be done.
#[derive(Debug, Error)]
pub enum RunError {
    /// A word of the command line that is not known.
    #[error("{option}: {word:?} is not known (known: {known})")]
    UnknownWord {
        /// Option.
        option: &'static str,
        /// What was said.
        word: String,
        /// What could be said.
        known: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// The number of masks is not that of the follow-ups.
    #[error("{masks} follow-up masks were given for {followups} follow-ups")]
    MaskCount {
        /// Masks.
        masks: usize,
        /// Follow-ups.
        followups: usize,
    },
    /// Series of some visits are named, and of others not.
    #[error("{series} series for {visits} visits")]
    SeriesCount {
        /// Series.
        series: usize,
        /// Visits.
        visits: usize,
    },
    /// The number of starts is not that of the follow-ups.
    #[error("--initial was given {starts} times for {followups} follow-ups")]
    InitialCount {
        /// Starts that name no visit.
        starts: usize,
        /// Follow-ups.
        followups: usize,
    },
    /// A start for a visit that is no follow-up of the run.
    #[error("--initial: {visit:?} is no follow-up of this run (follow-ups: {present})")]
    InitialVisit {
        /// Name.
        visit: String,
        /// Follow-ups.
        present: String,
    },
    /// The visits say that they are of different people.
    #[error("{path}: subject {found:?}, and the baseline says {expected:?}")]
    Subject {
        /// Visit.
        path: PathBuf,
        /// Its subject.
        found: String,
        /// The baseline's.
        expected: String,
    },
    /// A subject whose name is not harmless in file names, tables and pages.
    #[error("--subject {name:?} cannot be used: {fault}")]
    SubjectName {
        /// Name.
        name: String,
        /// Why.
        fault: NameFault,
    },
    /// Nothing to measure.
    #[error("{0}: no region is drawn at any visit")]
    NoRegion(PathBuf),
    /// Without registration every visit needs its own masks.
    #[error("{0}: no region is drawn, and without registration none can be carried there")]
    NoMask(PathBuf),
    /// The lesion that was named is nowhere.
    #[error("--lesion {name:?}: no visit has a region of this name (present: {present})")]
    NoSuchLesion {
        /// Name.
        name: String,
        /// Regions.
        present: String,
    },
    /// Contours are to be written on a series, and there is none.
    #[error("{}: --dicom-out writes contours on a DICOM series, and this follow-up is none", shown_path(.0))]
    NoSeries(PathBuf),
    /// Visits are to be compared on voxels that are not alike.
    #[error("spacing_mm is \"native\", and the visits have unlike spacings ({0})")]
    NativeSpacings(String),
    /// A region is to be made from one that no visit has.
    #[error("[[region]] {name:?}: no visit has a region {needed:?} (present: {present})")]
    MadeOfNothing {
        /// Name.
        name: String,
        /// What it is made from, or must not leave.
        needed: String,
        /// Regions.
        present: String,
    },
    /// A region that is to be made has the name of one that is there.
    #[error("[[region]] {0:?}: a visit has a region of this name already")]
    MadeAndGiven(String),
    /// A spread of one value.
    #[error("--perturb 1: one copy has no spread")]
    OneCopy,
    /// Two sources of noise limits.
    #[error("--gate and --perturb were both given, and a delta has one noise limit")]
    BandBesideGate,
    /// An input file is another than the one that was hashed.
    #[error("{path}: the file changed while it was read")]
    Changed {
        /// File.
        path: PathBuf,
    },
    /// An input file was there when it was hashed.
    #[error("{path}: {source}")]
    Gone {
        /// File.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The earlier result cannot be used.
    #[error("{path}: {why}")]
    From {
        /// Earlier result.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

impl Diagnose for RunError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownWord { .. } => "E-RUN-WORD",
            Self::MaskCount { .. } => "E-RUN-MASKS",
            Self::SeriesCount { .. } => "E-RUN-SERIES",
            Self::InitialCount { .. } | Self::InitialVisit { .. } => "E-RUN-INITIAL",
            Self::Subject { .. } => "E-RUN-SUBJECT",
            Self::SubjectName { .. } => "E-NAME",
            Self::NoRegion(_) => "E-RUN-NO-REGION",
            Self::NoMask(_) => "E-RUN-NO-MASK",
            Self::NoSuchLesion { .. } => "E-RUN-LESION",
            Self::NoSeries(_) => "E-RUN-DICOM-OUT",
            Self::NativeSpacings(_) => "E-RUN-NATIVE",
            Self::MadeOfNothing { .. } | Self::MadeAndGiven(_) => "E-RUN-MADE-REGION",
            Self::OneCopy | Self::BandBesideGate => "E-RUN-PERTURB",
            Self::Changed { .. } => "E-RUN-CHANGED",
            Self::Gone { .. } => "E-RUN-GONE",
            Self::From { .. } => "E-RUN-FROM",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::UnknownWord { nearest: Some(nearest), .. } => format!("Did you mean {nearest}?"),
            Self::UnknownWord { .. } => "Use one of these words.".into(),
            Self::MaskCount { .. } => "Give --followup-mask once per --followup, in the same order.".into(),
            Self::SeriesCount { .. } => {
                "Give --series once for all visits, or once for each, the baseline's first.".into()
            }
            Self::InitialCount { .. } => {
                "Give --initial once per --followup, in the same order, or as VISIT=FILE for some of them."
                    .into()
            }
            Self::InitialVisit { .. } => "Name one of these: --initial VISIT=FILE.".into(),
            Self::Subject { .. } => "Check the folders, or the subject in their visit.toml.".into(),
            Self::SubjectName { .. } => {
                "Choose a name of letters, digits, blanks, - and _ (up to 64).".into()
            }
            Self::NoRegion(_) => {
                "Add mask.nii.gz (or --baseline-mask) to the baseline; without a region use `delta register`."
                    .into()
            }
            Self::NoMask(_) => "Leave --no-register out, or give this visit a mask.".into(),
            Self::NoSuchLesion { .. } => "Name one of these.".into(),
            Self::NoSeries(_) => {
                "Leave --dicom-out out, or give the follow-up as DICOM: RTSTRUCT and SEG refer to its images."
                    .into()
            }
            Self::NativeSpacings(_) => {
                "Texture depends on the voxels: give `spacing_mm` as \"auto\" or in millimetres.".into()
            }
            Self::MadeOfNothing { .. } => "Name one of these in the protocol's `of` and `within`.".into(),
            Self::MadeAndGiven(_) => "Give the made region another name in the protocol.".into(),
            Self::OneCopy => "Ask for 20 copies or more, or for 0 to have no noise band.".into(),
            Self::BandBesideGate => {
                "Leave --perturb out: noise of repeated scans says more than that of perturbed copies.".into()
            }
            Self::Changed { .. } => "Run again once nobody writes there any more.".into(),
            Self::Gone { .. } => "It was there a moment before: bring it back, and run again.".into(),
            Self::From { .. } => "Run again without --from, so that the visits are registered anew.".into(),
        }
    }
    fn exit(&self) -> Exit {
        match self {
            Self::UnknownWord { .. }
            | Self::MaskCount { .. }
            | Self::SeriesCount { .. }
            | Self::InitialCount { .. }
            | Self::InitialVisit { .. }
            | Self::SubjectName { .. }
            | Self::OneCopy
            | Self::BandBesideGate
            | Self::NoSuchLesion { .. } => Exit::Usage,
            Self::Changed { .. } | Self::Gone { .. } => Exit::Surroundings,
            _ => Exit::Input,
        }
    }
}
