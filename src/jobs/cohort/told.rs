//! What a run of a cohort says of itself: at most ten lines, or an object for a program; and how far it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use super::page::PAGE;
use super::patient::{ResultFacts, result_facts};
use super::request::{CohortRequest, Shard, Until};
use super::state::{PatientOutcome, PatientState};
use crate::jobs::Progress;
use crate::record::{QaVerdict, VisitState};

/// Failures that the summary shows; `failures.csv` has all.
const SHOWN: usize = 3;

/// A patient of this run, and how it came to its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treated {
    /// What became of it.
    pub state: PatientState,
    /// Whether it was known before.
    pub origin: Origin,
}

/// Where what is known of a patient comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From this run.
    Now,
    /// From an earlier one.
    Before,
}

/// What is counted over the patients of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Measured by this run.
    pub measured: usize,
    /// Measured before.
    pub kept: usize,
    /// Failures as subject and code, in the order of the subjects.
    pub failed: Vec<(String, String)>,
    /// Alignments by verdict.
    pub alignment: BTreeMap<QaVerdict, usize>,
    /// Patients with a region of which a follow-up has no values.
    pub incomplete: usize,
}

impl Tally {
    /// Counts; what results say of themselves is read from them.
    pub fn of(study: &Path, treated: &[Treated]) -> Self {
        let mut tally = Self::default();
        for Treated { state, origin } in treated {
            match (&state.outcome, origin) {
                (PatientOutcome::Failed { code, .. }, _) => {
                    tally.failed.push((state.subject.clone(), code.clone()));
                    continue;
                }
                (PatientOutcome::Measured, Origin::Now) => tally.measured += 1,
                (PatientOutcome::Measured, Origin::Before) => tally.kept += 1,
            }
            let ResultFacts { alignment, in_trouble } = result_facts(study, &state.key).unwrap_or_default();
            for verdict in alignment.into_values() {
                *tally.alignment.entry(verdict).or_default() += 1;
            }
            tally.incomplete += usize::from(!in_trouble.is_empty());
        }
        tally
    }

    /// Whether everything that was asked for is there and can be used.
    pub fn is_whole(&self) -> bool {
        self.failed.is_empty() && self.incomplete == 0 && !self.alignment.contains_key(&QaVerdict::Fail)
    }
}

/// A run as it is told.
#[derive(Debug)]
pub struct Told<'a> {
    /// What was asked.
    pub request: &'a CohortRequest,
    /// Subjects of the manifest.
    pub subjects: usize,
    /// Visits that take part.
    pub visits: usize,
    /// What was counted; none where no patient was measured.
    pub tally: Option<&'a Tally>,
    /// Visits and windows that take no part, by why.
    pub not_taken: BTreeMap<VisitState, usize>,
    /// Subjects that were set aside by a faulty manifest.
    pub set_aside: usize,
    /// What is allowed and may not be meant.
    pub notes: &'a [String],
    /// Results that no patient of the manifest has any more.
    pub stale: usize,
    /// Lines about lesions, from collecting.
    pub lesions: Option<String>,
}

