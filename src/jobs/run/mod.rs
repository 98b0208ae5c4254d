//! One patient: from folders of scans to a table of deltas and a report.

mod band;
mod clock;
pub(in crate::jobs) mod contours;
pub(in crate::jobs) mod derived;
mod error;
mod findings;
mod known;
pub(in crate::jobs) mod measure;
mod objects;
mod page;
mod pairs;
mod plan;
mod provenance;
mod request;
mod round_trip;
mod sampling;
pub(in crate::jobs) mod scans;
mod way_on;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use crate::delta::contour::LesionContour;
pub use crate::features::FrozenSampling;
pub use clock::Clock;
pub use error::RunError;
pub use known::{KnownHashes, Stamp, hash_input};
pub use objects::{DicomForms, DicomOut};
pub use pairs::{AlignmentFiles, AlignmentResult};
pub use plan::{check_words, described, file_name, preset_named};
pub use provenance::{Input, RUN_FILE, RunFile, UNHASHED, allowed_over, hash_inputs, hash_of};
pub use request::{
    Acceptance, Alignment, InitialRequest, PerturbRequest, RunContext, RunRequest, TableFormat, VisitRequest,
};
pub use scans::{is_mask_of_a_result, known_word, modality_named, units_named};
pub use write::{hash_outputs, provenance, transforms, write_record};

use serde::{Deserialize, Serialize};

use super::{Failure, Progress};
use crate::record::{QaVerdict, Reason};
use crate::store::OutputFolder;
use plan::Plan;

/// How a run ended.
#[derive(Debug)]
pub struct Done {
    /// Folder of the result.
    pub out: PathBuf,
    /// At most ten lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// The gravest verdict of an alignment; `None` where it was skipped.
    pub verdict: Option<QaVerdict>,
    /// Whether a region vanished or left the field of view.
    pub incomplete: bool,
    /// The regions that vanished or left the field of view, by follow-up and name.
    pub in_trouble: Vec<RegionInTrouble>,
}

/// A region of which a follow-up has no values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RegionInTrouble {
    /// Follow-up.
    pub visit: String,
    /// Region.
    pub roi: String,
    /// Why.
    pub reason: Reason,
}

/// The regions in trouble, each once, in the order of the follow-ups and their names.
fn in_trouble(scans: &scans::Scans, pairs: &[pairs::PairResult]) -> Vec<RegionInTrouble> {
    let mut found = Vec::new();
    for (followup, pair) in scans.followups().iter().zip(pairs) {
        let mut of_visit: Vec<RegionInTrouble> = pair
            .ours
            .iter()
            .filter_map(|contour| {
                let (visit, roi) = (followup.name.clone(), contour.structure.name.clone());
                contour.trouble.map(|reason| RegionInTrouble { visit, roi, reason })
            })
            .collect();
        of_visit.sort_unstable();
        of_visit.dedup();
        found.extend(of_visit);
    }
    found
}

/// Does what is asked.
pub fn run(request: &RunRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    let mut clock = match request.context {
        RunContext::Alone => Clock::start(),
        RunContext::Cohort => Clock::start_beside_others(),
    };
    let before = plan::beforehand(request)?;
    let objects = objects::asked(request)?;
    progress.stage("reading", 0.0);
    let scans = scans::read(request);
    // Before what the reading said: a file that is away just now is no faulty one.
    request.known.check_unchanged()?;
    let scans = scans?;
    let plan = Plan::new(request, before, &scans)?;
    plan::check_earlier(request, &plan, &scans)?;
    let existing = provenance::allowed_over(&plan.out, &plan.fingerprint, request.existing);
    let folder = OutputFolder::begin(&plan.out, existing)?;
    clock.lap("reading");

    let pairs = pairs::pairs(request, &plan, &scans, progress)?;
    clock.lap("alignment");
    progress.stage("measuring", 0.82);
    let findings = findings::measure(request, &plan, &scans, &pairs, progress)?;
    clock.lap("measuring");

    progress.stage("writing", 0.92);
    write::tables(&folder, &findings, request.tables)?;
    let mut to_edit = Vec::new();
    for (n, (followup, pair)) in scans.followups().iter().zip(&pairs).enumerate() {
        to_edit.push(write::pair(&folder, &scans, followup, pair, objects.get(n))?);
    }
    clock.lap("writing");
    let page = page::Page {
        request,
        plan: &plan,
        scans: &scans,
        pairs: &pairs,
        findings: &findings,
        to_edit: &to_edit,
    };
    let page::Rendered { html, summary, pictures } = page.render();
    write::content(&folder, page::REPORT, html.as_bytes())?;
    for picture in &pictures {
        write::content(&folder, &format!("images/{}_alignment.png", picture.followup), &picture.png)?;
    }
    clock.lap("report");

    let verdicts: BTreeMap<String, QaVerdict> = pairs
        .iter()
        .filter_map(|p| p.alignment.as_ref())
        .map(|a| (a.qa.pair.clone(), a.qa.verdict))
        .collect();
    let verdict = verdicts.values().copied().max();
    let in_trouble = in_trouble(&scans, &pairs);
    let record = page.run_file(verdicts, in_trouble.clone());
    write::provenance(&folder, &plan.protocol.resolved(&plan.measurement), record, &clock.stop())?;
    folder.publish()?;
    Ok(Done {
        json: page.json(verdict),
        incomplete: !in_trouble.is_empty(),
        in_trouble,
        out: plan.out.clone(),
        summary,
        verdict,
    })
}
