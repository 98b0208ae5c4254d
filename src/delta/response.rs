//! Response categories from the sizes of lesions: RECIST 1.1 on longest axial diameters, and a volumetric criterion.
//!
//! Rules, in this order (docs/method.md, Response): a new lesion: PD; nadir 0: CR if still 0, else PD; size 0: CR;
//! growth from the nadir of at least 20 % and 5 mm (volumetric: 73 %): PD; loss from the baseline of at least 30 %
//! (volumetric: 65 %): PR; else SD. The nadir is the smallest size of all earlier visits, the baseline among them.
//! Lymph nodes, non-target lesions and confirmation are not covered.

use std::collections::BTreeMap;

use super::contour::{LesionContour, deciding};
use super::trajectory::FollowupDay;
use crate::record::{
    DeltaRow, Flags, MaskSource, Outcome, Reason, ResponseCategory, ResponseCriterion, ResponseRow, RoiRole,
};

/// What is and is not meant by a category, for whoever reads one.
pub const SCOPE: &str = "Lymph nodes, non-target lesions and confirmation are not covered; research use only";

/// What the rules look at: sums over lesions, in mm or in mm3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// At baseline.
    pub baseline: f64,
    /// Smallest of all earlier visits, the baseline among them.
    pub nadir: f64,
    /// Now.
    pub size: f64,
}

/// The category of lesions without any new one. Products of whole numbers are compared, so that a threshold that is
/// hit exactly is hit.
///
/// ```
/// use delta_radiomics::delta::response::{Sizes, category};
/// use delta_radiomics::record::{ResponseCategory, ResponseCriterion};
/// let shrunk = Sizes { baseline: 100.0, nadir: 100.0, size: 70.0 };
/// assert_eq!(category(ResponseCriterion::Recist, shrunk), ResponseCategory::Pr);
/// assert_eq!(category(ResponseCriterion::Volumetric, shrunk), ResponseCategory::Sd);
/// // A fifth more than the nadir, but only 4 mm.
/// let grown = Sizes { baseline: 20.0, nadir: 20.0, size: 24.0 };
/// assert_eq!(category(ResponseCriterion::Recist, grown), ResponseCategory::Sd);
/// ```
pub fn category(criterion: ResponseCriterion, sizes: Sizes) -> ResponseCategory {
    let Sizes { baseline, nadir, size } = sizes;
    if nadir == 0.0 {
        return if size == 0.0 { ResponseCategory::Cr } else { ResponseCategory::Pd };
    }
    if size == 0.0 {
        return ResponseCategory::Cr;
    }
    let growth = size - nadir;
    let loss = baseline - size;
    let (progressed, responded) = match criterion {
        ResponseCriterion::Recist => {
            (100.0 * growth >= 20.0 * nadir && growth >= 5.0, 100.0 * loss >= 30.0 * baseline)
        }
        ResponseCriterion::Volumetric => (100.0 * growth >= 73.0 * nadir, 100.0 * loss >= 65.0 * baseline),
    };
    match (progressed, responded) {
        (true, _) => ResponseCategory::Pd,
        (false, true) => ResponseCategory::Pr,
        (false, false) => ResponseCategory::Sd,
    }
}

/// The feature that a criterion sums.
pub const fn feature(criterion: ResponseCriterion) -> &'static str {
    match criterion {
        ResponseCriterion::Recist => "morph_diam_axial",
        ResponseCriterion::Volumetric => "morph_volume",
    }
}

/// The categories of a run's follow-ups, in the order of time (of the visits as they are given, where some day is not
/// known), by every criterion. A follow-up without any lesion that could be compared has no row.
pub fn responses(deltas: &[DeltaRow], contour: LesionContour, followups: &[FollowupDay]) -> Vec<ResponseRow> {
    let deciding = deciding(deltas, contour);
    let order = in_time(followups);
    let of_criterion = |criterion: &ResponseCriterion| course(&deciding, *criterion, &order);
    ResponseCriterion::ALL.iter().flat_map(of_criterion).collect()
}

fn in_time<'a>(followups: &[FollowupDay<'a>]) -> Vec<&'a str> {
    let mut order = followups.to_vec();
    if order.iter().all(|f| f.interval_days.is_some()) {
        let day = |f: &FollowupDay| f.interval_days.unwrap_or(0.0);
        order.sort_by(|a, b| day(a).total_cmp(&day(b)));
    }
    order.iter().map(|f| f.visit).collect()
}

/// The follow-ups by one criterion.
fn course(deciding: &[&DeltaRow], criterion: ResponseCriterion, order: &[&str]) -> Vec<ResponseRow> {
    let mut by_visit: BTreeMap<&str, Vec<&DeltaRow>> = BTreeMap::new();
    for row in deciding.iter().filter(|row| is_size(row, criterion)) {
        by_visit.entry(&row.followup_visit).or_default().push(row);
    }
    let mut rows = Vec::new();
    let mut nadir: Option<Nadir> = None;
    for lesions in order.iter().filter_map(|visit| by_visit.get(visit)) {
        let Some(visit) = Visit::of(lesions) else { continue };
        if nadir.is_none() {
            nadir = visit.baseline.map(|size| Nadir { size, flags: Flags::default() });
        }
        rows.push(visit.row(criterion, nadir.as_ref()));
        if let Some(size) = visit.size.value() {
            // A later visit as small as an earlier one is no better.
            if nadir.as_ref().is_none_or(|n| size < n.size) {
                nadir = Some(Nadir { size, flags: visit.flags.clone() });
            }
        }
    }
    rows
}

