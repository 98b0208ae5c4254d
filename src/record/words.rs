//! The controlled words of the tables, as types. Strings appear at the edges only.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Makes an enum whose variants have one word each, for tables and files, and finds a variant by its word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word in tables and files.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// The variant that has this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// How an image was made, in DICOM's words.
    Modality {
        /// Computed tomography.
        Ct = "CT",
        /// Magnetic resonance.
        Mr = "MR",
        /// Positron emission tomography.
        Pt = "PT",
        /// Nuclear medicine, SPECT among it.
        Nm = "NM",
        /// Anything else.
        Ot = "OT",
    }
}

words! {
    /// What an intensity means.
    Units {
        /// Hounsfield units.
        Hu = "HU",
        /// Standardised uptake value.
        Suv = "SUV",
        /// Activity concentration.
        BqMl = "Bq/mL",
        /// Activity concentration.
        KbqMl = "kBq/mL",
        /// Apparent diffusion coefficient.
        Mm2S = "mm2/s",
        /// No unit, as in most MR.
        Arbitrary = "arbitrary",
    }
}

impl Units {
    /// Whether zero means none of what is measured: then ratios of intensities make sense.
    pub fn has_true_zero(self) -> bool {
        match self {
            Self::Suv | Self::BqMl | Self::KbqMl | Self::Mm2S => true,
            Self::Hu | Self::Arbitrary => false,
        }
    }
}

words! {
    /// What a region is to the question.
    RoiRole {
        /// The changing thing that is asked about; left out of the registration's metric.
        Lesion = "lesion",
        /// Anatomy.
        Organ = "organ",
        /// Tissue that is taken as stable, for normalisation.
        Reference = "reference",
        /// Made from another region by a protocol.
        Region = "region",
    }
}

words! {
    /// Where a contour comes from.
    MaskSource {
        /// By a person or another program.
        Drawn = "drawn",
        /// One of ours, changed and given back.
        Edited = "edited",
        /// Ours, looked at and accepted by a person.
        Accepted = "accepted",
        /// Ours: the baseline contour that follows the visible border.
        Followed = "followed",
        /// Ours: the tissue that was inside at baseline.
        Carried = "carried",
    }
}

impl MaskSource {
    /// Whether a person stands behind the contour.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Drawn | Self::Edited | Self::Accepted)
    }
}

words! {
    /// Whether a number is given.
    Status {
        /// A value.
        Ok = "ok",
        /// The mathematics gives none.
        Undefined = "undefined",
        /// It could be computed, and would mislead.
        Refused = "refused",
        /// A value for which the standard has no reference.
        NotStandardised = "not_standardised",
    }
}

words! {
    /// Why there is no number, or a lesser one.
    Reason {
        /// No voxel is left.
        EmptyRoi = "empty_roi",
        /// Too few voxels for this feature.
        RoiTooSmall = "roi_too_small",
        /// All voxels share one grey level.
        SingleGreyLevel = "single_grey_level",
        /// The definition divides by zero.
        ZeroDenominator = "zero_denominator",
        /// The region has no extent along an axis.
        FlatRoi = "flat_roi",
        /// The region is a line.
        OneDimensional = "one_dimensional",
        /// No two voxels of the region touch.
        NoNeighbours = "no_neighbours",
        /// The lesion is known to be gone at this visit.
        Absent = "absent",
        /// No counterpart at follow-up, and no registration to carry it.
        RoiOnlyAtBaseline = "roi_only_at_baseline",
        /// A new region.
        RoiOnlyAtFollowup = "roi_only_at_followup",
        /// There is no later visit.
        NoFollowUp = "no_follow_up",
        /// A size or outline of a carried contour is the registration's, not the lesion's.
        CarriedMask = "carried_mask",
        /// Nobody has looked at the contour.
        UnconfirmedContour = "unconfirmed_contour",
        /// Intensities without a unit were not normalised.
        ArbitraryUnits = "arbitrary_units",
        /// The visits differ in modality.
        OtherModality = "other_modality",
        /// The visits differ in units.
        OtherUnits = "other_units",
        /// The alignment failed.
        QaFail = "qa_fail",
        /// The feature is not on a ratio scale.
        SignedFeature = "signed_feature",
        /// A value is zero or negative.
        NonPositive = "non_positive",
        /// The baseline is zero.
        BaselineZero = "baseline_zero",
        /// The gate was made with other masks.
        ForeignGate = "foreign_gate",
        /// No spread at all.
        Constant = "constant",
        /// The repeats are equal.
        Identical = "identical",
        /// Too few subjects.
        Insufficient = "insufficient",
        /// The value is part of what it is compared with.
        Incorporated = "incorporated",
        /// The region is cut by the border of the scan.
        OutsideFieldOfView = "outside_field_of_view",
        /// No voxel was left when the region was carried.
        RoiVanished = "roi_vanished",
        /// Others of the study have this feature; this measurement has it not.
        NotMeasured = "not_measured",
    }
}

