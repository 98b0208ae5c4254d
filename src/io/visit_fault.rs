//! Why a visit is refused.

use thiserror::Error;

use super::names::NameFault;
use crate::diagnose::Diagnose;
use crate::record::Units;

/// The version of `visit.toml`'s form that this program reads.
pub const SCHEMA: i64 = 1;

/// Why a visit is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum VisitFault {
    /// The file is no TOML, or a value has the wrong type.
    #[error("line {line}: {message}")]
    Toml {
        /// Line, the first is 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// The file is no UTF-8 text.
    #[error("the file is no UTF-8 text")]
    Text,
    /// There is no `schema`.
    #[error("the key schema is missing")]
    NoSchema,
    /// The form is newer than this program.
    #[error("schema = {0} is newer than what delta {version} reads ({SCHEMA})", version = env!("CARGO_PKG_VERSION"))]
    NewSchema(i64),
    /// The form never existed.
    #[error("schema = {0} does not exist")]
    BadSchema(String),
    /// A key that is not known.
    #[error("unknown key {key}{}", in_table(table))]
    Key {
        /// The key.
        key: String,
        /// The table that holds it; empty for the whole file.
        table: &'static str,
        /// The known key that may be meant.
        nearest: Option<&'static str>,
        /// All known keys.
        known: String,
    },
    /// A word that is not known.
    #[error("{key} = {word:?} is no known word")]
    Word {
        /// The key.
        key: &'static str,
        /// The word.
        word: String,
        /// The known words.
        known: String,
    },
    /// A time that cannot be used.
    #[error("{0}")]
    When(&'static str),
    /// A number that cannot be used.
    #[error("{key} = {value}: a number above zero is asked for")]
    Number {
        /// The key.
        key: String,
        /// What stands there.
        value: f64,
    },
    /// A name that is not harmless.
    #[error("{what} {name:?} cannot be used: {fault}")]
    Name {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
        /// Why.
        fault: NameFault,
    },
    /// A region that is described badly.
    #[error("region {name}: {problem}")]
    Roi {
        /// Name of the region.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The units are not those of the series.
    #[error("units = {said}: the series is in {own}")]
    Units {
        /// What the file says.
        said: Units,
        /// What the series says.
        own: Units,
    },
    /// A region that is gone and there.
    #[error("region {0} is listed as absent, and it has voxels")]
    AbsentDrawn(String),
    /// A name in a list that no visit knows.
    #[error("{list} names {name}, which no visit of this run has")]
    UnknownRegion {
        /// `absent` or `accept_contours`.
        list: &'static str,
        /// The name.
        name: String,
        /// The known name that may be meant.
        nearest: Option<String>,
    },
    /// A file that `visit.toml` names is not there.
    #[error("{key} = {file:?}: there is no such file")]
    MissingFile {
        /// The key.
        key: &'static str,
        /// The file.
        file: String,
    },
    /// The folder has no image.
    #[error("the folder has no image ({0})")]
    NoImage(String),
    /// The folder has several images.
    #[error("the folder has several NIfTI files that could be the image: {0}")]
    ManyImages(String),
    /// The folder has several masks.
    #[error("the folder has several masks: {0}")]
    ManyMasks(String),
    /// `dseg.tsv` cannot be read.
    #[error("line {line}: {problem}")]
    Dseg {
        /// Line, the first is 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

fn in_table(table: &str) -> String {
    if table.is_empty() { String::new() } else { format!(" in {table}") }
}

impl Diagnose for VisitFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Toml { .. } | Self::Text => "E-VISIT-TOML",
            Self::NoSchema | Self::NewSchema(_) | Self::BadSchema(_) => "E-VISIT-SCHEMA",
            Self::Key { .. } => "E-VISIT-KEY",
            Self::Word { .. } => "E-VISIT-WORD",
            Self::When(_) => "E-VISIT-DATE",
            Self::Number { .. } => "E-VISIT-NUMBER",
            Self::Name { .. } => "E-NAME",
            Self::Roi { .. } => "E-VISIT-ROI",
            Self::Units { .. } => "E-VISIT-UNITS",
            Self::AbsentDrawn(_) => "E-VISIT-ABSENT",
            Self::UnknownRegion { .. } => "E-VISIT-REGION",
            Self::MissingFile { .. } => "E-VISIT-FILE",
            Self::NoImage(_) => "E-VISIT-NO-IMAGE",
            Self::ManyImages(_) => "E-VISIT-IMAGES",
            Self::ManyMasks(_) => "E-VISIT-MASKS",
            Self::Dseg { .. } => "E-VISIT-DSEG",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Toml { .. } | Self::Text => "Correct the file by the example in the manual.".into(),
            Self::NoSchema => format!("Write schema = {SCHEMA} as its first line."),
            Self::NewSchema(n) => format!("Update delta: a later version reads schema {n}."),
            Self::BadSchema(_) => format!("Write schema = {SCHEMA}."),
            Self::Key { nearest: Some(near), .. } => format!("Did you mean {near}?"),
            Self::Key { known, .. } | Self::Word { known, .. } => format!("Known are: {known}."),
            Self::When(_) => "Give date = 2024-03-01, or day = 42 (days since baseline), not both.".into(),
            Self::Number { .. } => "Correct the number, or leave the key out where it is unknown.".into(),
            Self::Name { .. } => "Choose a name of letters, digits, blanks, - and _ (up to 64).".into(),
            Self::Roi { .. } => {
                "Each [[roi]] has a name of its own, and a label in the visit's mask, or a mask file, or the name that an \
                 RTSTRUCT, a SEG or a dseg.tsv gives it.".into()
            }
            Self::Units { .. } => "PET is read as SUV, or with units = \"Bq/mL\" as activity; CT is in HU.".into(),
            Self::AbsentDrawn(_) => "Remove it from absent, or from the mask.".into(),
            Self::UnknownRegion { nearest: Some(near), .. } => format!("Did you mean {near}?"),
            Self::UnknownRegion { .. } => "Regions are matched between visits by name.".into(),
            Self::MissingFile { .. } => "Paths in visit.toml are relative to its folder.".into(),
            Self::NoImage(_) => {
                "Put image.nii.gz or the files of a DICOM series into it, or name the file or folder as image = \"...\" in \
                 visit.toml.".into()
            }
            Self::ManyImages(_) => "Name one as image = \"...\" in visit.toml.".into(),
            Self::ManyMasks(_) => {
                "Name one as mask = \"...\" in visit.toml, or put one file per structure into a folder masks/.".into()
            }
            Self::Dseg { .. } => "A dseg.tsv has tab-separated columns, index and name among them.".into(),
        }
    }
}
