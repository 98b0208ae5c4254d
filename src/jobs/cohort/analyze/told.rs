//! What an analysis says of itself on the terminal.

use super::run::Analyzed;
use crate::record::analysis::{ClaimVerdict, Evidence};
use crate::report::analysis::summary;

impl Analyzed {
    /// The claim and what it rests on; then where everything is, and what to do next.
    pub fn summary(&self) -> String {
        let out = self.out.display();
        let mut lines: Vec<String> = summary(&self.analysis).lines().map(str::to_owned).collect();
        lines.push(format!("Report:     {out}/report.html"));
        lines.push(format!("Next:       {}", self.next()));
        lines.join("\n")
    }

    fn next(&self) -> String {
        let out = self.out.display();
        match self.frozen {
            Some(_) => format!(
                "delta cohort apply {out}/model.json OTHER_STUDY --outcomes TABLE (patients it has not seen)"
            ),
            None => format!("look at {out}/report.html; no model could be frozen"),
        }
    }

    /// The summary for a program.
    pub fn json(&self) -> serde_json::Value {
        let analysis = &self.analysis;
        let design = &analysis.design;
        let models: serde_json::Map<String, serde_json::Value> = analysis
            .models
            .iter()
            .map(|model| {
                let p = model.permutation.as_ref().map(|permutation| permutation.p);
                let told = serde_json::json!({ "discrimination": model.discrimination, "permutation_p": p });
                (model.model.word().to_owned(), told)
            })
            .collect();
        let claim = match analysis.claim.claim {
            ClaimVerdict::BeyondVolume => "beyond_volume",
            ClaimVerdict::None => "none",
        };
        let evidenced = analysis.checklist.iter().filter(|item| item.evidence == Evidence::Evidenced).count();
        serde_json::json!({
            "out": self.out,
            "page": self.out.join("report.html"),
            "target": design.target,
            "units": design.units,
            "patients": design.patients,
            "events": design.events,
            "claim": claim,
            "reasons": analysis.claim.reasons,
            "models": models,
            "differences": analysis.differences,
            "frozen": self.frozen,
            "checklist_evidenced": evidenced,
            "overridden": design.overridden,
            "warnings": analysis.warnings,
            "next": self.next(),
        })
    }
}
