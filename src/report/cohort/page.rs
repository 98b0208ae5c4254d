//! The page from top to bottom.

use maud::html;

use super::input::CohortPage;
use super::sections;
use super::study::Study;
use crate::report::shell::shell;

/// The page as one HTML file.
pub fn render(page: &CohortPage) -> String {
    let study = Study::new(page);
    let body = html! {
        main {
            (sections::banner::banner(&study))
            (sections::flow::flow(&study))
            (sections::sheet::sheet(&study))
            (sections::matrix::matrix(&study))
            (sections::strips::strips(&study))
            (sections::visits::visits(&study))
            (sections::table::table(&study))
            (sections::failures::failures(&study))
            (sections::settings::settings(&study))
        }
        footer { p { "Research use only. Not a medical device. Written by delta " (page.version) "." } }
    };
    let styles = [include_str!("../style.css"), include_str!("../figure.css"), include_str!("style.css")];
    shell(&format!("{}: quality of alignments \u{b7} delta", study.name()), &styles, &body).into_string()
}