impl Reason {
    /// The reason in words that a reader of the report understands.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EmptyRoi => "no voxel is left in the region",
            Self::RoiTooSmall => "the region has too few voxels for this feature",
            Self::SingleGreyLevel => "all voxels of the region share one grey level",
            Self::ZeroDenominator => "the definition would divide by zero",
            Self::FlatRoi => "the region has no thickness along an axis",
            Self::OneDimensional => "the region is a line of voxels",
            Self::NoNeighbours => "no two voxels of the region touch",
            Self::Absent => "the lesion is known to be gone at this visit",
            Self::RoiOnlyAtBaseline => "the region was drawn at baseline only and nothing carries it",
            Self::RoiOnlyAtFollowup => "the region appears at follow-up only",
            Self::NoFollowUp => "there is no follow-up visit",
            Self::CarriedMask => {
                "size and outline of a carried contour come from the registration, not from what the scan shows"
            }
            Self::UnconfirmedContour => "nobody has looked at this contour yet",
            Self::ArbitraryUnits => "the intensities have no unit and were not normalised",
            Self::OtherModality => "the visits are of different modality",
            Self::OtherUnits => "the visits have different units",
            Self::QaFail => "the alignment failed its checks",
            Self::SignedFeature => "the feature is not on a ratio scale, so a ratio has no meaning",
            Self::NonPositive => "a value is zero or negative",
            Self::BaselineZero => "the baseline value is zero",
            Self::ForeignGate => "the gate has no noise limit for contours of this kind",
            Self::Constant => "the values have no spread at all",
            Self::Identical => "the repeated measurements are equal",
            Self::Insufficient => "too few subjects",
            Self::Incorporated => "the value is part of what it is compared with",
            Self::OutsideFieldOfView => "the region is cut by the border of the scan",
            Self::RoiVanished => "no voxel was left when the region was carried to this visit",
            Self::NotMeasured => "the protocol of this scan does not measure the feature",
        }
    }
}

words! {
    /// What the gate says of a delta.
    Verdict {
        /// Stable, and beyond the repeatability coefficient.
        Changed = "changed",
        /// Stable, and not beyond it.
        WithinNoise = "within_noise",
        /// Too noisy between repeats to be judged.
        Unstable = "unstable",
        /// Beyond a band of in-silico perturbations.
        BeyondBand = "beyond_band",
        /// Within such a band.
        WithinBand = "within_band",
        /// No noise limit is known.
        NoGate = "no_gate",
        /// A judgement would mislead.
        Refused = "refused",
        /// There is no delta.
        Undefined = "undefined",
    }
}

words! {
    /// How lesions responded.
    ResponseCategory {
        /// Complete response: all lesions are gone.
        Cr = "CR",
        /// Partial response.
        Pr = "PR",
        /// Stable disease.
        Sd = "SD",
        /// Progressive disease.
        Pd = "PD",
    }
}

