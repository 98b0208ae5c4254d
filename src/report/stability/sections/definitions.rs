//! What the words and letters of the page mean.

use maud::{Markup, html};

use super::provenance::pairs;
use crate::record::IccClass;
use crate::report::stability::look;

/// The section.
pub fn definitions() -> Markup {
    let classes: Vec<String> =
        IccClass::ALL.iter().map(|class| format!("{class} {}", look::class_range(*class))).collect();
    let all = [
        (
            "ICC",
            "Share of the spread that is between subjects. Relative to the patients of this study: it does not carry \
                 over to a narrower population, another scanner or another organ. Negative estimates are shown as they are.",
        ),
        ("ICC(1,1)", "Of exchangeable repeats (perturbations): everything between repeats is noise."),
        ("ICC(A,1)", "Absolute agreement of single scans: a shift between scans counts as noise too."),
        ("ICC(C,1)", "Consistency of single scans: a shift between scans is left aside."),
        (
            "Stable, marginal",
            "Stable: the figure that was chosen reaches the threshold. Marginal: the estimate does, its \
                              lower bound does not. Unstable: neither. Undefined: too few repeats, or nothing that varies.",
        ),
        ("wSD, SEM", "Standard deviation of repeats within a subject, with its interval by chi squared."),
        (
            "wCV",
            "The same relative to the value: wSD / mean on values, sqrt(exp(wSD\u{b2}) \u{2212} 1) on logarithms.",
        ),
        (
            "RC, MDC95",
            "Repeatability coefficient, 1.96 \u{221a}2 wSD: two scans of an unchanged patient differ by less in \
                       95 % of pairs. The gate's noise limit.",
        ),
        ("CCC", "Lin's concordance: how near pairs lie to the line of identity."),
        (
            "Bias and limits",
            "Mean of second minus first, and \u{b1}1.96 standard deviations around it; exact intervals by \
                             the noncentral t distribution.",
        ),
        (
            "Scale",
            "Logarithms where differences grow with the value and the logarithm evens them out, values else; chosen \
                   feature by feature. ICC and limits are those of the chosen scale.",
        ),
    ];
    let all: Vec<(String, String)> = all
        .iter()
        .map(|(label, words)| ((*label).to_owned(), (*words).to_owned()))
        .chain([("Classes".to_owned(), format!("{} (Koo & Li 2016).", classes.join(", ")))])
        .collect();
    html! {
        section id="definitions" {
            h2 { "Definitions" }
            (pairs(&all))
        }
    }
}
