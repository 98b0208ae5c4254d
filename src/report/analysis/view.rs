//! An analysis as the page speaks of it: its units, outcomes and measures by their names.

use crate::record::analysis::{Analysis, Difference, ModelKind, ModelResult, TargetKind, UnivariateRow};
use crate::report::numbers::count;

/// An analysis with its words.
pub struct View<'a> {
    /// The record.
    pub analysis: &'a Analysis,
}

impl<'a> View<'a> {
    /// Whether a response is predicted, and not the time to an event.
    pub fn is_response(&self) -> bool {
        self.analysis.design.target == TargetKind::Response
    }

    /// Whether several units belong to one patient.
    pub fn of_lesions(&self) -> bool {
        self.analysis.design.units != self.analysis.design.patients
    }

    /// What a unit is called.
    pub fn unit(&self) -> &'static str {
        if self.of_lesions() { "lesion" } else { "patient" }
    }

    /// What a unit with the outcome is called.
    pub fn event(&self) -> &'static str {
        if self.is_response() { "responder" } else { "event" }
    }

    /// What discrimination is measured by.
    pub fn measure(&self) -> &'static str {
        if self.is_response() { "AUC" } else { "Harrell's C" }
    }

    /// `n = 60 patients, 24 responders`, for titles.
    pub fn n(&self) -> String {
        let design = &self.analysis.design;
        let of = if self.of_lesions() {
            format!(" of {}", count(design.patients, "patient"))
        } else {
            String::new()
        };
        format!(
            "n\u{a0}=\u{a0}{}{of}, {}",
            count(design.units, self.unit()),
            count(design.events, self.event())
        )
    }

    /// The same of a part of the units.
    pub fn n_of(&self, units: usize, events: usize) -> String {
        format!("n\u{a0}=\u{a0}{units}, {}", count(events, self.event()))
    }

    /// A model that was asked for.
    pub fn model(&self, kind: ModelKind) -> Option<&'a ModelResult> {
        self.analysis.models.iter().find(|model| model.model == kind)
    }

    /// The day from the landmark up to which a time to event is predicted, the same for all models.
    pub fn horizon(&self) -> Option<f64> {
        self.analysis.models.iter().find_map(|model| model.uno).map(|(_, days)| days)
    }

    /// A model against volume.
    pub fn difference(&self, kind: ModelKind) -> Option<&'a Difference> {
        self.analysis.differences.iter().find(|difference| difference.model == kind)
    }

    /// The model that the claim is about.
    pub fn claimed(&self) -> Option<&'a ModelResult> {
        self.model(self.analysis.claim.model)
    }

    /// Models whose labels were permuted: so many tests.
    pub fn permuted(&self) -> usize {
        self.analysis.models.iter().filter(|model| model.permutation.is_some()).count()
    }

    /// Features of a block, the smallest p first; those without one last.
    pub fn block(&self, block: &str) -> Vec<&'a UnivariateRow> {
        let mut rows: Vec<_> = self.analysis.univariate.iter().filter(|row| row.block == block).collect();
        let p = |row: &UnivariateRow| row.p.unwrap_or(f64::INFINITY);
        rows.sort_by(|a, b| p(a).total_cmp(&p(b)).then_with(|| a.feature.cmp(&b.feature)));
        rows
    }

    /// Blocks of features one by one, in the order in which they come.
    pub fn blocks(&self) -> Vec<&'a str> {
        let mut blocks: Vec<&str> = Vec::new();
        for row in &self.analysis.univariate {
            if !blocks.contains(&row.block.as_str()) {
                blocks.push(&row.block);
            }
        }
        blocks
    }
}

/// A block in words.
pub fn block_name(block: &str) -> &str {
    match block {
        "volume" => "change of volume",
        "recist" => "category of RECIST 1.1",
        "volumetric" => "volumetric response",
        "clinical" => "clinical covariates",
        "baseline" => "features at baseline",
        "delta" => "changes of features",
        other => other,
    }
}
