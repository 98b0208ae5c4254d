//! Tests only: series made by hand.

use super::study::{Group, Row, Series};
use crate::record::{Family, FeatureKey, MaskSource, RepeatKind, RoiGroup, RoiRole};

/// Lesions drawn by hand and scanned repeatedly.
pub fn group() -> Group {
    Group { rois: RoiGroup::whole(RoiRole::Lesion), source: MaskSource::Drawn, kind: RepeatKind::Scan }
}

/// A feature of this name.
pub fn key(feature: &str) -> FeatureKey {
    FeatureKey {
        image: "original".into(),
        family: Family::new("stat"),
        feature: feature.into(),
        aggregation: None,
    }
}

/// A series of rows of a subject each; a subject's rows are its lesions.
pub fn series(rows: &[(&str, &[Option<f64>])]) -> Series {
    let row = |(i, (subject, values)): (usize, &(&str, &[Option<f64>]))| Row {
        subject: (*subject).to_owned(),
        roi: format!("lesion{i}"),
        values: values.to_vec(),
    };
    Series {
        group: group(),
        key: key("stat_mean"),
        unit: String::new(),
        rows: rows.iter().enumerate().map(row).collect(),
    }
}

/// A series of complete rows, one lesion per subject.
pub fn complete(rows: &[Vec<f64>]) -> Series {
    clustered(rows, 1)
}

/// A series of complete rows, so many lesions per subject.
pub fn clustered(rows: &[Vec<f64>], lesions: usize) -> Series {
    let row = |(i, values): (usize, &Vec<f64>)| Row {
        subject: format!("S{}", i / lesions),
        roi: format!("lesion{}", i % lesions),
        values: values.iter().copied().map(Some).collect(),
    };
    Series {
        group: group(),
        key: key("stat_mean"),
        unit: String::new(),
        rows: rows.iter().enumerate().map(row).collect(),
    }
}
