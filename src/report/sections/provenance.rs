//! Where everything comes from.

use maud::{Markup, html};

use crate::report::input::RunReport;
use crate::report::wording::capital;

/// The section.
pub fn provenance(report: &RunReport) -> Markup {
    let own = [
        ("Program".to_owned(), format!("delta {}", report.version)),
        ("Measurement hash".to_owned(), report.measurement_hash.as_str().to_owned()),
    ];
    let all: Vec<(String, String)> = own.into_iter().chain(report.provenance.iter().cloned()).collect();
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            (pairs(&all))
            p { "Everything, with hashes of every input and output, stands in " code { "run.json" } "." }
        }
    }
}

/// Labels and values.
pub fn pairs(all: &[(String, String)]) -> Markup {
    html! {
        dl { @for (label, value) in all { dt { @if label.contains('/') { (label) } @else { (capital(label)) } } dd { (value) } } }
    }
}
