//! One decision about the grid and the grey levels for all visits of a run (docs/method.md, Sampling and intensities).
//!
//! Texture depends on the voxels it is measured on, so visits are compared on one spacing: never finer than the
//! coarsest of them where the program decides, whatever the user says where the user decides.

use std::fmt::Write as _;

use super::settings::{
    DEFINITIONS, Dimension, Discretise, Intensity, Measurement, Method, Normalise, ResolvedMeasurement,
    ResolvedSampling, Spacing, SpacingWord,
};
use crate::geometry::Grid;
use crate::record::{Flag, Flags, Modality, Units};

/// With `auto`, voxels whose longest edge is at most this many times the shortest become cubes.
pub const ISOTROPIC_RATIO: f64 = 2.5;
/// A visit resampled to a spacing this many times finer is flagged.
pub const UPSAMPLED_RATIO: f64 = 3.0;

const AXES: [&str; 3] = ["right-left", "anterior-posterior", "superior-inferior"];

/// What the decision needs to know of a visit.
#[derive(Clone, Debug)]
pub struct VisitFacts {
    /// Grid of its scan.
    pub grid: Grid,
    /// What its intensities mean.
    pub units: Units,
    /// How it was made.
    pub modality: Modality,
}

impl VisitFacts {
    /// Spacing in mm along right, anterior, superior.
    pub fn anatomical_spacing(&self) -> [f64; 3] {
        let spacing = self.grid.spacing();
        self.grid.anatomical_axes().map(|axis| spacing[axis])
    }
}

/// What was decided, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplingDecision {
    /// The decision in a sentence or two, for the report.
    pub why: String,
    /// Whether slices are thick: texture in-plane, morphology on the native spacing.
    pub thick_slices: bool,
    /// Flags that every row of a visit carries, one set per visit.
    pub flags: Vec<Flags>,
}

/// Decides the sampling and the discretisation for all visits of a run.
///
/// ```
/// use delta_radiomics::{features::{sampling::{resolve, VisitFacts}, settings::*}, geometry::Grid};
/// use delta_radiomics::record::{Modality, Units};
/// let visit = |spacing| VisitFacts {
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
/// // Coarsest per axis: 1.0, 0.9, 2.0 mm. 2.0 / 0.9 is below 2.5, so cubes of the geometric mean, 1.2 mm.
/// let (settings, decision) = resolve(&generic, &[visit([1.0, 0.8, 1.5]), visit([0.7, 0.9, 2.0])]);
/// assert_eq!(settings.sampling.spacing_mm, [Some(1.2); 3]);
/// assert!(!decision.thick_slices);
/// // Slices of 6 mm are thick: squares in the plane, each visit's own slices.
/// let (settings, decision) = resolve(&generic, &[visit([1.0, 0.8, 6.0])]);
/// assert_eq!(settings.sampling.spacing_mm, [Some(0.9), Some(0.9), None]);
/// assert!(decision.thick_slices);
/// ```
pub fn resolve(settings: &Measurement, visits: &[VisitFacts]) -> (ResolvedMeasurement, SamplingDecision) {
    let spacings: Vec<[f64; 3]> = visits.iter().map(VisitFacts::anatomical_spacing).collect();
    let units = visits.first().map_or(Units::Arbitrary, |v| v.units);
    let (sampling, why) = resolve_sampling(settings, &spacings);
    let normalise = match settings.intensity.normalise {
        Normalise::Auto if units == Units::Arbitrary => Normalise::Body,
        Normalise::Auto | Normalise::None => Normalise::None,
        Normalise::Body => Normalise::Body,
    };
    let discretise = resolve_discretisation(settings, units);
    let resolved = ResolvedMeasurement {
        sampling,
        intensity: Intensity {
            units: Some(units),
            normalise,
            round_hu: settings.intensity.round_hu && units == Units::Hu,
        },
        resegment: settings.resegment,
        discretise,
        definitions: DEFINITIONS,
    };
    let decision = decision(why, &resolved, visits);
    (resolved, decision)
}

