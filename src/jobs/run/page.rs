//! What the report and the summary are made from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::findings::Findings;
use super::pairs::PairResult;
use super::RegionInTrouble;
use super::plan::{Plan, described};
use super::provenance::RunFile;
use super::request::{Acceptance, Alignment, PerturbRequest, RunRequest, VisitRequest};
use super::scans::Scans;
use crate::delta::contour::{LesionContour, deciding};
use crate::delta::summary::{mean_share_beyond, mean_share_of_gate, summarise};
use crate::delta::trajectory::Trajectories;
use crate::features::settings::Normalise;
use crate::record::{DeltaRow, NoiseSource, QaVerdict, Reason};
use crate::report::{
    self, AlignmentImages, AlignmentView, BandUsed, Confirm, GateUsed, Next, PairReport, RunReport, VisitView,
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

impl Page<'_> {
    /// The page, and the summary of at most ten lines.
    pub fn render(&self) -> (String, String) {
        let ours: Vec<Vec<Structure>> =
            self.pairs.iter().map(|p| p.ours.iter().map(|c| c.structure.clone()).collect()).collect();
        let record = self.record(&ours);
        let place = self.plan.out.join(REPORT).display().to_string();
        (report::render(&record), report::summary(&record, &place))
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

    /// The two ways on where a contour of ours waits for a person.
    fn confirm(&self) -> Option<Confirm> {
        let deciding = deciding(&self.findings.deltas, self.request.lesion_contour);
        let waiting = deciding.into_iter().find(|row| waits(row))?;
        let place = self.scans.followups().iter().position(|v| v.name == waiting.followup_visit)?;
        let mask_path = self.plan.out.join(self.to_edit.get(place)?.as_ref()?).display().to_string();
        let (from, mask) = (self.out(""), quoted(&mask_path));
        let edited = (self.scans.followups().len() == 1).then(|| {
            let (command, band, out) = (self.command(), self.perturbation(), self.out("_edited"));
            format!("{command}{band} --from {from} --followup-mask {mask} --out {out}")
        });
        Some(Confirm {
            accept_command: format!(
                "{}{}{} --from {from} --accept-contours --out {}",
                self.command(),
                self.perturbation(),
                self.followup_masks(),
                self.out("_accepted")
            ),
            mask_path,
            edited_command: edited,
        })
    }

    /// What to do where nothing waits: judge the deltas, else check the files.
    fn next(&self) -> Next {
        if self.plan.gate.is_some() {
            return Next {
                purpose: "check later that no file of this result was changed",
                command: format!("delta verify {}", self.out("")),
            };
        }
        let alignment = match self.request.alignment {
            Alignment::Skipped => "--no-register".to_owned(),
            Alignment::Register | Alignment::From(_) => format!("--from {}", self.out("")),
        };
        let accepted = match self.request.acceptance {
            Acceptance::All => " --accept-contours",
            Acceptance::AsDeclared => "",
        };
        Next {
            purpose: "judge the changes by the noise of repeated scans",
            command: format!(
                "{}{} {alignment}{accepted} --gate gate.json --out {}",
                self.command(),
                self.followup_masks(),
                self.out("_judged")
            ),
        }
    }

    /// The folder of the result with an ending, as a word of a command.
    fn out(&self, ending: &str) -> String {
        quoted(&format!("{}{ending}", self.plan.out.display()))
    }

    /// What was asked of the run's own band, as options.
    fn perturbation(&self) -> String {
        let PerturbRequest { copies, chain, seed } = &self.request.perturb;
        let said = [
            copies.map(|copies| format!(" --perturb {copies}")),
            chain.as_ref().map(|chain| format!(" --chain {}", quoted(chain))),
            seed.map(|seed| format!(" --seed {seed}")),
        ];
        said.into_iter().flatten().collect()
    }

    /// The masks of the follow-ups as they were given, as options.
    fn followup_masks(&self) -> String {
        let masks = self.request.visits[1..].iter().filter_map(|v| v.source.mask.as_ref());
        masks.fold(String::new(), |options, mask| {
            options + " --followup-mask " + &quoted(&mask.to_string_lossy())
        })
    }

    /// The command as it was given, as far as the next one repeats it.
    fn command(&self) -> String {
        let request = self.request;
        let path = |visit: &VisitRequest| visit.source.path.to_string_lossy().into_owned();
        let mut command = format!("delta run --baseline {}", quoted(&path(&request.visits[0])));
        let mut add = |option: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = write!(command, " {option} {}", quoted(value));
        };
        for followup in &request.visits[1..] {
            add("--followup", &path(followup));
        }
        if let Some(mask) = &request.visits[0].source.mask {
            add("--baseline-mask", &mask.to_string_lossy());
        }
        let said = [
            ("--protocol", request.protocol.clone()),
            ("--preset", request.preset.clone()),
            ("--gate", request.gate.as_ref().map(|g| g.to_string_lossy().into_owned())),
            ("--rc-bound", request.rc_bound.map(|bound| bound.word().to_owned())),
            ("--lesion", request.lesion.clone()),
            (
                "--lesion-contour",
                (request.lesion_contour == LesionContour::Carried).then(|| "carried".to_owned()),
            ),
            ("--subject", request.subject.clone()),
            ("--modality", request.modality.clone()),
            ("--units", request.units.clone()),
            ("--nifti-form", request.nifti_form.map(|form| format!("{form:?}").to_lowercase())),
        ];
        for (option, value) in said {
            if let Some(value) = value {
                add(option, &value);
            }
        }
        command
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
        if self.request.alignment == Alignment::Skipped {
            return Vec::new();
        }
        let s = &self.plan.registration;
        let levels: Vec<String> =
            s.levels.iter().map(|l| format!("{} / {}", l.voxel_mm, l.lattice_mm)).collect();
        let rigid: Vec<String> = s.rigid_voxel_mm.iter().map(ToString::to_string).collect();
        [
            ("preset", s.preset.word().to_owned()),
            ("metric", format!("{} (window half-width {} voxels)", s.metric.name(), s.radius)),
            ("rigid levels (voxel, mm)", rigid.join(", ")),
            ("spline levels (voxel / lattice, mm)", levels.join(", ")),
            ("bending energy weight (mm\u{b2})", s.lambda_mm2.to_string()),
            ("Jacobian barrier weight", s.barrier.to_string()),
            ("lesion left out with a margin of (mm)", s.lesion_margin_mm.to_string()),
        ]
        .map(|(label, value)| (label.to_owned(), value))
        .to_vec()
    }

    fn provenance(&self) -> Vec<(String, String)> {
        let mut facts = vec![
            ("protocol".to_owned(), self.plan.protocol.name.clone()),
            ("registration settings".to_owned(), self.plan.registration_hash.clone()),
        ];
        facts.extend(self.plan.inputs.iter().map(|(part, input)| (part.clone(), input.sha256.clone())));
        facts
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
            "next": self.confirm().map_or_else(|| self.next().command, |c| c.accept_command),
        })
    }
}

/// Whether a row rests on a contour that waits for a person.
fn waits(row: &DeltaRow) -> bool {
    row.reason == Some(Reason::UnconfirmedContour)
}

/// A word of a command line as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_command_can_be_pasted_whatever_the_names() {
        assert_eq!(quoted("patients/P001/t0"), "patients/P001/t0");
        assert_eq!(quoted("my scans/it's"), "'my scans/it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