impl Told<'_> {
    /// At most ten lines, the last of which says what to do next.
    pub fn summary(&self) -> String {
        let mut lines = vec![self.patients()];
        if let Some(tally) = self.tally {
            lines.extend(failed(tally));
            lines.extend(alignment(tally));
        }
        lines.extend(self.lesions.clone().map(|lesions| format!("Lesions:    {lesions}")));
        lines.extend(self.windows());
        if self.stale > 0 {
            let results = count(self.stale, "result", "results");
            lines.push(format!("Stale:      {results} of other settings or inputs; --prune removes them"));
        }
        if let Some(note) = self.notes.first() {
            let more = self.notes.len() - 1;
            let rest = if more > 0 {
                format!(" (and {})", count(more, "more note", "more notes"))
            } else {
                String::new()
            };
            lines.push(format!("Note:       {note}{rest}"));
        }
        lines.extend(self.page().map(|page| format!("Page:       {}", page.display())));
        lines.push(format!("Next:       {}", self.next()));
        lines.join("\n")
    }

    fn patients(&self) -> String {
        // Writing to a string cannot fail.
        let of = |n| count(n, "patient", "patients");
        let mut line =
            format!("Patients:   {}, {}", of(self.subjects), count(self.visits, "visit", "visits"));
        if let Some(shard) = self.request.shard {
            let _ = write!(line, "; shard {shard}");
        }
        match self.tally {
            Some(tally) => {
                let _ = write!(
                    line,
                    "; {} measured, {} from before, {} failed",
                    tally.measured,
                    tally.kept,
                    tally.failed.len()
                );
            }
            None if self.set_aside > 0 => {
                let _ = write!(line, "; {} set aside by faults of the manifest", self.set_aside);
            }
            None => line.push_str("; no fault"),
        }
        line
    }

    fn windows(&self) -> Option<String> {
        let word = |state: &VisitState| match state {
            VisitState::Missing => Some("windows without a visit"),
            VisitState::OutsideWindows => Some("visits outside all windows"),
            VisitState::NotNearest => Some("visits that are not the nearest"),
            VisitState::Taken => None,
        };
        let parts: Vec<String> = self
            .not_taken
            .iter()
            .filter_map(|(state, n)| word(state).map(|word| format!("{n} {word}")))
            .collect();
        (!parts.is_empty()).then(|| format!("Visits:     {}", parts.join(", ")))
    }

    /// The page of the study, where this run made one.
    fn page(&self) -> Option<PathBuf> {
        let is_whole = self.request.shard.is_none() && self.request.until == Until::Measured;
        Some(self.request.out.join(PAGE)).filter(|page| is_whole && page.is_file())
    }

    fn next(&self) -> String {
        let (manifest, out) = (self.request.manifest.display(), self.request.out.display());
        let same = format!("delta cohort run {manifest} --out {out}");
        match (self.request.until, self.request.shard) {
            (Until::Checked, _) => format!("{same} (and the same options, without --check)"),
            (Until::Prepared, _) => format!("{same} --shard 1/N (and the same options), then 2/N ..."),
            (Until::Measured, Some(_)) => format!("delta cohort collect {out} (once all shards are done)"),
            (Until::Measured, None) => match self.tally {
                Some(tally) if !tally.failed.is_empty() => {
                    format!("{same} (and the same options) again, once failures.csv is dealt with")
                }
                _ => format!("look at the alignments in {out}/{PAGE}; {}", analyze_next(&self.request.out)),
            },
        }
    }

    /// The summary for a program.
    pub fn json(&self) -> serde_json::Value {
        let tally = self.tally.cloned().unwrap_or_default();
        let failed: Vec<serde_json::Value> = tally
            .failed
            .iter()
            .map(|(subject, code)| serde_json::json!({ "subject": subject, "code": code }))
            .collect();
        let alignment: BTreeMap<&str, usize> =
            tally.alignment.iter().map(|(verdict, n)| (verdict.word(), *n)).collect();
        let not_taken: BTreeMap<&str, usize> =
            self.not_taken.iter().map(|(state, n)| (state.word(), *n)).collect();
        serde_json::json!({
            "out": self.request.out,
            "page": self.page(),
            "shard": self.request.shard.map(|shard| shard.to_string()),
            "patients": self.subjects,
            "visits": self.visits,
            "measured": tally.measured,
            "kept": tally.kept,
            "failed": failed,
            "incomplete": tally.incomplete,
            "set_aside": self.set_aside,
            "alignment": alignment,
            "visits_not_taken": not_taken,
            "lesions": self.lesions,
            "stale": self.stale,
            "notes": self.notes,
            "next": self.next(),
        })
    }
}

/// What to do with a study that is whole.
pub fn analyze_next(study: &Path) -> String {
    format!("then delta cohort analyze {} --outcomes TABLE", study.display())
}

fn failed(tally: &Tally) -> Option<String> {
    let shown: Vec<String> =
        tally.failed.iter().take(SHOWN).map(|(subject, code)| format!("{subject} ({code})")).collect();
    let more = tally.failed.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more, in failures.csv") } else { String::new() };
    (!shown.is_empty()).then(|| format!("Failed:     {}{rest}", shown.join(", ")))
}

