//! The ten lines that end a run: what a physician would want to know, and what to do next.

use super::headline::{
    Deciding, deciding_rows, headline_rows, is_size, tally, unanswered, verdict_once_accepted,
};
use super::input::{PairReport, RunReport};
use super::standing::{Check, checks};
use super::wording::{count, feature_name, is_beyond, list, millilitres, number, percent, signed_percent};
use crate::record::{DeltaRow, Reason};

/// The summary: at most ten lines of plain text, the last one the command or the page to turn to.
///
/// `page` is where the report was written, as it should be shown.
pub fn summary(report: &RunReport, page: &str) -> String {
    let deciding = Deciding::new(report);
    let checks = checks(report, &deciding);
    let mut lines = vec![title(report)];
    lines.extend(checks.first().map(status));
    lines.extend(report.pairs.iter().take(2).filter_map(|pair| volumes(report, &deciding, pair)));
    lines.extend(report.pairs.iter().take(2).filter_map(|pair| changes(report, &deciding, pair)));
    lines.extend(refused(report));
    let doubts: Vec<String> = checks
        .iter()
        .skip(2)
        .filter(|c| c.sentences.len() + c.word.len() > 0)
        .map(|c| format!("{}: {}", c.topic.to_lowercase(), c.word))
        .collect();
    lines.push(format!(
        "Also:       {}.{}",
        doubts.join("; "),
        if report.notes.is_empty() { String::new() } else { format!(" {}", report.notes.join(" ")) }
    ));
    lines.truncate(7);
    lines.push(format!("Report:     {page}"));
    match &report.confirm {
        Some(confirm) => {
            lines.push(format!(
                "Look at the contour on the page, or edit {} and give it back as the mask. If it fits:",
                confirm.mask_path
            ));
            lines.push(format!("  {}", confirm.accept_command));
        }
        None => lines.push("Research use only. Not a medical device.".into()),
    }
    lines.join("\n") + "\n"
}

fn title(report: &RunReport) -> String {
    let names: Vec<&str> = report.visits.iter().map(|v| v.name).collect();
    let days: Vec<String> =
        report.pairs.iter().filter_map(|p| p.interval_days).map(|d| format!("{} days", number(d))).collect();
    let days = if days.is_empty() { String::new() } else { format!(", {}", days.join(", ")) };
    let subject = report.subject.map_or_else(String::new, |s| format!("{s}: "));
    format!("{subject}{}{days}", names.join(" -> "))
}

fn status(check: &Check) -> String {
    format!("Alignment:  {}. {}", check.word, check.sentences.join(" "))
}

/// Regions with their volumes and whose contour it is.
fn volumes(report: &RunReport, deciding: &Deciding, pair: &PairReport) -> Option<String> {
    let (baseline, followup) = (report.visit(pair.baseline)?, report.visit(pair.followup)?);
    let mut parts: Vec<String> = Vec::new();
    for (roi, _) in super::standing::rois_of(report, pair.followup) {
        let source = deciding.source(pair.followup, &roi);
        let first = baseline.structures.iter().find(|s| s.name == roi);
        let second = followup.structures.iter().find(|s| s.name == roi && Some(s.source) == source);
        let tell =
            |s: &&crate::visit::Structure| format!("{} ({})", millilitres(s.mask.volume_ml()), s.source);
        let before = first.map_or_else(|| "none".to_owned(), tell);
        let after = second.map_or_else(|| "none".to_owned(), tell);
        parts.push(format!("{roi} {before} -> {after}"));
    }
    let left_out = parts.len().saturating_sub(3);
    parts.truncate(3);
    let more = if left_out > 0 { format!("; and {left_out} more") } else { String::new() };
    (!parts.is_empty()).then(|| format!("Regions:    {}{more}", parts.join("; ")))
}

fn changes(report: &RunReport, deciding: &Deciding, pair: &PairReport) -> Option<String> {
    let rows = deciding_rows(report, deciding, pair.followup);
    let t = tally(&rows);
    if rows.is_empty() {
        return None;
    }
    if t.judged == 0 {
        return Some(format!("Changes:    {} given, none judged", count(t.given, "delta")));
    }
    let chance = report
        .gate
        .expected_share_beyond
        .map_or_else(String::new, |s| format!(" (by chance about {})", percent(s)));
    let named: Vec<String> = headline_rows(&rows, 0, 3)
        .into_iter()
        .filter(|r| is_size(r) || is_beyond(verdict_once_accepted(r)))
        .take(3)
        .map(tell)
        .collect();
    let once = if t.waiting > 0 { "would exceed noise once the contour is accepted" } else { "exceed noise" };
    let names = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    Some(format!("Changes:    {} of {} judged deltas {once}{chance}{names}", t.beyond, t.judged))
}

fn tell(row: &DeltaRow) -> String {
    let change = row
        .relative
        .value()
        .map(signed_percent)
        .or_else(|| row.absolute.value().map(super::wording::signed))
        .unwrap_or_default();
    format!("{} {} {change}", row.roi, feature_name(&row.key).to_lowercase())
}

/// Why deltas are missing or unjudged, the most frequent reasons first.
fn refused(report: &RunReport) -> Option<String> {
    let rows: Vec<&DeltaRow> = report.deltas.iter().collect();
    let groups = unanswered(&rows);
    let told: Vec<String> = groups
        .iter()
        .take(2)
        .map(|((_, reason), rois, n)| match reason {
            Reason::UnconfirmedContour => format!("{n} wait for a look at the contour of {}", list(rois)),
            other => format!("{n}: {}", other.sentence()),
        })
        .collect();
    (!told.is_empty()).then(|| format!("No verdict: {}", told.join("; ")))
}
