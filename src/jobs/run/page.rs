//! What the report and the summary are made from.

use std::collections::BTreeMap;

use super::RegionInTrouble;
use super::findings::Findings;
use super::pairs::PairResult;
use super::plan::{Plan, described, file_name};
use super::provenance::RunFile;
use super::request::{Alignment, RunContext, RunRequest};
use super::scans::Scans;
use crate::delta::contour::deciding;
use crate::delta::summary::{mean_share_beyond, mean_share_of_gate, summarise};
use crate::delta::trajectory::Trajectories;
use crate::features::settings::Normalise;
use crate::record::{NoiseSource, QaVerdict};
use crate::report::{
    self, AlignmentImages, AlignmentPicture, AlignmentView, BandUsed, GateUsed, PairReport, RunReport,
    VisitView,
};
use crate::visit::Structure;

/// Name of the page in a result.
pub const REPORT: &str = "report.html";

/// A run as it is told.
pub struct Page<'a> {
    /// What was asked.
    pub request: &'a RunRequest,
    /// What was decided.
    pub plan: &'a Plan,
    /// The visits.
    pub scans: &'a Scans,
    /// The alignments.
    pub pairs: &'a [PairResult],
    /// The measurements.
    pub findings: &'a Findings,
    /// Per follow-up, the mask of ours that a person may edit.
    pub to_edit: &'a [Option<String>],
}

/// What is told of a run.
pub struct Rendered {
    /// The page.
    pub html: String,
    /// The summary.
    pub summary: String,
    /// Each alignment as a small picture.
    pub pictures: Vec<AlignmentPicture>,
}

