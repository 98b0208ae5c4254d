//! The ten lines that end a run: what a physician would want to know, and what to do next.

use super::headline::{Deciding, headline_rows, is_size, unanswered, verdict_once_accepted, waiting};
use super::input::{Confirm, PairReport, RunReport, VisitView};
use super::single::NO_FOLLOW_UP;
use super::standing::{Check, checks, rois_of};
use super::wording::{
    count, is_beyond, list, lower_feature_name, millilitres, number, region, region_list, signed,
    signed_percent,
};
use crate::delta::summary::summarise;
use crate::record::{DeltaRow, NoiseSource, Reason, RoiRole};

/// Names in a line; the others are counted.
const MOST_NAMES: usize = 3;

/// The summary: at most ten lines of plain text, the last one the command to go on with.
///
/// `page` is where the report was written, as it should be shown.
pub fn summary(report: &RunReport, page: &str) -> String {
    let deciding = Deciding::new(report);
    if !report.is_followed() {
        return of_one_visit(report, page, &deciding);
    }
    let [alignment, _, _, acquisition] = checks(report, &deciding);
    let mut lines = vec![title(report), line("Alignment", &told(&alignment))];
    lines.extend(volumes(report, &deciding).map(|text| line("Volumes", &text)));
    for pair in report.pairs.iter().take(2) {
        lines.extend(changes(report, &deciding, pair).map(|text| line("Changes", &text)));
    }
    lines.extend(without_verdict(&deciding.rows(report)).map(|text| line("No verdict", &text)));
    let mut known = vec![line("Scans", &told(&acquisition))];
    if !report.notes.is_empty() {
        known.push(line("Assumed", &report.notes.join(" ")));
    }
    // Several follow-ups need the room.
    if report.pairs.len() > 1 {
        lines.push(known.join(" "));
    } else {
        lines.extend(known);
    }
    lines.push(line("Report", page));
    lines.extend(way_on(report, &deciding));
    lines.join("\n") + "\n"
}

/// The summary of a visit without a follow-up.
fn of_one_visit(report: &RunReport, page: &str, deciding: &Deciding) -> String {
    let mut lines = vec![title(report), line("Follow-up", NO_FOLLOW_UP)];
    lines.extend(volumes(report, deciding).map(|text| line("Volumes", &text)));
    if !report.notes.is_empty() {
        lines.push(line("Assumed", &report.notes.join(" ")));
    }
    lines.push(line("Report", page));
    lines.extend(way_on(report, deciding));
    lines.join("\n") + "\n"
}

fn line(label: &str, text: &str) -> String {
    format!("{:<12}{text}", format!("{label}:"))
}

fn title(report: &RunReport) -> String {
    let names: Vec<&str> = report.visits.iter().map(|v| v.name).collect();
    let days: Vec<String> = report.pairs.iter().filter_map(|p| p.interval_days).map(number).collect();
    let days = if days.is_empty() { String::new() } else { format!(", {} days", days.join(" and ")) };
    let days = if report.is_followed() { days } else { ", no follow-up".to_owned() };
    let subject = report.subject.map_or_else(String::new, |s| format!("{s}: "));
    format!("{subject}{}{days}. Research use only; not a medical device.", names.join(" -> "))
}

fn told(check: &Check) -> String {
    format!("{}. {}", check.word, check.sentences.join(" "))
}

/// Each lesion (each region, where there is none) with its volume at every visit and whose contour that is.
fn volumes(report: &RunReport, deciding: &Deciding) -> Option<String> {
    let mut all: Vec<(String, RoiRole)> = Vec::new();
    let followups: Vec<&str> =
        if report.is_followed() { report.pairs.iter().map(|p| p.followup).collect() } else { vec![""] };
    for roi in followups.into_iter().flat_map(|visit| rois_of(report, visit)) {
        if !all.iter().any(|(name, _)| *name == roi.0) {
            all.push(roi);
        }
    }
    let has_lesion = all.iter().any(|(_, role)| *role == RoiRole::Lesion);
    let (heads, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, role)| !has_lesion || *role == RoiRole::Lesion);
    let mut parts: Vec<String> =
        heads.iter().take(MOST_NAMES).map(|(roi, _)| course(report, deciding, roi)).collect();
    let left_out = others.len() + heads.len().saturating_sub(MOST_NAMES);
    if left_out > 0 {
        parts.push(format!("{} more on the page", count(left_out, "region")));
    }
    (!heads.is_empty()).then(|| parts.join("; "))
}

/// A region's volume from visit to visit.
fn course(report: &RunReport, deciding: &Deciding, roi: &str) -> String {
    let steps: Vec<String> = report.visits.iter().map(|visit| volume(visit, deciding, roi)).collect();
    format!("{} {}", region(roi), steps.join(" -> "))
}

