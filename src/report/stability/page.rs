//! The page from top to bottom.

use maud::html;

use super::error::ReportError;
use super::input::StabilityInput;
use super::sections;
use super::view::{check_asked, groups};
use crate::report::shell::shell;

/// The report as one HTML file.
pub fn render(input: &StabilityInput) -> Result<String, ReportError> {
    let views = groups(input)?;
    check_asked(input)?;
    let body = html! {
        main {
            (sections::banner::banner(input, &views))
            (sections::design::design(input, &views))
            @for (at, view) in views.iter().enumerate() { (sections::group::group(view, at + 1, input)) }
            (sections::definitions::definitions())
            (sections::methods::methods(input, &views))
            (sections::provenance::provenance(input))
        }
        footer { p { "Research use only. Not a medical device. Written by delta " (input.version) "." } }
    };
    let title = input.title.as_deref().unwrap_or("Test-retest");
    let styles = [include_str!("../style.css"), include_str!("../figure.css"), include_str!("style.css")];
    Ok(shell(&format!("{title} \u{b7} delta"), &styles, &body).into_string())
}
