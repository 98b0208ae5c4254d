//! Who is in a cohort, and which scans are theirs.

use std::path::PathBuf;

use crate::io::VisitSource;
use crate::record::{Modality, Units, VisitRecord};
use crate::visit::When;

/// A manifest that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortManifest {
    /// The file.
    pub path: PathBuf,
    /// Its subjects in the order of their names.
    pub subjects: Vec<Subject>,
}

/// A subject and the visits that take part.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Name.
    pub name: String,
    /// Site, where the manifest says it.
    pub site: Option<String>,
    /// Scanner or batch.
    pub batch: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// The visits that take part: the baseline, then the follow-ups by day.
    pub visits: Vec<PlannedVisit>,
    /// All visits of the subject and the windows that stayed empty, in the order of the baseline, the windows or days,
    /// and what takes no part.
    pub records: Vec<VisitRecord>,
}

/// A visit that takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedVisit {
    /// Row in the manifest; the first below the header is 1.
    pub row: usize,
    /// Name that the tables use.
    pub name: String,
    /// When the scan was made, where the manifest says it.
    pub when: Option<When>,
    /// The files.
    pub source: VisitSource,
    /// Modality, where the manifest says it.
    pub modality: Option<Modality>,
    /// Units, where the manifest says them.
    pub units: Option<Units>,
}