fn alignment(tally: &Tally) -> Option<String> {
    let mut parts: Vec<String> =
        tally.alignment.iter().map(|(verdict, n)| format!("{n} {}", verdict.word())).collect();
    if tally.incomplete > 0 {
        let patients = count(tally.incomplete, "patient", "patients");
        parts.push(format!("regions vanished or left the field of view in {patients}"));
    }
    (!parts.is_empty()).then(|| format!("Alignment:  {}", parts.join(", ")))
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// How far the patients are, and how long the others may take.
pub struct Pace<'a> {
    progress: &'a dyn Progress,
    all: usize,
    started: Instant,
    done: Mutex<Done>,
    shard: Option<Shard>,
}

#[derive(Clone, Copy, Default)]
struct Done {
    patients: usize,
    failed: usize,
}

impl<'a> Pace<'a> {
    /// Starts, for so many patients.
    pub fn start(progress: &'a dyn Progress, all: usize, shard: Option<Shard>) -> Self {
        let pace = Self { progress, all, started: Instant::now(), done: Mutex::default(), shard };
        pace.show(Done::default());
        pace
    }

    /// A patient is done.
    pub fn tick(&self, state: &PatientState) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.patients += 1;
        match &state.outcome {
            PatientOutcome::Measured => {
                tracing::info!("{}: measured ({} of {})", state.subject, done.patients, self.all);
            }
            PatientOutcome::Failed { code, fact, .. } => {
                done.failed += 1;
                tracing::info!("{}: {code}  {fact} ({} of {})", state.subject, done.patients, self.all);
            }
        }
        self.show(*done);
    }

    fn show(&self, done: Done) {
        let share = if self.all == 0 { 1.0 } else { done.patients as f64 / self.all as f64 };
        let seconds = self.started.elapsed().as_secs_f64();
        self.progress.stage(&in_words(done, self.all, seconds, self.shard), share);
    }
}

fn in_words(done: Done, all: usize, seconds: f64, shard: Option<Shard>) -> String {
    let mut words = format!("{} of {}", done.patients, count(all, "patient", "patients"));
    // Writing to a string cannot fail.
    if let Some(shard) = shard {
        let _ = write!(words, " of shard {shard}");
    }
    if done.failed > 0 {
        let _ = write!(words, ", {} failed", done.failed);
    }
    if done.patients > 0 && done.patients < all {
        let left = seconds / done.patients as f64 * (all - done.patients) as f64;
        let _ = write!(words, ", about {} left", duration(left));
    }
    words
}

/// A time that may be half or double that, in one unit.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s if s < 129_600.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_patients_that_are_done() {
        let done = Done { patients: 17, failed: 1 };
        assert_eq!(in_words(done, 24, 97.2, None), "17 of 24 patients, 1 failed, about 40 s left");
        assert_eq!(in_words(Done::default(), 24, 5.0, None), "0 of 24 patients");
        let done = Done { patients: 1, failed: 0 };
        let shard = Some("2/5".parse().unwrap());
        assert_eq!(in_words(done, 3, 3600.0, shard), "1 of 3 patients of shard 2/5, about 2 h left");
        assert_eq!(in_words(Done { patients: 3, failed: 0 }, 3, 9.0, None), "3 of 3 patients");
    }

    #[test]
    fn a_failed_alignment_or_a_lost_region_is_no_whole_study() {
        let whole = Tally { measured: 2, ..Tally::default() };
        assert!(whole.is_whole());
        let mut review = whole.clone();
        review.alignment.insert(QaVerdict::Review, 2);
        assert!(review.is_whole());
        review.alignment.insert(QaVerdict::Fail, 1);
        assert!(!review.is_whole());
        assert!(!Tally { incomplete: 1, ..whole.clone() }.is_whole());
        assert!(!Tally { failed: vec![("P1".into(), "E-X".into())], ..whole }.is_whole());
    }
}
