//! What is run on a training part, whoever asks: the analysis, a permutation, a resample, the model on all units.

use crate::analyze::cohort::data::{Data, is_features};
use crate::analyze::{AnalysisSettings, ComBatForm};
use crate::record::analysis::ModelKind;

/// Most columns that screening lets through to the elastic net: `n / ln n` is above it only beyond 650 units.
pub(in crate::analyze) const MOST_SCREENED: usize = 100;
/// Penalties on a path: from the smallest at which nothing is chosen down to `LAMBDA_RATIO` of it.
pub(in crate::analyze) const LAMBDAS: usize = 30;
/// The last penalty of a path, of the first.
pub(in crate::analyze) const LAMBDA_RATIO: f64 = 0.05;
/// How far a path is walked at first, as a share of its first penalty: to the end only where the best penalty so far is
/// less than twice the last one.
pub(in crate::analyze) const FIRST_LAMBDAS: f64 = 0.3;
/// The penalty (ridge) that stands in where a single column separates the outcomes: per unit of log-loss.
pub(in crate::analyze) const SMALL_RIDGE: f64 = 1e-3;
/// A feature with more missing values than this share of the training units is left out.
pub(in crate::analyze) const MOST_MISSING: f64 = 0.2;
/// Values that differ by less than this share of the largest are one value: their last digits.
pub(in crate::analyze) const NEAR: f64 = 1e-12;
/// A feature with one value in more than this share of the training units is left out.
pub(in crate::analyze) const MOST_EQUAL: f64 = 0.95;

/// Which columns a model may use, and how it learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct ModelPlan {
    pub kind: ModelKind,
    /// Places of its blocks.
    pub blocks: Vec<usize>,
    pub learner: Learner,
}

/// How a model learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) enum Learner {
    /// Maximum likelihood; a small ridge where that has no maximum.
    Unpenalised,
    /// Elastic net, its penalty chosen by inner folds.
    ElasticNet,
}

/// Filters, or none for columns that come as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analyze) enum Filters {
    /// In the order of the method's description.
    All {
        /// Largest absolute rank correlation with the change of volume.
        volume_correlation: f64,
        /// Height at which redundant features are joined.
        redundancy_height: f64,
    },
    /// None.
    #[cfg_attr(not(test), expect(dead_code, reason = "expected values of other programs are made without"))]
    None,
}

/// How many features reach the elastic net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) enum Screening {
    /// `n / ln n` of the units it is learnt on, 100 at most.
    ByUnits,
    /// So many.
    Count(usize),
    /// All.
    #[cfg_attr(not(test), expect(dead_code, reason = "expected values of other programs are made without"))]
    None,
}

impl Screening {
    /// Features that are let through on `n` units.
    pub(in crate::analyze) fn limit(self, n: usize) -> usize {
        match self {
            // Below three units the logarithm is no guide, and one column is all that can be asked of them.
            Self::ByUnits if n < 3 => 1,
            Self::ByUnits => ((n as f64 / libm::log(n as f64)) as usize).clamp(1, MOST_SCREENED),
            Self::Count(count) => count.max(1),
            Self::None => usize::MAX,
        }
    }
}

/// Penalties to try.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analyze) enum Lambdas {
    /// From the largest useful one of each training part down.
    Path {
        /// How many.
        count: usize,
    },
    /// These, the largest first.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "expected values of other programs name their penalties")
    )]
    Given(Vec<f64>),
}

/// Everything that is done with a training part.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analyze) struct Plan {
    pub models: Vec<ModelPlan>,
    pub filters: Filters,
    pub screening: Screening,
    pub lambdas: Lambdas,
    pub alpha: f64,
    pub combat: Option<ComBatForm>,
    pub seed: u64,
}

impl Plan {
    /// The plan of an analysis: each model that has columns.
    pub(in crate::analyze) fn of(data: &Data, settings: &AnalysisSettings) -> Self {
        let models = ModelKind::ALL
            .into_iter()
            .filter(|kind| settings.models.contains(kind))
            .filter_map(|kind| {
                let blocks = data.places(kind);
                // All of one block, or of volume and one column, is that block's own model.
                let own = kind == ModelKind::All && blocks.len() < 2;
                (!blocks.is_empty() && !own).then(|| ModelPlan { kind, blocks, learner: learner(kind) })
            })
            .collect();
        Self {
            models,
            filters: Filters::All {
                volume_correlation: settings.volume_correlation,
                redundancy_height: settings.redundancy_height,
            },
            screening: settings.screened.map_or(Screening::ByUnits, Screening::Count),
            // Large cohorts cost the most per penalty and tell neighbouring penalties apart the least.
            lambdas: Lambdas::Path { count: if data.patient.len() > 500 { LAMBDAS / 2 } else { LAMBDAS } },
            alpha: settings.alpha,
            combat: settings.combat.clone(),
            seed: settings.seed,
        }
    }

    /// Whether sites are harmonised in a block.
    pub(in crate::analyze) fn harmonises(&self, data: &Data, block: usize) -> bool {
        self.combat.is_some() && data.site.is_some() && is_features(data.blocks[block].kind)
    }

    /// Blocks that some model uses.
    pub(in crate::analyze) fn blocks(&self) -> Vec<usize> {
        let mut blocks: Vec<usize> = self.models.iter().flat_map(|model| model.blocks.clone()).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }
}

fn learner(kind: ModelKind) -> Learner {
    match kind {
        ModelKind::Volume | ModelKind::Recist | ModelKind::Volumetric => Learner::Unpenalised,
        ModelKind::Clinical | ModelKind::Baseline | ModelKind::Deltas | ModelKind::All => Learner::ElasticNet,
    }
}
