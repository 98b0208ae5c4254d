//! The rows and findings that travel between rooms and into files. Plain data: no voxels, no files.

mod acquisition;
mod delta;
mod feature;
mod qa;
mod words;

pub use acquisition::{AcquisitionFinding, AcquisitionItem};
pub use delta::DeltaRow;
pub use feature::{FeatureKey, FeatureRow, Outcome};
pub use qa::{
    ContourAgreement, DisplacementQa, InverseQa, JacobianQa, Qa, QaReason, QaRoi, QaVerdict, SimilarityQa,
    TreQa,
};
pub use words::{
    Aggregation, Family, Flag, Flags, MaskSource, MeasurementHash, Modality, NoiseScale, NoiseSource, Reason,
    RoiRole, Status, Units, Verdict,
};
