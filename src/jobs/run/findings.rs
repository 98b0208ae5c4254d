//! What is measured, what changed, and whether that is more than noise.

use std::collections::BTreeSet;

use super::band::{self, PlannedBand};
use super::contours;
use super::derived::{self, derived};
use super::measure::{Measuring, Prepared, Target};
use super::pairs::PairResult;
use super::plan::Plan;
use super::request::RunRequest;
use super::scans::Scans;
use crate::delta::band::BandRule;
use crate::delta::contour::mark_contours;
use crate::delta::gate::Multiplicity;
use crate::delta::gate::judge::GateRule;
use crate::delta::multiplicity::adjust_for_multiplicity;
use crate::delta::response::responses;
use crate::delta::single::rows_without_followup;
use crate::delta::trajectory::{FollowupDay, Trajectories, trajectories};
use crate::delta::{PairContext, VisitContext, acquisition, border, delta_rows, registry_info};
use crate::jobs::{Failure, Progress};
use crate::record::{AcquisitionItem, DeltaRow, FeatureRow, PerturbedFeature, RcBound, ResponseRow};
use crate::visit::Visit;

/// Measurements of a run.
#[derive(Debug)]
pub struct Findings {
    /// Rows of `features.csv`.
    pub features: Vec<FeatureRow>,
    /// Rows of `perturbations.csv`; empty where no band was made.
    pub perturbations: Vec<PerturbedFeature>,
    /// Regions that the band leaves out for their size, in order.
    pub left_out: Vec<String>,
    /// Rows of `deltas.csv`.
    pub deltas: Vec<DeltaRow>,
    /// Rows of `trajectories.csv`, or why there are none.
    pub trajectories: Trajectories,
    /// Rows of `response.csv`; none without a lesion.
    pub responses: Vec<ResponseRow>,
    /// Per follow-up, how the scans were made differently.
    pub acquisition: Vec<Vec<AcquisitionItem>>,
}

/// Measures every visit and compares every follow-up with the baseline.
pub fn measure(
    request: &RunRequest,
    plan: &Plan,
    scans: &Scans,
    pairs: &[PairResult],
    progress: &dyn Progress,
) -> Result<Findings, Failure> {
    let measuring = Measuring {
        subject: scans.subject.as_deref(),
        settings: &plan.measurement,
        hash: &plan.hash,
        selection: &plan.protocol.features,
    };
    let baseline = scans.baseline();
    let prepared = measuring.prepare(baseline, &plan.sampling.flags[0], &[]);
    let made = derived(&plan.protocol.region, &baseline.structures, &[]);
    let given: Vec<Target> =
        baseline.structures.iter().map(Target::given).chain(made.iter().map(Target::derived)).collect();
    let first = measuring.rows(&prepared, &given)?;
    let steps = 1.0 + scans.followups().len() as f64;
    let perturbing = |n: usize| progress.stage("perturbing", 0.82 + 0.1 * n as f64 / steps);
    let mut first_copies = Vec::new();
    let mut left_out = BTreeSet::new();
    if let Some(planned) = &plan.band {
        perturbing(0);
        first_copies = planned.rows(&measuring, &prepared, &given, 0)?;
        left_out.extend(names_left_out(planned, &given));
    }
    let mut findings = Findings {
        features: first.clone(),
        perturbations: Vec::new(),
        left_out: Vec::new(),
        deltas: Vec::new(),
        trajectories: Trajectories::TooFewVisits,
        responses: Vec::new(),
        acquisition: Vec::new(),
    };
    for (n, (followup, pair)) in scans.followups().iter().zip(pairs).enumerate() {
        let prepared = measuring.prepare(followup, &plan.sampling.flags[n + 1], &pair.ours);
        perturbing(n + 1);
        let mut copies = Copies { baseline: &first_copies, left_out: &mut left_out };
        let place = Place { request, plan, baseline, followup, pair, number: n + 1 };
        place.compare(&measuring, &prepared, &first, &mut copies, &mut findings)?;
    }
    findings.perturbations.extend(first_copies);
    findings.left_out = left_out.into_iter().collect();
    if scans.followups().is_empty() {
        let accepted = &baseline.accept_contours;
        findings.deltas = rows_without_followup(&findings.features, accepted, &registry_info);
    }
    if plan.protocol.gate.multiplicity == Multiplicity::BenjaminiHochberg {
        adjust_for_multiplicity(&mut findings.deltas, request.lesion_contour);
    }
    let days: Vec<FollowupDay> = scans.followups().iter().map(|f| followup_day(baseline, f)).collect();
    findings.trajectories = trajectories(&findings.deltas, request.lesion_contour, &days);
    findings.responses = responses(&findings.deltas, request.lesion_contour, &days);
    Ok(findings)
}

