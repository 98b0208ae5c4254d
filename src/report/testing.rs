//! A made-up patient for the tests of the page: a chest with a nodule that shrinks.

use crate::delta::contour::LesionContour;
use crate::delta::response::responses;
use crate::delta::trajectory::FollowupDay;
use crate::features::settings::ResolvedMeasurement;
use crate::geometry::{Fixed, Grid};
use crate::labels::Mask;
use crate::record::{
    AcquisitionFinding, AcquisitionItem, Aggregation, DeltaRow, DisplacementQa, Family, FeatureKey, Flag,
    Flags, InverseQa, JacobianQa, MaskSource, MeasurementHash, Modality, NoiseScale, NoiseSource, Outcome,
    Qa, QaReason, QaRoi, QaVerdict, Reason, RepeatKind, ResponseRow, RoiRole, SimilarityQa, Units, Verdict,
};
use crate::report::{
    AlignmentImages, AlignmentView, Confirm, GateUsed, Next, PairReport, RunReport, VisitView,
};
use crate::visit::{Acquisition, Structure, When};
use crate::volume::Volume;

/// Everything that a report borrows.
pub struct Patient {
    pub scans: [Volume<f32>; 2],
    pub structures: [Vec<Structure>; 2],
    pub images: [Volume<f32, Fixed>; 4],
    pub acquisition: Acquisition,
    pub deltas: Vec<DeltaRow>,
    pub responses: Vec<ResponseRow>,
    pub qa: Qa,
    pub measurement: ResolvedMeasurement,
    pub hash: MeasurementHash,
}

/// Noise that is the same every time.
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / 16_777_216.0 - 0.5
    }
}

/// Distance from a centre in units of the three half axes.
fn radius(p: [f64; 3], centre: [f64; 3], half: [f64; 3]) -> f64 {
    (0..3).map(|a| ((p[a] - centre[a]) / half[a]).powi(2)).sum::<f64>().sqrt()
}

const NODULE: [f64; 3] = [62.0, 10.0, 8.0];

fn tissue(p: [f64; 3], nodule_mm: f64) -> f32 {
    if radius(p, [0.0, 0.0, 0.0], [150.0, 100.0, 400.0]) > 1.0 {
        return -1000.0;
    }
    let r = radius(p, NODULE, [nodule_mm, nodule_mm * 0.85, nodule_mm * 0.9]);
    let wobble = 0.12 * (p[0] * 0.5).sin() * (p[1] * 0.4 + p[2] * 0.3).cos();
    if r + wobble < 1.0 {
        return 35.0;
    }
    if radius(p, [0.0, -68.0, 0.0], [16.0, 18.0, 400.0]) < 1.0 {
        return 420.0;
    }
    let rib = (p[2] / 9.0 + p[1] / 30.0).sin() > 0.55;
    let shell = radius(p, [0.0, 0.0, 0.0], [138.0, 88.0, 400.0]);
    if rib && shell > 0.94 && shell < 1.0 {
        return 350.0;
    }
    for x in [68.0, -68.0] {
        if radius(p, [x, 2.0, 25.0], [52.0, 72.0, 90.0]) < 1.0 {
            let vessel = ((p[0] * 0.35).sin() + (p[1] * 0.31).cos() + (p[2] * 0.2).sin()) > 1.9;
            return if vessel { -80.0 } else { -820.0 };
        }
    }
    45.0
}

fn scan(grid: &Grid, nodule_mm: f64, shift: [f64; 3], seed: u32) -> Volume<f32> {
    let mut jitter = noise(seed);
    let values = (0..grid.len())
        .map(|o| {
            let p = grid.centre_of(grid.voxel(o)).point();
            let at = [p.x + shift[0], p.y + shift[1], p.z + shift[2]];
            (tissue(at, nodule_mm) + 60.0 * jitter()).round()
        })
        .collect();
    Volume::new(grid.clone(), values)
}

