//! The page from top to bottom.

use maud::html;

use super::check::check;
use super::error::ReportError;
use super::sections;
use super::view::View;
use crate::record::analysis::Analysis;
use crate::report::shell::shell;

/// The report as one HTML file.
pub fn render(analysis: &Analysis) -> Result<String, ReportError> {
    check(analysis)?;
    let view = View { analysis };
    let body = html! {
        main {
            (sections::banner::banner(&view))
            (sections::flow::flow(&view))
            (sections::design::design(&view))
            (sections::comparison::comparison(&view))
            (sections::performance::performance(&view))
            (sections::features::features(&view))
            (sections::redundancy::redundancy(&view))
            (sections::patients::patients(&view))
            (sections::survival::survival(&view))
            (sections::courses::courses(&view))
            (sections::batches::batches(&view))
            (sections::subgroups::subgroups(&view))
            (sections::drivers::drivers(&view))
            (sections::size::size(&view))
            (sections::checklist::checklist(&view))
            (sections::methods::methods(&view))
            (sections::provenance::provenance(&view))
        }
        footer {
            p { "Research use only. Not a medical device. Written by delta " (analysis.design.version) "." }
        }
    };
    let title = format!("{}: cohort analysis \u{b7} delta", sections::banner::question(&view));
    let styles = [include_str!("../style.css"), include_str!("../figure.css"), include_str!("style.css")];
    Ok(shell(&title, &styles, &body).into_string())
}
