//! One model learnt on one prepared training part: screening, path of penalties, inner folds, refit.

use nalgebra::DMatrix;

use crate::analyze::Target;
use crate::analyze::learn::plan::{
    FIRST_LAMBDAS, LAMBDA_RATIO, Lambdas, Learner, ModelPlan, Plan, SMALL_RIDGE,
};
use crate::analyze::learn::prepare::{Inner, Part, Ready, Side};
use crate::analyze::learn::screen::Associations;
use crate::stats::elastic_net::{self, Penalised};
use crate::stats::fit::FitFault;
use crate::stats::{cox, logistic};

/// A term: weight per standard deviation of a prepared column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::analyze) struct Term {
    /// Place of the block in the side.
    pub ready: usize,
    /// Column of the block's prepared matrix.
    pub column: usize,
    pub weight: f64,
}

/// A model learnt on a training part.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::analyze) struct Learnt {
    /// Log odds where all standardised columns are zero; zero for survival.
    pub intercept: f64,
    /// Empty where the prediction is constant.
    pub terms: Vec<Term>,
    /// Zero where nothing was penalised.
    pub lambda: f64,
    /// Mean inner loss by penalty, as far as the path was walked; empty where no penalty was chosen.
    pub losses: Vec<f64>,
    /// Why the prediction is constant, or a ridge was needed.
    pub fault: Option<FitFault>,
}

impl Learnt {
    /// The linear predictor of the units of a side's test matrices.
    pub(in crate::analyze) fn predict(&self, side: &Side) -> Vec<f64> {
        let rows = side.first().map_or(0, |ready| ready.test.nrows());
        self.linear(rows, |term| side[term.ready].test.column(term.column).iter().copied().collect())
    }

    /// The linear predictor of the training units.
    pub(in crate::analyze) fn fitted(&self, side: &Side) -> Vec<f64> {
        let rows = side.first().map_or(0, |ready| ready.train.nrows());
        self.linear(rows, |term| side[term.ready].train.column(term.column).iter().copied().collect())
    }

    fn linear(&self, rows: usize, column: impl Fn(&Term) -> Vec<f64>) -> Vec<f64> {
        let mut linear = vec![self.intercept; rows];
        for term in &self.terms {
            for (sum, value) in linear.iter_mut().zip(column(term)) {
                *sum += term.weight * value;
            }
        }
        linear
    }

    fn constant(target: &Target, fault: Option<FitFault>) -> Self {
        Self { intercept: prevalence_logit(target), fault, ..Self::default() }
    }
}

/// Log odds of the outcome, half a unit added to each side so that one class has one too; zero for survival.
fn prevalence_logit(target: &Target) -> f64 {
    match target {
        Target::Response(labels) => {
            let events = target.events() as f64;
            libm::log((events + 0.5) / (labels.len() as f64 - events + 0.5))
        }
        Target::Survival { .. } => 0.0,
    }
}

/// Learns a model on a part whose training units have these outcomes and associations.
pub(in crate::analyze) fn learn(
    plan: &Plan,
    model: &ModelPlan,
    part: &Part,
    associations: &Associations,
    target: &Target,
) -> Learnt {
    let Some(sources) = sources(model, &part.outer) else { return Learnt::constant(target, None) };
    match model.learner {
        Learner::Unpenalised => unpenalised(&part.outer, &sources, target),
        Learner::ElasticNet => penalised(plan, &sources, part, associations, target),
    }
}

/// Places in the side of a model's blocks; none where no block has a column left.
fn sources(model: &ModelPlan, side: &Side) -> Option<Vec<usize>> {
    let places: Vec<usize> = (0..side.len())
        .filter(|place| model.blocks.contains(&side[*place].block) && !side[*place].columns.is_empty())
        .collect();
    (!places.is_empty()).then_some(places)
}

