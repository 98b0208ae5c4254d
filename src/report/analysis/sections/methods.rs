//! The methods paragraph, ready for a paper, and what it cites.

use maud::{Markup, html};

use super::banner::coverage;
use super::design::landmark;
use crate::report::analysis::view::View;
use crate::report::analysis::words::short;
use crate::report::numbers::{capital, count, sentence};

/// The section.
pub fn methods(view: &View) -> Markup {
    html! {
        section id="methods" {
            h2 { "Methods" }
            div.copied {
                blockquote { (paragraph(view)) }
                button.copy type="button" hidden { "Copy" }
            }
            h3 { "References" }
            ul.references { @for reference in references(view) { li { (reference) } } }
        }
    }
}

fn paragraph(view: &View) -> String {
    let design = &view.analysis.design;
    let (model, one_by_one, measure) = if view.is_response() {
        (
            "elastic-net logistic regression",
            "Mann-Whitney tests and the area under the ROC curve with DeLong intervals",
            "the area under the ROC curve",
        )
    } else {
        (
            "elastic-net Cox regression",
            "Cox models of one feature each (Efron's ties) and Harrell's C",
            "Harrell's C",
        )
    };
    let units = if view.of_lesions() {
        format!("{} of {}", count(design.units, "lesion"), count(design.patients, "patient"))
    } else {
        count(design.patients, "patient")
    };
    let survival = if view.is_response() {
        String::new()
    } else {
        " Survival of groups of predictions was described by Kaplan-Meier curves with log-log intervals and compared by the \
         log-rank test; proportional hazards were tested by scaled Schoenfeld residuals."
            .to_owned()
    };
    let harmonised = design.harmonised.as_ref().map_or_else(String::new, |text| {
        format!(" Sites were harmonised by ComBat inside the folds ({text}).")
    });
    let overridden = if design.overridden.is_empty() {
        String::new()
    } else {
        let all: Vec<String> = design.overridden.iter().map(|text| sentence(text)).collect();
        format!(" Overridden: {}", all.join(" "))
    };
    format!(
        "{units} ({}) were analysed. {}. Features one by one were compared by {one_by_one}, with false discovery rates \
         (Benjamini and Hochberg) within each block. Models were fitted by {model} (mixing {}) in {} repeats of {}-fold \
         cross-validation, grouped by patient and stratified by outcome, the penalty chosen in {} inner folds; imputation \
         by the median, scaling, filters (finite, gate, variance, correlation with volume, redundancy) and selection were \
         learnt from training parts alone. Discrimination was {measure} of pairs within folds. The model of deltas was \
         compared with the change of volume alone on the same folds and resamples; a claim needed a permutation p below \
         0.05 ({} permutations of labels among patients through the whole pipeline) and a lower bound of the difference \
         above zero. {} ({}; {} resamples).{survival}{harmonised}{overridden} Seed {}. Calculated by \
         delta-radiomics {}.",
        count(design.events, view.event()),
        landmark(view).trim_end_matches('.'),
        short(design.alpha),
        design.repeats,
        design.folds,
        design.inner_folds,
        design.permutations,
        capital(view.analysis.claim.interval.text.trim_end_matches('.')),
        coverage(view),
        design.resamples,
        design.seed,
        design.version,
    )
}

fn references(view: &View) -> Vec<&'static str> {
    let mut all = vec![
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate. J R Stat Soc B 1995;57:289-300.",
        "Riley RD, Ensor J, Snell KIE, et al. Calculating the sample size required for developing a clinical prediction \
         model. BMJ 2020;368:m441.",
        "Kocak B, Akinci D'Antonoli T, Mercaldo N, et al. METhodological RadiomICs Score (METRICS). Insights Imaging \
         2024;15:8.",
        "Kocak B, Baessler B, Bakas S, et al. CheckList for EvaluAtion of Radiomics research (CLEAR). Insights Imaging \
         2023;14:75.",
    ];
    if view.is_response() {
        all.push(
            "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated ROC curves. \
             Biometrics 1988;44:837-845.",
        );
        all.push("Vickers AJ, Elkin EB. Decision curve analysis. Med Decis Making 2006;26:565-574.");
        all.push(
            "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models via coordinate descent. J \
             Stat Softw 2010;33(1):1-22.",
        );
    } else {
        all.push(
            "Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J Clin Oncol 1983;1:710-719.",
        );
        all.push(
            "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals. Biometrika \
             1994;81:515-526.",
        );
        all.push("Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med 1996;15:361-387.");
        all.push(
            "Simon N, Friedman J, Hastie T, Tibshirani R. Regularization paths for Cox's proportional hazards model via \
             coordinate descent. J Stat Softw 2011;39(5):1-13.",
        );
    }
    if view.analysis.design.harmonised.is_some() {
        all.push(
            "Johnson WE, Li C, Rabinovic A. Adjusting batch effects in microarray expression data using empirical Bayes \
             methods. Biostatistics 2007;8:118-127.",
        );
    }
    all.sort_unstable();
    all
}
