//! One patient: from folders of scans to a table of deltas and a report.

mod clock;
mod contours;
mod error;
mod measure;
mod page;
mod pairs;
mod plan;
mod provenance;
mod request;
mod scans;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use crate::delta::contour::LesionContour;
pub use clock::Clock;
pub use error::RunError;
pub use pairs::{AlignmentFiles, AlignmentResult};
pub use plan::preset_named;
pub use provenance::{Input, RUN_FILE, RunFile, UNHASHED, hash_inputs};
pub use request::{Acceptance, Alignment, RunRequest, TableFormat};
pub use scans::modality_named;
pub use write::{hash_outputs, transforms, write_record};

use super::{Failure, Progress};
use crate::delta::contour::mark_contours;
use crate::delta::gate::Multiplicity;
use crate::delta::gate::judge::GateRule;
use crate::delta::multiplicity::adjust_for_multiplicity;
use crate::delta::trajectory::{FollowupDay, Trajectories, trajectories};
use crate::delta::{PairContext, VisitContext, acquisition, border, delta_rows, registry_info};
use crate::record::{AcquisitionItem, DeltaRow, FeatureRow, QaVerdict, Reason};
use crate::store::OutputFolder;
use measure::{Measuring, Target};
use pairs::PairResult;
use plan::Plan;
use scans::Scans;

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
}

/// Measurements of a run.
#[derive(Debug)]
struct Findings {
    features: Vec<FeatureRow>,
    deltas: Vec<DeltaRow>,
    trajectories: Trajectories,
    /// Per follow-up, how the scans were made differently.
    acquisition: Vec<Vec<AcquisitionItem>>,
}

