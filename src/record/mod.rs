//! The rows and findings that travel between rooms and into files. Plain data: no voxels, no files.

mod acquisition;
pub mod analysis;
mod cohort;
pub mod cohort_table;
mod delta;
mod family;
mod feature;
mod qa;
mod response;
mod roi_group;
pub mod table;
mod trajectory;
mod words;

pub use acquisition::{AcquisitionFinding, AcquisitionItem};
pub use cohort::{CohortQaRow, FailureRow, Followed, VisitRecord, VisitState};
pub use delta::DeltaRow;
pub use family::Family;
pub use feature::{FeatureKey, FeatureRow, Outcome, PerturbedFeature};
pub use qa::{
    ContourAgreement, DisplacementQa, InverseQa, JacobianQa, LoopQa, MissQa, Qa, QaReason, QaRoi, QaVerdict,
    SimilarityQa, TreQa,
};
pub use response::ResponseRow;
pub use roi_group::RoiGroup;
pub use trajectory::TrajectoryRow;
pub use words::{
    Aggregation, Flag, Flags, IccBound, IccClass, IccForm, MaskSource, MeasurementHash, Modality, NoiseScale,
    NoiseSource, RcBound, Reason, RepeatKind, ResponseCategory, ResponseCriterion, RoiRole, Stability,
    Status, Units, Verdict,
};
