//! The page from top to bottom.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::headline::Deciding;
use super::input::RunReport;
use super::sections;
use super::standing::checks;

/// Nothing is fetched: the page is one file, and says so to the browser.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

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

/// A page around its body, with everything it needs inside.
pub(super) fn shell(title: &str, styles: &[&str], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { @for style in styles { (PreEscaped(style)) } }
            }
            body {
                (body)
                script { (PreEscaped(include_str!("table.js"))) }
            }
        }
    }
}