fn is_size(row: &DeltaRow, criterion: ResponseCriterion) -> bool {
    let key = &row.key;
    row.roi_role == RoiRole::Lesion && key.feature == feature(criterion) && key.image == "original"
}

/// The smallest size so far, with what is to be known of it.
struct Nadir {
    size: f64,
    flags: Flags,
}

/// The lesions of a follow-up beside those of the baseline.
struct Visit<'a> {
    any: &'a DeltaRow,
    targets: Vec<&'a DeltaRow>,
    new: Vec<&'a DeltaRow>,
    /// Sum at baseline.
    baseline: Option<f64>,
    /// Sum now.
    size: Outcome,
    /// Of all lesions.
    flags: Flags,
}

impl<'a> Visit<'a> {
    /// `None` without a lesion that is at baseline or new.
    fn of(lesions: &[&'a DeltaRow]) -> Option<Self> {
        let at_baseline = |row: &&&DeltaRow| row.mask_source_baseline.is_some();
        let targets: Vec<&DeltaRow> = lesions.iter().filter(at_baseline).copied().collect();
        let new: Vec<&DeltaRow> = lesions.iter().filter(|row| is_new(row)).copied().collect();
        let any = targets.first().or(new.first()).copied()?;
        let mut flags = Flags::default();
        targets.iter().chain(&new).for_each(|row| flags.join(&row.flags));
        let baseline = targets.iter().map(|row| row.baseline).sum::<Option<f64>>();
        let baseline = baseline.filter(|_| !targets.is_empty());
        Some(Self { any, size: size(&targets), baseline, targets, new, flags })
    }

    fn row(&self, criterion: ResponseCriterion, nadir: Option<&Nadir>) -> ResponseRow {
        let mut flags = self.flags.clone();
        if let Some(nadir) = nadir {
            flags.join(&nadir.flags);
        }
        let mut mask_sources: Vec<MaskSource> =
            self.targets.iter().chain(&self.new).filter_map(|row| row.mask_source_followup).collect();
        mask_sources.sort_unstable();
        mask_sources.dedup();
        let any = self.any;
        ResponseRow {
            subject: any.subject.clone(),
            modality: any.modality,
            measurement_hash: any.measurement_hash.clone(),
            baseline_visit: any.baseline_visit.clone(),
            followup_visit: any.followup_visit.clone(),
            interval_days: any.interval_days,
            criterion,
            lesions: self.targets.len(),
            new_lesions: self.new.len(),
            mask_sources,
            baseline: self.baseline,
            nadir: nadir.map(|n| n.size),
            size: self.size,
            category: self.category(criterion, nadir.map(|n| n.size)),
            flags,
        }
    }

    fn category(&self, criterion: ResponseCriterion, nadir: Option<f64>) -> Result<ResponseCategory, Reason> {
        // Scans of another kind show other lesions.
        let incomparable = |outcome: Outcome| match outcome {
            Outcome::Refused(reason @ (Reason::OtherModality | Reason::OtherUnits)) => Some(reason),
            _ => None,
        };
        if let Some(reason) = incomparable(self.size) {
            return Err(reason);
        }
        if !self.new.is_empty() {
            return Ok(ResponseCategory::Pd);
        }
        let size = self.size.value().ok_or_else(|| self.size.reason().unwrap_or(Reason::EmptyRoi))?;
        let (baseline, nadir) = self.baseline.zip(nadir).ok_or(Reason::EmptyRoi)?;
        Ok(category(criterion, Sizes { baseline, nadir, size }))
    }
}

/// Whether a lesion is here and was not at baseline. Contours of ours come from the baseline, so it was drawn here.
fn is_new(row: &DeltaRow) -> bool {
    row.mask_source_baseline.is_none() && row.mask_source_followup.is_some() && row.followup != Some(0.0)
}

/// The sum of the sizes at the follow-up; where one has none, why: a refusal speaks before what is undefined.
fn size(targets: &[&DeltaRow]) -> Outcome {
    let without = |row: &&&DeltaRow| row.absolute.value().is_none();
    let refused = targets.iter().find(|row| matches!(row.absolute, Outcome::Refused(_)));
    if let Some(row) = refused.or_else(|| targets.iter().find(without)) {
        return row.absolute;
    }
    match targets.iter().map(|row| row.followup).sum::<Option<f64>>() {
        Some(sum) if !targets.is_empty() => Outcome::finite(sum),
        _ => Outcome::Undefined(Reason::RoiOnlyAtFollowup),
    }
}

#[cfg(test)]
mod tests;
