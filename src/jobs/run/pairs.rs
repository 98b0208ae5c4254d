//! Every follow-up against the baseline: alignment, contours of ours, and whether they can be trusted.

use std::path::Path;

use super::contours::{self, OurContour};
use super::error::RunError;
use super::plan::Plan;
use super::request::{Alignment, RunRequest};
use super::round_trip::{self, OtherWays};
use super::scans::Scans;
use crate::geometry::Fixed;
use crate::io::itk;
use crate::jobs::align::{self, Aligned, Lesions, Pair};
use crate::jobs::{Checking, Failure, Progress};
use crate::propagate::{self, Stage};
use crate::record::{ContourAgreement, MaskSource, Qa, QaReason, QaRoi, QaVerdict};
use crate::register::Given;
use crate::register::qa::round_trip::CODES;
use crate::transform::{Chain, Transform};
use crate::visit::{Structure, Visit};
use crate::volume::Volume;

/// One follow-up beside the baseline.
#[derive(Debug)]
pub struct PairResult {
    /// Contours of ours on the follow-up; empty where nothing was aligned.
    pub ours: Vec<OurContour>,
    /// The alignment; `None` where it was skipped.
    pub alignment: Option<AlignmentResult>,
    /// What a person is told of the starts that they gave.
    pub notes: Vec<String>,
}

/// An alignment, its findings, and images to look at.
#[derive(Debug)]
pub struct AlignmentResult {
    /// The scans as a pair.
    pub pair: Pair,
    /// The transforms.
    pub aligned: Aligned,
    /// The findings.
    pub qa: Qa,
    /// The baseline at the follow-up's world positions.
    pub before: Volume<f32, Fixed>,
    /// The baseline through the whole transform.
    pub after: Volume<f32, Fixed>,
    /// Jacobian determinant of the whole transform.
    pub jacobian: Volume<f32, Fixed>,
}

/// Names of an alignment's files in a result.
pub struct AlignmentFiles {
    /// Rigid part.
    pub rigid: String,
    /// Whole transform.
    pub whole: String,
    /// Whole transform that follows the lesion.
    pub followed: String,
    /// Whole transform as a displacement field.
    pub displacement: String,
    /// Findings.
    pub qa: String,
}

impl AlignmentFiles {
    /// The names for one follow-up; a run with one follow-up has the plain `qa.json`.
    pub fn new(baseline: &str, followup: &str, followups: usize) -> Self {
        let stem = format!("transforms/{followup}_to_{baseline}");
        Self {
            rigid: format!("{stem}.tfm"),
            whole: format!("{stem}_bspline.tfm"),
            followed: format!("{stem}_followed.tfm"),
            displacement: format!("{stem}_displacement.nii.gz"),
            qa: if followups == 1 { "qa.json".into() } else { format!("qa_{followup}.json") },
        }
    }
}

/// Aligns every follow-up as the request asks and carries the baseline's regions there. One after the other: what was
/// found for a visit is a start for the next.
pub fn pairs(
    request: &RunRequest,
    plan: &Plan,
    scans: &Scans,
    progress: &dyn Progress,
) -> Result<Vec<PairResult>, Failure> {
    let n = scans.followups().len() as f64;
    let mut results: Vec<PairResult> = Vec::new();
    for index in 0..scans.followups().len() {
        let share = 0.05 + 0.75 * index as f64 / n..0.05 + 0.75 * (index as f64 + 1.0) / n;
        results.push(pair(request, plan, scans, &results, progress, share)?);
    }
    Ok(results)
}

