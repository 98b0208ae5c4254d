//! The methods paragraph, ready for a paper.

use maud::{Markup, html};

use crate::report::input::RunReport;
use crate::report::methods::paragraph;

/// The section.
pub fn methods(report: &RunReport) -> Markup {
    html! {
        section id="methods" {
            h2 { "Methods" }
            blockquote { (paragraph(report)) }
            h3 { "Sampling" }
            p { (report.sampling_decision) }
            @if !report.registration.is_empty() {
                details {
                    summary { "Settings of the registration" }
                    (super::provenance::pairs(&report.registration))
                }
            }
        }
    }
}
