//! What a user asks of `delta cohort run`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::error::StudyError;
use crate::delta::contour::LesionContour;
use crate::io::ReadOptions;
use crate::jobs::Checking;
use crate::jobs::run::{Acceptance, Alignment, PerturbRequest};
use crate::record::RcBound;

/// What is asked.
#[derive(Clone, Debug)]
pub struct CohortRequest {
    /// The manifest.
    pub manifest: PathBuf,
    /// The study folder.
    pub out: PathBuf,
    /// How far to go.
    pub until: Until,
    /// The share of the patients that is this run's; all where none is said.
    pub shard: Option<Shard>,
    /// Windows of visits, as typed (`t1: 42 +/- 14 d`).
    pub windows: Vec<String>,
    /// Protocols: a name or file for all modalities, or `CT=` and a name or file.
    pub protocols: Vec<String>,
    /// Gates, at most one per modality.
    pub gates: Vec<PathBuf>,
    /// How files are read; the manifest's series go before.
    pub reading: ReadOptions,
    /// Which figure of a noise limit decides.
    pub rc_bound: Option<RcBound>,
    /// The noise band of each run itself.
    pub perturb: PerturbRequest,
    /// Where alignments come from: registered, or skipped.
    pub alignment: Alignment,
    /// Whether alignments are checked by going another way.
    pub checking: Checking,
    /// The contour that decides.
    pub lesion_contour: LesionContour,
    /// Whose contours of ours are accepted.
    pub acceptance: Acceptance,
    /// Patients at work at once; as many as threads where none is said.
    pub in_flight: Option<usize>,
    /// Which earlier failures are tried again.
    pub retry: Retry,
    /// What happens where the manifest is faulty.
    pub faulty: Faulty,
    /// Whether the sampling that the study has stays.
    pub sampling: SamplingChoice,
    /// Shapes of the study's tables.
    pub tables: StudyTables,
    /// What happens to results that no patient of the manifest has any more.
    pub stale: Stale,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The manifest is checked; nothing is written.
    Checked,
    /// Settings are decided and written.
    Prepared,
    /// Patients are measured.
    Measured,
}

/// Which earlier failures are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Those whose inputs or settings changed.
    WhenChanged,
    /// All.
    All,
}

/// What happens where a subject of the manifest is faulty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faulty {
    /// Nothing is done for anybody.
    Refuse,
    /// The subject is a failure; the others are measured.
    SetAside,
}

/// Whether the sampling that a study has stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplingChoice {
    /// As it was decided when the study was first prepared.
    Keep,
    /// Decided anew over the manifest as it is.
    Resolve,
}

/// Shapes of the study's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StudyTables {
    /// One row per value.
    Long,
    /// And one row per lesion.
    LongAndWide,
}

/// What happens to results that no patient of the manifest has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// They are left alone.
    Keep,
    /// They are removed.
    Prune,
}

/// A share of the patients: number `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Number of the share, from 1.
    pub fn index(self) -> usize {
        self.index
    }

    /// How many shares there are.
    pub fn count(self) -> usize {
        self.count
    }

    /// Whether the subject at this place of the manifest's order is in the share. Neighbours are dealt out one by
    /// one, so that shares are alike whatever the names are sorted by.
    pub fn has(self, place: usize) -> bool {
        place % self.count == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = StudyError;

    fn from_str(text: &str) -> Result<Self, StudyError> {
        let parts =
            text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(StudyError::Shard(text.to_owned())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_patients() {
        for count in 1..=5 {
            let shards: Vec<Shard> = (1..=count).map(|i| format!("{i}/{count}").parse().unwrap()).collect();
            for place in 0..13 {
                assert_eq!(shards.iter().filter(|shard| shard.has(place)).count(), 1);
            }
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""] {
            assert!(matches!(text.parse::<Shard>(), Err(StudyError::Shard(_))), "{text}");
        }
    }
}
