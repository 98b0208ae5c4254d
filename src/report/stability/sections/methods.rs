//! The methods paragraph, ready for a paper, and what it cites.

use maud::{Markup, html};

use crate::record::{IccBound, NoiseScale, RepeatKind};
use crate::report::stability::StabilityInput;
use crate::report::stability::view::GroupView;
use crate::report::wording::{count, fixed, list};
use crate::stability::rules::ScaleRule;

/// The section.
pub fn methods(input: &StabilityInput, views: &[GroupView]) -> Markup {
    html! {
        section id="methods" {
            h2 { "Methods" }
            div.copied {
                blockquote { (paragraph(input, views)) }
                button.copy type="button" hidden { "Copy" }
            }
            h3 { "References" }
            ul.references { @for reference in references(views) { li { (reference) } } }
        }
    }
}

/// The paragraph.
fn paragraph(input: &StabilityInput, views: &[GroupView]) -> String {
    let rules = &input.rules;
    let designs: Vec<String> = views.iter().map(design).collect();
    let mut forms: Vec<String> = views.iter().map(|view| view.form.to_string()).collect();
    forms.dedup();
    let bound = match rules.icc_bound {
        IccBound::Lower => "the lower bound of its 95 % confidence interval",
        IccBound::Point => "its point estimate",
    };
    let scale = match rules.scale {
        ScaleRule::Auto => {
            "Differences were analysed on the original or the logarithmic scale, chosen for each feature from the rank \
             correlation of absolute differences and means."
        }
        ScaleRule::Always(NoiseScale::Raw) => "Differences were analysed on the original scale.",
        ScaleRule::Always(NoiseScale::Log) => {
            "Differences of positive features were analysed on the logarithmic scale."
        }
    };
    let intervals = if views.iter().any(GroupView::bootstrapped) {
        format!(
            " Where subjects had several regions or repeats were missing, intervals came from a percentile bootstrap of \
             subjects ({} resamples).",
            rules.resamples
        )
    } else {
        String::new()
    };
    let perturbed = input.perturbation.as_ref().map_or_else(String::new, |p| {
        format!(
            " Scans were perturbed {} with chain {} (seed {}; Zwanenburg et al. 2019): the results describe robustness \
             against perturbations and not test-retest repeatability.",
            count(p.count as usize, "time"),
            p.chain,
            p.seed
        )
    });
    let pairs = if views.iter().any(|view| view.k() == 2) {
        " Agreement of pairs was described by Bland-Altman bias and 95 % limits (1986, 1999) with exact confidence \
         intervals (Carkeet 2015) and by the concordance correlation coefficient (Lin 1989)."
    } else {
        ""
    };
    format!(
        "Repeatability was assessed in {}.{perturbed} Reliability was described by the intraclass correlation {} (McGraw \
         and Wong 1996) with 95 % confidence intervals, classified after Koo and Li (2016); a feature was called stable \
         if {bound} was at least {}.{intervals} {scale} Repeatability was described by the within-subject standard \
         deviation and the repeatability coefficient (1.96 \u{221a}2 wSD) with chi-squared intervals (Bland and Altman \
         1999).{pairs} Calculated by delta-radiomics {}.",
        list(&designs),
        list(&forms),
        fixed(rules.icc_threshold, 2),
        input.version,
    )
}

fn design(view: &GroupView) -> String {
    let (_, n) = view.n_range();
    let what = match view.design.group.kind {
        RepeatKind::Scan => "repeated scans",
        RepeatKind::Rater => "repeated contourings",
        RepeatKind::Perturbation => "perturbations",
    };
    let subjects = view.found.iter().map(|found| found.n_subjects).max().unwrap_or(0);
    let rois = match &view.design.group.rois.roi {
        Some(roi) => format!("{} ({roi})", view.design.group.rois.role),
        None => view.design.group.rois.role.to_string(),
    };
    format!(
        "{} of {} ({rois}, {} masks; {} {what} each; {})",
        count(n, "region"),
        count(subjects, "subject"),
        view.design.group.source,
        view.k(),
        count(view.found.len(), "feature"),
    )
}

fn references(views: &[GroupView]) -> Vec<&'static str> {
    let mut all = vec![
        "Bland JM, Altman DG. Statistical methods for assessing agreement between two methods of clinical measurement. \
         Lancet 1986;327:307-310.",
        "Bland JM, Altman DG. Measuring agreement in method comparison studies. Stat Methods Med Res 1999;8:135-160.",
        "Carkeet A. Exact parametric confidence intervals for Bland-Altman limits of agreement. Optom Vis Sci \
         2015;92:e71-e80.",
        "Koo TK, Li MY. A guideline of selecting and reporting intraclass correlation coefficients for reliability \
         research. J Chiropr Med 2016;15:155-163.",
        "Lin LI. A concordance correlation coefficient to evaluate reproducibility. Biometrics 1989;45:255-268.",
        "McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods \
         1996;1:30-46.",
    ];
    if views.iter().any(GroupView::in_silico) {
        all.push(
            "Zwanenburg A, Leger S, Agolli L, et al. Assessing robustness of radiomic features by image perturbation. \
             Sci Rep 2019;9:614.",
        );
    }
    all
}