fn ball(grid: &Grid, mm: f64, shift: [f64; 3]) -> Mask {
    Mask::from_fn(grid.clone(), |o| {
        let p = grid.centre_of(grid.voxel(o)).point();
        radius([p.x + shift[0], p.y + shift[1], p.z + shift[2]], NODULE, [mm, mm * 0.85, mm * 0.9]) < 1.0
    })
}

fn lung(grid: &Grid, shift: [f64; 3]) -> Mask {
    Mask::from_fn(grid.clone(), |o| {
        let p = grid.centre_of(grid.voxel(o)).point();
        radius([p.x + shift[0], p.y + shift[1], p.z + shift[2]], [-68.0, 2.0, 25.0], [52.0, 72.0, 90.0]) < 1.0
    })
}

impl Patient {
    /// A patient whose nodule has this name, on a grid of `n` voxels across.
    pub fn new(lesion: &str, n: usize) -> Self {
        let spacing = 330.0 / n as f64;
        let dims = [n, n * 7 / 10, n / 3];
        let grid =
            Grid::axis_aligned(dims, [spacing, spacing, spacing * 1.6], [-165.0, -115.0, -85.0]).unwrap();
        let moved = [7.0, -5.0, 6.0];
        let scans = [scan(&grid, 19.0, moved, 7), scan(&grid, 12.0, [0.0; 3], 8)];
        let structure =
            |name: &str, role, source, mask| Structure { name: name.into(), role: Some(role), source, mask };
        let structures = [
            vec![
                structure(lesion, RoiRole::Lesion, MaskSource::Drawn, ball(&grid, 19.0, moved)),
                structure("left lung", RoiRole::Organ, MaskSource::Drawn, lung(&grid, moved)),
            ],
            vec![
                structure(lesion, RoiRole::Lesion, MaskSource::Followed, ball(&grid, 12.6, [0.3, 0.0, 0.5])),
                structure(lesion, RoiRole::Lesion, MaskSource::Carried, ball(&grid, 18.2, [0.0; 3])),
                structure("left lung", RoiRole::Organ, MaskSource::Carried, lung(&grid, [0.0; 3])),
            ],
        ];
        let after = scan(&grid, 19.0, [0.8, 0.0, 0.4], 7).in_frame();
        let jacobian = (0..grid.len())
            .map(|o| {
                let p = grid.centre_of(grid.voxel(o)).point();
                let r = radius([p.x, p.y, p.z], NODULE, [26.0; 3]);
                (1.0 + 0.75 * (-r * r).exp() - 0.16 * (-(r - 2.2).powi(2)).exp()) as f32
            })
            .collect();
        let images = [
            scans[1].clone().in_frame(),
            scans[0].clone().in_frame(),
            after,
            Volume::new(grid.in_frame(), jacobian),
        ];
        let hash = MeasurementHash::new("5f0c".repeat(16));
        let deltas = deltas(lesion, &hash);
        let day = [FollowupDay { visit: "t1", interval_days: Some(84.0) }];
        Self {
            responses: responses(&deltas, LesionContour::Followed, &day),
            deltas,
            scans,
            structures,
            images,
            acquisition: Acquisition::default(),
            qa: qa(lesion),
            measurement: ResolvedMeasurement::of_a_ct(),
            hash,
        }
    }

