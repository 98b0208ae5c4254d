//! What the report is made from. Plain records and borrowed scans: whatever is said on the page stands in here.

use crate::delta::contour::LesionContour;
use crate::features::intensity_unit;
use crate::features::settings::ResolvedMeasurement;
use crate::geometry::Fixed;
use crate::record::{
    AcquisitionItem, DeltaRow, MaskSource, MeasurementHash, Modality, NoiseSource, Qa, QaRoi, RepeatKind,
    ResponseRow, Units,
};
use crate::visit::{Acquisition, Structure, Visit, When};
use crate::volume::Volume;

/// Everything that the page and the summary of one patient's run say.
pub struct RunReport<'a> {
    /// Version of the program (`0.1.0`).
    pub version: &'a str,
    /// Subject, where known.
    pub subject: Option<&'a str>,
    /// Modality of the visits.
    pub modality: Modality,
    /// The visits, baseline first.
    pub visits: Vec<VisitView<'a>>,
    /// One per follow-up, in the order of the visits.
    pub pairs: Vec<PairReport<'a>>,
    /// All deltas, in the order of `deltas.csv`.
    pub deltas: &'a [DeltaRow],
    /// Response categories, in the order of `response.csv`; empty without a lesion.
    pub responses: &'a [ResponseRow],
    /// Which of our own contours decides where none is drawn.
    pub lesion_contour: LesionContour,
    /// What deltas were compared with.
    pub gate: GateUsed,
    /// The ways on where a contour waits for a person; `None` where none does.
    pub confirm: Option<Confirm>,
    /// What to do next where no contour waits.
    pub next: Next,
    /// What was assumed or changed for all visits, in sentences (CT assumed, MR normalised, ...).
    pub notes: Vec<String>,
    /// The decision on sampling, and why, in sentences.
    pub sampling_decision: &'a str,
    /// What was measured on, resolved.
    pub measurement: &'a ResolvedMeasurement,
    /// Its hash.
    pub measurement_hash: &'a MeasurementHash,
    /// Settings of the registration as (label, value); empty where none was made.
    pub registration: Vec<(String, String)>,
    /// Origin of everything as (label, value): protocol, input and output hashes, ...
    pub provenance: Vec<(String, String)>,
}

/// What deltas were compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct GateUsed {
    /// What the noise limits were measured on; `None` where there are none.
    pub source: Option<NoiseSource>,
    /// What a gate's limits were repeated over; `None` without a gate.
    pub repeats: Option<RepeatKind>,
    /// Share of unchanged features that are judged and exceed their limit by chance: as the gate was simulated to say,
    /// or for a band as its degrees of freedom say.
    pub expected_share_beyond: Option<f64>,
    /// How the run's own band was made; `None` where a gate judges, or nothing.
    pub band: Option<BandUsed>,
}

/// How a band of perturbed copies was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandUsed {
    /// Copies of each visit.
    pub copies: u32,
    /// What was perturbed, in letters.
    pub chain: String,
    /// Seed of the draws.
    pub seed: u64,
    /// Regions without a band because of their size.
    pub left_out: Vec<String>,
}

/// How a person confirms or corrects our contours.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirm {
    /// By `delta run` again.
    ByCommand {
        /// The command that accepts them and measures again.
        accept_command: String,
        /// The mask to edit (`delta_t0_t1/masks/t1_followed.nii.gz`).
        mask_path: String,
        /// The command that takes the edited mask, where it can be written down.
        edited_command: Option<String>,
    },
    /// In the visits' folders and the manifest of a study, and by `delta cohort run` again.
    InStudy(Vec<ToConfirm>),
}

/// A follow-up of a study with contours that wait for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct ToConfirm {
    /// Its name.
    pub visit: String,
    /// The line of its `visit.toml` that accepts them.
    pub accept_line: String,
    /// The mask to edit, relative to the output folder (`masks/t1_followed.nii.gz`).
    pub mask_path: String,
}

/// What goes on from a result in which nothing waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// What it does, as the end of a sentence (`judge these deltas by noise limits`).
    pub purpose: &'static str,
    /// The command, or the step where it is not one.
    pub command: String,
}

/// A visit as the report shows it.
pub struct VisitView<'a> {
    /// Name.
    pub name: &'a str,
    /// When it was.
    pub when: When,
    /// Units of its intensities.
    pub units: Units,
    /// How it was made.
    pub acquisition: &'a Acquisition,
    /// The scan.
    pub image: &'a Volume<f32>,
    /// Every contour on this scan, whoever made it: drawn ones, and ours (followed, carried).
    pub structures: Vec<&'a Structure>,
    /// Regions known to be gone.
    pub absent: &'a [String],
}

impl<'a> VisitView<'a> {
    /// The view of a visit together with the contours that this program made on it.
    pub fn new(visit: &'a Visit, ours: &'a [Structure]) -> Self {
        Self {
            name: &visit.name,
            when: visit.when,
            units: visit.units,
            acquisition: &visit.acquisition,
            image: &visit.image,
            structures: visit.structures.iter().chain(ours).collect(),
            absent: &visit.absent,
        }
    }
}

/// A follow-up against the baseline.
pub struct PairReport<'a> {
    /// Name of the baseline visit.
    pub baseline: &'a str,
    /// Name of the follow-up visit.
    pub followup: &'a str,
    /// Days between them, where known.
    pub interval_days: Option<f64>,
    /// What is known about the alignment.
    pub alignment: AlignmentView<'a>,
    /// The acquisition's items at both visits.
    pub acquisition: Vec<AcquisitionItem>,
}

/// The alignment of a pair, where there is one.
pub enum AlignmentView<'a> {
    /// Both visits' masks are drawn and the run was asked not to register.
    Skipped,
    /// The visits were aligned.
    Made {
        /// What the checks found.
        qa: &'a Qa,
        /// Images to look at; `None` where they are not at hand (a run that took its transforms from an earlier one
        /// still shows its findings).
        images: Option<AlignmentImages<'a>>,
    },
}

/// Images that show an alignment. All lie on the follow-up's grid; NaN means no data.
pub struct AlignmentImages<'a> {
    /// The follow-up scan.
    pub fixed: &'a Volume<f32, Fixed>,
    /// The baseline as stored, read at the follow-up's world positions.
    pub before: &'a Volume<f32, Fixed>,
    /// The baseline through the whole transform.
    pub after: &'a Volume<f32, Fixed>,
    /// Jacobian determinant of the whole transform.
    pub jacobian: &'a Volume<f32, Fixed>,
}

impl<'a> RunReport<'a> {
    /// The visit of this name.
    pub fn visit(&self, name: &str) -> Option<&VisitView<'a>> {
        self.visits.iter().find(|v| v.name == name)
    }

    /// Whether there is a follow-up: a single visit has values and no change.
    pub fn is_followed(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// The unit of intensities as they were measured.
    pub fn intensity_unit(&self) -> &'static str {
        let units = self.visits.first().map_or(Units::Arbitrary, |v| v.units);
        intensity_unit(units, self.measurement.intensity.normalise)
    }

    /// What the alignment's checks found of a contour at a follow-up.
    pub fn found(&self, followup: &str, roi: &str, source: MaskSource) -> Option<&'a QaRoi> {
        self.pairs.iter().filter(|p| p.followup == followup).find_map(|pair| match pair.alignment {
            AlignmentView::Made { qa, .. } => {
                qa.rois.iter().find(|r| r.name == roi && r.mask_source == source)
            }
            AlignmentView::Skipped => None,
        })
    }
}
