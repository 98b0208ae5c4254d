//! Sites before and after harmonisation.

use maud::{Markup, html};

use crate::report::analysis::figures::components::components;
use crate::report::analysis::view::View;
use crate::report::numbers::sentence;

/// The section; nothing where there is one site.
pub fn batches(view: &View) -> Markup {
    let Some(batches) = &view.analysis.batches else { return html! {} };
    html! {
        section id="sites" {
            h2 { "Sites" }
            p {
                (sentence(&batches.harmonised.text))
                @if batches.harmonised.in_models { " The models used it, fitted inside the folds." } @else { " The models did not use it." }
            }
            div.panels {
                (components(view, batches, &batches.before, if batches.after.is_some() { "before harmonisation" } else { "as they are" }))
                @if let Some(after) = &batches.after { (components(view, batches, after, "after ComBat")) }
            }
        }
    }
}
