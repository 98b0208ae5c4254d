//! What was repeated, on whom, and who drew the contours.

use maud::{Markup, html};

use super::provenance::pairs;
use crate::record::{IccBound, NoiseScale, RcBound, RepeatKind};
use crate::report::stability::StabilityInput;
use crate::report::stability::input::GroupDesign;
use crate::report::stability::look;
use crate::report::stability::view::GroupView;
use crate::report::wording::{count, fixed, source_sentence};
use crate::stability::rules::ScaleRule;

/// The section.
pub fn design(input: &StabilityInput, views: &[GroupView]) -> Markup {
    html! {
        section id="design" {
            h2 { "Design" }
            div.scroll tabindex="0" role="region" aria-label="Design" {
                table.plain {
                    thead { tr {
                        th scope="col" { "Group" } th.n scope="col" { "Subjects" } th.n scope="col" { "Regions" }
                        th.n scope="col" { "Features" } th scope="col" { "Repeats" } th scope="col" { "Contours" }
                    } }
                    tbody { @for view in views { (line(view)) } }
                }
            }
            @if views.len() > 1 {
                p.note {
                    "Groups are never pooled: the spread between a liver and a kidney would pass for reliability, and a \
                     carried mask has no noise of delineation."
                }
            }
            @for design in views.iter().map(|view| view.design).filter(|design| !design.dropped.is_empty()) {
                (dropped(design, views.len() > 1))
            }
            @if let Some(perturbation) = &input.perturbation {
                p {
                    "Each scan was perturbed " (count(perturbation.count as usize, "time")) " by the chain "
                    strong { (perturbation.chain) } " (" (letters(&perturbation.chain)) "), seed " (perturbation.seed)
                    ". Contours were not randomised; in Zwanenburg et al. (2019) the chains with contour randomisation \
                     resembled test-retest best."
                }
            }
            h3 { "Rules" }
            (pairs(&rules(input, views)))
            @if !input.protocol.is_empty() {
                h3 { "Measurement" }
                (pairs(&input.protocol))
            }
        }
    }
}

fn line(view: &GroupView) -> Markup {
    let design = view.design;
    let source = design.group.source;
    let names = design.repeats.join(", ");
    html! {
        tr {
            th scope="row" { (look::group(&design.group)) }
            td.n { (design.subjects) } td.n { (design.regions) } td.n { (view.found.len()) }
            td {
                (count(view.k(), look::repeat(design.group.kind)))
                @if design.group.kind != RepeatKind::Perturbation && !names.is_empty() { small { (names) } }
            }
            td { (source) small { (source_sentence(source)) } }
        }
    }
}

fn dropped(design: &GroupDesign, several: bool) -> Markup {
    html! {
        details {
            summary {
                "Left out" @if several { " of " (look::group(&design.group)) } ": " (design.dropped.len())
            }
            ul { @for sentence in &design.dropped { li { (sentence) } } }
        }
    }
}

/// A chain's letters in words.
fn letters(chain: &str) -> String {
    let words: Vec<&str> = chain
        .chars()
        .filter_map(|letter| match letter {
            'N' => Some("noise"),
            'T' => Some("translation"),
            'R' => Some("rotation"),
            'V' => Some("growth and shrinkage of the region"),
            _ => None,
        })
        .collect();
    words.join(", ")
}

fn rules(input: &StabilityInput, views: &[GroupView]) -> Vec<(String, String)> {
    let rules = &input.rules;
    let mut forms: Vec<String> = views.iter().map(|view| view.form.to_string()).collect();
    forms.dedup();
    let bound = match rules.icc_bound {
        IccBound::Lower => "the lower bound of its 95 % interval",
        IccBound::Point => "its estimate",
    };
    let limit = match rules.rc_bound {
        RcBound::Auto => "upper bound of RC below 20 regions, else RC",
        RcBound::Point => "RC",
        RcBound::Upper => "upper bound of RC",
    };
    let scale = match rules.scale {
        ScaleRule::Auto => "raw or log, feature by feature, by the precision profile",
        ScaleRule::Always(NoiseScale::Raw) => "values, for all features",
        ScaleRule::Always(NoiseScale::Log) => "logarithms, for all features that are positive",
    };
    let mut all = vec![
        (
            "Stable".to_owned(),
            format!("{}: {bound} is at least {}", forms.join(", "), fixed(rules.icc_threshold, 2)),
        ),
        ("Scale".to_owned(), scale.to_owned()),
        ("Noise limit".to_owned(), limit.to_owned()),
    ];
    if views.iter().any(GroupView::bootstrapped) {
        let words = format!("{} resamples of subjects, seed {}", rules.resamples, rules.seed);
        all.push(("Bootstrap".to_owned(), words));
    }
    all
}
