//! What a user asks of `delta run`, and what follows from it before anything is read.

use std::path::{Component, Path, PathBuf};

use super::error::RunError;
use super::known::KnownHashes;
use super::objects::DicomOut;
use crate::delta::contour::LesionContour;
use crate::features::FrozenSampling;
use crate::io::{ReadOptions, VisitSource, check_name};
use crate::jobs::Checking;
use crate::record::{Modality, RcBound, Units};
use crate::store::Existing;
use crate::visit::When;

/// What is asked.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The visits, the baseline first.
    pub visits: Vec<VisitRequest>,
    /// Folder of the result.
    pub out: Option<PathBuf>,
    /// Name or file of the protocol.
    pub protocol: Option<String>,
    /// Registration preset.
    pub preset: Option<String>,
    /// Gate.
    pub gate: Option<PathBuf>,
    /// Which figure of a noise limit decides, instead of the protocol's or the gate's.
    pub rc_bound: Option<RcBound>,
    /// The noise band of the run itself.
    pub perturb: PerturbRequest,
    /// Landmarks.
    pub landmarks: Option<PathBuf>,
    /// Transforms that are tried as starts.
    pub initial: Vec<InitialRequest>,
    /// Whether each way is registered back, and each follow-up to the one before.
    pub checking: Checking,
    /// The region that is the lesion.
    pub lesion: Option<String>,
    /// The contour that decides.
    pub lesion_contour: LesionContour,
    /// Whose contours of ours are accepted.
    pub acceptance: Acceptance,
    /// Where the alignment comes from.
    pub alignment: Alignment,
    /// Subject.
    pub subject: Option<String>,
    /// Modality of bare folders.
    pub modality: Option<String>,
    /// Units of bare folders.
    pub units: Option<String>,
    /// How files are read.
    pub reading: ReadOptions,
    /// Forms of the tables.
    pub tables: TableFormat,
    /// Which RTSTRUCT and SEG are written beside the masks.
    pub dicom_out: Option<DicomOut>,
    /// What happens to an existing result.
    pub existing: Existing,
    /// The sampling of the study that the patient belongs to, instead of one for these visits alone. A gate's goes
    /// before.
    pub sampling: Option<FrozenSampling>,
    /// Who runs it.
    pub context: RunContext,
    /// Hashes of input files that are known already; those with a stamp must stay as they were.
    pub known: KnownHashes,
}

impl RunRequest {
    /// Visits with nothing else asked: registered, the result beside the working folder's other files, in CSV.
    pub fn new(visits: Vec<VisitRequest>) -> Self {
        Self {
            visits,
            out: None,
            protocol: None,
            preset: None,
            gate: None,
            rc_bound: None,
            perturb: PerturbRequest::default(),
            landmarks: None,
            initial: Vec::new(),
            checking: Checking::OneWay,
            lesion: None,
            lesion_contour: LesionContour::Followed,
            acceptance: Acceptance::AsDeclared,
            alignment: Alignment::Register,
            subject: None,
            modality: None,
            units: None,
            reading: ReadOptions::default(),
            tables: TableFormat::Csv,
            dicom_out: None,
            existing: Existing::Keep,
            sampling: None,
            context: RunContext::Alone,
            known: KnownHashes::default(),
        }
    }
}

/// Who runs a patient: it decides what the page says to do next, and what is known of time and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunContext {
    /// `delta run`: the process has this patient alone, and its command can be given again.
    #[default]
    Alone,
    /// `delta cohort run`: other patients run in the same process, and a manifest says what the visits are. The page
    /// names neither manifest nor study, for its bytes must not depend on where they lie.
    Cohort,
}

/// A visit that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisitRequest {
    /// A visit folder, or an image and its mask.
    pub source: VisitSource,
    /// Name of the visit, where somebody gives it one.
    pub name: Option<String>,
    /// When the scan was made.
    pub when: Option<When>,
    /// Modality.
    pub modality: Option<Modality>,
    /// Units.
    pub units: Option<Units>,
}

impl VisitRequest {
    /// A visit of which nothing is said.
    pub fn new(source: VisitSource) -> Self {
        Self { source, ..Self::default() }
    }

    /// The visits of a command line: folders or images, and the masks beside them, of which there are none for the
    /// follow-ups or one for each.
    pub fn of_paths(
        baseline: PathBuf,
        baseline_mask: Option<PathBuf>,
        followups: Vec<PathBuf>,
        followup_masks: Vec<PathBuf>,
    ) -> Result<Vec<Self>, RunError> {
        let masks = followup_masks.len();
        if masks > 0 && masks != followups.len() {
            return Err(RunError::MaskCount { masks, followups: followups.len() });
        }
        let masks = followup_masks.into_iter().map(Some).chain(std::iter::repeat(None));
        let visit = |(path, mask)| Self::new(VisitSource { mask, ..VisitSource::new(path) });
        Ok(std::iter::once((baseline, baseline_mask))
            .chain(followups.into_iter().zip(masks))
            .map(visit)
            .collect())
    }

    /// The visits with the DICOM series that are meant: one for all visits, or one for each.
    pub fn of_series(mut visits: Vec<Self>, series: Vec<String>) -> Result<Vec<Self>, RunError> {
        let all = visits.len();
        match series.as_slice() {
            [] => {}
            [one] => visits.iter_mut().for_each(|visit| visit.source.series = Some(one.clone())),
            _ if series.len() == all => {
                for (visit, series) in visits.iter_mut().zip(series) {
                    visit.source.series = Some(series);
                }
            }
            _ => return Err(RunError::SeriesCount { series: series.len(), visits: all }),
        }
        Ok(visits)
    }
}