/// The next pair after those that are done.
fn pair(
    request: &RunRequest,
    plan: &Plan,
    scans: &Scans,
    done: &[PairResult],
    progress: &dyn Progress,
    share: std::ops::Range<f64>,
) -> Result<PairResult, Failure> {
    let followup = &scans.followups()[done.len()];
    let scan_pair = Pair::of(scans.baseline(), followup);
    let lesions = Lesions::new(contours::lesions(scans.baseline()), contours::lesions(followup));
    let given_starts = plan.initial.get(done.len()).map_or(&[][..], Vec::as_slice);
    let initial = starts(given_starts, done);
    let given = Given { initial: &initial, ..lesions.given(scans.baseline(), followup) };
    let mut other_ways = OtherWays::default();
    let (aligned, earlier) = match &request.alignment {
        Alignment::Skipped => {
            return Ok(PairResult { ours: Vec::new(), alignment: None, notes: Vec::new() });
        }
        Alignment::From(out) => {
            let (aligned, qa) = earlier(out, scans, followup)?;
            (aligned, Some(qa))
        }
        Alignment::Register => {
            let asked = (request.checking == Checking::BothWays).then_some(&share);
            let first = asked.map_or(share.clone(), |share| share.start..round_trip::part(share, 1));
            let aligned = align::register(&scan_pair, &given, &plan.registration, progress, first)?;
            if let Some(share) = asked {
                // Only what the user gave: the visit before is compared with, and must not have been a start.
                let given = Given { initial: given_starts, ..given };
                other_ways = OtherWays::registered(&scan_pair, &given, plan, scans, done, progress, share);
            }
            (aligned, None)
        }
    };
    progress.stage("checking the alignment", share.end);
    let ours = contours::ours(scans, followup, &aligned, request.acceptance);
    let mut qa = assess(plan, scans, followup, &scan_pair, &aligned);
    let known = earlier.map_or_else(Vec::new, |earlier| remember(&mut qa, earlier));
    let view = PairView { followup, aligned: &aligned, ours: &ours, back: other_ways.back() };
    qa.rois = ours.iter().map(|c| qa_roi(&view, c, &known)).collect();
    other_ways.compare(&mut qa, &scan_pair, &aligned.transform, &ours, &plan.protocol.qa, done);
    // What became of the visit before as a start is no concern of the user's.
    let notes = aligned.initial.iter().take(given_starts.len()).map(align::start_told).collect();
    let grid = scan_pair.fixed.grid();
    Ok(PairResult {
        alignment: Some(AlignmentResult {
            before: propagate::warped(&scan_pair.moving, &Transform::identity(), grid),
            after: propagate::warped(&scan_pair.moving, &aligned.transform, grid),
            jacobian: propagate::jacobian_map(&aligned.transform, grid),
            pair: scan_pair,
            aligned,
            qa,
        }),
        ours,
        notes,
    })
}

/// The maps that are tried as starts: those that the user gave, and what was found for the visit before unless that
/// failed.
fn starts(given: &[Chain], done: &[PairResult]) -> Vec<Chain> {
    let before = done.last().and_then(|pair| pair.alignment.as_ref());
    let before = before.filter(|alignment| alignment.qa.verdict != QaVerdict::Fail);
    let found = before.map(|alignment| Chain::from(alignment.aligned.transform.clone()));
    given.iter().cloned().chain(found).collect()
}

fn assess(plan: &Plan, scans: &Scans, followup: &Visit, pair: &Pair, aligned: &Aligned) -> Qa {
    align::assess(
        pair,
        aligned,
        &format!("{} -> {}", followup.name, scans.baseline().name),
        &plan.landmarks,
        &plan.protocol.qa,
    )
}

/// Takes over what only the registration itself could find: doubts about its start, and what other ways said. Gives the
/// earlier regions, whose border uncertainty needs the levels.
fn remember(qa: &mut Qa, earlier: Qa) -> Vec<QaRoi> {
    let [back, by] = CODES;
    let of_registration = |r: &QaReason| ["ambiguous_start", "turned", back, by].contains(&r.code.as_str());
    (qa.both_ways_mm, qa.loop_mm) = (earlier.both_ways_mm, earlier.loop_mm);
    for reason in earlier.reasons.into_iter().filter(of_registration) {
        qa.verdict = qa.verdict.max(reason.verdict);
        qa.reasons.push(reason);
    }
    earlier.rois
}

