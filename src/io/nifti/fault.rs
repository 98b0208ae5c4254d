//! Why a NIfTI file is refused.

use thiserror::Error;

use crate::diagnose::Diagnose;
use crate::geometry::GeometryError;

/// The rule that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRule {
    /// An image is finite in float32, or NaN.
    Finite,
    /// A label is a whole number.
    Whole,
    /// A label is not negative.
    NotNegative,
    /// A label has 32 bits.
    Range,
}

/// A voxel's value that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("voxel {voxel:?} is {value}: {}", rule.sentence())]
pub struct ValueFault {
    /// What is asked of values.
    pub rule: ValueRule,
    /// Array index of the first voxel that breaks it.
    pub voxel: [usize; 3],
    /// Its value.
    pub value: f64,
}

impl ValueRule {
    fn sentence(self) -> &'static str {
        match self {
            Self::Finite => "an image holds finite values (NaN is taken as no data)",
            Self::Whole => "a label map holds whole numbers",
            Self::NotNegative => "labels are not negative",
            Self::Range => "labels go up to 4294967295",
        }
    }
}

/// Why a NIfTI file is refused. The file's name is told by [`IoError`](crate::io::IoError).
#[derive(Debug, Error)]
pub enum NiftiFault {
    /// The file ends early.
    #[error("the file ends early: {found} of {expected} bytes are there")]
    Truncated {
        /// Bytes that the header asks for.
        expected: u64,
        /// Bytes that were there.
        found: u64,
    },
    /// The header claims more than the compressed file can hold.
    #[error("the header claims {claimed} bytes; a gzip file of this length holds at most {most}")]
    Claim {
        /// Bytes that the header asks for.
        claimed: u64,
        /// Bytes that the file can expand to.
        most: u64,
    },
    /// The compressed stream ends early.
    #[error("the gzip stream is cut short: it ends before its trailer")]
    GzipTruncated,
    /// The trailer's checksum or length does not fit the data.
    #[error("the gzip checksum or length does not fit the data")]
    Checksum,
    /// The compressed stream cannot be decoded.
    #[error("the gzip stream is damaged ({0})")]
    Gzip(String),
    /// Reading failed below us.
    #[error("reading failed: {0}")]
    Read(std::io::Error),
    /// `sizeof_hdr` is neither 348 nor 540.
    #[error("the header says that it is {0} bytes long; NIfTI-1 has 348, NIfTI-2 has 540")]
    HeaderSize(i32),
    /// The magic word is wrong.
    #[error("the header's magic word is {0:?}, not \"n+1\" or \"n+2\"")]
    Magic(String),
    /// Header and voxels are in two files.
    #[error("this is one half of a .hdr/.img pair")]
    Pair,
    /// `dim[0]` is not 1 to 7.
    #[error("the header claims {0} dimensions; NIfTI has 1 to 7")]
    Dimensionality(i64),
    /// A dimension is zero or negative.
    #[error("dimension {axis} has {size} voxels")]
    Dimension {
        /// NIfTI's number of the axis (1 is x).
        axis: usize,
        /// What the header says.
        size: i64,
    },
    /// More than one volume.
    #[error("the file holds {} volumes (dimensions {dims:?}), not one", dims.iter().skip(3).product::<i64>())]
    ManyVolumes {
        /// All dimensions.
        dims: Vec<i64>,
    },
    /// No vector field where one is expected.
    #[error("this is no displacement field (dimensions {dims:?}, intent {intent})")]
    NoField {
        /// All dimensions.
        dims: Vec<i64>,
        /// Intent code.
        intent: i32,
    },
    /// Voxels are no real scalars.
    #[error("voxels are of type {0}, not one real number each")]
    Type(String),
    /// `bitpix` contradicts `datatype`.
    #[error("the header's type {name} has {expected} bits per voxel, its bitpix says {found}")]
    BitsPerVoxel {
        /// Type.
        name: &'static str,
        /// Bits of that type.
        expected: u32,
        /// What the header says.
        found: i16,
    },
    /// `vox_offset` lies inside the header or is no position.
    #[error("the header says that voxels start at byte {0}")]
    Offset(f64),
    /// There are more bytes than voxels.
    #[error("the header's dimensions ask for {expected} bytes of voxels, the file holds more ({found})")]
    Trailing {
        /// Bytes that the header asks for.
        expected: u64,
        /// Bytes that were there, at least.
        found: u64,
    },
    /// More voxels than this machine can hold.
    #[error("the header claims {0} voxels, more than can be held")]
    TooLarge(u128),
    /// Slope or intercept is not finite.
    #[error("the header's scaling is {slope} x + {inter}")]
    Scaling {
        /// Slope.
        slope: f64,
        /// Intercept.
        inter: f64,
    },
    /// A spacing is zero, negative or not finite.
    #[error("the header's spacing along axis {axis} is {spacing}")]
    Spacing {
        /// NIfTI's number of the axis (1 is x).
        axis: usize,
        /// What the header says.
        spacing: f64,
    },
    /// The orientation is not finite.
    #[error("the header's {0} is not finite")]
    NotFinite(&'static str),
    /// The quaternion is longer than one.
    #[error("the header's quaternion ({b}, {c}, {d}) is no rotation")]
    Quaternion {
        /// Second component.
        b: f64,
        /// Third component.
        c: f64,
        /// Fourth component.
        d: f64,
    },
    /// Axes are parallel.
    #[error("the affine is singular: its axes {0} and {1} are parallel")]
    Singular(usize, usize),
    /// sform and qform contradict each other.
    #[error("sform and qform put a corner {gap_mm:.3} mm apart, {:.0} % of the smallest spacing", percent)]
    Forms {
        /// Largest distance of corresponding corners.
        gap_mm: f64,
        /// In per cent of the smallest spacing.
        percent: f64,
    },
    /// The grid is refused.
    #[error("{0}")]
    Grid(#[from] GeometryError),
    /// A value is refused.
    #[error("{0}")]
    Value(#[from] ValueFault),
    /// A dimension that NIfTI-1 cannot write.
    #[error("a dimension of {0} voxels does not fit a NIfTI-1 header")]
    TooLong(usize),
}

impl Diagnose for ValueFault {
    fn code(&self) -> &'static str {
        match self.rule {
            ValueRule::Finite => "E-NIFTI-INFINITE",
            ValueRule::Whole => "E-MASK-INTEGER",
            ValueRule::NotNegative => "E-MASK-NEGATIVE",
            ValueRule::Range => "E-MASK-RANGE",
        }
    }
    fn hint(&self) -> String {
        match self.rule {
            ValueRule::Finite => {
                "Replace infinities by NaN where there is no data, or convert the scan again.".into()
            }
            ValueRule::Whole => {
                "A probability map must be thresholded first; if this is the scan, image and mask were exchanged."
                    .into()
            }
            ValueRule::NotNegative | ValueRule::Range => {
                "If this is the scan, image and mask were exchanged; else export the mask as whole numbers again."
                    .into()
            }
        }
    }
}

impl Diagnose for NiftiFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } | Self::GzipTruncated => "E-NIFTI-TRUNCATED",
            Self::Checksum => "E-NIFTI-CRC",
            Self::Gzip(_) => "E-NIFTI-GZIP",
            Self::Read(_) => "E-FILE-READ",
            Self::HeaderSize(_) => "E-NIFTI-HEADER",
            Self::Magic(_) => "E-NIFTI-MAGIC",
            Self::Pair => "E-NIFTI-PAIR",
            Self::Dimensionality(_) | Self::Dimension { .. } => "E-NIFTI-DIM",
            Self::ManyVolumes { .. } => "E-NIFTI-4D",
            Self::NoField { .. } => "E-NIFTI-FIELD",
            Self::Type(_) => "E-NIFTI-TYPE",
            Self::Claim { .. } | Self::BitsPerVoxel { .. } | Self::Trailing { .. } | Self::TooLarge(_) => {
                "E-NIFTI-SIZE"
            }
            Self::Offset(_) => "E-NIFTI-OFFSET",
            Self::Scaling { .. } => "E-NIFTI-SCALING",
            Self::Spacing { .. } => "E-NIFTI-SPACING",
            Self::NotFinite(_) | Self::Quaternion { .. } => "E-NIFTI-AFFINE",
            Self::Singular(..) => "E-NIFTI-SINGULAR",
            Self::Forms { .. } => "E-NIFTI-FORMS",
            Self::Grid(error) => error.code(),
            Self::Value(fault) => fault.code(),
            Self::TooLong(_) => "E-NIFTI-LONG",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Truncated { .. } | Self::GzipTruncated | Self::Checksum | Self::Gzip(_) | Self::Read(_) => {
                "The file was damaged on its way: copy or export it again.".into()
            }
            Self::Pair => {
                "Convert the pair into one .nii.gz file, for example with nibabel or dcm2niix.".into()
            }
            Self::Magic(_) => {
                "An ANALYZE file has no reliable orientation: convert the scan from its source into .nii.gz."
                    .into()
            }
            Self::ManyVolumes { .. } => {
                "Split the series and name the one volume that is to be measured.".into()
            }
            Self::NoField { .. } => {
                "A displacement field has dimensions (x, y, z, 1, 3) and intent 1007 (LPS) or 1006 (RAS)."
                    .into()
            }
            Self::Type(_) => {
                "Export the scan with one real number per voxel (integers or floats of up to 64 bits).".into()
            }
            Self::Forms { .. } => "Find out which one is right, then say --nifti-form sform or qform.".into(),
            Self::Value(fault) => fault.hint(),
            Self::Grid(error) => error.hint(),
            Self::TooLong(_) => "Crop the volume.".into(),
            Self::HeaderSize(_)
            | Self::Claim { .. }
            | Self::Dimensionality(_)
            | Self::Dimension { .. }
            | Self::BitsPerVoxel { .. }
            | Self::Offset(_)
            | Self::Trailing { .. }
            | Self::TooLarge(_)
            | Self::Scaling { .. }
            | Self::Spacing { .. }
            | Self::NotFinite(_)
            | Self::Quaternion { .. }
            | Self::Singular(..) => {
                "The header is damaged or was lost in a conversion: convert the scan from its source again."
                    .into()
            }
        }
    }
}
