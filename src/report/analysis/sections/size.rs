//! How much the models flatter themselves, and whether there are enough patients.

use maud::{Markup, html};

use crate::record::analysis::ModelResult;
use crate::report::analysis::look;
use crate::report::analysis::view::View;
use crate::report::analysis::words::{NONE, decimals, maybe, short};

/// The section.
pub fn size(view: &View) -> Markup {
    let flattered: Vec<&ModelResult> =
        view.analysis.models.iter().filter(|model| model.optimism.is_some()).collect();
    if flattered.is_empty() && view.analysis.sample_size.is_empty() {
        return html! {};
    }
    html! {
        section id="size" {
            h2 { "Optimism and number of patients" }
            @if !flattered.is_empty() { (optimism(view, &flattered)) }
            @if !view.analysis.sample_size.is_empty() { (sample_size(view)) }
        }
    }
}

fn optimism(view: &View, models: &[&ModelResult]) -> Markup {
    html! {
        h3 { "How much models flatter themselves (" (view.n()) ")" }
        div.scroll tabindex="0" role="region" aria-label="Optimism" {
            table.plain.tight {
                thead { tr {
                    th scope="col" { "Model" } th.n scope="col" { "Apparent " (view.measure()) }
                    th.n scope="col" { "Optimism" } th.n scope="col" { "Corrected" }
                    th.n scope="col" { "Cross-validated" } th.n scope="col" { "Slope" } th.n scope="col" { "Resamples" }
                } }
                tbody { @for model in models { @if let Some(of) = &model.optimism { tr {
                    th scope="row" { (look::model(model.model)) }
                    td.n { (decimals(of.apparent, 2)) } td.n { (decimals(of.optimism, 2)) } td.n { (decimals(of.corrected, 2)) }
                    td.n { (maybe(model.discrimination.map(|i| i.estimate), 2)) }
                    td.n { (maybe(of.slope, 2)) } td.n { (of.resamples) }
                } } } }
            }
        }
        p.note {
            "Apparent: on the units it was fitted to; optimism by Harrell's bootstrap. With many features per patient the \
             corrected figure stays too high: rely on the cross-validated one."
        }
    }
}

fn sample_size(view: &View) -> Markup {
    html! {
        h3 { "Are there enough patients?" }
        div.scroll tabindex="0" role="region" aria-label="Number of patients needed" {
            table.plain {
                thead { tr {
                    th scope="col" { "Model" } th.n scope="col" { "Candidate columns" }
                    th.n scope="col" { (if view.is_response() { "Outcomes of the rarer kind per candidate" } else { "Events per candidate" }) }
                    th.n scope="col" { "Assumed R\u{b2} (Cox-Snell)" } th.n scope="col" { "Needed, by criterion" }
                    th.n scope="col" { "Needed" } th.n scope="col" { "There are" }
                } }
                tbody { @for row in &view.analysis.sample_size { tr {
                    th scope="row" { (look::model(row.model)) }
                    td.n { (row.parameters) }
                    td.n { (row.events_per_parameter.map_or_else(|| NONE.to_owned(), short)) }
                    td.n { (short(row.r2)) }
                    td.n { (criteria(&row.criteria)) }
                    td.n { (row.needed.map_or_else(|| NONE.to_owned(), |n| n.to_string())) }
                    td.n { (row.patients) @if row.needed.is_some_and(|n| n > row.patients) { " (too few)" } }
                } } }
            }
        }
        p.note {
            "After Riley et al. (2019, 2020), for a model without a penalty of all candidates that reach it. Where far more \
             patients are needed than there are, a penalty and the intervals above carry the burden, and a model is for \
             hypotheses only."
        }
    }
}

fn criteria(all: &[usize]) -> String {
    if all.is_empty() {
        return NONE.to_owned();
    }
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
