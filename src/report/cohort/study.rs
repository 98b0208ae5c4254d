//! The study in numbers: what became of its patients, visits and lesions.

use std::collections::{BTreeMap, BTreeSet};

use super::input::{CohortPage, PairView};
use super::order::worst_first;
use crate::record::{CohortQaRow, Followed, Qa, QaVerdict, VisitState};

/// An aligned pair with its place in the order of the worst.
pub struct Ranked<'a> {
    /// The pair.
    pub pair: &'a PairView,
    /// Its alignment.
    pub qa: &'a Qa,
    /// 1 is the worst.
    pub rank: usize,
}

/// What became of the study's patients.
pub struct Study<'a> {
    /// The page's input.
    pub page: &'a CohortPage,
    /// Aligned pairs, the worst first.
    pub ranked: Vec<Ranked<'a>>,
    /// All subjects, of the manifest and of any row.
    pub subjects: BTreeSet<&'a str>,
    /// Subjects with a result.
    pub measured: BTreeSet<&'a str>,
    /// Subjects that failed.
    pub failed: BTreeSet<&'a str>,
    /// Subjects of which an alignment is FAIL.
    pub failing: BTreeSet<&'a str>,
    /// Subjects without any follow-up.
    pub features_only: BTreeSet<&'a str>,
    keys: BTreeMap<&'a str, &'a str>,
}

/// Lesions of all pairs.
#[derive(Default)]
pub struct Lesions {
    /// At baseline.
    pub baseline: usize,
    /// Seen at follow-up.
    pub followup: usize,
    /// There at follow-up only.
    pub new: usize,
    /// Known to be gone.
    pub absent: usize,
    /// Not followed.
    pub lost: usize,
}

impl<'a> Study<'a> {
    /// Counts.
    pub fn new(page: &'a CohortPage) -> Self {
        let rows: Vec<&CohortQaRow> = page.pairs.iter().map(|pair| &pair.row).collect();
        let ranked = worst_first(&rows)
            .into_iter()
            .filter_map(|at| page.pairs[at].row.alignment.as_ref().map(|qa| (&page.pairs[at], qa)))
            .enumerate()
            .map(|(place, (pair, qa))| Ranked { pair, qa, rank: place + 1 })
            .collect::<Vec<_>>();
        let measured: BTreeSet<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
        let followed: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.followed != Followed::NoFollowUp)
            .map(|row| row.subject.as_str())
            .collect();
        let failing = ranked
            .iter()
            .filter(|r| r.qa.verdict == QaVerdict::Fail)
            .map(|r| r.pair.row.subject.as_str())
            .collect();
        // A failure of an earlier call may still be listed beside a result: the result counts.
        let failed = page
            .failures
            .iter()
            .map(|f| f.subject.as_str())
            .filter(|subject| !measured.contains(subject))
            .collect::<BTreeSet<&str>>();
        let subjects = page
            .subjects
            .iter()
            .map(String::as_str)
            .chain(measured.iter().copied())
            .chain(failed.iter().copied())
            .collect();
        Self {
            page,
            ranked,
            subjects,
            features_only: measured.difference(&followed).copied().collect(),
            measured,
            failed,
            failing,
            keys: rows.iter().map(|row| (row.subject.as_str(), row.key.as_str())).collect(),
        }
    }

    /// The study's name, or a general one.
    pub fn name(&self) -> &str {
        self.page.study.as_deref().unwrap_or("Cohort")
    }

    /// Subjects of whom nothing is known yet.
    pub fn waiting(&self) -> usize {
        self.subjects.len() - self.measured.len() - self.failed.len()
    }

    /// Alignments with this verdict.
    pub fn alignments(&self, verdict: QaVerdict) -> usize {
        self.ranked.iter().filter(|r| r.qa.verdict == verdict).count()
    }

    /// Rows that came so far.
    pub fn rows(&self, followed: Followed) -> impl Iterator<Item = &'a CohortQaRow> {
        self.page.pairs.iter().map(|pair| &pair.row).filter(move |row| row.followed == followed)
    }

    /// Lesions of all pairs that have a follow-up.
    pub fn lesions(&self) -> Lesions {
        let mut all = Lesions::default();
        for row in self.page.pairs.iter().map(|p| &p.row).filter(|r| r.followed != Followed::NoFollowUp) {
            all.baseline += row.lesions_baseline;
            all.followup += row.lesions_followup;
            all.new += row.lesions_new;
            all.absent += row.lesions_absent;
            all.lost += row.lesions_lost;
        }
        all
    }

    /// Failed subjects by code, the most frequent first.
    pub fn failures_by_code(&self) -> Vec<(&'a str, usize)> {
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for failure in self.page.failures.iter().filter(|f| self.failed.contains(f.subject.as_str())) {
            *counted.entry(&failure.code).or_default() += 1;
        }
        let mut counted: Vec<_> = counted.into_iter().collect();
        counted.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
        counted
    }

    /// Visits in this state, by the name of the visit in the order of the table.
    pub fn visits_by_name(&self, state: VisitState) -> Vec<(&'a str, usize)> {
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for visit in self.page.visits.iter().filter(|v| v.state == state) {
            match counted.iter_mut().find(|(name, _)| *name == visit.visit) {
                Some((_, n)) => *n += 1,
                None => counted.push((&visit.visit, 1)),
            }
        }
        counted.sort_unstable();
        counted
    }

    /// The page of a subject, where it has one.
    pub fn key_of(&self, subject: &str) -> Option<&'a str> {
        self.keys.get(subject).copied()
    }
}