words! {
    /// The rules of a response category.
    ResponseCriterion {
        /// RECIST 1.1: sum of the longest axial diameters, -30 % and +20 %.
        Recist = "recist_1_1",
        /// Sum of the volumes, -65 % and +73 %.
        Volumetric = "volumetric",
    }
}

impl ResponseCategory {
    /// The category in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cr => "complete response",
            Self::Pr => "partial response",
            Self::Sd => "stable disease",
            Self::Pd => "progressive disease",
        }
    }
}

impl ResponseCriterion {
    /// The unit of the sizes that it sums.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Recist => "mm",
            Self::Volumetric => "mm3",
        }
    }
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recist => "RECIST 1.1",
            Self::Volumetric => "volumetric",
        }
    }
}

words! {
    /// The scale on which a delta is compared with its noise.
    NoiseScale {
        /// Difference of values.
        Raw = "raw",
        /// Difference of logarithms.
        Log = "log",
    }
}

words! {
    /// What the noise limit was measured on.
    NoiseSource {
        /// Two scans of unchanged patients.
        TestRetest = "test_retest",
        /// Perturbed copies of one scan.
        InSilico = "in_silico",
    }
}

words! {
    /// How well a feature repeats, by the ICC figure that was asked for.
    Stability {
        /// The figure reaches the threshold.
        Stable = "stable",
        /// The estimate reaches it, its lower bound does not.
        Marginal = "marginal",
        /// Neither does.
        Unstable = "unstable",
        /// There is no figure: too few repeats, or nothing that varies.
        Undefined = "undefined",
    }
}

words! {
    /// Classes of an ICC (Koo & Li 2016): below 0.5, 0.75, 0.9, and above.
    IccClass {
        /// Below 0.5.
        Poor = "poor",
        /// From 0.5.
        Moderate = "moderate",
        /// From 0.75.
        Good = "good",
        /// From 0.9.
        Excellent = "excellent",
    }
}

impl IccClass {
    /// The class of an ICC.
    pub fn of(icc: f64) -> Self {
        match icc {
            icc if icc >= 0.9 => Self::Excellent,
            icc if icc >= 0.75 => Self::Good,
            icc if icc >= 0.5 => Self::Moderate,
            _ => Self::Poor,
        }
    }
}

words! {
    /// What was repeated when noise was measured.
    RepeatKind {
        /// The scan.
        Scan = "scan",
        /// The contouring.
        Rater = "rater",
        /// A perturbed copy of one scan.
        Perturbation = "perturbation",
    }
}

words! {
    /// A form of the intraclass correlation coefficient (McGraw & Wong 1996).
    IccForm {
        /// One-way, single measurement.
        OneWaySingle = "ICC(1,1)",
        /// Absolute agreement, single measurement.
        AgreementSingle = "ICC(A,1)",
        /// Consistency, single measurement.
        ConsistencySingle = "ICC(C,1)",
        /// One-way, mean of k.
        OneWayMean = "ICC(1,k)",
        /// Absolute agreement, mean of k.
        AgreementMean = "ICC(A,k)",
        /// Consistency, mean of k.
        ConsistencyMean = "ICC(C,k)",
    }
}

words! {
    /// Which figure of an ICC has to reach the threshold.
    IccBound {
        /// The lower bound of its 95 % interval.
        Lower = "lower",
        /// The estimate itself.
        Point = "point",
    }
}

words! {
    /// Which figure of the repeatability coefficient limits noise.
    RcBound {
        /// Its upper bound where fewer than 20 were repeated, else its estimate.
        Auto = "auto",
        /// Its estimate.
        Point = "point",
        /// The upper bound of its 95 % interval.
        Upper = "upper",
    }
}

