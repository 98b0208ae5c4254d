//! How far a run can be relied on: the checks that head the page and the summary. What was not checked is not green.

use super::headline::Deciding;
use super::input::{AlignmentView, RunReport};
use super::single;
use super::wording::{capital, list, region, region_list, sentence};
use crate::delta::summary::new_lesions;
use crate::record::{AcquisitionFinding, Flag, MaskSource, NoiseSource, QaVerdict, RepeatKind, RoiRole};

/// Regions that a sentence of the banner names; the others are counted.
const MOST_NAMES: usize = 5;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Checked, and nothing found.
    Good,
    /// Not checked.
    Unknown,
    /// A person should look.
    Look,
    /// Not to be used.
    Stop,
}

/// One check, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was checked.
    pub topic: &'static str,
    /// How it came out.
    pub level: Level,
    /// The word that is shown.
    pub word: String,
    /// Why, in sentences.
    pub sentences: Vec<String>,
}

/// All checks of a run, in the order of the page.
pub fn checks(report: &RunReport, deciding: &Deciding) -> [Check; 4] {
    if !report.is_followed() {
        return single::checks(report);
    }
    [alignment(report), contours(report, deciding), noise(report), acquisition(report)]
}

/// The gravest level, and one sentence that says what it means for the reader.
pub fn overall(checks: &[Check]) -> (Level, &'static str, String) {
    let level = checks.iter().map(|c| c.level).max().unwrap_or(Level::Unknown);
    let topics = |wanted: Level| -> Vec<String> {
        let of_level = checks.iter().filter(|c| c.level == wanted);
        of_level.map(|c| format!("the {}", c.topic.to_lowercase())).collect()
    };
    match level {
        Level::Stop => (level, "Do not use", format!("{} failed.", capital(&list(&topics(level))))),
        Level::Look => (level, "Look first", format!("A person has to look at {}.", list(&topics(level)))),
        Level::Unknown => (
            level,
            "Not fully checked",
            format!("Nothing speaks against this run, but {} not known.", list_is(&topics(level))),
        ),
        Level::Good => (level, "Checked", "Every check held.".into()),
    }
}

/// `the noise limit is`, `the noise limit and the acquisition are`.
fn list_is(items: &[String]) -> String {
    format!("{} {}", list(items), if items.len() == 1 { "is" } else { "are" })
}

fn alignment(report: &RunReport) -> Check {
    let mut level = Level::Good;
    let mut word = "PASS";
    let mut sentences = Vec::new();
    for pair in &report.pairs {
        let AlignmentView::Made { qa, .. } = &pair.alignment else {
            if level < Level::Unknown {
                (level, word) = (Level::Unknown, "not checked");
            }
            sentences.push(format!(
                "{} and {} were not registered: each is measured in its own drawn contour.",
                pair.baseline, pair.followup
            ));
            continue;
        };
        let this = match qa.verdict {
            QaVerdict::Pass => Level::Good,
            QaVerdict::Review => Level::Look,
            QaVerdict::Fail => Level::Stop,
        };
        if this > level {
            (level, word) = (this, qa.verdict.word());
        }
        let name = if report.pairs.len() > 1 { format!("{}: ", pair.followup) } else { String::new() };
        sentences.extend(qa.reasons.iter().map(|r| format!("{name}{}", sentence(&r.text))));
        if qa.reasons.is_empty() {
            sentences.push(format!("{name}The checks found nothing wrong."));
        }
    }
    Check { topic: "Alignment", level, word: word.into(), sentences }
}

fn contours(report: &RunReport, deciding: &Deciding) -> Check {
    let mut waiting = Vec::new();
    let mut confirmed: Vec<(MaskSource, Vec<String>)> = Vec::new();
    let mut carried = Vec::new();
    let mut absent = Vec::new();
    for pair in &report.pairs {
        for (roi, role) in rois_of(report, pair.followup) {
            let name = if report.pairs.len() > 1 {
                format!("{} ({})", region(&roi), pair.followup)
            } else {
                roi.clone()
            };
            match deciding.source(pair.followup, &roi) {
                None => absent.push(name),
                Some(s) if s.is_confirmed() => match confirmed.iter_mut().find(|(source, _)| *source == s) {
                    Some((_, names)) => names.push(name),
                    None => confirmed.push((s, vec![name])),
                },
                Some(_) if role != RoiRole::Lesion => carried.push(name),
                Some(_) => waiting.push(name),
            }
        }
    }
    let mut sentences = Vec::new();
    let (level, word) = if !waiting.is_empty() {
        let whose = if waiting.len() == 1 { "its" } else { "their" };
        sentences.push(format!(
            "Nobody has looked at our follow-up contour of {}: until someone does, {whose} deltas have no verdict.",
            region_list(&waiting, MOST_NAMES)
        ));
        (Level::Look, "unconfirmed")
    } else if !confirmed.is_empty() {
        (Level::Good, "confirmed")
    } else {
        (Level::Unknown, "none to confirm")
    };
    for (source, names) in &confirmed {
        sentences.push(format!(
            "{} at follow-up: {}.",
            capital(source.word()),
            region_list(names, MOST_NAMES)
        ));
    }
    if !carried.is_empty() {
        sentences.push(format!(
            "Carried by the registration, not looked at: {}.",
            region_list(&carried, MOST_NAMES)
        ));
    }
    let new: Vec<String> =
        new_lesions(report.deltas).into_iter().map(|name| region(name).into_owned()).collect();
    if !new.is_empty() {
        sentences.push(format!("New at follow-up: {}.", list(&new)));
    }
    if !absent.is_empty() {
        sentences.push(format!("No contour at follow-up: {}.", region_list(&absent, MOST_NAMES)));
    }
    if sentences.is_empty() {
        sentences.push("No region was measured at both visits.".into());
    }
    Check { topic: "Contours", level, word: word.into(), sentences }
}