/// The volume in the deciding contour, with what our other contour says where nobody has looked.
fn volume(visit: &VisitView, deciding: &Deciding, roi: &str) -> String {
    let contours = || visit.structures.iter().filter(|s| s.name == roi);
    let chosen = deciding.source(visit.name, roi);
    let Some(decides) = contours().find(|s| chosen.is_none_or(|c| s.source == c)) else {
        return if visit.absent.iter().any(|gone| gone == roi) { "gone" } else { "no contour" }.to_owned();
    };
    let mut text = format!("{} ({}", millilitres(decides.mask.volume_ml()), decides.source);
    if !decides.source.is_confirmed() {
        for other in contours().filter(|s| s.source != decides.source) {
            text.push_str("; ");
            text.push_str(other.source.word());
            text.push(' ');
            text.push_str(&millilitres(other.mask.volume_ml()));
        }
    }
    text + ")"
}

fn changes(report: &RunReport, deciding: &Deciding, pair: &PairReport) -> Option<String> {
    let rows = deciding.rows_of(report, pair.followup);
    if rows.is_empty() {
        return None;
    }
    let visit = if report.pairs.len() > 1 { format!("{}: ", pair.followup) } else { String::new() };
    let named = headline_rows(&rows, 0, 6);
    let Some(source) = report.gate.source else {
        let sizes: Vec<String> =
            named.into_iter().filter(|r| is_size(r)).take(MOST_NAMES).map(tell).collect();
        let sizes = if sizes.is_empty() { "deltas are given".to_owned() } else { sizes.join(", ") };
        return Some(format!(
            "{visit}{sizes}; whether more than noise is not known: no noise limit was given (--gate)."
        ));
    };
    let named: Vec<String> = named
        .into_iter()
        .filter(|r| is_beyond(verdict_once_accepted(r)))
        .take(MOST_NAMES)
        .map(tell)
        .collect();
    let names = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    let limits = match source {
        NoiseSource::TestRetest => "",
        NoiseSource::InSilico => ", in silico only, not from repeated scans",
    };
    let summary = summarise(&rows);
    let (now, then) = (&summary.verdicts, &summary.if_accepted);
    let waiting = then.judged() - now.judged();
    let mut told: Vec<String> = Vec::new();
    if now.judged() > 0 || waiting == 0 {
        let noise = if source == NoiseSource::InSilico { "their band" } else { "noise" };
        told.push(format!("{} of {} deltas exceed {noise}", now.beyond(), now.judged()));
    }
    if waiting > 0 {
        told.push(format!("{} of {waiting} would if the contours fit", then.beyond() - now.beyond()));
    }
    let chance = report.gate.expected_share_beyond.map_or_else(String::new, |share| {
        format!(" (about {} by chance)", number((share * then.judged() as f64).round()))
    });
    Some(format!("{visit}{}{chance}{limits}{names}", told.join(", ")))
}

fn tell(row: &DeltaRow) -> String {
    let relative = row.relative.value().map(signed_percent);
    let change =
        relative.or_else(|| row.absolute.value().map(signed)).unwrap_or_else(|| "without a delta".into());
    format!("{} {} {change}", region(&row.roi), lower_feature_name(&row.key))
}

/// Why deltas of deciding contours have no verdict, the most frequent reasons first.
fn without_verdict(rows: &[&DeltaRow]) -> Option<String> {
    let told: Vec<String> = unanswered(rows)
        .iter()
        .take(2)
        .map(|group| {
            let rois = region_list(&group.rois, MOST_NAMES);
            match group.reason {
                Reason::UnconfirmedContour => {
                    format!("{} of {rois} until someone looks at the contour", count(group.rows, "delta"))
                }
                other => format!("{} of {rois}: {}", count(group.rows, "delta"), other.sentence()),
            }
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What to do, and the command that does it.
fn way_on(report: &RunReport, deciding: &Deciding) -> [String; 2] {
    let waiting = || region_list(&waiting(&deciding.rows(report)), MOST_NAMES);
    match &report.confirm {
        Some(Confirm::ByCommand { accept_command, mask_path, .. }) => [
            format!(
                "Look at the contour of {} on the page; where it is wrong, edit {mask_path} and give it back as the mask. \
                 If it fits:",
                waiting()
            ),
            format!("  {accept_command}"),
        ],
        Some(Confirm::InStudy(visits)) => {
            let masks: Vec<&str> = visits.iter().map(|v| v.mask_path.as_str()).collect();
            let lines: Vec<String> =
                visits.iter().map(|v| format!("{}: {}", v.visit, v.accept_line)).collect();
            [
                format!(
                    "Look at the contour of {} on the page; where it is wrong, give an edited copy of {} as the visit's \
                     mask. If it fits, write into its visit.toml, and run the same delta cohort run again:",
                    waiting(),
                    list(&masks)
                ),
                format!("  {}", lines.join("; ")),
            ]
        }
        None => [format!("To {}:", report.next.purpose), format!("  {}", report.next.command)],
    }
}
