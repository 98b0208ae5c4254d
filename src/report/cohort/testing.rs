//! Tests only: a made study whose worst alignments are known.

use super::input::{CohortPage, ModalitySettings, PairView, StudySettings};
use super::tile::Tile;
use crate::numeric::random::Random;
use crate::record::{
    CohortQaRow, ContourAgreement, DisplacementQa, FailureRow, Followed, InverseQa, JacobianQa, MaskSource,
    Modality, Qa, QaReason, QaRoi, QaVerdict, SimilarityQa, VisitRecord, VisitState,
};
use crate::report::slices::{Pixels, png};

/// The worst five, in their order: three fail, the first of them without a known chance; two need a look.
pub const WORST: [&str; 5] = ["P042", "P007", "P091", "P066", "P028"];
/// Patients without a result.
pub const FAILED: [&str; 2] = ["P013", "P057"];
/// Patients without a follow-up.
pub const SINGLE: [&str; 3] = ["P020", "P040", "P077"];

/// A study of `n` patients at three sites with one or two follow-ups; at 100 the worst five are [`WORST`].
pub fn study(n: usize) -> CohortPage {
    let mut random = Random::seeded(17);
    let mut pairs = Vec::new();
    let mut visits = Vec::new();
    for at in 1..=n {
        let subject = format!("P{at:03}");
        visits.extend(visits_of(&subject, at));
        if FAILED.contains(&subject.as_str()) {
            continue;
        }
        if SINGLE.contains(&subject.as_str()) {
            pairs.push(PairView { row: single(&subject, at), tile: None });
            continue;
        }
        pairs.push(pair(&subject, at, "t1", &mut random));
        if at.is_multiple_of(4) && !WORST.contains(&subject.as_str()) {
            pairs.push(pair(&subject, at, "t2", &mut random));
        }
    }
    CohortPage {
        version: "0.1.0".into(),
        study: Some("Made study".into()),
        subjects: (1..=n).map(|at| format!("P{at:03}")).collect(),
        pairs,
        visits,
        failures: failures(n),
        settings: settings(),
        notes: vec![],
    }
}

/// A picture of the size that a run writes: two bodies side by side, the second shifted.
pub fn picture(seed: u64) -> Tile {
    let mut random = Random::seeded(seed);
    let (width, height) = (240_usize, 120_usize);
    let shift = random.normal() * 6.0;
    let mut bytes = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (panel, across) = (x / 120, x % 120);
            let centre = 60.0 + if panel == 0 { shift } else { 0.0 };
            let (dx, dy) = ((across as f64 - centre) / 46.0, (y as f64 - 60.0) / 34.0);
            let body =
                if dx * dx + dy * dy < 1.0 { 90.0 + 60.0 * (dx * 9.0).sin() * (dy * 7.0).cos() } else { 4.0 };
            bytes.push((body + 8.0 * random.normal()).clamp(0.0, 255.0) as u8 & 0xf0);
        }
    }
    Tile::from_png(&png(width, height, Pixels::Grey, &bytes)).unwrap()
}

fn pair(subject: &str, at: usize, followup: &str, random: &mut Random) -> PairView {
    let rank = WORST.iter().position(|worst| *worst == subject);
    let verdict = match rank {
        Some(0..=2) => QaVerdict::Fail,
        Some(_) => QaVerdict::Review,
        None if at.is_multiple_of(11) => QaVerdict::Review,
        None => QaVerdict::Pass,
    };
    let margin = match (rank, verdict) {
        (Some(rank), _) => -0.05 + 0.06 * rank as f64,
        (None, QaVerdict::Pass) => 0.6 + 0.05 * random.normal().abs(),
        (None, _) => 0.3 + 0.02 * random.normal().abs(),
    };
    let site = ["Aarhus", "Bergen", "Coimbra"][at % 3];
    let mut alignment = alignment(verdict, margin, random);
    if rank == Some(0) {
        alignment.similarity.chance_mean = 1.0;
    }
    let row = CohortQaRow {
        site: Some(site.into()),
        followup_visit: Some(followup.into()),
        interval_days: Some(if followup == "t1" { 42.0 } else { 91.0 }),
        followed: Followed::Aligned,
        alignment: Some(alignment),
        lesions_followup: 1 + usize::from(at.is_multiple_of(5)),
        lesions_new: usize::from(at.is_multiple_of(25)),
        lesions_absent: usize::from(at.is_multiple_of(30)),
        lesions_lost: usize::from(at.is_multiple_of(33)),
        deltas: 172,
        deltas_judged: 80,
        deltas_changed: at % 23,
        ..single(subject, at)
    };
    PairView { row, tile: Some(picture(at as u64)) }
}

fn single(subject: &str, at: usize) -> CohortQaRow {
    CohortQaRow {
        subject: subject.into(),
        key: format!("{subject}-{:012x}", at * 7_919),
        site: None,
        batch: None,
        group: None,
        modality: Modality::Ct,
        baseline_visit: "t0".into(),
        followup_visit: None,
        interval_days: None,
        followed: Followed::NoFollowUp,
        alignment: None,
        lesions_baseline: 1 + usize::from(at.is_multiple_of(5)),
        lesions_followup: 0,
        lesions_new: 0,
        lesions_absent: 0,
        lesions_lost: 0,
        deltas: 0,
        deltas_judged: 0,
        deltas_changed: 0,
    }
}

