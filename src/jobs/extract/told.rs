//! What an extraction says of itself: the summary, the record's notes, the object for a program.

use super::batch::Work;
use super::plan::Plan;
use super::request::{ExtractRequest, Scope};
use super::rows::Measurements;
use crate::io::shown_path;

/// Notes of single files that the summary shows; the record has all.
const NOTES: usize = 2;

/// An extraction as it is told.
pub struct Told<'a> {
    /// What was asked.
    pub request: &'a ExtractRequest,
    /// What it comes to.
    pub work: &'a Work,
    /// What was decided.
    pub plan: &'a Plan,
    /// What was measured.
    pub measured: &'a Measurements,
}

impl Told<'_> {
    /// At most ten lines, the last of which says where the result is.
    pub fn summary(&self) -> String {
        let Self { request, work, plan, measured } = self;
        let (regions, features) = (count(measured.regions.len(), "region"), measured.columns.len());
        let (rows, failed) = (work.cases.len(), measured.failed.len());
        let mut lines = vec![match &request.scope {
            Scope::One { image, .. } => {
                format!("Measured:   {regions} of {}, {features} values each", shown_path(image))
            }
            Scope::Batch(_) => {
                format!("Measured:   {regions} in {} of {rows} rows, {features} values each", rows - failed)
            }
        }];
        lines.push(format!(
            "Protocol:   {} ({}, {})",
            plan.protocol.name, plan.meaning.modality, plan.meaning.units
        ));
        lines.push(format!("Sampling:   {}", plan.sampling.why));
        lines.extend(plan.meaning.note.map(|note| format!("Assumed:    {note}")));
        lines.extend(self.file_notes().take(NOTES).map(|note| format!("Note:       {note}")));
        if let Some(first) = measured.failed.first() {
            lines.push(format!(
                "Failed:     {} of {rows} rows, listed in {}; the first is row {}:",
                failed,
                request.out.join("failures.csv").display(),
                first.case + 1
            ));
            lines.push(format!("            {}", first.failure));
        }
        lines.push(format!("Result:     {}", request.out.join("features.csv").display()));
        lines.join("\n")
    }

    /// What was assumed or should be known.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.plan.sampling.why.clone()];
        notes.extend(self.plan.meaning.note.map(String::from));
        notes.extend(self.file_notes());
        notes
    }

    fn file_notes(&self) -> impl Iterator<Item = String> {
        self.measured.notes.iter().map(|(case, note)| {
            if self.work.is_batch() { format!("From row {}: {note}", case + 1) } else { note.clone() }
        })
    }

    /// The summary for a program.
    pub fn json(&self) -> serde_json::Value {
        let measured = self.measured;
        let failed: Vec<_> = measured
            .failed
            .iter()
            .map(|f| serde_json::json!({ "row": f.case + 1, "error": f.failure }))
            .collect();
        serde_json::json!({
            "out": self.request.out,
            "features": self.request.out.join("features.csv"),
            "rows": self.work.cases.len(),
            "regions": measured.regions.len(),
            "values_per_region": measured.columns.len(),
            "failed": failed,
            "measurement_hash": self.plan.hash,
            "notes": self.notes(),
        })
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
