//! The sampling that a study decided once over all its scans of a modality, and what it means for a scan that came
//! later (docs/method.md, Sampling and intensities).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::sampling::{SamplingDecision, VisitFacts, coarsest, millimetres, resolve_sampling};
use super::settings::{Measurement, ResolvedSampling};
use crate::record::Flag;

/// Spacings that differ by less than this share are alike.
pub const ALIKE: f64 = 0.01;

/// A sampling that does not change with the visits that are measured by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenSampling {
    /// Why it was decided so, in a sentence or two.
    pub why: String,
    /// The coarsest spacing in mm along right, anterior, superior of the scans that it was decided over.
    pub coarsest_mm: [f64; 3],
    /// The sampling.
    pub sampling: ResolvedSampling,
}

impl FrozenSampling {
    /// Decides a sampling over all scans of a study.
    ///
    /// ```
    /// use delta_radiomics::{features::{FrozenSampling, sampling::VisitFacts, settings::*}, geometry::Grid};
    /// use delta_radiomics::record::{Modality, Units};
    /// let scan = |spacing| VisitFacts {
    ///     grid: Grid::axis_aligned([50, 50, 20], spacing, [0.0; 3]).unwrap(),
    ///     units: Units::Arbitrary,
    ///     modality: Modality::Mr,
    /// };
    /// let generic = Measurement {
    ///     sampling: Sampling { spacing_mm: Spacing::Word(SpacingWord::Auto), interpolation: Interpolation::Linear,
    ///         mask_threshold: 0.5, thick_slice_mm: None },
    ///     intensity: Intensity { units: None, normalise: Normalise::Auto, round_hu: false },
    ///     resegment: Resegment::default(),
    ///     discretise: Discretise { method: Method::FixedBinNumber, size: None, number: Some(32),
    ///         lower_bound: None, ivh: None },
    /// };
    /// let study = FrozenSampling::decide(&generic, &[scan([1.0, 0.8, 1.5]), scan([0.7, 0.9, 2.0])]);
    /// assert_eq!(study.sampling.spacing_mm, [Some(1.2); 3]);
    /// assert_eq!(study.coarsest_mm, [1.0, 0.9, 2.0]);
    /// // A scan that took part in the decision is not coarser than it, though 2 mm are more than 1.2.
    /// assert!(!study.is_coarser(&scan([0.7, 0.9, 2.0])));
    /// assert!(study.is_coarser(&scan([0.7, 0.9, 3.0])));
    /// ```
    pub fn decide(settings: &Measurement, scans: &[VisitFacts]) -> Self {
        let spacings: Vec<[f64; 3]> = scans.iter().map(VisitFacts::anatomical_spacing).collect();
        let (sampling, why) = resolve_sampling(settings, &spacings);
        Self { why, coarsest_mm: coarsest(&spacings), sampling }
    }

    /// Whether a scan is coarser along an axis than every scan that the sampling was decided over. Slices count as
    /// the other axes do: measured in-plane, texture stays on the scan's own slices, and thicker ones blur it.
    pub fn is_coarser(&self, scan: &VisitFacts) -> bool {
        let spacing = scan.anatomical_spacing();
        (0..3).any(|axis| spacing[axis] > self.coarsest_mm[axis] * (1.0 + ALIKE))
    }

    /// Flags the visits that are coarser than the study, and says so.
    pub fn mark(&self, decision: &mut SamplingDecision, visits: &[VisitFacts]) {
        let mut coarser = Vec::new();
        for (flags, visit) in decision.flags.iter_mut().zip(visits) {
            if self.is_coarser(visit) {
                flags.raise(Flag::CoarserThanStudy);
                coarser.push(millimetres(visit.anatomical_spacing()));
            }
        }
        if !coarser.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(
                decision.why,
                " A scan of this patient ({}) is coarser than every scan that the study's sampling was decided over \
                 (up to {}).",
                coarser.join(", "),
                millimetres(self.coarsest_mm),
            );
        }
    }
}
