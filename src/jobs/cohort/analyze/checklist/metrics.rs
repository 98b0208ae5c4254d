//! METRICS: methodological quality of radiomics research (Kocak 2024, Insights into Imaging 15:8), in our words.

use super::{Facts, Known, author, authors, evidenced, not_done};
use crate::record::analysis::ModelKind;

/// What each item asks, from 1.
pub const ITEMS: [&str; 30] = [
    "A reporting guideline was followed",
    "Who could take part, and that they represent the patients in question",
    "The outcome is defined, and of good quality",
    "More than one centre",
    "Scans as they are made in practice",
    "How scans were made",
    "Time between the scan and the outcome",
    "How regions were drawn",
    "Fully automatic contours were evaluated",
    "Contours of the test set by one reader or a tool alone",
    "How images were processed before measuring",
    "Standardised software",
    "Settings of the measurement",
    "Features that do not repeat were removed",
    "Features that say the same were removed",
    "As many features as the number of patients carries",
    "Robustness of networks that learn from images",
    "Training and test parts are kept apart",
    "Confounding factors",
    "Figures of performance that fit the task",
    "Uncertainty of the figures",
    "Calibration",
    "One image parameter, or proof that one is not enough",
    "Comparison with what is not radiomic",
    "Comparison with simple models",
    "Test on other patients of the same place",
    "Test on patients of another place",
    "Data can be had",
    "Code can be had",
    "The model can be had",
];

/// What the analysis knows of an item.
pub fn known(facts: &Facts, item: usize) -> Known {
    let analysis = facts.0;
    match item {
        1 => authors("This list and CLEAR stand here as far as the analysis can evidence them."),
        4 => match &analysis.batches {
            Some(batches) => evidenced(format!("{} sites.", batches.sites.len())),
            None => author(),
        },
        7 => {
            let landmark = &analysis.design.landmark;
            evidenced(format!(
                "Landmark: {}; the day of knowing is unknown of {} patients.",
                landmark.rule, landmark.unknown_day
            ))
        }
        11 | 13 => facts.measurement(),
        12 => facts.software(),
        14 => facts.robustness(),
        15 => facts.redundancy(),
        16 => facts.dimension(),
        18 | 26 => facts.split(),
        19 => facts.confounders(),
        20 => facts.discrimination(),
        21 => facts.uncertainty(),
        22 => facts.calibration(),
        24 => facts.against_others(),
        25 if facts.is_there(ModelKind::Volume) => {
            evidenced("The change of volume alone, a model of one column without penalty, on the same folds.")
        }
        25 => not_done("The change of volume is not known."),
        27 => {
            not_done("Not in this analysis: `delta cohort apply` scores an external cohort with model.json.")
        }
        29 => evidenced(format!("delta {}, MIT or Apache-2.0.", facts.version())),
        30 => facts.frozen(),
        _ => author(),
    }
}