impl RcBound {
    /// Whether the upper bound decides, where noise was measured on `n` regions or copies: below 20 the estimate
    /// itself is too uncertain to be the limit.
    pub fn takes_upper(self, n: u32) -> bool {
        match self {
            Self::Upper => true,
            Self::Point => false,
            Self::Auto => n < 20,
        }
    }
}

words! {
    /// How directions and slices are put together in a texture feature (IBSI 3.6).
    Aggregation {
        /// By slice and direction, averaged.
        TwoDAvg = "2D_avg",
        /// Directions merged in a slice, slices averaged.
        TwoDComb = "2D_comb",
        /// Each direction merged over slices, directions averaged.
        TwoHalfDAvg = "2_5D_avg",
        /// All merged, in-plane directions.
        TwoHalfDComb = "2_5D_comb",
        /// Each direction in the volume, averaged.
        ThreeDAvg = "3D_avg",
        /// All directions merged.
        ThreeDComb = "3D_comb",
        /// By slice, averaged (families without directions).
        TwoD = "2D",
        /// Merged over slices.
        TwoHalfD = "2_5D",
        /// In the volume.
        ThreeD = "3D",
    }
}

/// The SHA-256, in hex, of the settings that decide what a feature value means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MeasurementHash(String);

impl MeasurementHash {
    /// A hash from its hexadecimal text.
    pub fn new(hex: String) -> Self {
        Self(hex)
    }
    /// Its hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something a reader must know about a value that is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Mask and image grids differ by more than 1 % of a voxel.
    GridTolerance,
    /// The scan is coarser than the study's sampling.
    CoarserThanStudy,
    /// Resampled to a spacing more than three times finer.
    Upsampled,
    /// Measured in-plane because slices are thick.
    ThickSlices,
    /// Grey levels are relative to each visit's own range.
    RelativeBins,
    /// Intensities were normalised by the body's mean and spread.
    Normalised,
    /// CT was recognised, not declared.
    AssumedHu,
    /// Measured in a carried contour.
    Carried,
    /// The tissue that was lesion at baseline.
    CarriedRegion,
    /// Nobody has looked at the contour.
    Unconfirmed,
    /// A size that is the registration's opinion.
    SizeByRegistration,
    /// Judged by a gate that was made with drawn masks.
    GateOfDrawnMasks,
    /// The alignment needs a look.
    Review,
    /// A noise limit without a real repeat.
    InSilico,
    /// Sizes in millimetres rest on a guess.
    SpacingEstimated,
    /// The visits differ in this item of the acquisition.
    Acquisition(String),
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::GridTolerance => "grid_tolerance",
            Self::CoarserThanStudy => "coarser_than_study",
            Self::Upsampled => "upsampled",
            Self::ThickSlices => "thick_slices",
            Self::RelativeBins => "relative_bins",
            Self::Normalised => "normalised",
            Self::AssumedHu => "assumed_hu",
            Self::Carried => "carried",
            Self::CarriedRegion => "carried_region",
            Self::Unconfirmed => "unconfirmed",
            Self::SizeByRegistration => "size_by_registration",
            Self::GateOfDrawnMasks => "gate_of_drawn_masks",
            Self::Review => "review",
            Self::InSilico => "in_silico",
            Self::SpacingEstimated => "spacing_estimated",
            Self::Acquisition(item) => return write!(f, "acquisition_{item}"),
        };
        f.write_str(word)
    }
}

/// The flags of a row, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(BTreeSet<Flag>);

impl Flags {
    /// Adds a flag.
    pub fn raise(&mut self, flag: Flag) {
        self.0.insert(flag);
    }
    /// Adds all flags of another row.
    pub fn join(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }
    /// Whether a flag is raised.
    pub fn has(&self, flag: &Flag) -> bool {
        self.0.contains(flag)
    }
    /// The flags in order.
    pub fn iter(&self) -> impl Iterator<Item = &Flag> {
        self.0.iter()
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().collect())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, flag) in self.0.iter().enumerate() {
            write!(f, "{}{flag}", if n == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}
