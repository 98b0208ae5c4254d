//! Where everything comes from.

use maud::{Markup, html};

use crate::report::stability::StabilityInput;

/// The section.
pub fn provenance(input: &StabilityInput) -> Markup {
    let own = [("Program".to_owned(), format!("delta {}", input.version))];
    let all: Vec<(String, String)> = own.into_iter().chain(input.provenance.iter().cloned()).collect();
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            (pairs(&all))
            p {
                "All figures of every feature stand in " code { "stability.csv" } ", the six forms of the ICC in "
                code { "icc.csv" } ", the noise limits for new patients in " code { "gate.json" } "."
            }
        }
    }
}

/// Labels and values.
pub fn pairs(all: &[(String, String)]) -> Markup {
    html! {
        dl { @for (label, value) in all { dt { (label) } dd { (value) } } }
    }
}
