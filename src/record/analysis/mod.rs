//! What `delta cohort analyze` finds (`analysis/metrics.json`), and what its report shows.
//!
//! Numbers that do not exist are `None` with a reason beside them; nothing here is NaN.

mod applied;
mod batches;
mod claim;
mod course;
mod design;
mod feature;
mod model;
mod performance;
mod subgroup;
mod survival;

use serde::{Deserialize, Serialize};

pub use applied::{Applied, Evaluation};
pub use batches::{Batches, Component, Harmonised};
pub use claim::{Claim, ClaimVerdict, Permutation};
pub use course::{Course, CourseVisit};
pub use design::{
    Candidates, ChecklistItem, Counted, Design, Evidence, FlowStep, Landmark, Missing, SampleSize, TableOne,
    TableOneCell, TableOneRow, TargetKind, Warning,
};
pub use feature::{Cluster, FilterStep, Redundancy, UnivariateRow};
pub use model::{
    Coefficient, CovariateEffect, Explained, FrozenModel, ImportanceRow, ModelKind, ModelResult, ModelStatus,
    Nomogram, NomogramAxis, SiteEffect, SiteEffects,
};
pub use performance::{
    Bin, Calibration, DecisionPoint, Difference, Interval, IntervalMethod, Optimism, RocPoint,
};
pub use subgroup::SubgroupRow;
pub use survival::{Curve, CurveStep, HazardRow, KaplanMeier, ProportionalHazards};

/// Everything that an analysis found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Version of this file's form.
    pub schema: u32,
    /// What was asked, of what, with which settings.
    pub design: Design,
    /// How many units were left after each step, from the tables to the analysis.
    pub flow: Vec<FlowStep>,
    /// The cohort by outcome.
    pub table_one: TableOne,
    /// Columns with missing values.
    pub missing: Vec<Missing>,
    /// How many features each filter left, on all units (inside the folds they are learnt anew).
    pub filters: Vec<FilterStep>,
    /// Features that say the same, on all units.
    pub redundancy: Option<Redundancy>,
    /// Feature by feature.
    pub univariate: Vec<UnivariateRow>,
    /// The models side by side, in a fixed order.
    pub models: Vec<ModelResult>,
    /// Each model against the change of volume alone.
    pub differences: Vec<Difference>,
    /// What may be claimed.
    pub claim: Claim,
    /// Whether the number of patients carries a model of so many candidates.
    pub sample_size: Vec<SampleSize>,
    /// Time to event; none for a response.
    pub survival: Option<KaplanMeier>,
    /// The model in groups of patients.
    pub subgroups: Vec<SubgroupRow>,
    /// Sites before and after harmonisation; none where there is one site.
    pub batches: Option<Batches>,
    /// Each unit's size over its visits.
    pub courses: Vec<Course>,
    /// Reporting items that provenance can evidence.
    pub checklist: Vec<ChecklistItem>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}
