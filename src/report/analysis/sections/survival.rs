//! Time to event: curves, Cox's model, and whether its hazards stay proportional.

use maud::{Markup, html};

use crate::record::analysis::KaplanMeier;
use crate::report::analysis::figures::forest::{Kind, Line, Scale, draw};
use crate::report::analysis::figures::kaplan_meier::kaplan_meier;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{decimals, maybe_p, p_told, ratio};
use crate::report::figure::{Data, Figure, Shown, words as heads};
use crate::report::numbers::count;

/// The section; nothing for a response.
pub fn survival(view: &View) -> Markup {
    let Some(survival) = &view.analysis.survival else {
        return html! {
            @if !view.is_response() {
                section id="survival" { h2 { "Time to event" } p.note { "No groups could be formed." } }
            }
        };
    };
    html! {
        section id="survival" {
            h2 { "Time to event" }
            (kaplan_meier(view, survival))
            (hazards(view, survival))
            (proportional(view, survival))
        }
    }
}

fn hazards(view: &View, survival: &KaplanMeier) -> Markup {
    let all = &survival.hazards;
    if all.is_empty() {
        return html! {};
    }
    let lines: Vec<Line> = all
        .iter()
        .map(|row| Line {
            name: term(&row.name),
            interval: row.hazard_ratio,
            instead: row.status.clone().unwrap_or_else(|| "not estimated".into()),
            beside: row.p.map_or_else(String::new, p_told),
            is_main: false,
        })
        .collect();
    let rows = all
        .iter()
        .map(|row| {
            let p = row.p.filter(|_| row.hazard_ratio.is_some());
            vec![
                term(&row.name),
                row.hazard_ratio.map_or_else(|| "\u{2013}".into(), ratio),
                maybe_p(p),
                row.status.clone().unwrap_or_default(),
            ]
        })
        .collect();
    Figure {
        title: format!("Cox's model of clinical covariates and the score ({})", view.n()),
        alt: format!("Forest plot of {} hazard ratios; the numbers are in the table below it.", all.len()),
        drawings: vec![draw(
            &lines,
            &Scale {
                title: "Hazard ratio (per SD, or against the first level)",
                neutral: 1.0,
                neutral_words: "no effect",
                told: "Hazard ratio (95 % interval)",
                beside: "Wald",
                kind: Kind::Ratio,
            },
        )],
        caption: html! {
            (count(all.len(), "term")) " in one model, as many tests, none adjusted for the others. Look whether the \
             score keeps its effect beside the covariates."
        },
        data: Data {
            head: heads(["Term", "Hazard ratio (95 % interval)", "p (Wald)", "Why none"]),
            rows,
            file: "metrics.json",
            shown: Shown::Folded,
        },
    }
    .render()
}

/// A term as groups are named elsewhere on the page: `sex: m` for the column `sex=m`.
fn term(name: &str) -> String {
    name.replacen('=', ": ", 1)
}

fn proportional(view: &View, survival: &KaplanMeier) -> Markup {
    let all = &survival.proportional;
    if all.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Do hazards stay proportional? (" (view.n()) ")" }
        div.scroll tabindex="0" role="region" aria-label="Tests of proportional hazards" {
            table.plain.tight {
                thead { tr {
                    th scope="col" { "Term" } th.n scope="col" { "\u{3c7}\u{b2}" }
                    th.n scope="col" { "Degrees of freedom" } th.n scope="col" { "p (" (count(all.len(), "test")) ")" }
                } }
                tbody { @for row in all { tr {
                    th scope="row" { (if row.name == "GLOBAL" { "All terms together".to_owned() } else { term(&row.name) }) }
                    td.n { (decimals(row.chi_squared, 2)) } td.n { (row.df) } td.n { (maybe_p(Some(row.p))) }
                } } }
            }
        }
        p.note {
            "Scaled Schoenfeld residuals against time (Grambsch and Therneau). A small p says that a hazard ratio changes with \
             time, so that one number for it is a mean over time; a large one, with few events, says little."
        }
    }
}