impl Page<'_> {
    /// The page, the summary of at most ten lines, and the pictures beside the page.
    pub fn render(&self) -> Rendered {
        let ours: Vec<Vec<Structure>> =
            self.pairs.iter().map(|p| p.ours.iter().map(|c| c.structure.clone()).collect()).collect();
        let record = self.record(&ours);
        let place = self.plan.out.join(REPORT).display().to_string();
        Rendered {
            html: report::render(&record),
            summary: report::summary(&record, &place),
            pictures: report::alignment_pictures(&record),
        }
    }

    fn record<'a>(&'a self, ours: &'a [Vec<Structure>]) -> RunReport<'a> {
        let baseline = self.scans.baseline();
        let mut visits = vec![VisitView::new(baseline, &[])];
        visits.extend(self.scans.followups().iter().zip(ours).map(|(v, o)| VisitView::new(v, o)));
        RunReport {
            version: env!("CARGO_PKG_VERSION"),
            subject: self.scans.subject.as_deref(),
            modality: baseline.modality,
            visits,
            pairs: (0..self.pairs.len()).map(|n| self.pair(n)).collect(),
            deltas: &self.findings.deltas,
            responses: &self.findings.responses,
            lesion_contour: self.request.lesion_contour,
            gate: self.gate(),
            confirm: self.confirm(),
            next: self.next(),
            notes: self.notes(),
            sampling_decision: &self.plan.sampling.why,
            measurement: &self.plan.measurement,
            measurement_hash: &self.plan.hash,
            registration: self.registration(),
            provenance: self.provenance(),
        }
    }

    fn pair(&self, n: usize) -> PairReport<'_> {
        let (baseline, followup) = (self.scans.baseline(), &self.scans.followups()[n]);
        let alignment = match &self.pairs[n].alignment {
            None => AlignmentView::Skipped,
            Some(a) => AlignmentView::Made {
                qa: &a.qa,
                images: Some(AlignmentImages {
                    fixed: &a.pair.fixed,
                    before: &a.before,
                    after: &a.after,
                    jacobian: &a.jacobian,
                }),
            },
        };
        PairReport {
            baseline: &baseline.name,
            followup: &followup.name,
            interval_days: baseline.when.days_until(followup.when),
            alignment,
            acquisition: self.findings.acquisition[n].clone(),
        }
    }

    fn gate(&self) -> GateUsed {
        let deciding = deciding(&self.findings.deltas, self.request.lesion_contour);
        if let Some(gate) = &self.plan.gate {
            // The gate's own share, its selection of features included, is that of its own limits.
            let as_made = self.plan.protocol.gate.rc_bound.is_none_or(|bound| bound == gate.rc_bound);
            let share =
                if as_made { mean_share_of_gate(&deciding, gate) } else { mean_share_beyond(&deciding) };
            let repeats = gate.features.values().map(|entry| entry.repeat_kind).min();
            return GateUsed { source: Some(gate.kind), repeats, expected_share_beyond: share, band: None };
        }
        let band = self.plan.band.as_ref().map(|planned| BandUsed {
            copies: planned.perturbation.count,
            chain: planned.perturbation.chain.to_string(),
            seed: planned.perturbation.seed,
            left_out: self.findings.left_out.clone(),
        });
        let has_band = self.findings.deltas.iter().any(|row| row.noise_source.is_some());
        GateUsed {
            source: has_band.then_some(NoiseSource::InSilico),
            repeats: None,
            expected_share_beyond: mean_share_beyond(&deciding),
            band,
        }
    }

    /// What was assumed, said once for all visits that share it.
    fn notes(&self) -> Vec<String> {
        let mut by_note: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for visit in &self.scans.visits {
            for note in &visit.notes {
                by_note.entry(note).or_default().push(&visit.name);
            }
        }
        let mut notes: Vec<String> =
            by_note.into_iter().map(|(note, visits)| format!("{}: {note}", visits.join(", "))).collect();
        for (followup, pair) in self.scans.followups().iter().zip(self.pairs) {
            notes.extend(pair.notes.iter().map(|note| format!("{}: {note}", followup.name)));
        }
        if self.plan.measurement.intensity.normalise == Normalise::Body {
            notes.push(
                "Intensities are normalised by their mean and spread inside the body (the lesion left out), or inside the reference region where one is drawn."
                    .into(),
            );
        }
        if self.findings.trajectories == Trajectories::UnknownDays {
            notes.push(
                "No trajectories were made: the days of the visits are not all known (day or date in visit.toml)."
                    .into(),
            );
        }
        notes
    }

    fn registration(&self) -> Vec<(String, String)> {
        if self.request.alignment == Alignment::Skipped || self.scans.followups().is_empty() {
            return Vec::new();
        }
        let s = &self.plan.registration;
        let levels: Vec<String> =
            s.levels.iter().map(|l| format!("{} / {}", l.voxel_mm, l.lattice_mm)).collect();
        let rigid: Vec<String> = s.rigid_voxel_mm.iter().map(ToString::to_string).collect();
        // Zero is off.
        let weight = |value: f64| (value > 0.0).then(|| value.to_string());
        let mut said = vec![
            ("preset", s.preset.word().to_owned()),
            ("metric", format!("{} (window half-width {} voxels)", s.metric.name(), s.radius)),
            ("rigid levels (voxel, mm)", rigid.join(", ")),
            ("spline levels (voxel / lattice, mm)", levels.join(", ")),
            ("bending energy weight (mm\u{b2})", s.lambda_mm2.to_string()),
            ("Jacobian barrier weight", s.barrier.to_string()),
            ("lesion left out with a margin of (mm)", s.lesion_margin_mm.to_string()),
        ];
        let optional = [
            ("bending energy at which its weight is halved (mm\u{207b}\u{b2})", weight(s.roughness_per_mm2)),
            ("total variation weight", weight(s.variation)),
            ("discrete second start within (mm)", weight(s.search_mm)),
        ];
        said.extend(optional.into_iter().filter_map(|(label, value)| Some((label, value?))));
        said.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    fn provenance(&self) -> Vec<(String, String)> {
        let mut facts = vec![("protocol".to_owned(), self.protocol_name())];
        if !self.plan.registration_hash.is_empty() {
            facts.push(("registration settings".to_owned(), self.plan.registration_hash.clone()));
        }
        facts.extend(self.plan.inputs.iter().map(|(part, input)| (part.clone(), input.sha256.clone())));
        facts
    }

    /// The protocol as given; in a study by its name alone, wherever its file lies.
    fn protocol_name(&self) -> String {
        match self.request.context {
            RunContext::Alone => self.plan.protocol.name.clone(),
            RunContext::Cohort => file_name(&self.plan.protocol.name),
        }
    }

    /// The provenance record; the hashes of outputs are added when all are written.
    pub fn run_file(
        &self,
        alignment: BTreeMap<String, QaVerdict>,
        in_trouble: Vec<RegionInTrouble>,
    ) -> RunFile {
        RunFile {
            schema: 1,
            program: "delta".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            notice: "Research use only; not a medical device.".into(),
            fingerprint: self.plan.fingerprint.clone(),
            measurement: self.plan.measurement.clone(),
            measurement_hash: self.plan.hash.clone(),
            registration_hash: self.plan.registration_hash.clone(),
            alignment,
            in_trouble,
            inputs: self.plan.inputs.clone(),
            request: described(self.request),
            notes: self.notes(),
            outputs: BTreeMap::new(),
        }
    }

    /// The summary for a program.
    pub fn json(&self, verdict: Option<QaVerdict>) -> serde_json::Value {
        let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
        let gate = self.gate();
        let summary = summarise(&deciding(&self.findings.deltas, self.request.lesion_contour));
        for row in &self.findings.deltas {
            *verdicts.entry(row.verdict.word()).or_default() += 1;
        }
        serde_json::json!({
            "out": self.plan.out,
            "report": self.plan.out.join(REPORT),
            "subject": self.scans.subject,
            "alignment": verdict,
            "deltas": verdicts,
            "noise_limits": gate.source.map(NoiseSource::word),
            "beyond_noise": summary.if_accepted.beyond(),
            "expected_beyond_by_chance":
                gate.expected_share_beyond.map(|share| share * summary.if_accepted.judged() as f64),
            "measurement_hash": self.plan.hash,
            "next": self.way_on(),
        })
    }
}