/// Regions with deltas at a follow-up and their roles, lesions first, else in the order of the table.
pub fn rois_of(report: &RunReport, followup: &str) -> Vec<(String, RoiRole)> {
    let mut rois: Vec<(String, RoiRole)> = Vec::new();
    for row in report.deltas.iter().filter(|r| r.followup_visit == followup) {
        if !rois.iter().any(|(name, _)| *name == row.roi) {
            rois.push((row.roi.clone(), row.roi_role));
        }
    }
    rois.sort_by_key(|(_, role)| *role != RoiRole::Lesion);
    rois
}

fn noise(report: &RunReport) -> Check {
    let (level, word, text) = match report.gate.source {
        Some(NoiseSource::TestRetest) if report.gate.repeats == Some(RepeatKind::Rater) => (
            Level::Unknown,
            "raters only",
            "The noise limits come from several contours of one scan, not from repeated scans: they are too narrow by \
             what a second examination adds. Give a gate of repeated scans with --gate.",
        ),
        Some(NoiseSource::TestRetest) => (
            Level::Good,
            "test-retest",
            "Deltas are compared with how much two scans of an unchanged patient differ.",
        ),
        Some(NoiseSource::InSilico) => (
            Level::Unknown,
            "in silico only",
            "The noise band comes from perturbed copies of these scans, not from repeated scans: it is too narrow by \
             what a second examination adds. Give a gate of real repeats with --gate.",
        ),
        None => (
            Level::Unknown,
            "not checked",
            "No noise limit was given: nothing here says whether a delta is larger than two scans of an unchanged \
             patient would show. Give one with --gate.",
        ),
    };
    Check { topic: "Noise limit", level, word: word.into(), sentences: vec![text.into()] }
}

fn acquisition(report: &RunReport) -> Check {
    let items = || report.pairs.iter().flat_map(|p| &p.acquisition);
    let named = |finding: AcquisitionFinding| {
        let mut names: Vec<&str> = Vec::new();
        for item in items().filter(|i| i.finding == finding) {
            if !names.contains(&item.name) {
                names.push(item.name);
            }
        }
        names
    };
    let (differ, unknown) = (named(AcquisitionFinding::Differs), named(AcquisitionFinding::Unknown));
    let mut sentences = Vec::new();
    if !differ.is_empty() {
        sentences.push(format!("The visits differ in {}: flagged on every delta.", list(&differ)));
    }
    if !unknown.is_empty() {
        let nothing_stated = items().all(|i| i.baseline.is_none() && i.followup.is_none());
        sentences.push(if nothing_stated {
            "Nothing is stated about how the scans were made.".into()
        } else {
            format!("Not stated for both visits: {}.", list(&unknown))
        });
    }
    let estimated = report.deltas.iter().any(|r| r.flags.has(&Flag::SpacingEstimated));
    if estimated {
        sentences.push("A spacing is estimated: sizes in millimetres rest on a guess.".into());
    }
    let (level, word) = if !differ.is_empty() {
        (Level::Look, "differs".into())
    } else if estimated {
        (Level::Look, "spacing estimated".into())
    } else if !unknown.is_empty() || items().next().is_none() {
        (Level::Unknown, "not known".into())
    } else {
        (Level::Good, "alike".into())
    };
    if sentences.is_empty() {
        sentences.push(match level {
            Level::Good => "No stated item differs beyond its tolerance.".into(),
            _ => "Nothing is stated about how the scans were made.".into(),
        });
    }
    Check { topic: "Acquisition", level, word, sentences }
}
