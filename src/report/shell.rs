//! The shell of every page: one file that fetches nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing is fetched: the page is one file, and says so to the browser.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

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
