//! Where everything comes from.

use maud::{Markup, html};

use crate::report::analysis::view::View;
use crate::report::analysis::words::coded;

/// The section.
pub fn provenance(view: &View) -> Markup {
    let design = &view.analysis.design;
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            dl {
                dt { "Program" } dd { "delta " (design.version) }
                dt { "Features" } dd { (coded(&design.source)) }
                @for (name, hash) in &design.inputs { dt { (name) } dd { "SHA-256 " code { (hash) } } }
                dt { "Measurement" }
                dd {
                    @if design.measurement_hashes.is_empty() { "the tables do not say how features were measured" }
                    @else { code { (design.measurement_hashes.join(", ")) } }
                }
                dt { "Seed" } dd { (design.seed) }
            }
            p {
                "All numbers stand in " code { "metrics.json" } ", features one by one in " code { "univariate.csv" }
                ", predictions of units that a model had not seen in " code { "predictions.csv" } ", the folds in "
                code { "folds.csv" } ", the frozen model in " code { "model.json" } "."
            }
        }
    }
}
