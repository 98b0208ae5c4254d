//! Which features reach the elastic net: those with the strongest marginal association with the outcome.
//!
//! The association is the score of a model with that column alone, at zero: on standardised columns the order of
//! absolute correlations (response) or of log-rank statistics (survival), and what the path's largest penalty is made
//! of (sure independence screening; Fan and Lv 2008, J R Stat Soc B 70:849).

use crate::analyze::Target;
use crate::analyze::cohort::data::{Data, is_features};
use crate::analyze::learn::plan::Plan;
use crate::analyze::learn::prepare::{Part, Side};
use crate::numeric::lanes::products;

/// Associations of a part's features with one outcome: in its outer side and in those of its inner folds.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Associations {
    outer: OfSide,
    inner: Vec<OfSide>,
}

/// Of each feature of each block; none for a block that is no features.
type OfSide = Vec<Option<Vec<f64>>>;

impl Associations {
    /// With the outcome of the training units.
    pub(in crate::analyze) fn of(data: &Data, plan: &Plan, part: &Part, target: &Target) -> Self {
        Self::each(data, plan, part, std::slice::from_ref(target)).swap_remove(0)
    }

    /// With each of several outcomes. A matrix far too large for any cache is read once for all of them.
    pub(in crate::analyze) fn each(data: &Data, plan: &Plan, part: &Part, targets: &[Target]) -> Vec<Self> {
        let all: Vec<Vec<f64>> = targets.iter().map(residuals).collect();
        let outer = of_side(data, plan, &part.outer, &all);
        let mut found: Vec<Self> = outer
            .into_iter()
            .map(|outer| Self { outer, inner: Vec::with_capacity(part.inner.len()) })
            .collect();
        for inner in &part.inner {
            let own: Vec<Vec<f64>> =
                targets.iter().map(|target| residuals(&target.of(&inner.train))).collect();
            for (found, of_side) in found.iter_mut().zip(of_side(data, plan, &inner.side, &own)) {
                found.inner.push(of_side);
            }
        }
        found
    }

    /// Columns of some blocks that reach the elastic net in the outer side, or in that of an inner fold: all that are no
    /// features, and the features with the strongest associations.
    pub(in crate::analyze) fn screened(
        &self,
        plan: &Plan,
        part: &Part,
        inner: Option<usize>,
        blocks: &[usize],
    ) -> Vec<(usize, usize)> {
        let (side, scores) = match inner {
            None => (&part.outer, &self.outer),
            Some(fold) => (&part.inner[fold].side, &self.inner[fold]),
        };
        let every = |block: usize| (0..side[block].columns.len()).map(move |column| (block, column));
        let limit = limit(plan, side);
        let (features, others): (Vec<usize>, Vec<usize>) =
            blocks.iter().partition(|block| scores[**block].is_some());
        if features.iter().map(|block| side[*block].columns.len()).sum::<usize>() <= limit {
            return blocks.iter().flat_map(|block| every(*block)).collect();
        }
        let mut scored: Vec<(f64, (usize, usize))> = features
            .iter()
            .flat_map(|block| scores[*block].iter().flatten().copied().zip(every(*block)))
            .collect();
        // The strongest first; of equals the earlier column.
        let order =
            |a: &(f64, (usize, usize)), b: &(f64, (usize, usize))| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        scored.select_nth_unstable_by(limit - 1, order);
        let mut columns: Vec<(usize, usize)> = scored[..limit].iter().map(|(_, column)| *column).collect();
        columns.extend(others.iter().flat_map(|block| every(*block)));
        columns.sort_unstable();
        columns
    }
}

/// How many features a side lets through.
fn limit(plan: &Plan, side: &Side) -> usize {
    plan.screening.limit(side.first().map_or(0, |ready| ready.train.nrows()))
}

/// Absolute associations by outcome, whose residuals these are. Not made where all features are let through.
fn of_side(data: &Data, plan: &Plan, side: &Side, residuals: &[Vec<f64>]) -> Vec<OfSide> {
    let of_features = || side.iter().filter(|ready| is_features(data.blocks[ready.block].kind));
    let all_pass = of_features().map(|ready| ready.columns.len()).sum::<usize>() <= limit(plan, side);
    let mut found: Vec<OfSide> = vec![Vec::with_capacity(side.len()); residuals.len()];
    for ready in side {
        if !is_features(data.blocks[ready.block].kind) {
            for of_side in &mut found {
                of_side.push(None);
            }
            continue;
        }
        let columns: Vec<&[f64]> = match ready.train.nrows() {
            rows if rows > 0 && !all_pass => ready.train.as_slice().chunks(rows).collect(),
            _ => Vec::new(),
        };
        let sums = products(&columns, residuals);
        for (outcome, of_side) in found.iter_mut().enumerate() {
            of_side.push(Some(sums.iter().map(|sums| sums[outcome].abs()).collect()));
        }
    }
    found
}

/// What is left of the outcome where nothing is known of a unit: the outcome minus its share; or the martingale
/// residual, event minus cumulative hazard (Nelson and Aalen).
fn residuals(target: &Target) -> Vec<f64> {
    match target {
        Target::Response(labels) => {
            let share = target.events() as f64 / labels.len().max(1) as f64;
            labels.iter().map(|label| f64::from(u8::from(*label)) - share).collect()
        }
        Target::Survival { days, events } => {
            let mut order: Vec<usize> = (0..days.len()).collect();
            order.sort_by(|a, b| days[*a].total_cmp(&days[*b]));
            let mut residuals = vec![0.0; days.len()];
            let (mut hazard, mut start) = (0.0, 0);
            while start < order.len() {
                let day = days[order[start]];
                let end = start + order[start..].iter().take_while(|unit| days[**unit] == day).count();
                let dead = order[start..end].iter().filter(|unit| events[**unit]).count();
                hazard += dead as f64 / (order.len() - start) as f64;
                for unit in &order[start..end] {
                    residuals[*unit] = f64::from(u8::from(events[*unit])) - hazard;
                }
                start = end;
            }
            residuals
        }
    }
}