/// What follows for the rows of each visit from settings that are resolved, by [`resolve`] or by a gate.
pub fn decision(mut why: String, resolved: &ResolvedMeasurement, visits: &[VisitFacts]) -> SamplingDecision {
    let ResolvedMeasurement { sampling, intensity, discretise, .. } = resolved;
    let thick_slices = sampling.dimension == Dimension::InPlane;
    let mut common = Flags::default();
    if thick_slices {
        common.raise(Flag::ThickSlices);
    }
    if intensity.normalise == Normalise::Body {
        common.raise(Flag::Normalised);
    }
    if discretise.method == Method::FixedBinNumber || discretise.lower_bound.is_none() {
        common.raise(Flag::RelativeBins);
    }
    let mut flags = vec![common; visits.len()];
    for (flags, visit) in flags.iter_mut().zip(visits) {
        let spacing = visit.anatomical_spacing();
        let finest = (0..3).filter_map(|a| sampling.spacing_mm[a].map(|new| spacing[a] / new));
        if finest.fold(0.0, f64::max) > UPSAMPLED_RATIO {
            flags.raise(Flag::Upsampled);
        }
    }
    if flags.iter().any(|f| f.has(&Flag::Upsampled)) {
        let _ = write!(
            why,
            " At least one scan is more than {UPSAMPLED_RATIO} times coarser than that along an axis."
        );
    }
    SamplingDecision { why, thick_slices, flags }
}

/// A spacing per axis in words.
pub fn millimetres([x, y, z]: [f64; 3]) -> String {
    format!("{x:.2} x {y:.2} x {z:.2} mm")
}

/// The coarsest spacing along each axis.
pub(super) fn coarsest(spacings: &[[f64; 3]]) -> [f64; 3] {
    std::array::from_fn(|axis| spacings.iter().map(|s| s[axis]).fold(0.0, f64::max))
}

/// Decides the grid over scans of these spacings, and says why.
pub(super) fn resolve_sampling(settings: &Measurement, spacings: &[[f64; 3]]) -> (ResolvedSampling, String) {
    let coarsest = coarsest(spacings);
    let slice_axis = (0..3).rev().max_by(|a, b| coarsest[*a].total_cmp(&coarsest[*b])).unwrap_or(2);
    let (spacing_mm, in_plane, why) = match settings.sampling.spacing_mm {
        Spacing::Word(SpacingWord::Auto) => automatic(coarsest, slice_axis),
        Spacing::Word(SpacingWord::Native) => (
            [None; 3],
            false,
            "The protocol asks for each scan's own voxels: nothing is resampled.".to_owned(),
        ),
        Spacing::PerAxis(spacing) => {
            let [x, y, z] = spacing;
            (spacing.map(Some), false, format!("The protocol asks for {x} x {y} x {z} mm."))
        }
        Spacing::Isotropic(spacing) => match settings.sampling.thick_slice_mm {
            Some(limit) if coarsest[slice_axis] > limit => (
                squares(spacing, slice_axis),
                true,
                format!(
                    "The protocol asks for {spacing} mm, and slices ({}) are {:.2} mm apart, more than {limit} mm: \
                     texture is measured in-plane at {spacing} mm, morphology on the scan's own voxels.",
                    AXES[slice_axis], coarsest[slice_axis],
                ),
            ),
            _ => ([Some(spacing); 3], false, format!("The protocol asks for {spacing} mm along every axis.")),
        },
    };
    let sampling = ResolvedSampling {
        spacing_mm,
        dimension: if in_plane { Dimension::InPlane } else { Dimension::Volume },
        slice_axis: in_plane.then_some(slice_axis),
        interpolation: settings.sampling.interpolation,
        mask_threshold: settings.sampling.mask_threshold,
    };
    (sampling, why)
}

