//! What a study says of itself: the summary, the object for a program, the record of the request.

use std::collections::BTreeMap;
use std::path::Path;

use super::assessed::{Findings, GroupFindings};
use super::request::{Repeats, StabilityRequest};
use super::source::{Source, file_name};
use crate::record::Stability;
use crate::stability::rules::{Rules, ScaleRule};

/// Groups and notes that the summary shows; the page has all.
const GROUPS: usize = 4;

/// A study as it is told.
pub struct Told<'a> {
    /// What was asked.
    pub request: &'a StabilityRequest,
    /// What it was made from.
    pub source: &'a Source,
    /// What was found.
    pub findings: &'a Findings,
    /// What was assumed.
    pub notes: &'a [String],
    /// Whether there is a gate that `delta run` takes.
    pub gate: GateKind,
}

/// What gate a study made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateKind {
    /// None: no feature has a noise.
    None,
    /// One of values that another program measured.
    Foreign,
    /// One that `delta run` takes.
    Ours,
}

impl Told<'_> {
    /// At most ten lines, the last of which says what to do next.
    pub fn summary(&self) -> String {
        let mut lines: Vec<String> = self.findings.groups.iter().take(GROUPS).map(line).collect();
        let more = self.findings.groups.len().saturating_sub(GROUPS);
        if more > 0 {
            lines.push(format!("            and {more} more kinds of regions, in the report"));
        }
        if let Some(note) = self.notes.first() {
            let more = self.notes.len() - 1;
            let rest = if more > 0 { format!(" ({more} more notes in the report)") } else { String::new() };
            lines.push(format!("Note:       {note}{rest}"));
        }
        let out = &self.request.out;
        lines.push(format!("Report:     {}", out.join("report.html").display()));
        match self.gate {
            GateKind::Ours => {
                lines.push(format!("Gate:       {}", out.join("gate.json").display()));
                lines.push(format!("Next:       {}", self.next()));
            }
            GateKind::Foreign => lines.push(
                "Gate:       another program measured these values, so that no run of ours can be judged by them"
                    .into(),
            ),
            GateKind::None => lines.push("Gate:       none, because no feature has a noise".into()),
        }
        lines.join("\n")
    }

    fn next(&self) -> String {
        format!(
            "delta run --baseline t0 --followup t1 --gate {}",
            self.request.out.join("gate.json").display()
        )
    }

    /// The summary for a program.
    pub fn json(&self) -> serde_json::Value {
        let out = &self.request.out;
        let groups: Vec<serde_json::Value> = self.findings.groups.iter().map(group_json).collect();
        serde_json::json!({
            "out": out,
            "report": out.join("report.html"),
            "gate": (self.gate != GateKind::None).then(|| out.join("gate.json")),
            "groups": groups,
            "measurement_hash": self.source.hash(),
            "notes": self.notes,
            "next": (self.gate == GateKind::Ours).then(|| self.next()),
        })
    }
}

fn line(group: &GroupFindings) -> String {
    let of = &group.group;
    let (n, k) = group.usual.unwrap_or((group.regions, 0));
    let repeats = if k > 0 { format!(" x {k}") } else { String::new() };
    format!(
        "{:<11} {} masks, {}: {n} regions{repeats} of {} subjects; of {} features {} stable, {} marginal, {} unstable, \
         {} undefined",
        format!("{}:", of.rois),
        of.source,
        of.kind,
        group.subjects.len(),
        group.features,
        group.with(Stability::Stable),
        group.with(Stability::Marginal),
        group.with(Stability::Unstable),
        group.with(Stability::Undefined),
    )
}

fn group_json(group: &GroupFindings) -> serde_json::Value {
    let verdicts: BTreeMap<&str, usize> = group.verdicts.iter().map(|(v, n)| (v.word(), *n)).collect();
    serde_json::json!({
        "roi_role": group.group.rois.role,
        "roi": group.group.rois.roi,
        "mask_source": group.group.source,
        "repeat_kind": group.group.kind,
        "subjects": group.subjects.len(),
        "regions": group.regions,
        "n": group.usual.map(|u| u.0),
        "k": group.usual.map(|u| u.1),
        "features": group.features,
        "verdicts": verdicts,
        "expected_share_beyond": group.expected,
    })
}

/// The request as options and values, for the record. Where the result lies is no part of it.
pub fn described(request: &StabilityRequest, rules: &Rules) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    let mut say = |option: &str, value: Option<String>| {
        options.extend(value.map(|value| (option.to_owned(), value)));
    };
    say("condition", request.condition.clone());
    say("icc_form", rules.icc_form.map(|f| f.to_string()));
    say("icc_bound", Some(rules.icc_bound.to_string()));
    say("icc_threshold", Some(rules.icc_threshold.to_string()));
    say("rc_bound", Some(rules.rc_bound.to_string()));
    say(
        "scale",
        Some(match rules.scale {
            ScaleRule::Auto => "auto".into(),
            ScaleRule::Always(scale) => scale.to_string(),
        }),
    );
    say("seed", Some(request.seed.to_string()));
    say("features", (!request.features.is_empty()).then(|| request.features.join(", ")));
    match &request.repeats {
        Repeats::Scans(scans) => {
            say("manifest", Some(file_name(&scans.manifest)));
            say("modality", scans.modality.clone());
            say("units", scans.units.clone());
            say("protocol", scans.protocol.as_deref().map(|p| file_name(Path::new(p))));
            for (option, value) in scans.reading.described() {
                say(option, value);
            }
            say("perturb", scans.perturb.as_ref().map(|p| format!("{} x {}", p.count, p.chain)));
        }
        Repeats::Table(table) => {
            say("table", Some(file_name(&table.table)));
            say("roi_role", Some(table.role.to_string()));
            say("mask_source", Some(table.source.to_string()));
            say("repeat_kind", Some(table.kind.to_string()));
            say("modality", table.modality.map(|m| m.to_string()));
        }
    }
    options
}