/// Does what is asked.
pub fn run(request: &RunRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    let mut clock = Clock::start();
    let before = plan::beforehand(request)?;
    progress.stage("reading", 0.0);
    let scans = scans::read(request)?;
    let plan = Plan::new(request, before, &scans)?;
    plan::check_earlier(request, &plan, &scans)?;
    let existing = provenance::allowed_over(&plan.out, &plan.fingerprint, request.existing);
    let folder = OutputFolder::begin(&plan.out, existing)?;
    clock.lap("reading");

    let pairs = pairs::pairs(request, &plan, &scans, progress)?;
    clock.lap("alignment");
    progress.stage("measuring", 0.82);
    let findings = measure(request, &plan, &scans, &pairs)?;
    clock.lap("measuring");

    progress.stage("writing", 0.92);
    write::tables(&folder, &findings, request.tables)?;
    let mut to_edit = Vec::new();
    for (followup, pair) in scans.followups().iter().zip(&pairs) {
        to_edit.push(write::pair(&folder, &scans, followup, pair)?);
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
    let (html, summary) = page.render();
    let path = folder.file(page::REPORT)?;
    std::fs::write(&path, html).map_err(crate::store::StoreError::at(&path))?;
    clock.lap("report");

    let verdicts: BTreeMap<String, QaVerdict> = pairs
        .iter()
        .filter_map(|p| p.alignment.as_ref())
        .map(|a| (a.qa.pair.clone(), a.qa.verdict))
        .collect();
    let verdict = verdicts.values().copied().max();
    let record = page.run_file(verdicts);
    write::provenance(&folder, &plan, record, &clock.stop())?;
    folder.publish()?;
    Ok(Done {
        json: page.json(verdict),
        incomplete: pairs.iter().flat_map(|p| &p.ours).any(|c| c.trouble.is_some()),
        out: plan.out.clone(),
        summary,
        verdict,
    })
}

fn measure(
    request: &RunRequest,
    plan: &Plan,
    scans: &Scans,
    pairs: &[PairResult],
) -> Result<Findings, Failure> {
    let measuring = Measuring {
        subject: scans.subject.as_deref(),
        settings: &plan.measurement,
        hash: &plan.hash,
        selection: &plan.protocol.features,
    };
    let baseline = scans.baseline();
    let prepared = measuring.prepare(baseline, &plan.sampling.flags[0], &[]);
    let given: Vec<Target> = baseline.structures.iter().map(Target::given).collect();
    let first = measuring.rows(&prepared, &given)?;
    let mut findings = Findings {
        features: first.clone(),
        deltas: Vec::new(),
        trajectories: Trajectories::TooFewVisits,
        acquisition: Vec::new(),
    };
    for (n, (followup, pair)) in scans.followups().iter().zip(pairs).enumerate() {
        let mut accepted: Vec<String> = pair.ours.iter().map(|c| c.structure.name.clone()).collect();
        accepted.retain(|name| contours::is_accepted(name, followup, request.acceptance));
        let prepared = measuring.prepare(followup, &plan.sampling.flags[n + 1], &pair.ours);
        let given = followup.structures.iter().map(Target::given);
        let targets: Vec<Target> = given.chain(pair.ours.iter().map(Target::ours)).collect();
        let mut rows = measuring.rows(&prepared, &targets)?;
        mark_contours(&mut rows, &accepted, &registry_info);

        let tolerances = &plan.protocol.acquisition.tolerances;
        let items =
            acquisition::compare(&baseline.acquisition, &followup.acquisition, baseline.modality, tolerances);
        let context = PairContext {
            baseline: visit_context(baseline),
            followup: visit_context(followup),
            interval_days: baseline.when.days_until(followup.when),
            normalise: plan.measurement.intensity.normalise,
            qa: pair.alignment.as_ref().map(|a| a.qa.verdict),
            accepted: &accepted,
            flags: &acquisition::flags(&items),
            gate: plan.gate.as_ref().map(|gate| GateRule { gate, settings: plan.protocol.gate }),
            lookup: &registry_info,
        };
        let mut deltas = delta_rows(&first, &rows, &context)?;
        let mut moved = moved_borders(&measuring, &prepared, pair)?;
        mark_contours(&mut moved, &accepted, &registry_info);
        border::set_border_range(&mut deltas, &moved);
        if plan.protocol.gate.multiplicity == Multiplicity::BenjaminiHochberg {
            adjust_for_multiplicity(&mut deltas);
        }
        findings.features.extend(rows);
        findings.deltas.extend(deltas);
        findings.acquisition.push(items);
    }
    let day = |followup| followup_day(baseline, followup);
    let days: Vec<FollowupDay> = scans.followups().iter().map(day).collect();
    findings.trajectories = trajectories(&findings.deltas, request.lesion_contour, &days);
    Ok(findings)
}

fn visit_context(visit: &crate::visit::Visit) -> VisitContext<'_> {
    VisitContext { name: &visit.name, modality: visit.modality, units: visit.units, absent: &visit.absent }
}

fn followup_day<'a>(baseline: &crate::visit::Visit, followup: &'a crate::visit::Visit) -> FollowupDay<'a> {
    FollowupDay { visit: &followup.name, interval_days: baseline.when.days_until(followup.when) }
}

/// The follow-up measured again in contours of ours whose border is moved in and out by its uncertainty.
fn moved_borders(
    measuring: &Measuring,
    prepared: &measure::Prepared,
    pair: &PairResult,
) -> Result<Vec<FeatureRow>, Failure> {
    let Some(alignment) = &pair.alignment else { return Ok(Vec::new()) };
    let mut moved = Vec::new();
    for (contour, qa) in pair.ours.iter().zip(&alignment.qa.rois) {
        let Some(distance) = qa.border_uncertainty_mm.filter(|d| *d > 0.0) else { continue };
        if contour.trouble.is_some() {
            continue;
        }
        for direction in [-1.0, 1.0] {
            let mut structure = contour.structure.clone();
            structure.mask = structure.mask.border_moved(direction * distance);
            moved.push(structure);
        }
    }
    let targets: Vec<Target> = moved.iter().filter(|s| !s.mask.is_empty()).map(Target::given).collect();
    measuring.rows(prepared, &targets)
}

/// Whether a row rests on a contour that waits for a person.
fn waits(row: &DeltaRow) -> bool {
    row.reason == Some(Reason::UnconfirmedContour)
}