    /// The report of this patient.
    pub fn report(&self) -> RunReport<'_> {
        let visit = |n: usize, name, when| VisitView {
            name,
            when,
            units: Units::Hu,
            acquisition: &self.acquisition,
            image: &self.scans[n],
            structures: self.structures[n].iter().collect(),
            absent: &[],
        };
        let [fixed, before, after, jacobian] = &self.images;
        RunReport {
            version: "0.1.0",
            subject: Some("P001"),
            modality: Modality::Ct,
            visits: vec![visit(0, "t0", When::Date(19_783)), visit(1, "t1", When::Date(19_783 + 84))],
            pairs: vec![PairReport {
                baseline: "t0",
                followup: "t1",
                interval_days: Some(84.0),
                alignment: AlignmentView::Made {
                    qa: &self.qa,
                    images: Some(AlignmentImages { fixed, before, after, jacobian }),
                },
                acquisition: acquisition(),
            }],
            deltas: &self.deltas,
            responses: &self.responses,
            lesion_contour: LesionContour::Followed,
            gate: GateUsed { source: Some(NoiseSource::TestRetest), repeats: Some(RepeatKind::Scan), expected_share_beyond: Some(0.081), band: None },
            confirm: Some(Confirm::ByCommand {
                accept_command: "delta run --baseline t0 --followup t1 --from delta_P001_t0_t1 --accept-contours".into(),
                mask_path: "masks/t1_followed.nii.gz".into(),
                edited_command: Some("delta run --baseline t0 --followup t1 --from delta_P001_t0_t1 --followup-mask EDITED.nii.gz".into()),
            }),
            next: Next {
                purpose: "judge the changes by the noise of repeated scans",
                command: "delta run --baseline t0 --followup t1 --from delta_P001_t0_t1 --gate gate.json".into(),
            },
            notes: vec!["CT in Hounsfield units was recognised from the intensities, not declared.".into()],
            sampling_decision: "The protocol ct asks for 1 mm isotropic voxels; the coarsest slice spacing is 2.5 mm, at most the 3 mm above which texture would be measured in-plane.",
            measurement: &self.measurement,
            measurement_hash: &self.hash,
            registration: vec![
                ("preset".into(), "thorax_abdomen".into()),
                ("metric".into(), "local normalised cross-correlation, 9 voxels".into()),
                ("lattice".into(), "32, 16 and 8 mm".into()),
            ],
            provenance: vec![
                ("Protocol".into(), "ct (built in)".into()),
                ("Baseline image".into(), format!("t0/image.nii.gz, SHA-256 {}", "9a31".repeat(16))),
                ("Follow-up image".into(), format!("t1/image.nii.gz, SHA-256 {}", "44c0".repeat(16))),
            ],
        }
    }
}

fn acquisition() -> Vec<AcquisitionItem> {
    let item =
        |item, name, baseline: Option<&str>, followup: Option<&str>, tolerance, finding| AcquisitionItem {
            item,
            name,
            baseline: baseline.map(Into::into),
            followup: followup.map(Into::into),
            tolerance,
            finding,
        };
    vec![
        item(
            "kernel",
            "reconstruction kernel",
            Some("B30f"),
            Some("B70f"),
            None,
            AcquisitionFinding::Differs,
        ),
        item(
            "slice_thickness_mm",
            "slice thickness (mm)",
            Some("2.5"),
            Some("2.5"),
            Some(0.5),
            AcquisitionFinding::Same,
        ),
        item("contrast_phase", "contrast phase", Some("venous"), None, None, AcquisitionFinding::Unknown),
    ]
}

fn qa(lesion: &str) -> Qa {
    Qa {
        pair: "t1 -> t0".into(),
        verdict: QaVerdict::Review,
        reasons: vec![QaReason {
            code: "displacement".into(),
            text: "the lesion was moved by 14.2 mm, more than the 12 mm that need a look".into(),
            value: 14.2,
            threshold: 12.0,
            verdict: QaVerdict::Review,
        }],
        similarity: SimilarityQa {
            measure: "NCC".into(),
            before: 0.61,
            rigid: 0.87,
            spline: 0.962,
            chance_mean: 0.22,
            chance_max: 0.35,
        },
        overlap_fraction: 0.981,
        jacobian: JacobianQa {
            min: 0.41,
            p01: 0.72,
            median: 1.003,
            p99: 1.44,
            max: 1.91,
            folded_fraction: 0.0,
        },
        inverse_residual_mm: InverseQa { mean: 0.04, max: 0.31 },
        displacement_mm: DisplacementQa { mean: 4.2, p95: 11.0, max: 19.5 },
        tre_mm: None,
        both_ways_mm: None,
        loop_mm: None,
        rois: vec![QaRoi {
            name: lesion.into(),
            mask_source: MaskSource::Followed,
            volume_ml_carried: 5.4,
            volume_ratio_jacobian: Some(0.81),
            displacement_mm: Some(14.2),
            border_uncertainty_mm: Some(0.6),
            both_ways_mm: None,
            loop_mm: None,
            outside_fraction: 0.0,
            agreement: vec![],
        }],
    }
}

