//! Who and what is left after each step.

use maud::{Markup, html};

use crate::report::analysis::figures;
use crate::report::analysis::view::{View, block_name};

/// The section.
pub fn flow(view: &View) -> Markup {
    html! {
        section id="flow" {
            h2 { "Flow of numbers" }
            @if view.analysis.flow.is_empty() {
                p.note { "The steps from the tables to the analysis were not recorded." }
            } @else { (figures::flow::flow(view)) }
            (filters(view))
        }
    }
}

/// Features before and after each filter.
fn filters(view: &View) -> Markup {
    let all = &view.analysis.filters;
    if all.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Features" }
        p {
            "Filters in their order, on all units, to describe them; inside the cross-validation each is learnt anew from the \
             training part alone."
        }
        div.scroll tabindex="0" role="region" aria-label="Features after each filter" {
            table.plain.tight.filters {
                thead { tr {
                    th scope="col" { "Block" } th scope="col" { "Filter" } th.n scope="col" { "Before" }
                    th.n scope="col" { "After" } th scope="col" { "Rule" }
                } }
                tbody { @for step in all { tr {
                    td { (block_name(&step.block)) } th scope="row" { (step.filter) }
                    td.n { (step.before) } td.n { (step.after) } td { (step.rule) }
                } } }
            }
        }
    }
}
