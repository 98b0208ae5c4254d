//! How verdicts look, never by colour alone, and where a patient's page is.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::record::{CohortQaRow, QaVerdict};

/// Symbol and class of a verdict.
pub fn verdict(verdict: QaVerdict) -> (&'static str, &'static str) {
    match verdict {
        QaVerdict::Pass => ("\u{25cf}", "q-pass"),
        QaVerdict::Review => ("\u{25c6}", "q-review"),
        QaVerdict::Fail => ("\u{2715}", "q-fail"),
    }
}

/// A verdict with its symbol and word.
pub fn badge(of: QaVerdict) -> Markup {
    let (symbol, class) = verdict(of);
    html! { span.badge.(class) { span.symbol aria-hidden="true" { (symbol) } (of.word()) } }
}

/// A verdict's mark in a plot: circle, diamond or cross.
pub fn mark(of: QaVerdict, (x, y): (i32, i32)) -> Markup {
    let (_, class) = verdict(of);
    html! {
        @match of {
            QaVerdict::Pass => circle.(class) cx=(x) cy=(y) r="4" {},
            QaVerdict::Review => path.(class) d=(format!("M{} {y}L{x} {}L{} {y}L{x} {}Z", x - 5, y - 5, x + 5, y + 5)) {},
            QaVerdict::Fail => path.cross.(class)
                d=(format!("M{} {}l10 10m0 -10l-10 10", x - 5, y - 5)) {},
        }
    }
}

/// The address of a patient's page, seen from the study's.
pub fn page_of(key: &str) -> String {
    let mut address = String::from("patients/");
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}"); // writing to a string cannot fail
        }
    }
    address + "/report.html"
}

/// A subject as a link to its page.
pub fn subject(row: &CohortQaRow) -> Markup {
    html! { a href=(page_of(&row.key)) { (row.subject) } }
}

/// The visits of a row: `t0 \u{2192} t1`.
pub fn visits(row: &CohortQaRow) -> String {
    match &row.followup_visit {
        Some(followup) => format!("{} \u{2192} {followup}", row.baseline_visit),
        None => row.baseline_visit.clone(),
    }
}
