//! CLEAR: a checklist for reports of radiomics research (Kocak 2023, Insights into Imaging 14:75), in our words.

use super::{Facts, Known, author, authors, evidenced, not_done};

/// What each item asks, from 1.
pub const ITEMS: [&str; 58] = [
    "Title names the radiomic method",
    "Structured summary",
    "Keywords",
    "Clinical background",
    "Why radiomics",
    "Objectives",
    "Guidelines that were followed",
    "Ethics, consent, data protection",
    "Sample size",
    "Nature of the study (retrospective, prospective)",
    "Who could take part",
    "Flow chart of the technical steps",
    "Source of the data",
    "Overlap with earlier studies",
    "How data were split",
    "How scans were made",
    "Predictors that are not radiomic",
    "Definition of the outcome",
    "How regions were drawn",
    "Who drew them",
    "Processing of images",
    "Resampling",
    "Discretisation",
    "Types of images (original, filtered)",
    "How features were measured, with software and version",
    "Classes of features",
    "Number of features",
    "Settings that were left as they are by default",
    "Missing values",
    "Imbalance of the classes",
    "Reliability of the contours",
    "Scaling of features",
    "Reduction of dimensions",
    "Algorithm of the model",
    "Training and tuning",
    "Confounders",
    "How the model was chosen",
    "How it was tested",
    "Figures of performance",
    "Uncertainty",
    "Statistical comparison of performance",
    "Comparison with methods that are not radiomic, and with both together",
    "Explanation of the model",
    "Characteristics of the patients",
    "Flow of the patients",
    "Statistics of the features",
    "Performance of the model",
    "Results beside methods that are not radiomic",
    "Summary of the findings",
    "Earlier work",
    "What it means in practice",
    "Strengths and limits",
    "Images and contours can be had",
    "Feature values can be had",
    "Scripts or settings of the processing can be had",
    "Code of the model can be had",
    "Files of the final model can be had",
    "A system that is ready for use can be had",
];

/// What the analysis knows of an item.
pub fn known(facts: &Facts, item: usize) -> Known {
    let analysis = facts.0;
    let design = &analysis.design;
    match item {
        7 => authors("This list and METRICS stand here as far as the analysis can evidence them."),
        9 => facts.dimension(),
        13 => evidenced(format!("{}; SHA-256 of every table is recorded.", sentence(&design.source))),
        15 | 38 => facts.split(),
        17 => {
            let names: Vec<&str> = analysis.table_one.rows.iter().map(|row| row.name.as_str()).collect();
            let mut names = names;
            names.dedup();
            if names.is_empty() {
                not_done("No covariate was given.")
            } else {
                evidenced(format!("{}.", names.join(", ")))
            }
        }
        18 => evidenced(format!(
            "Column {}; landmark: {}. Its clinical definition is the author's.",
            design.outcome, design.landmark.rule
        )),
        21..=24 | 55 => facts.measurement(),
        25 => facts.software(),
        26 if facts.is_of_our_scans() => {
            evidenced("Families of the Image Biomarker Standardisation Initiative, named in features.csv.")
        }
        27 => {
            let told: Vec<String> =
                design.candidates.iter().map(|of| format!("{} {}", of.columns, of.model.word())).collect();
            evidenced(format!("Candidate columns: {}.", told.join(", ")))
        }
        29 => facts.missing(),
        30 => evidenced(format!(
            "{} of {} units have the outcome; folds are stratified, nothing is re-weighted or sampled anew.",
            design.events, design.units
        )),
        32 => evidenced("Mean 0 and standard deviation 1 on the training part."),
        33 => {
            let told: Vec<String> = analysis
                .filters
                .iter()
                .map(|step| format!("{} {}: {} of {}", step.block, step.filter, step.after, step.before))
                .collect();
            evidenced(format!("{} (on all units; learnt anew in each fold).", told.join("; ")))
        }
        34 => evidenced(format!(
            "Elastic net (mixing {}) by coordinate descent; single columns without penalty.",
            design.alpha
        )),
        35 => facts.tuning(),
        36 => facts.confounders(),
        37 => {
            evidenced("All models were fixed beforehand and are all shown; none was chosen by its figures.")
        }
        39 => facts.discrimination(),
        40 => facts.uncertainty(),
        41 => facts.comparison(),
        42 | 48 => facts.against_others(),
        43 => facts.explanation(),
        44 => evidenced("Table 1, by outcome."),
        45 => facts.flow(),
        46 => facts.robustness(),
        47 => evidenced("Every model with interval, calibration and number of units (metrics.json)."),
        54 => authors("The tables of features are files; whether they are published is the author's."),
        56 => evidenced(format!("delta {} with the settings and the seed in metrics.json.", facts.version())),
        57 => facts.frozen(),
        _ => author(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
