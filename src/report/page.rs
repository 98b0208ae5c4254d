//! The page from top to bottom.

use maud::html;

use super::headline::Deciding;
use super::input::RunReport;
use super::sections;
use super::shell::shell;
use super::standing::checks;

/// The report as one HTML file.
pub fn render(report: &RunReport) -> String {
    let deciding = Deciding::new(report);
    let checks = checks(report, &deciding);
    let body = html! {
        main {
            (sections::banner::banner(report, &checks))
            (sections::fit::fit(report, &deciding))
            (sections::headlines::headlines(report, &deciding))
            (sections::response::response(report))
            (sections::visits::visits(report, &deciding))
            @if report.is_followed() { (sections::alignment::alignment(report, &deciding)) }
            (sections::regions::regions(report, &deciding))
            @if report.is_followed() {
                (sections::table::table(report, &deciding))
            } @else {
                (sections::values::values(report))
            }
            (sections::unanswered::unanswered(report, &deciding))
            (sections::methods::methods(report))
            (sections::provenance::provenance(report))
        }
        footer { p { "Research use only. Not a medical device. Written by delta " (report.version) "." } }
    };
    shell(&title(report), &[include_str!("style.css")], &body).into_string()
}

fn title(report: &RunReport) -> String {
    let names: Vec<&str> = report.visits.iter().map(|v| v.name).collect();
    let subject = report.subject.map_or_else(String::new, |s| format!("{s}: "));
    let alone = if report.is_followed() { "" } else { ", no follow-up" };
    format!("{subject}{}{alone} \u{b7} delta", names.join(" to "))
}