fn unpenalised(side: &Side, sources: &[usize], target: &Target) -> Learnt {
    let columns: Vec<(usize, usize)> =
        sources.iter().flat_map(|s| (0..side[*s].columns.len()).map(move |c| (*s, c))).collect();
    let x = gather(side, &columns, |ready| &ready.train);
    let plain = match target {
        Target::Response(labels) => {
            logistic::fit(&x, labels, None).map(|fit| (fit.intercept, fit.coefficients.as_slice().to_vec()))
        }
        Target::Survival { days, events } => cox::fit(&x, days, events, cox::Ties::Efron)
            .map(|fit| (0.0, fit.coefficients.as_slice().to_vec())),
    };
    let fault = match plain {
        Ok((intercept, weights)) => {
            let terms = columns
                .iter()
                .zip(weights)
                .map(|((ready, column), weight)| Term { ready: *ready, column: *column, weight })
                .collect();
            return Learnt { intercept, terms, ..Learnt::default() };
        }
        Err(fault) => fault,
    };
    match fault {
        FitFault::Separated | FitFault::NotConverged | FitFault::Collinear | FitFault::TooFew => {
            match path(&x, target, 0.0, &[SMALL_RIDGE]) {
                Ok(found) if !found.is_empty() => {
                    Learnt { lambda: SMALL_RIDGE, fault: Some(fault), ..terms_of(&found[0], &columns) }
                }
                _ => Learnt::constant(target, Some(fault)),
            }
        }
        FitFault::OneClass | FitFault::NoEvents => Learnt::constant(target, Some(fault)),
    }
}

fn penalised(
    plan: &Plan,
    sources: &[usize],
    part: &Part,
    associations: &Associations,
    target: &Target,
) -> Learnt {
    let columns = associations.screened(plan, part, None, sources);
    let x = gather(&part.outer, &columns, |ready| &ready.train);
    let lambdas = match (&plan.lambdas, largest(&x, target, plan.alpha)) {
        (_, Err(fault)) => return Learnt::constant(target, Some(fault)),
        (Lambdas::Given(given), Ok(_)) => given.clone(),
        (Lambdas::Path { count }, Ok(largest)) if largest > 0.0 => {
            elastic_net::lambdas(largest, *count, LAMBDA_RATIO)
        }
        // No column has any association at all.
        (Lambdas::Path { .. }, Ok(_)) => return Learnt::constant(target, None),
    };
    let inner: Vec<InnerFit> = part
        .inner
        .iter()
        .enumerate()
        .map(|(fold, inner)| {
            let columns = associations.screened(plan, part, Some(fold), sources);
            InnerFit::of(&columns, inner, target)
        })
        .collect();
    let losses_at = |lambdas: &[f64]| losses(&inner, plan.alpha, lambdas, target.len());
    // A path is walked to its costly end only where it leads there: the loss of nothing but noise rises at once.
    let first = match plan.lambdas {
        Lambdas::Path { .. } => {
            lambdas.iter().filter(|lambda| **lambda >= FIRST_LAMBDAS * lambdas[0]).count()
        }
        Lambdas::Given(_) => lambdas.len(),
    };
    let mut losses = losses_at(&lambdas[..first]);
    if first < lambdas.len() && lambdas[smallest(&losses)] < 2.0 * lambdas[first - 1] {
        losses = losses_at(&lambdas);
    }
    let best = smallest(&losses);
    if best == 0 && matches!(plan.lambdas, Lambdas::Path { .. }) {
        // The path starts where nothing is chosen: coefficients there would be rounding.
        return Learnt { lambda: lambdas[0], losses, ..Learnt::constant(target, None) };
    }
    match path(&x, target, plan.alpha, &lambdas[..=best.min(lambdas.len() - 1)]) {
        Ok(found) => match found.last() {
            Some(model) => Learnt { lambda: model.lambda, losses, ..terms_of(model, &columns) },
            None => Learnt::constant(target, None),
        },
        Err(fault) => Learnt::constant(target, Some(fault)),
    }
}

/// What an inner fold learns from and is judged on, screened.
struct InnerFit {
    train: DMatrix<f64>,
    held: DMatrix<f64>,
    outcome: Target,
    outcome_held: Target,
}

impl InnerFit {
    fn of(columns: &[(usize, usize)], inner: &Inner, target: &Target) -> Self {
        Self {
            train: gather(&inner.side, columns, |ready| &ready.train),
            held: gather(&inner.side, columns, |ready| &ready.test),
            outcome: target.of(&inner.train),
            outcome_held: target.of(&inner.held),
        }
    }
}