fn alignment(verdict: QaVerdict, margin: f64, random: &mut Random) -> Qa {
    let mut spread = || random.normal().abs();
    let chance = 0.31;
    let reasons = match verdict {
        QaVerdict::Fail => vec![
            reason(
                "chance",
                verdict,
                "The scans are no more alike (correlation 0.312) than when they are shifted at random by 20 to 60 mm (up to 0.371): wrong patient, wrong region, or a failed alignment.",
            ),
            reason(
                "folds",
                QaVerdict::Review,
                "The deformation folds tissue onto itself in 0.4 % of the body; no real motion does that.",
            ),
        ],
        QaVerdict::Review => vec![reason(
            "volume_change",
            verdict,
            "In one hundredth of the body the deformation lets tissue grow to more than 2.4 times its volume (up to 2.0 times passes).",
        )],
        QaVerdict::Pass => vec![],
    };
    let low = if verdict == QaVerdict::Pass { 0.85 - 0.05 * spread() } else { 0.41 };
    Qa {
        pair: "t1 -> t0".into(),
        verdict,
        reasons,
        similarity: SimilarityQa {
            measure: "ncc".into(),
            before: 0.4,
            rigid: 0.6,
            spline: chance + margin * (1.0 - chance),
            chance_mean: chance,
            chance_max: 0.371,
        },
        overlap_fraction: 1.0 - 0.01 * spread(),
        jacobian: JacobianQa {
            min: low - 0.1,
            p01: low,
            median: 1.0,
            p99: 1.1 + 0.05 * spread(),
            max: 1.5,
            folded_fraction: if verdict == QaVerdict::Fail { 0.004 } else { 0.0 },
        },
        inverse_residual_mm: InverseQa { mean: 0.05 + 0.02 * spread(), max: 0.9 },
        displacement_mm: DisplacementQa { mean: 2.0, p95: 4.0 + 2.0 * spread(), max: 12.0 },
        tre_mm: None,
        both_ways_mm: None,
        loop_mm: None,
        rois: vec![QaRoi {
            name: "lesion".into(),
            mask_source: MaskSource::Followed,
            volume_ml_carried: 8.0,
            volume_ratio_jacobian: Some(0.9),
            displacement_mm: Some(3.0),
            border_uncertainty_mm: Some(0.3 + 0.1 * spread()),
            both_ways_mm: None,
            loop_mm: None,
            outside_fraction: 0.0,
            agreement: vec![ContourAgreement {
                of: MaskSource::Followed,
                with: MaskSource::Carried,
                dice: 0.92 - 0.03 * spread(),
                hd95_mm: 2.0,
                mean_surface_distance_mm: 0.6,
            }],
        }],
    }
}

fn reason(code: &str, verdict: QaVerdict, text: &str) -> QaReason {
    QaReason { code: code.into(), text: text.into(), value: 0.0, threshold: 0.0, verdict }
}

fn visits_of(subject: &str, at: usize) -> Vec<VisitRecord> {
    let visit = |name: &str, day: Option<f64>, state: VisitState, reason: &str| VisitRecord {
        subject: subject.into(),
        visit: name.into(),
        as_given: day.map(|_| format!("ses-{name}")),
        day,
        state,
        reason: reason.into(),
    };
    let mut all = vec![visit("t0", Some(0.0), VisitState::Taken, "")];
    if SINGLE.contains(&subject) {
        all.push(visit("t1", None, VisitState::Missing, "no visit from day 28 to 56"));
    } else {
        all.push(visit("t1", Some(42.0), VisitState::Taken, ""));
    }
    if at.is_multiple_of(4) && !WORST.contains(&subject) {
        all.push(visit("t2", Some(91.0), VisitState::Taken, ""));
    } else {
        all.push(visit("t2", None, VisitState::Missing, "no visit from day 77 to 105"));
    }
    if at.is_multiple_of(17) {
        all.push(visit("extra", Some(140.0), VisitState::OutsideWindows, "day 140 lies in no window"));
    }
    if at.is_multiple_of(19) {
        all.push(visit("t1", Some(47.0), VisitState::NotNearest, "day 42 is nearer to day 42"));
    }
    all
}

fn failures(n: usize) -> Vec<FailureRow> {
    let failed = |subject: &str, code: &str, fact: &str, hint: &str| FailureRow {
        subject: subject.into(),
        key: String::new(),
        code: code.into(),
        fact: fact.into(),
        hint: hint.into(),
    };
    [
        failed(
            FAILED[0],
            "E-NIFTI-TRUNCATED",
            "P013/t1/image.nii.gz: the file ends after 3 of 8 MB",
            "Copy the file again.",
        ),
        failed(
            FAILED[1],
            "E-MASK-LABEL",
            "P057/t0/mask.nii.gz: no voxel has label 3 (present: 1, 2)",
            "Name one of these in visit.toml.",
        ),
    ]
    .into_iter()
    .filter(|f| f.subject.as_str() <= format!("P{n:03}").as_str())
    .collect()
}

fn settings() -> StudySettings {
    StudySettings {
        windows: vec!["t1: 42 +/- 14 d".into(), "t2: 91 +/- 14 d".into()],
        modalities: vec![ModalitySettings {
            modality: Modality::Ct,
            protocol: "ct".into(),
            sampling: "1 x 1 x 1 mm, 3D".into(),
            why: "the protocol asks for it".into(),
            measurement_hash: "4f0c9c1de2a7".into(),
        }],
        differing: vec![],
        command: "delta cohort run manifest.csv --out study --window \"t1: 42 +/- 14 d\"".into(),
        further: vec![],
    }
}