/// `spacing_mm = "auto"`.
fn automatic(coarsest: [f64; 3], slice_axis: usize) -> ([Option<f64>; 3], bool, String) {
    let finest = coarsest.iter().copied().fold(f64::INFINITY, f64::min);
    let ratio = coarsest[slice_axis] / finest;
    let [x, y, z] = coarsest;
    if ratio <= ISOTROPIC_RATIO {
        let cube = rounded(geometric_mean(&coarsest));
        let why = format!(
            "The coarsest spacing along each axis is {x:.2} x {y:.2} x {z:.2} mm (ratio {ratio:.1}, at most \
             {ISOTROPIC_RATIO}): all visits are measured at their geometric mean, {cube} mm."
        );
        return ([Some(cube); 3], false, why);
    }
    let plane: Vec<f64> = (0..3).filter(|a| *a != slice_axis).map(|a| coarsest[a]).collect();
    let square = rounded(geometric_mean(&plane));
    let why = format!(
        "The coarsest spacing along each axis is {x:.2} x {y:.2} x {z:.2} mm (ratio {ratio:.1}, more than \
         {ISOTROPIC_RATIO}): slices ({}) are thick, so texture is measured in-plane at {square} mm and morphology \
         on the scan's own voxels.",
        AXES[slice_axis],
    );
    (squares(square, slice_axis), true, why)
}

fn squares(spacing: f64, slice_axis: usize) -> [Option<f64>; 3] {
    std::array::from_fn(|axis| (axis != slice_axis).then_some(spacing))
}

fn geometric_mean(values: &[f64]) -> f64 {
    match values {
        [a, b] => (a * b).sqrt(),
        _ => libm::cbrt(values.iter().product()),
    }
}

/// To 0.1 mm, unless the voxels are so small that nothing would be left.
fn rounded(spacing: f64) -> f64 {
    let tenths = (spacing * 10.0).round() / 10.0;
    if tenths > 0.0 { tenths } else { spacing }
}

