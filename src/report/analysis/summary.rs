//! The lines that end the command: the claim, what it rests on, and what to know.

use super::look;
use super::sections::banner::{coverage, verdict, word};
use super::view::View;
use super::words::{interval, maybe_interval, p_told};
use crate::record::analysis::{Analysis, ModelKind};
use crate::report::numbers::{count, sentence};

/// So many warnings are told; the others stand on the page.
const MOST_WARNINGS: usize = 3;

/// The summary: plain text, one fact per line, the claim first.
pub fn summary(analysis: &Analysis) -> String {
    let view = View { analysis };
    let mut lines = vec![
        line("Cohort", &plain(&view.n())),
        line("Claim", &format!("{}. {}", word(&view), verdict(&view))),
    ];
    lines.extend(analysis.claim.reasons.iter().map(|reason| line("", &sentence(reason))));
    for model in &analysis.models {
        if matches!(model.model, ModelKind::Volume | ModelKind::Clinical)
            || model.model == analysis.claim.model
        {
            let p = model.permutation.as_ref().map_or_else(String::new, |p| format!(", {}", p_told(p.p)));
            let told = match model.discrimination {
                Some(of) => format!("{} {}{p}", view.measure(), interval(of, 2)),
                None => model.note.clone().unwrap_or_else(|| look::status(model.status).to_owned()),
            };
            lines.push(line(model.model.word(), &plain(&told)));
        }
    }
    if let Some(difference) = view.difference(analysis.claim.model) {
        let told = difference.difference.map_or_else(
            || difference.status.clone().unwrap_or_else(|| "not compared".into()),
            |_| format!("{} to volume alone", maybe_interval(difference.difference, 2)),
        );
        lines.push(line("difference", &plain(&told)));
    }
    lines.push(line("Intervals", &plain(&format!("95 %, {}", coverage(&view)))));
    if view.permuted() > 0 {
        let told = format!(
            "{} per model, {}",
            count(analysis.design.permutations, "permutation"),
            count(view.permuted(), "test")
        );
        lines.push(line("p", &told));
    }
    let warnings = &analysis.warnings;
    lines.extend(
        warnings
            .iter()
            .take(MOST_WARNINGS)
            .map(|w| line("Note", &format!("{} ({})", sentence(&w.text), w.code))),
    );
    if warnings.len() > MOST_WARNINGS {
        lines.push(line("", &format!("{} more on the page.", warnings.len() - MOST_WARNINGS)));
    }
    lines.join("\n") + "\n"
}

fn line(label: &str, text: &str) -> String {
    let label = if label.is_empty() { String::new() } else { format!("{label}:") };
    format!("{label:<12}{text}")
}

/// Without typography that terminals may not have.
fn plain(text: &str) -> String {
    text.replace('\u{2212}', "-").replace('\u{a0}', " ").replace('\u{2013}', "-")
}