/// The alignment of an earlier result.
fn earlier(out: &Path, scans: &Scans, followup: &Visit) -> Result<(Aligned, Qa), Failure> {
    let names = AlignmentFiles::new(&scans.baseline().name, &followup.name, scans.followups().len());
    let refuse = |why: String| RunError::From { path: out.to_owned(), why };
    let qa_file = out.join(&names.qa);
    let qa: Qa = std::fs::read_to_string(&qa_file)
        .map_err(|e| e.to_string())
        .and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string()))
        .map_err(|e| refuse(format!("{} cannot be read ({e})", names.qa)))?;
    let followed = out.join(&names.followed);
    let aligned = Aligned {
        rigid: itk::read_transform(&out.join(&names.rigid))?,
        previous_level: None,
        transform: itk::read_transform(&out.join(&names.whole))?,
        followed: followed.exists().then(|| itk::read_transform(&followed)).transpose()?,
        followed_previous: None,
        rival: None,
        turned: None,
        initial: Vec::new(),
    };
    Ok((aligned, qa))
}

/// What a contour of ours is looked at beside.
struct PairView<'a> {
    followup: &'a Visit,
    aligned: &'a Aligned,
    ours: &'a [OurContour],
    /// The way back, where it was registered.
    back: Option<&'a Transform>,
}

impl<'a> PairView<'a> {
    /// Other contours of the same region at the follow-up: those given, and for a followed one the carried one.
    fn others(&self, of: &'a Structure) -> impl Iterator<Item = &'a Structure> {
        let given = self.followup.structures.iter();
        let carried = self
            .ours
            .iter()
            .map(|c| &c.structure)
            .filter(move |s| of.source != MaskSource::Carried && s.source == MaskSource::Carried);
        given.chain(carried).filter(move |s| s.name == of.name)
    }
}

/// What is known about a contour of ours: its size, how sure its border is, how it agrees with others. What needs
/// more than the transforms is taken from `earlier` findings.
fn qa_roi(view: &PairView, contour: &OurContour, earlier: &[QaRoi]) -> QaRoi {
    let structure = &contour.structure;
    let transform = transform_of(view.aligned, structure.source);
    // Accepting a followed contour changes what it is called, not what it is.
    let made = |source| if source == MaskSource::Accepted { MaskSource::Followed } else { source };
    let same = |r: &&QaRoi| r.name == structure.name && made(r.mask_source) == made(structure.source);
    let known = earlier.iter().find(same);
    let mask = structure.mask.in_frame::<Fixed>();
    let previous = match structure.source {
        MaskSource::Carried => view.aligned.previous_level.as_ref(),
        _ => view.aligned.followed_previous.as_ref(),
    };
    // The way back was found with the lesion left out, and says nothing of a border that was followed.
    let back = view.back.filter(|_| structure.source == MaskSource::Carried);
    let stages: Vec<Stage> = previous
        .into_iter()
        .flat_map(|previous| [Stage::Map(previous), Stage::Map(transform)])
        .chain(back.map(Stage::Undone))
        .collect();
    let spread = propagate::border_uncertainty_mm(&mask, &stages);
    QaRoi {
        name: structure.name.clone(),
        mask_source: structure.source,
        volume_ml_carried: structure.mask.volume_ml(),
        volume_ratio_jacobian: contour.volume_ratio_jacobian,
        displacement_mm: propagate::mean_displacement_mm(&mask, transform),
        border_uncertainty_mm: spread.or_else(|| known.and_then(|r| r.border_uncertainty_mm)),
        both_ways_mm: known.and_then(|r| r.both_ways_mm),
        loop_mm: known.and_then(|r| r.loop_mm),
        outside_fraction: contour.outside_fraction,
        agreement: view.others(structure).filter_map(|other| agreement(structure, other)).collect(),
    }
}

/// The transform that a contour of ours was made with.
pub fn transform_of(aligned: &Aligned, source: MaskSource) -> &Transform {
    match (&aligned.followed, source) {
        (Some(followed), MaskSource::Followed | MaskSource::Accepted) => followed,
        _ => &aligned.transform,
    }
}

fn agreement(ours: &Structure, other: &Structure) -> Option<ContourAgreement> {
    propagate::agreement(&ours.mask, &other.mask).map(|a| a.between(ours.source, other.source))
}