/// One follow-up beside the baseline.
struct Place<'a> {
    request: &'a RunRequest,
    plan: &'a Plan,
    baseline: &'a Visit,
    followup: &'a Visit,
    pair: &'a PairResult,
    /// Which visit the follow-up is, the baseline being 0.
    number: usize,
}

/// What the band of a follow-up needs of the baseline, and tells of itself.
struct Copies<'a> {
    baseline: &'a [PerturbedFeature],
    left_out: &'a mut BTreeSet<String>,
}

/// The regions that a band leaves out for their size.
fn names_left_out<'a>(planned: &'a PlannedBand, targets: &'a [Target]) -> impl Iterator<Item = String> + 'a {
    targets.iter().filter(|t| !planned.takes(t)).map(|t| t.structure.name.clone())
}

impl Place<'_> {
    /// Measures the follow-up and adds its rows and deltas to the findings.
    fn compare(
        &self,
        measuring: &Measuring,
        prepared: &Prepared,
        first: &[FeatureRow],
        copies: &mut Copies,
        findings: &mut Findings,
    ) -> Result<(), Failure> {
        let Self { request, plan, baseline, followup, pair, number } = self;
        let mut accepted: Vec<String> = pair.ours.iter().map(|c| c.structure.name.clone()).collect();
        accepted.retain(|name| contours::is_accepted(name, followup, request.acceptance));
        let regions = &plan.protocol.region;
        accepted.extend(derived::accepted(regions, &accepted).cloned().collect::<Vec<_>>());
        let made = derived(regions, &followup.structures, &pair.ours);
        let given = followup.structures.iter().map(Target::given);
        let ours = pair.ours.iter().map(Target::ours);
        let targets: Vec<Target> = given.chain(ours).chain(made.iter().map(Target::derived)).collect();
        let mut rows = measuring.rows(prepared, &targets)?;
        mark_contours(&mut rows, &accepted, &registry_info);
        let mut band = None;
        if let Some(planned) = &plan.band {
            let later = planned.rows(measuring, prepared, &targets, *number)?;
            copies.left_out.extend(names_left_out(planned, &targets));
            band = Some(band::band(planned, copies.baseline, &later));
            findings.perturbations.extend(later);
        }

        let tolerances = &plan.protocol.acquisition.tolerances;
        let items =
            acquisition::compare(&baseline.acquisition, &followup.acquisition, baseline.modality, tolerances);
        let rc_bound = plan.protocol.gate.rc_bound.unwrap_or(RcBound::Auto);
        let context = PairContext {
            baseline: visit_context(baseline),
            followup: visit_context(followup),
            interval_days: baseline.when.days_until(followup.when),
            normalise: plan.measurement.intensity.normalise,
            qa: pair.alignment.as_ref().map(|a| a.qa.verdict),
            accepted: &accepted,
            flags: &acquisition::flags(&items),
            gate: plan.gate.as_ref().map(|gate| GateRule { gate, settings: plan.protocol.gate }),
            band: band.as_ref().map(|band| BandRule { band, rc_bound }),
            lookup: &registry_info,
        };
        let mut deltas = delta_rows(first, &rows, &context)?;
        let mut moved = moved_borders(measuring, prepared, pair)?;
        mark_contours(&mut moved, &accepted, &registry_info);
        border::set_border_range(&mut deltas, &moved);
        findings.features.extend(rows);
        findings.deltas.extend(deltas);
        findings.acquisition.push(items);
        Ok(())
    }
}

fn visit_context(visit: &Visit) -> VisitContext<'_> {
    VisitContext { name: &visit.name, modality: visit.modality, units: visit.units, absent: &visit.absent }
}

fn followup_day<'a>(baseline: &Visit, followup: &'a Visit) -> FollowupDay<'a> {
    FollowupDay { visit: &followup.name, interval_days: baseline.when.days_until(followup.when) }
}

/// The follow-up measured again in contours of ours whose border is moved in and out by its uncertainty.
fn moved_borders(
    measuring: &Measuring,
    prepared: &Prepared,
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
