//! What collecting says of itself.

use std::path::Path;

use super::{CollectError, Collected};
use crate::diagnose::Diagnose;
use crate::jobs::cohort::page::PAGE;
use crate::jobs::cohort::told::analyze_next;
use crate::record::{CohortQaRow, QaVerdict};

/// Subjects that are named.
const SHOWN: usize = 3;

impl Collected {
    /// Whether every subject of the study stands in the tables, and no alignment failed its checks.
    pub fn is_whole(&self) -> bool {
        self.failures.is_empty() && self.pending.is_empty() && self.alignments(QaVerdict::Fail) == 0
    }

    /// The lesions of all visit pairs, in words; none where there is none.
    pub fn lesions(&self) -> Option<String> {
        let sum = |of: fn(&CohortQaRow) -> usize| self.qa.iter().map(of).sum::<usize>();
        let [baseline, new, absent, lost] = [
            sum(|row| row.lesions_baseline),
            sum(|row| row.lesions_new),
            sum(|row| row.lesions_absent),
            sum(|row| row.lesions_lost),
        ];
        let pairs = self.qa.iter().filter(|row| row.followup_visit.is_some()).count();
        let words = format!(
            "{baseline} at the baselines, {pairs} visit pairs: {new} new, {absent} gone, {lost} not followed"
        );
        (baseline + new > 0).then_some(words)
    }

    /// What a reader of the tables must know, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mixed = self.measurements.mixed();
        mixed.iter().map(|mixed: &CollectError| format!("{mixed}. {}", mixed.hint())).collect()
    }

    /// At most ten lines, the last of which says what to do next.
    pub fn summary(&self, study: &Path) -> String {
        let mut lines = vec![format!(
            "Patients:   {} in the tables, {} failed, {} not measured yet",
            self.measured,
            self.failures.len(),
            self.pending.len()
        )];
        lines.extend(named(
            "Failed:     ",
            self.failures.iter().map(|row| format!("{} ({})", row.subject, row.code)),
        ));
        lines.extend(named("Waiting:    ", self.pending.iter().cloned()));
        let verdicts = [QaVerdict::Pass, QaVerdict::Review, QaVerdict::Fail];
        let counted = verdicts.map(|verdict| (verdict, self.alignments(verdict)));
        let told: Vec<String> = counted
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(verdict, n)| format!("{n} {}", verdict.word()))
            .collect();
        if !told.is_empty() {
            lines.push(format!("Alignment:  {}", told.join(", ")));
        }
        lines.extend(self.lesions().map(|lesions| format!("Lesions:    {lesions}")));
        lines.extend(self.notes().first().map(|note| format!("Note:       {note}")));
        lines.push(format!("Tables:     {} (CSV and Parquet)", self.tables.join(", ")));
        lines.push(format!("Next:       {}", self.next(study)));
        lines.join("\n")
    }

    fn next(&self, study: &Path) -> String {
        let next = analyze_next(study);
        let study = study.display();
        if self.pending.is_empty() {
            format!("look at the alignments in {study}/{PAGE}; {next}")
        } else {
            format!(
                "delta cohort run MANIFEST --out {study}, as before, for those who wait; then collect again"
            )
        }
    }

    /// The summary for a program.
    pub fn json(&self, study: &Path) -> serde_json::Value {
        let failed: Vec<_> = self
            .failures
            .iter()
            .map(|row| serde_json::json!({ "subject": row.subject, "code": row.code }))
            .collect();
        serde_json::json!({
            "out": study,
            "patients": self.subjects,
            "measured": self.measured,
            "failed": failed,
            "pending": self.pending,
            "alignment": {
                "PASS": self.alignments(QaVerdict::Pass),
                "REVIEW": self.alignments(QaVerdict::Review),
                "FAIL": self.alignments(QaVerdict::Fail),
            },
            "tables": self.tables,
            "notes": self.notes(),
            "next": self.next(study),
        })
    }
}

fn named(label: &str, all: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let more = all.len().saturating_sub(SHOWN);
    let shown: Vec<String> = all.take(SHOWN).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{label}{}{rest}", shown.join(", ")))
}
