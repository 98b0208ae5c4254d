//! The head of the page: the study in words, and its five worst alignments.

use maud::{Markup, html};

use super::card::{PICTURE, card};
use crate::record::{Followed, QaVerdict};
use crate::report::cohort::look;
use crate::report::cohort::study::Study;
use crate::report::wording::{count, list};

/// So many alignments are named at once.
const WORST: usize = 5;

/// Title, what became of the study, and the worst alignments.
pub fn banner(study: &Study) -> Markup {
    let page = study.page;
    let (class, symbol, word) = standing(study);
    html! {
        header {
            p.research { "Research use only. Not a medical device." }
            h1 { (study.name()) }
            p.subtitle {
                "Quality of the alignments of a cohort \u{b7} " (count(study.subjects.len(), "patient"))
            }
        }
        section.banner.(class) aria-label="Status" {
            p.verdict { span.symbol aria-hidden="true" { (symbol) } strong { (word) } span { (people(study)) } }
            ul.tally.verdicts {
                @for verdict in [QaVerdict::Fail, QaVerdict::Review, QaVerdict::Pass] {
                    li { strong { (study.alignments(verdict)) } " " (look::badge(verdict)) span.means { (meaning(verdict)) } }
                }
            }
            @for text in sentences(study) { p { (text) } }
            @if !page.notes.is_empty() { ul.notes { @for note in &page.notes { li { (note) } } } }
        }
        @if !study.ranked.is_empty() {
            section.worst id="worst" {
                h2 { (heading(study)) }
                p.means { (PICTURE) }
                ol.cards { @for ranked in study.ranked.iter().take(WORST) { (card(ranked)) } }
            }
        }
    }
}

fn standing(study: &Study) -> (&'static str, &'static str, &'static str) {
    if study.alignments(QaVerdict::Fail) > 0 || !study.failed.is_empty() {
        ("stop", "\u{2715}", "Not all can be used.")
    } else if study.alignments(QaVerdict::Review) > 0 || study.waiting() > 0 {
        ("look", "!", "Some need a look.")
    } else if study.ranked.is_empty() {
        ("unknown", "?", "Nothing was aligned.")
    } else {
        ("good", "\u{2713}", "All alignments pass.")
    }
}

fn people(study: &Study) -> String {
    let mut told = vec![
        format!("{} in the manifest", count(study.subjects.len(), "patient")),
        format!("{} measured", study.measured.len()),
        format!("{} failed", study.failed.len()),
    ];
    if study.waiting() > 0 {
        told.push(format!("{} without a result yet", study.waiting()));
    }
    told.join(", ") + "."
}

fn meaning(verdict: QaVerdict) -> &'static str {
    match verdict {
        QaVerdict::Fail => " not to be used",
        QaVerdict::Review => " a person should look",
        QaVerdict::Pass => " no finding",
    }
}

fn sentences(study: &Study) -> Vec<String> {
    let mut told = Vec::new();
    if !study.failing.is_empty() {
        told.push(format!(
            "The alignment of {} FAILs at a follow-up: deltas that rest on it are refused.",
            count(study.failing.len(), "patient")
        ));
    }
    let by_masks = study.rows(Followed::NotRegistered).count();
    if by_masks > 0 {
        told.push(format!(
            "{} compared by drawn masks alone: nothing here speaks about how {} scans lie to each other.",
            if by_masks == 1 { "1 visit pair was".into() } else { format!("{by_masks} visit pairs were") },
            if by_masks == 1 { "its" } else { "their" },
        ));
    }
    if !study.features_only.is_empty() {
        told.push(format!(
            "{} {} no follow-up and {} features only.",
            count(study.features_only.len(), "patient"),
            if study.features_only.len() == 1 { "has" } else { "have" },
            if study.features_only.len() == 1 { "gives" } else { "give" },
        ));
    }
    let lesions = study.lesions();
    let changes: Vec<String> = [(lesions.new, "new"), (lesions.absent, "gone"), (lesions.lost, "lost")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if !changes.is_empty() {
        told.push(format!("Of the lesions, {} at a follow-up.", list(&changes)));
    }
    let differing = study.page.settings.differing.len();
    if differing > 0 {
        told.push(format!(
            "{} measured otherwise than the study: see the settings.",
            if differing == 1 { "1 patient was".into() } else { format!("{differing} patients were") }
        ));
    }
    told
}

fn heading(study: &Study) -> String {
    let shown = study.ranked.len().min(WORST);
    if shown == study.ranked.len() && shown > 1 {
        return format!("The {shown} alignments, the worst first");
    }
    let number = ["", "", "two ", "three ", "four ", "five "][shown];
    let what = if shown == 1 { "The worst alignment" } else { "alignments" };
    let of = format!(" of {}", study.ranked.len());
    if shown == 1 { what.to_owned() } else { format!("The {number}worst {what}{of}") }
}
