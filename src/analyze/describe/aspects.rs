//! What is shown beside the models: time to event by score, groups of patients, sites.

use crate::analyze::describe::batches::batches;
use crate::analyze::describe::models::Evidence;
use crate::analyze::describe::subgroups::subgroups;
use crate::analyze::describe::survival::survival;
use crate::analyze::{AnalysisSettings, BlockKind, Cohort, Column, Prediction, Target};
use crate::record::analysis::{Batches, KaplanMeier, ModelKind, SubgroupRow};

/// All of them.
pub(in crate::analyze) struct Aspects {
    pub survival: Option<KaplanMeier>,
    pub subgroups: Vec<SubgroupRow>,
    pub batches: Option<Batches>,
}

impl Aspects {
    /// From the models' predictions of unseen units.
    pub(in crate::analyze) fn of(
        cohort: &Cohort,
        settings: &AnalysisSettings,
        evidence: &Evidence,
        predictions: &[Prediction],
    ) -> Self {
        let of = |model: ModelKind| -> Vec<Prediction> {
            predictions.iter().filter(|p| p.model == model).copied().collect()
        };
        let patient = &evidence.data.patient;
        let survival = match &cohort.target {
            Target::Response(_) => None,
            Target::Survival { days, events } => [ModelKind::Deltas, ModelKind::Baseline, ModelKind::Volume]
                .into_iter()
                .map(of)
                .find(|of| !of.is_empty())
                .map(|of| survival(&of, days, events, columns(cohort, BlockKind::Clinical), patient)),
        };
        let deltas = of(ModelKind::Deltas);
        let subgroups = if deltas.is_empty() {
            Vec::new()
        } else {
            subgroups(
                &cohort.subgroups,
                &cohort.target,
                patient,
                &deltas,
                settings.smallest_subgroup,
                evidence.spread_of(ModelKind::Deltas),
            )
        };
        let features = match columns(cohort, BlockKind::Delta) {
            [] => columns(cohort, BlockKind::Baseline),
            deltas => deltas,
        };
        let batches =
            cohort.sites.as_ref().and_then(|sites| batches(features, sites, settings.combat.as_ref()));
        Self { survival, subgroups, batches }
    }
}

fn columns(cohort: &Cohort, kind: BlockKind) -> &[Column] {
    cohort.blocks.iter().find(|block| block.kind == kind).map_or(&[], |block| &block.columns)
}