/// A transform that is tried as a start of a follow-up's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialRequest {
    /// The follow-up's name; without one, starts are given for all follow-ups in their order.
    pub visit: Option<String>,
    /// The file.
    pub file: PathBuf,
}

impl InitialRequest {
    /// `FILE`, or `VISIT=FILE` where there is no file of that whole name.
    pub fn of_word(word: &str) -> Self {
        match word.split_once('=') {
            Some((visit, file)) if !Path::new(word).exists() => {
                Self { visit: Some(visit.to_owned()), file: file.into() }
            }
            _ => Self { visit: None, file: word.into() },
        }
    }

    /// For each follow-up the places of its starts among those asked for.
    pub fn by_followup(asked: &[Self], followups: &[&str]) -> Result<Vec<Vec<usize>>, RunError> {
        let unnamed: Vec<usize> = (0..asked.len()).filter(|&n| asked[n].visit.is_none()).collect();
        if !unnamed.is_empty() && unnamed.len() != followups.len() {
            return Err(RunError::InitialCount { starts: unnamed.len(), followups: followups.len() });
        }
        let mut places = vec![Vec::new(); followups.len()];
        for (followup, n) in unnamed.into_iter().enumerate() {
            places[followup].push(n);
        }
        for (n, start) in asked.iter().enumerate() {
            let Some(visit) = &start.visit else { continue };
            let Some(followup) = followups.iter().position(|name| name == visit) else {
                let present = followups.join(", ");
                return Err(RunError::InitialVisit { visit: visit.clone(), present });
            };
            places[followup].push(n);
        }
        Ok(places)
    }
}

/// The noise band that a run makes itself from perturbed copies of its visits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerturbRequest {
    /// Copies of each visit: 0 makes no band; not said makes one of 20 copies, without large regions, where no gate is
    /// given.
    pub copies: Option<u32>,
    /// What is perturbed, in letters (`NTRV`).
    pub chain: Option<String>,
    /// Seed of all draws.
    pub seed: Option<u64>,
}

/// Whose contours of ours a person has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// Those that the follow-up's `visit.toml` names.
    AsDeclared,
    /// All.
    All,
}

/// Where the alignment comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// The visits are registered.
    Register,
    /// From an earlier result.
    From(PathBuf),
    /// There is none: both visits have drawn masks.
    Skipped,
}

/// Forms of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// CSV.
    Csv,
    /// CSV, and Parquet beside it.
    CsvAndParquet,
}

/// The subject that the paths tell: the name of the folder that holds all visits, as typed (`patients/P001/t0`
/// and `patients/P001/t1`: `P001`). A folder whose name is not harmless as a subject tells none.
pub fn subject_of_paths(visits: &[VisitRequest]) -> Option<String> {
    let holder = |path: &Path| match path.parent()?.components().next_back()? {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    let (baseline, followups) = visits.split_first()?;
    let subject = holder(&baseline.source.path)?;
    let together = followups.iter().all(|f| f.source.path.parent() == baseline.source.path.parent());
    (together && check_name(&subject).is_ok()).then_some(subject)
}

/// The folder of a result that was given no name: `delta_[SUBJECT_]BASELINE_FOLLOWUP...`.
pub fn default_out(subject: Option<&str>, visits: &[&str]) -> PathBuf {
    let mut name = String::from("delta");
    for part in subject.into_iter().chain(visits.iter().copied()) {
        name.push('_');
        // The parts come from files of the user: only what is safe in a file name on any system stays.
        name.extend(part.chars().map(|c| if c.is_alphanumeric() || "-.".contains(c) { c } else { '-' }));
    }
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_the_folder_that_holds_both_visits() {
        let of = |a: &str, b: &str| {
            subject_of_paths(&[a, b].map(|path| VisitRequest::new(VisitSource::new(path))))
        };
        assert_eq!(of("patients/P001/t0", "patients/P001/t1"), Some("P001".into()));
        assert_eq!(of("t0", "t1"), None);
        assert_eq!(of("P1/t0", "P2/t1"), None);
        assert_eq!(of("<script>/t0", "<script>/t1"), None);
    }

    #[test]
    fn starts_go_to_the_follow_ups_in_their_order_or_by_name() {
        let of = |words: &[&str]| {
            let asked: Vec<_> = words.iter().map(|word| InitialRequest::of_word(word)).collect();
            InitialRequest::by_followup(&asked, &["t1", "t2"])
        };
        assert_eq!(of(&["a.tfm", "b.tfm"]).unwrap(), [[0], [1]]);
        assert_eq!(of(&["t2=a.tfm", "t2=b.tfm"]).unwrap(), [vec![], vec![0, 1]]);
        assert!(matches!(of(&["a.tfm"]), Err(RunError::InitialCount { starts: 1, followups: 2 })));
        assert!(matches!(of(&["t3=a.tfm"]), Err(RunError::InitialVisit { visit, .. }) if visit == "t3"));
    }

    #[test]
    fn a_result_is_named_after_subject_and_visits() {
        assert_eq!(default_out(Some("P 1/x"), &["t0", "t1"]), PathBuf::from("delta_P-1-x_t0_t1"));
        assert_eq!(default_out(None, &["t0", "t1"]), PathBuf::from("delta_t0_t1"));
    }
}
