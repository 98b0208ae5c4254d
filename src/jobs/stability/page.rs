//! The study as the report's page takes it.

use super::assessed::{Findings, GroupFindings};
use super::request::StabilityRequest;
use super::source::Source;
use crate::jobs::Failure;
use crate::report::stability::{ExpectedBeyond, GroupDesign, PerturbationDesign, StabilityInput, render};
use crate::stability::rules::Rules;
use crate::stability::study::Study;

/// The page.
pub fn page(
    request: &StabilityRequest,
    source: &Source,
    findings: &Findings,
    rules: &Rules,
    notes: &[String],
) -> Result<String, Failure> {
    let provenance = source.inputs().iter().map(|(part, input)| (part.clone(), input.sha256.clone()));
    let input = StabilityInput {
        version: env!("CARGO_PKG_VERSION").into(),
        title: None,
        rules: *rules,
        groups: findings.groups.iter().map(|group| design(group, &findings.study)).collect(),
        assessed: findings.assessed.clone(),
        perturbation: source.perturbation().map(|p| PerturbationDesign {
            chain: p.chain.to_string(),
            count: p.count,
            seed: p.seed,
        }),
        protocol: source.in_words(),
        notes: notes.to_vec(),
        asked: request.features.clone(),
        provenance: provenance.collect(),
    };
    Ok(render(&input)?)
}

fn design(group: &GroupFindings, study: &Study) -> GroupDesign {
    GroupDesign {
        group: group.group.clone(),
        subjects: group.subjects.len(),
        regions: group.regions,
        repeats: study.repeats.get(&group.group).cloned().unwrap_or_default(),
        dropped: dropped(group, study),
        expected: group.expected.map(|share| ExpectedBeyond { all: share.all, stable: share.stable }),
    }
}

/// Regions of which a repeat is missing altogether.
fn dropped(group: &GroupFindings, study: &Study) -> Vec<String> {
    let mut lacking: Vec<(&str, &str, bool)> = Vec::new();
    for series in study.series.iter().filter(|s| s.group == group.group) {
        for row in &series.rows {
            let whole = row.values.iter().all(Option::is_some);
            match lacking.iter_mut().find(|(subject, roi, _)| *subject == row.subject && *roi == row.roi) {
                Some(known) => known.2 |= whole,
                None => lacking.push((&row.subject, &row.roi, whole)),
            }
        }
    }
    let missing = lacking.into_iter().filter(|(.., whole)| !whole);
    missing.map(|(subject, roi, _)| format!("{subject}, {roi}: a repeat is missing.")).collect()
}