fn deltas(lesion: &str, hash: &MeasurementHash) -> Vec<DeltaRow> {
    let [morph, stat, cm] = ["morph", "stat", "cm"].map(Family::new);
    let texture = Some(Aggregation::ThreeDAvg);
    let measured = [
        (morph, "morph_volume", None, 23_400.0, 5_430.0, 0.22),
        (morph, "morph_diam", None, 41.2, 26.8, 0.15),
        (morph, "morph_sphericity", None, 0.78, 0.83, 0.09),
        (stat, "stat_mean", None, -70.2, -112.4, 38.0),
        (stat, "stat_var", None, 14_210.0, 16_020.0, 0.31),
        (cm, "cm_joint_var", texture, 31.2, 52.7, 0.28),
        (cm, "cm_contrast", texture, 18.4, 19.9, 0.35),
        (cm, "cm_joint_entr", texture, 6.21, 6.02, 0.41),
        (cm, "cm_clust_prom", texture, 40_210.0, 41_800.0, 0.6),
    ];
    let mut rows = Vec::new();
    for (roi, role, source) in [
        (lesion, RoiRole::Lesion, MaskSource::Followed),
        (lesion, RoiRole::Lesion, MaskSource::Carried),
        ("left lung", RoiRole::Organ, MaskSource::Carried),
    ] {
        for (family, feature, aggregation, a, b, limit) in measured {
            let key = FeatureKey { image: "original".into(), family, feature: feature.into(), aggregation };
            rows.push(delta(roi, role, source, key, [a, b], limit, hash));
        }
    }
    rows
}

fn delta(
    roi: &str,
    role: RoiRole,
    source: MaskSource,
    key: FeatureKey,
    [a, b]: [f64; 2],
    limit: f64,
    hash: &MeasurementHash,
) -> DeltaRow {
    let organ = role == RoiRole::Organ;
    let b = if organ { a * 1.04 } else { b };
    let signed = key.feature == "stat_mean";
    let extent = key.family == Family::new("morph") && source == MaskSource::Carried;
    let ratio = |v: f64| if signed { Outcome::Refused(Reason::SignedFeature) } else { Outcome::Value(v) };
    let scale = if signed { NoiseScale::Raw } else { NoiseScale::Log };
    let size = if signed { (b - a).abs() } else { (b / a).ln().abs() };
    let then = if size > limit { Verdict::Changed } else { Verdict::WithinNoise };
    let give = |o: Outcome| if extent { Outcome::Refused(Reason::CarriedMask) } else { o };
    let mut flags: Flags = [Flag::AssumedHu, Flag::Unconfirmed, Flag::Review].into_iter().collect();
    flags.raise(Flag::Acquisition("kernel".into()));
    DeltaRow {
        subject: Some("P001".into()),
        modality: Modality::Ct,
        measurement_hash: hash.clone(),
        roi: roi.into(),
        roi_role: role,
        baseline_visit: "t0".into(),
        followup_visit: "t1".into(),
        interval_days: Some(84.0),
        mask_source_baseline: Some(MaskSource::Drawn),
        mask_source_followup: Some(source),
        baseline: Some(a),
        followup: (!extent).then_some(b),
        absolute: give(Outcome::Value(b - a)),
        relative: give(ratio(b / a - 1.0)),
        log_ratio: give(ratio((b / a).ln())),
        absolute_per_day: None,
        log_ratio_per_day: None,
        icc_form: Some("ICC(A,1)".into()),
        icc: Some(0.93),
        icc_lower: Some(0.86),
        noise_scale: Some(scale),
        noise_df: Some(19.0),
        noise_limit: Some(limit),
        noise_limit_upper: None,
        noise_source: Some(NoiseSource::TestRetest),
        p: None,
        q: None,
        border_low: None,
        border_high: None,
        verdict: Verdict::Refused,
        verdict_if_accepted: (!extent).then_some(then),
        reason: Some(if extent { Reason::CarriedMask } else { Reason::UnconfirmedContour }),
        flags,
        key,
    }
}
