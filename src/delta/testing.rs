//! Rows and features for the tests of this room, so that they do not depend on what the registry holds.

use std::collections::BTreeMap;

use super::gate::{ExpectedShare, Gate, GateEntry};
use super::single::without_followup;
use crate::features::registry::{
    Extent, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse, RatioScale, Standing,
};
use crate::features::settings::ResolvedMeasurement;
use crate::record::{
    DeltaRow, Family, FeatureKey, FeatureRow, Flags, IccBound, IccForm, MaskSource, MeasurementHash,
    Modality, NoiseScale, NoiseSource, Outcome, RcBound, RepeatKind, RoiGroup, RoiRole, Verdict,
};
use crate::stats::repeatability::{repeatability_coefficient, wsd_upper};

/// Five features of five kinds: a size, an offset-free spread, a mean that needs a true zero, a signed one, a texture.
pub fn known(tag: &str) -> Option<FeatureInfo> {
    let info = |tag, family: Family, unit, ratio, extent| FeatureInfo {
        tag,
        name: tag,
        ibsi: "TEST",
        family,
        unit,
        ratio,
        offset: OffsetResponse::Invariant,
        extent,
        intensities: match family.word() {
            "morph" => IntensityMeaning::Irrelevant,
            "stat" => IntensityMeaning::Needed,
            _ => IntensityMeaning::Binned,
        },
        standing: Standing::Referenced,
        definition: "",
    };
    Some(match tag {
        "morph_volume" => {
            info("morph_volume", Family::new("morph"), FeatureUnit::Mm3, RatioScale::Always, Extent::OfRegion)
        }
        "stat_var" => info(
            "stat_var",
            Family::new("stat"),
            FeatureUnit::IntensitySquared,
            RatioScale::Always,
            Extent::Independent,
        ),
        "stat_mean" => info(
            "stat_mean",
            Family::new("stat"),
            FeatureUnit::Intensity,
            RatioScale::WithTrueZero,
            Extent::Independent,
        ),
        "stat_skew" => {
            info("stat_skew", Family::new("stat"), FeatureUnit::None, RatioScale::Never, Extent::Independent)
        }
        "cm_contrast" => {
            info("cm_contrast", Family::new("cm"), FeatureUnit::None, RatioScale::Always, Extent::Independent)
        }
        _ => return None,
    })
}

pub fn hash() -> MeasurementHash {
    MeasurementHash::new("ab".repeat(32))
}

pub fn key(tag: &str) -> FeatureKey {
    let prefix = tag.split('_').next().unwrap();
    FeatureKey {
        image: "original".into(),
        family: Family::from_word(prefix).unwrap(),
        feature: tag.into(),
        aggregation: None,
    }
}

pub fn feature_row(
    visit: &str,
    roi: &str,
    role: RoiRole,
    source: MaskSource,
    tag: &str,
    value: f64,
) -> FeatureRow {
    FeatureRow {
        subject: Some("P001".into()),
        visit: visit.into(),
        modality: Modality::Ct,
        measurement_hash: hash(),
        roi: roi.into(),
        roi_role: role,
        mask_source: source,
        key: key(tag),
        outcome: Outcome::Value(value),
        unit: String::new(),
        flags: Flags::default(),
    }
}

pub fn delta_row(roi: &str, role: RoiRole, source: MaskSource, tag: &str) -> DeltaRow {
    DeltaRow {
        followup_visit: "t1".into(),
        mask_source_followup: Some(source),
        followup: Some(2.0),
        absolute: Outcome::Value(1.0),
        relative: Outcome::Value(1.0),
        log_ratio: Outcome::Value(std::f64::consts::LN_2),
        verdict: Verdict::NoGate,
        reason: None,
        ..without_followup(feature_row("t0", roi, role, MaskSource::Drawn, tag, 1.0))
    }
}

/// A gate that judges `stat_var` and `morph_volume` of lesions with drawn and with followed masks.
pub fn gate() -> Gate {
    let entry = GateEntry {
        n: 30,
        n_subjects: 30,
        k: 2,
        repeat_kind: RepeatKind::Scan,
        stable: Some(true),
        icc: Some(0.95),
        icc_lower: Some(0.9),
        scale: NoiseScale::Raw,
        wsd: 0.5,
        df: 30.0,
        rc: repeatability_coefficient(0.5),
        rc_upper: repeatability_coefficient(wsd_upper(0.5, 30.0)),
    };
    let features = ["stat_var", "morph_volume"]
        .into_iter()
        .flat_map(|tag| [MaskSource::Drawn, MaskSource::Followed].map(|source| (source, key(tag))))
        .map(|(source, key)| (Gate::key(&RoiGroup::whole(RoiRole::Lesion), source, &key), entry))
        .collect();
    Gate {
        schema: 1,
        kind: NoiseSource::TestRetest,
        measurement: Some(ResolvedMeasurement::of_a_ct()),
        measurement_hash: hash(),
        modality: Modality::Ct,
        icc_form: Some(IccForm::AgreementSingle),
        icc_bound: IccBound::Lower,
        icc_threshold: 0.75,
        rc_bound: RcBound::Auto,
        expected_share_beyond: ExpectedShare { all: 0.06, stable: Some(0.07) },
        expected_share_by_group: BTreeMap::new(),
        features,
        source: BTreeMap::new(),
    }
}
