//! Reporting items that an analysis can evidence by what it recorded; the rest is the author's. There is no total: a
//! sum of items says nothing about a study.

mod clear;
mod metrics;

use crate::record::analysis::{
    Analysis, ChecklistItem, Evidence, ModelKind, ModelResult, ModelStatus, TargetKind,
};

/// What is known of an item, and how, in words.
type Known = (Evidence, String);

/// All items of both lists, in their order.
pub fn items(analysis: &Analysis) -> Vec<ChecklistItem> {
    let facts = Facts(analysis);
    let list = |name: &'static str, items: &'static [&'static str], known: fn(&Facts, usize) -> Known| {
        let facts = Facts(facts.0);
        items.iter().enumerate().map(move |(n, item)| {
            let (evidence, text) = known(&facts, n + 1);
            let (list, number) = (name.to_owned(), (n + 1).to_string());
            ChecklistItem { list, number, item: (*item).to_owned(), evidence, text }
        })
    };
    list("METRICS", &metrics::ITEMS, metrics::known)
        .chain(list("CLEAR", &clear::ITEMS, clear::known))
        .collect()
}

/// What both lists ask about.
struct Facts<'a>(&'a Analysis);

fn evidenced(text: impl Into<String>) -> Known {
    (Evidence::Evidenced, text.into())
}

fn not_done(text: impl Into<String>) -> Known {
    (Evidence::NotDone, text.into())
}

fn author() -> Known {
    authors("")
}

/// The author's, with what the analysis adds to it.
fn authors(text: &str) -> Known {
    (Evidence::Author, text.to_owned())
}