/// Mean inner loss of `units` by penalty.
fn losses(inner: &[InnerFit], alpha: f64, lambdas: &[f64], units: usize) -> Vec<f64> {
    let mut losses = vec![0.0; lambdas.len()];
    for of in inner {
        // Where an inner part cannot be fitted, its prediction is constant whatever the penalty.
        let found = path(&of.train, &of.outcome, alpha, lambdas).unwrap_or_default();
        let constant =
            Penalised { lambda: 0.0, intercept: prevalence_logit(&of.outcome), coefficients: Vec::new() };
        for (place, loss) in losses.iter_mut().enumerate() {
            let model = found.get(place).or(found.last()).unwrap_or(&constant);
            *loss += held_loss(model, &of.train, &of.held, &of.outcome, &of.outcome_held);
        }
    }
    for loss in &mut losses {
        *loss /= units.max(1) as f64;
    }
    losses
}

/// The first place of the smallest value: of equal losses the larger penalty.
fn smallest(values: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if value.total_cmp(&values[best]) == std::cmp::Ordering::Less {
            best = place;
        }
    }
    best
}

fn terms_of(model: &Penalised, columns: &[(usize, usize)]) -> Learnt {
    let terms = model
        .coefficients
        .iter()
        .map(|(place, weight)| Term { ready: columns[*place].0, column: columns[*place].1, weight: *weight })
        .collect();
    Learnt { intercept: model.intercept, terms, ..Learnt::default() }
}

/// Prepared columns side by side.
fn gather(side: &Side, columns: &[(usize, usize)], of: fn(&Ready) -> &DMatrix<f64>) -> DMatrix<f64> {
    let rows = side.first().map_or(0, |ready| of(ready).nrows());
    let mut x = DMatrix::zeros(rows, columns.len());
    for (place, (ready, column)) in columns.iter().enumerate() {
        x.set_column(place, &of(&side[*ready]).column(*column));
    }
    x
}

fn largest(x: &DMatrix<f64>, target: &Target, alpha: f64) -> Result<f64, FitFault> {
    match target {
        Target::Response(labels) => {
            if target.events() == 0 || target.events() == labels.len() {
                return Err(FitFault::OneClass);
            }
            Ok(elastic_net::logistic::largest_lambda(x, labels, alpha))
        }
        Target::Survival { days, events } => {
            if target.events() == 0 {
                return Err(FitFault::NoEvents);
            }
            Ok(elastic_net::cox::largest_lambda(x, days, events, alpha))
        }
    }
}

fn path(x: &DMatrix<f64>, target: &Target, alpha: f64, lambdas: &[f64]) -> Result<Vec<Penalised>, FitFault> {
    match target {
        Target::Response(labels) => elastic_net::logistic::path(x, labels, alpha, lambdas),
        Target::Survival { days, events } => elastic_net::cox::path(x, days, events, alpha, lambdas),
    }
}

/// Loss on held units, summed: log-loss; or minus the partial log-likelihood that the held units add to that of the
/// units learnt from, with the same coefficients (Verweij and van Houwelingen 1993), which needs no events among the
/// held units alone.
fn held_loss(
    model: &Penalised,
    learnt_on: &DMatrix<f64>,
    other: &DMatrix<f64>,
    learn: &Target,
    held: &Target,
) -> f64 {
    match (learn, held) {
        (Target::Survival { days, events }, Target::Survival { days: held_days, events: held_events }) => {
            let own = model.linear(learnt_on);
            let both = [own.clone(), model.linear(other)].concat();
            let (all_days, all_events) =
                ([days.as_slice(), held_days].concat(), [events.as_slice(), held_events].concat());
            cox::partial_log_likelihood(&own, days, events)
                - cox::partial_log_likelihood(&both, &all_days, &all_events)
        }
        (_, Target::Response(labels)) => {
            model.linear(other).iter().zip(labels).map(|(eta, label)| log_loss(*eta, *label)).sum()
        }
        (Target::Response(_), Target::Survival { .. }) => 0.0,
    }
}

/// `-log p` of the outcome, from log odds, without overflow; bounded as probabilities within 1e-15 of zero and one.
pub(in crate::analyze) fn log_loss(eta: f64, label: bool) -> f64 {
    let margin = if label { eta } else { -eta };
    let loss =
        if margin > 0.0 { libm::log1p(libm::exp(-margin)) } else { -margin + libm::log1p(libm::exp(margin)) };
    loss.min(34.538_776_394_910_684)
}
