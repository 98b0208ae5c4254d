//! Tests only: four analyses made by hand, with the numbers of cohorts of 60 patients.
//!
//! This file puts the parts together; each part is in the file of its idea. Draws of [`Random`] follow each other from
//! part to part: who changes the order of the calls changes the numbers of all that come after.

mod checklist;
mod claim;
mod columns;
mod design;
mod empty;
mod frozen;
mod groups;
mod lesions;
mod model;
mod patients;
mod survival;

pub use empty::empty;
pub use lesions::lesions;

use self::checklist::checklist;
use self::claim::{claim, differences, sample_size};
use self::columns::{filters, redundancy, univariate};
use self::design::{design, flow};
use self::groups::{batches, subgroups};
use self::model::model;
use self::patients::{courses, missing, table_one};
use self::survival::kaplan_meier;
use crate::numeric::random::Random;
use crate::record::analysis::*;

/// Candidate features, as other programs name them.
const FEATURES: [&str; 12] = [
    "original_glcm_JointEntropy",
    "original_glcm_Contrast",
    "original_glrlm_RunPercentage",
    "original_firstorder_Entropy",
    "original_firstorder_90Percentile",
    "wavelet-HLH_glszm_SizeZoneNonUniformityNormalized",
    "log-sigma-3-0-mm-3D_glcm_Correlation",
    "original_ngtdm_Busyness",
    "original_shape_Sphericity",
    "original_gldm_DependenceVariance",
    "original_glcm_Idm",
    "original_firstorder_Skewness",
];

fn interval(estimate: f64, half: f64) -> Interval {
    Interval { estimate, lower: estimate - half, upper: estimate + half }
}

fn within(estimate: f64, half: f64) -> Interval {
    let of = interval(estimate, half);
    Interval { lower: of.lower.max(0.0), upper: of.upper.min(1.0), ..of }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// A response of 24 of 60 patients in three sites: deltas beat volume.
pub fn response() -> Analysis {
    let mut random = Random::seeded(18);
    let outcomes: Vec<bool> = (0..60).map(|at| at % 5 < 2).collect();
    let models = ModelKind::ALL.map(|kind| model(kind, Some(&outcomes), &mut random)).to_vec();
    Analysis {
        schema: 1,
        design: design(TargetKind::Response, 24),
        flow: flow(24),
        table_one: table_one(["responder", "no responder"], [24, 36]),
        missing: missing(),
        filters: filters(),
        redundancy: Some(redundancy(&mut random)),
        univariate: univariate(true, &mut random),
        differences: differences(&models),
        claim: claim(ClaimVerdict::BeyondVolume),
        models,
        sample_size: sample_size(),
        survival: None,
        subgroups: subgroups(true),
        batches: Some(batches(&mut random)),
        courses: courses(&outcomes, false, &mut random),
        checklist: checklist(),
        warnings: vec![Warning {
            code: "W-FEW-EVENTS".into(),
            text: "1.3 responders per candidate column: the model is for hypotheses only".into(),
        }],
    }
}

/// 41 events among 60 patients: deltas do not beat volume, and time starts at the scan in spite of a warning.
pub fn survival() -> Analysis {
    let mut random = Random::seeded(19);
    let outcomes: Vec<bool> = (0..60).map(|at| at % 3 > 0 || at == 0).collect();
    let mut models = ModelKind::ALL.map(|kind| model(kind, None, &mut random)).to_vec();
    models[1].status = ModelStatus::NoCandidates;
    models[1].note = Some("no visit has a category of RECIST 1.1".into());
    models[1].discrimination = None;
    models[1].permutation = None;
    let mut design = design(TargetKind::Survival, 41);
    design.overridden = vec![
        "no landmark was wanted: time starts at baseline, and survivors' time is given to the delta".into(),
    ];
    Analysis {
        schema: 1,
        design,
        flow: flow(41),
        table_one: table_one(["event", "no event"], [41, 19]),
        missing: vec![Missing { column: "age".into(), block: "clinical".into(), missing: 0, of: 60 }],
        filters: filters(),
        redundancy: Some(redundancy(&mut random)),
        univariate: univariate(false, &mut random),
        differences: differences(&models),
        claim: claim(ClaimVerdict::None),
        models,
        sample_size: sample_size(),
        survival: Some(kaplan_meier(&mut random)),
        subgroups: subgroups(false),
        batches: None,
        courses: courses(&outcomes, true, &mut random),
        checklist: checklist(),
        warnings: vec![],
    }
}