impl Facts<'_> {
    fn version(&self) -> &str {
        &self.0.design.version
    }

    fn is_of_our_scans(&self) -> bool {
        !self.0.design.measurement_hashes.is_empty()
    }

    fn measurement(&self) -> Known {
        let hashes: Vec<&str> =
            self.0.design.measurement_hashes.iter().map(|hash| hash.get(..12).unwrap_or(hash)).collect();
        let text = format!(
            "Measurement hash {}: resampling, intensities, discretisation and definitions stand in \
             resolved_protocol.toml of each patient.",
            hashes.join(", ")
        );
        if self.is_of_our_scans() { evidenced(text) } else { author() }
    }

    fn software(&self) -> Known {
        let text = format!("delta {}, tested against the reference values of the IBSI.", self.version());
        if self.is_of_our_scans() { evidenced(text) } else { author() }
    }

    fn split(&self) -> Known {
        let design = &self.0.design;
        evidenced(format!(
            "Nested cross-validation, {} repeats of {} outer and {} inner folds, stratified by outcome, all units of a \
             patient in one fold; everything that learns does so within the training part (folds.csv).",
            design.repeats, design.folds, design.inner_folds
        ))
    }

    fn uncertainty(&self) -> Known {
        evidenced(self.0.claim.interval.text.clone())
    }

    fn tuning(&self) -> Known {
        evidenced(format!(
            "Penalty by inner folds, mixing {}, seed {}; no other setting was tried.",
            self.0.design.alpha, self.0.design.seed
        ))
    }

    fn frozen(&self) -> Known {
        if self.0.models.iter().any(|model| model.frozen.is_some()) {
            authors("model.json holds all coefficients; whether it is published is the author's.")
        } else {
            not_done("No model could be frozen.")
        }
    }

    fn model(&self, kind: ModelKind) -> Option<&ModelResult> {
        self.0.models.iter().find(|model| model.model == kind)
    }

    fn is_there(&self, kind: ModelKind) -> bool {
        self.model(kind)
            .is_some_and(|model| matches!(model.status, ModelStatus::Fitted | ModelStatus::ConstantInFolds))
    }

    fn against_others(&self) -> Known {
        let beside = [ModelKind::Volume, ModelKind::Recist, ModelKind::Volumetric, ModelKind::Clinical];
        let there: Vec<&str> =
            beside.into_iter().filter(|kind| self.is_there(*kind)).map(ModelKind::word).collect();
        if there.is_empty() {
            return not_done("Neither volume, response categories nor clinical covariates were given.");
        }
        evidenced(format!("On the same folds beside the deltas: {}.", there.join(", ")))
    }

    fn calibration(&self) -> Known {
        let with: Vec<&str> = self
            .0
            .models
            .iter()
            .filter(|model| model.calibration.is_some())
            .map(|m| m.model.word())
            .collect();
        if with.is_empty() {
            return not_done("No model could be calibrated.");
        }
        evidenced(format!("Slope, intercept and Brier score of: {}.", with.join(", ")))
    }

    fn discrimination(&self) -> Known {
        evidenced(match self.0.design.target {
            TargetKind::Response => {
                "Area under the ROC curve from pairs within folds, calibration and net benefit, together."
            }
            TargetKind::Survival => {
                "Harrell's and Uno's C from pairs within folds, calibration at a horizon, Kaplan-Meier curves."
            }
        })
    }

    fn redundancy(&self) -> Known {
        let steps = self.0.filters.iter().filter(|step| step.filter == "redundancy");
        let told: Vec<String> = steps
            .map(|step| format!("{} of {} {} features stay", step.after, step.before, step.block))
            .collect();
        if told.is_empty() { author() } else { evidenced(format!("{} (on all units).", told.join("; "))) }
    }

    fn robustness(&self) -> Known {
        let judged = self.0.univariate.iter().filter(|row| row.gate.is_some()).count();
        if judged == 0 {
            return not_done("No gate: no repeated scans say which features repeat.");
        }
        let unstable = self.0.univariate.iter().filter(|row| row.gate.as_deref() == Some("unstable")).count();
        evidenced(format!("A gate judged {judged} features; {unstable} are unstable and left out."))
    }

    fn dimension(&self) -> Known {
        let Some(deltas) = self.0.sample_size.iter().find(|size| size.model == ModelKind::Deltas) else {
            return not_done("There is no model of deltas.");
        };
        let needed = deltas.needed.map_or_else(|| "unknown".to_owned(), |needed| needed.to_string());
        evidenced(format!(
            "{} candidate parameters of the deltas' model need {needed} patients (Riley); there are {}.",
            deltas.parameters, deltas.patients
        ))
    }

    fn confounders(&self) -> Known {
        let design = &self.0.design;
        let sites = match (&design.harmonised, &self.0.batches) {
            (Some(words), _) => format!("sites: {words}"),
            (None, Some(_)) => "sites were looked at and not harmonised".to_owned(),
            (None, None) => "one site, or none known".to_owned(),
        };
        evidenced(format!(
            "Features that follow the change of volume are left out, and volume alone stands beside each model; {sites}."
        ))
    }

    fn missing(&self) -> Known {
        let columns = self.0.missing.iter().filter(|missing| missing.missing > 0).count();
        evidenced(format!("{columns} columns lack values; medians of the training part stand for them."))
    }

    fn explanation(&self) -> Known {
        let explained = self.0.models.iter().any(|model| model.explained.is_some());
        if explained {
            evidenced("Exact SHAP values of the linear predictor, permutation importance, nomogram.")
        } else {
            not_done("No model chose any feature.")
        }
    }

    fn flow(&self) -> Known {
        evidenced(format!("{} steps from the tables to the analysis (flow.json).", self.0.flow.len()))
    }

    fn comparison(&self) -> Known {
        let told = self.0.differences.iter().filter(|of| of.difference.is_some()).count();
        evidenced(format!("{told} models against volume alone, on the same folds and resamples."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_whole() {
        // Kocak 2024: 30 items; Kocak 2023: 58.
        assert_eq!((metrics::ITEMS.len(), clear::ITEMS.len()), (30, 58));
        for item in metrics::ITEMS.iter().chain(&clear::ITEMS) {
            assert!(item.len() > 7 && item.ends_with(|c: char| c.is_alphanumeric() || c == ')'), "{item}");
        }
    }
}
