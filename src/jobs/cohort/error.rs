//! What a study can be refused for, beside what its manifest is refused for.

use std::path::PathBuf;

use thiserror::Error;

use crate::diagnose::{Diagnose, Exit};
use crate::record::Modality;
use crate::store::StoreError;

/// Why a study is refused.
#[derive(Debug, Error)]
pub enum StudyError {
    /// Another run works in the folder.
    #[error("{study}: another run works in this study (it holds {part})")]
    Locked {
        /// The study.
        study: PathBuf,
        /// What it holds.
        part: String,
    },
    /// The folder holds something else than a study.
    #[error("{0}: the folder exists and holds no study")]
    Occupied(PathBuf),
    /// A share of the work that is none.
    #[error("--shard {0:?} is no share of the work")]
    Shard(String),
    /// Two values of an option for one modality.
    #[error("{option} was given twice for {modality}")]
    Twice {
        /// Option.
        option: &'static str,
        /// Modality.
        modality: Modality,
    },
    /// An option for all modalities was given twice.
    #[error("{0} was given twice for all modalities")]
    TwiceForAll(&'static str),
    /// A shard asks for other settings than the study was prepared with.
    #[error("{study}: the study was prepared with other settings ({what})")]
    Settings {
        /// The study.
        study: PathBuf,
        /// What differs.
        what: String,
    },
    /// `study.toml` cannot be read.
    #[error("{file}: {fact}")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        fact: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A file of a later version.
    #[error("{file}: schema {found} is of a later version of delta")]
    Schema {
        /// The file.
        file: PathBuf,
        /// Its form.
        found: i64,
    },
    /// A patient's computation ended in a defect of ours.
    #[error("{subject}: the computation panicked: {said}")]
    Panicked {
        /// Subject.
        subject: String,
        /// What the panic said.
        said: String,
    },
    /// An input file that was there when the manifest was checked.
    #[error("{path}: {source}")]
    Input {
        /// File.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Threads could not be started.
    #[error("{0}")]
    Threads(String),
    /// Writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Diagnose for StudyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "E-STUDY-LOCKED",
            Self::Occupied(_) => "E-STUDY-OCCUPIED",
            Self::Shard(_) => "E-STUDY-SHARD",
            Self::Twice { .. } | Self::TwiceForAll(_) => "E-STUDY-TWICE",
            Self::Input { .. } => "E-STUDY-INPUT",
            Self::Settings { .. } => "E-STUDY-SETTINGS",
            Self::File { .. } => "E-STUDY-FILE",
            Self::Schema { .. } => "E-STUDY-SCHEMA",
            Self::Panicked { .. } => "E-DEFECT-PANIC",
            Self::Threads(_) => "E-THREADS",
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Locked { .. } => "Wait until the other run has ended; then the same command goes on.".into(),
            Self::Occupied(_) => "Name an empty folder, or that of an earlier `delta cohort run`, with --out.".into(),
            Self::Shard(_) => "Write --shard 2/5 for the second of five shares.".into(),
            Self::Twice { .. } => "Give it once per modality.".into(),
            Self::TwiceForAll(_) => "Give it once, or once per modality: --protocol CT=ct --protocol MR=mr.".into(),
            Self::Input { .. } => {
                "It was there when the manifest was checked: bring it back; the next run tries this patient again.".into()
            }
            Self::Settings { .. } => {
                "Give the shards the settings of the study, or prepare it anew: the same command with --prepare and \
                 without --shard."
                    .into()
            }
            Self::File { nearest: Some(nearest), .. } => format!("Did you mean `{nearest}`?"),
            Self::File { .. } => {
                "The file is written by `delta cohort run`: undo the change, or delete it to decide anew.".into()
            }
            Self::Schema { .. } => "Use that version, or another folder.".into(),
            Self::Panicked { .. } => {
                "This is a defect of the program: please report it with the command; the other patients are not \
                 touched by it."
                    .into()
            }
            Self::Threads(_) => "Check memory and limits of this machine, or ask for fewer with -j.".into(),
            Self::Store(error) => error.hint(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Shard(_) | Self::Twice { .. } | Self::TwiceForAll(_) => Exit::Usage,
            Self::Locked { .. } | Self::Input { .. } | Self::Threads(_) => Exit::Surroundings,
            Self::Panicked { .. } => Exit::Defect,
            Self::Store(error) => error.exit(),
            _ => Exit::Input,
        }
    }
}
