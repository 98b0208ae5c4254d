//! What the page says of the columns on all units: missing values, filters, redundancy.

use crate::analyze::BlockKind;
use crate::analyze::cohort::data::{Data, is_features};
use crate::analyze::learn::filters::{Kept, Met, rule};
use crate::analyze::learn::plan::{Plan, Screening};
use crate::analyze::learn::redundancy::{self, distances};
use crate::record::analysis::{Cluster, FilterStep, Missing, Redundancy};
use crate::stats::linkage;

/// Features of the heat map, at most.
const SHOWN: usize = 80;

/// Columns with missing values.
pub(in crate::analyze) fn missing(data: &Data) -> Vec<Missing> {
    data.blocks
        .iter()
        .flat_map(|block| {
            block.names.iter().enumerate().filter_map(move |(column, name)| {
                let values = block.values.column(column);
                let missing = values.iter().filter(|v| v.is_nan()).count();
                (missing > 0).then(|| Missing {
                    column: name.clone(),
                    block: block.kind.word().into(),
                    missing,
                    of: values.len(),
                })
            })
        })
        .collect()
}

/// What each filter left; `kept` by block of the plan.
pub(in crate::analyze) fn steps(data: &Data, plan: &Plan, kept: &[Kept], units: usize) -> Vec<FilterStep> {
    let limit = plan.screening.limit(units);
    let mut steps = Vec::new();
    for (place, kept) in plan.blocks().iter().zip(kept) {
        let kind = data.blocks[*place].kind;
        if !is_features(kind) {
            continue;
        }
        let block = kind.word();
        steps.extend(kept.steps.iter().map(|step| FilterStep {
            block: block.into(),
            filter: step.filter.into(),
            before: step.before,
            after: step.after,
            rule: rule(step.filter, plan.filters),
        }));
        let left = kept.columns.len();
        steps.push(FilterStep {
            block: block.into(),
            filter: "screening".into(),
            before: left,
            after: left.min(limit),
            rule: match plan.screening {
                Screening::Count(count) => {
                    format!("the {count} strongest marginal associations with the outcome")
                }
                Screening::ByUnits | Screening::None => rule("screening", plan.filters),
            },
        });
    }
    steps
}

/// Clusters of the deltas (of the baseline features, where there are no deltas), and a heat map of the largest.
pub(in crate::analyze) fn redundancy(
    data: &Data,
    plan: &Plan,
    kept: &[Kept],
    height: f64,
) -> Option<Redundancy> {
    let blocks = plan.blocks();
    let place = [BlockKind::Delta, BlockKind::Baseline]
        .iter()
        .find_map(|kind| blocks.iter().position(|block| data.blocks[*block].kind == *kind))?;
    let (kept, block) = (kept.get(place)?, &data.blocks[blocks[place]]);
    let Met { columns, ranks, clusters } = kept.redundancy.as_ref()?;
    let name = |place: &usize| block.names[columns[*place]].clone();
    let mut order: Vec<&redundancy::Cluster> = clusters.iter().collect();
    order.sort_by_key(|cluster| std::cmp::Reverse(cluster.members.len()));
    let mut shown: Vec<usize> = order.iter().flat_map(|c| c.members.clone()).take(SHOWN).collect();
    let tree = linkage::average(&distances(&ranks.among(&shown)));
    shown = linkage::order(&tree, shown.len()).into_iter().map(|leaf| shown[leaf]).collect();
    let table = ranks.among(&shown);
    Some(Redundancy {
        height,
        clusters: order
            .iter()
            .map(|cluster| Cluster {
                representative: name(&cluster.representative),
                features: cluster.members.iter().map(name).collect(),
            })
            .collect(),
        shown: shown.iter().map(name).collect(),
        correlations: (0..shown.len())
            .map(|a| (0..shown.len()).map(|b| if a == b { 1.0 } else { table[(a, b)] }).collect())
            .collect(),
    })
}