/// The method and its one number; what the method does not use is left out, so that it cannot change the hash.
fn resolve_discretisation(settings: &Measurement, units: Units) -> Discretise {
    let asked = settings.discretise;
    let size_has_meaning = matches!(units, Units::Hu | Units::Suv);
    let by_number = match (asked.method, asked.number) {
        (Method::FixedBinNumber, _) => true,
        // A size beside a number is meant for HU or SUV; other units take the number.
        (Method::FixedBinSize, Some(_)) => !size_has_meaning,
        (Method::FixedBinSize, None) => false,
    };
    if by_number {
        return Discretise { method: Method::FixedBinNumber, size: None, lower_bound: None, ..asked };
    }
    let anchor = match units {
        Units::Hu => Some(-1000.0),
        _ if units.has_true_zero() => Some(0.0),
        _ => None,
    };
    let lower_bound = asked.lower_bound.or(settings.resegment.range.map(|r| r[0])).or(anchor);
    Discretise { number: None, lower_bound, ..asked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::settings::{Interpolation, Resegment, Sampling, SpacingWord};

    fn visit(spacing: [f64; 3], units: Units) -> VisitFacts {
        let grid = Grid::axis_aligned([10, 10, 10], spacing, [0.0; 3]).unwrap();
        VisitFacts { grid, units, modality: Modality::Ot }
    }

    fn protocol(spacing_mm: Spacing, thick_slice_mm: Option<f64>) -> Measurement {
        Measurement {
            sampling: Sampling {
                spacing_mm,
                interpolation: Interpolation::Linear,
                mask_threshold: 0.5,
                thick_slice_mm,
            },
            intensity: Intensity { units: None, normalise: Normalise::Auto, round_hu: true },
            resegment: Resegment { range: Some([-1000.0, 3000.0]), sigma: None },
            discretise: Discretise {
                method: Method::FixedBinSize,
                size: Some(25.0),
                number: None,
                lower_bound: None,
                ivh: None,
            },
        }
    }

    #[test]
    fn auto_takes_the_coarsest_visit_per_anatomical_axis() {
        let mut affine = nalgebra::Matrix4::zeros();
        // Stored with slices first: 2 mm along superior, 1 mm in the plane.
        for (row, column, value) in [(2, 0, 2.0), (0, 1, 1.0), (1, 2, 1.0), (3, 3, 1.0)] {
            affine[(row, column)] = value;
        }
        let permuted =
            VisitFacts { grid: Grid::new([5, 5, 5], affine).unwrap(), ..visit([1.0; 3], Units::Hu) };
        let (settings, decision) = resolve(
            &protocol(Spacing::Word(SpacingWord::Auto), None),
            &[permuted, visit([1.4, 1.0, 1.0], Units::Hu)],
        );
        // 1.4 x 1 x 2: geometric mean 1.409.
        assert_eq!(settings.sampling.spacing_mm, [Some(1.4); 3]);
        assert_eq!(settings.sampling.dimension, Dimension::Volume);
        assert!(decision.flags.iter().all(|f| !f.has(&Flag::ThickSlices)));
    }

    #[test]
    fn a_ratio_of_exactly_two_and_a_half_is_not_thick() {
        let auto = protocol(Spacing::Word(SpacingWord::Auto), None);
        assert!(!resolve(&auto, &[visit([1.0, 1.0, 2.5], Units::Hu)]).1.thick_slices);
        let (settings, decision) = resolve(&auto, &[visit([1.0, 2.51, 1.0], Units::Hu)]);
        assert!(decision.thick_slices);
        assert_eq!(settings.sampling.slice_axis, Some(1));
        assert_eq!(settings.sampling.spacing_mm, [Some(1.0), None, Some(1.0)]);
    }

    #[test]
    fn a_fixed_spacing_falls_back_in_plane_when_any_visit_has_thick_slices() {
        let ct = protocol(Spacing::Isotropic(1.0), Some(3.0));
        let thin = visit([0.8, 0.8, 3.0], Units::Hu);
        let thick = visit([0.8, 0.8, 5.0], Units::Hu);
        assert!(!resolve(&ct, std::slice::from_ref(&thin)).1.thick_slices);
        let (settings, decision) = resolve(&ct, &[thin, thick]);
        assert_eq!(settings.sampling.spacing_mm, [Some(1.0), Some(1.0), None]);
        assert!(decision.why.contains("5.00 mm apart"), "{}", decision.why);
    }

    #[test]
    fn the_users_numbers_win() {
        let per_axis = protocol(Spacing::PerAxis([1.0, 1.0, 5.0]), Some(3.0));
        let (settings, decision) = resolve(&per_axis, &[visit([0.8, 0.8, 5.0], Units::Hu)]);
        assert_eq!(settings.sampling.spacing_mm, [Some(1.0), Some(1.0), Some(5.0)]);
        assert!(!decision.thick_slices);
        let fixed = protocol(Spacing::Isotropic(1.0), None);
        let (_, decision) = resolve(&fixed, &[visit([0.8, 0.8, 5.0], Units::Hu), visit([1.0; 3], Units::Hu)]);
        assert!(!decision.thick_slices);
        assert!(decision.flags[0].has(&Flag::Upsampled) && !decision.flags[1].has(&Flag::Upsampled));
    }

    #[test]
    fn units_decide_bins_and_normalisation() {
        let mut pet = protocol(Spacing::Isotropic(3.0), None);
        pet.resegment = Resegment::default();
        pet.discretise.size = Some(0.5);
        pet.discretise.number = Some(64);
        let resolved = |settings: &Measurement, units| resolve(settings, &[visit([3.0; 3], units)]);
        let (suv, decision) = resolved(&pet, Units::Suv);
        assert_eq!((suv.discretise.size, suv.discretise.lower_bound), (Some(0.5), Some(0.0)));
        assert_eq!((suv.discretise.number, suv.intensity.normalise), (None, Normalise::None));
        assert!(!decision.flags[0].has(&Flag::RelativeBins));
        let (bq, decision) = resolved(&pet, Units::BqMl);
        assert_eq!((bq.discretise.method, bq.discretise.number), (Method::FixedBinNumber, Some(64)));
        assert!(decision.flags[0].has(&Flag::RelativeBins));
        let (ct, _) = resolved(&protocol(Spacing::Isotropic(1.0), None), Units::Hu);
        assert_eq!(ct.discretise.lower_bound, Some(-1000.0));
        let (mr, decision) = resolved(&pet, Units::Arbitrary);
        assert_eq!(mr.intensity.normalise, Normalise::Body);
        assert!(decision.flags[0].has(&Flag::Normalised) && !mr.intensity.round_hu);
    }
}
