//! From folds, permutations and resamples to one row per model.

use std::collections::BTreeMap;

use crate::analyze::Target;
use crate::analyze::cohort::data::{Data, kinds};
use crate::analyze::cohort::patients::patients_by_outcome;
use crate::analyze::describe::calibrate;
use crate::analyze::describe::importance::{Place, explain, lost};
use crate::analyze::describe::nomogram::nomogram;
use crate::analyze::findings::Prediction;
use crate::analyze::learn::frozen::Whole;
use crate::analyze::learn::plan::{Learner, ModelPlan, Plan};
use crate::analyze::learn::prepare::Part;
use crate::analyze::learn::score::survival_at;
use crate::analyze::validate::cross_validate::{Fold, HeldOut, Validated};
use crate::analyze::validate::interval::{Spread, of_difference};
use crate::analyze::validate::pairs::Tally;
use crate::analyze::validate::resamples::{Drawn, optimism, probability};
use crate::record::analysis::{Difference, Interval, ModelKind, ModelResult, ModelStatus, Permutation};
use crate::stats::{concordance, cox};

/// A closer look at a model of one fold.
#[derive(Clone, Debug, Default)]
pub(in crate::analyze) struct Closer {
    /// Pairs lost where a column is shuffled.
    lost: Vec<(Place, f64)>,
    /// Probability of the event by the horizon, by held-out unit; survival only.
    risk: Vec<f64>,
    /// Uno's C among the held-out units; survival only.
    uno: Option<f64>,
}

/// Looks closer at a model while its part is there.
pub(in crate::analyze) fn look(
    plan: &Plan,
    horizon: Option<f64>,
    number: u64,
    part: &Part,
    held: &HeldOut,
    train: &Target,
    test: &Target,
) -> Closer {
    let lost = lost(plan, part, held, test, number);
    let (Target::Survival { days, events }, Target::Survival { days: later, events: seen }, Some(horizon)) =
        (train, test, horizon)
    else {
        return Closer { lost, ..Closer::default() };
    };
    let baseline = cox::baseline_survival(&held.learnt.fitted(&part.outer), days, events);
    let survival = survival_at(&baseline, horizon);
    let risk = held.linear.iter().map(|eta| 1.0 - libm::pow(survival, libm::exp(*eta))).collect();
    let uno = concordance::uno(&held.linear, later, seen, horizon);
    Closer { lost, risk, uno }
}

/// Everything that rows of models are made from.
pub(in crate::analyze) struct Evidence<'a> {
    pub data: &'a Data,
    pub plan: &'a Plan,
    pub target: &'a Target,
    pub horizon: Option<f64>,
    pub validated: &'a Validated<Closer>,
    pub drawn: &'a [Drawn],
    /// All units as one part, and each model learnt on it.
    pub part: &'a Part,
    pub whole: &'a [Whole],
}

impl Evidence<'_> {
    /// One row per kind of model, in their order.
    pub(in crate::analyze) fn results(&self) -> Vec<ModelResult> {
        ModelKind::ALL
            .into_iter()
            .map(|kind| match self.place(kind) {
                Some(place) => self.result(place),
                None => absent(kind, self.data),
            })
            .collect()
    }

    fn place(&self, kind: ModelKind) -> Option<usize> {
        self.plan.models.iter().position(|model| model.kind == kind)
    }

    fn held(&self, model: usize) -> impl Iterator<Item = (&Fold<Closer>, &HeldOut, &Closer)> {
        self.validated
            .folds
            .iter()
            .filter_map(move |fold| fold.models.get(model).map(|(held, closer)| (fold, held, closer)))
    }

    fn result(&self, place: usize) -> ModelResult {
        let model = &self.plan.models[place];
        let by_repeat = self.validated.by_repeat(place);
        let total = Tally::total(by_repeat.iter().copied());
        let shares: Vec<f64> = by_repeat.into_iter().filter_map(Tally::share).collect();
        let discrimination = total.share().map(|estimate| match self.spread(place, &shares) {
            Some(spread) => spread.around(estimate, self.rarer()),
            // Without resamples nothing is known of the spread, and the interval says so.
            None => Interval { estimate, lower: 0.0, upper: 1.0 },
        });
        let folds = self.validated.folds.len();
        let constant = self.held(place).filter(|(_, held, _)| held.learnt.terms.is_empty()).count();
        let (status, note) = self.status(model, place, constant, folds, discrimination.is_some());
        let mut result = ModelResult {
            model: model.kind,
            status,
            note,
            discrimination,
            uno: self.uno(place),
            by_repeat: shares,
            permutation: total.share().and_then(|observed| self.permutation(place, observed)),
            roc: Vec::new(),
            calibration: None,
            decision: Vec::new(),
            optimism: None,
            chosen: self.chosen(place),
            frozen: None,
            explained: None,
        };
        if status == ModelStatus::NoCandidates || status == ModelStatus::TooFew {
            return result;
        }
        self.fit_of_predictions(place, &mut result);
        let whole = &self.whole[place];
        let apparent: Vec<_> = self.drawn.iter().map(|drawn| drawn.apparent[place]).collect();
        result.optimism = optimism(Tally::within(&whole.linear, self.target).share(), &apparent);
        result.frozen.clone_from(&whole.frozen);
        if let Some(frozen) = &whole.frozen {
            let lines = nomogram(frozen, self.horizon);
            let lost = self.lost(place);
            result.explained =
                Some(explain(self.data, self.part, whole, model.kind, &lost, total.usable, lines));
        }
        result
    }

    fn spread(&self, place: usize, repeats: &[f64]) -> Option<Spread> {
        let drawn: Vec<f64> = self.drawn.iter().filter_map(|drawn| drawn.discrimination[place]).collect();
        Spread::of(&drawn, repeats)
    }

    /// Patients of the rarer outcome.
    fn rarer(&self) -> usize {
        let (with, without) = patients_by_outcome(&self.data.patient, self.target);
        with.min(without)
    }

    /// The standard deviation of a model's discrimination, by the resamples; none without them.
    pub(in crate::analyze) fn spread_of(&self, kind: ModelKind) -> Option<f64> {
        let place = self.place(kind)?;
        let shares: Vec<f64> = self.validated.by_repeat(place).into_iter().filter_map(Tally::share).collect();
        self.spread(place, &shares).map(Spread::sd)
    }

    fn status(
        &self,
        model: &ModelPlan,
        place: usize,
        constant: usize,
        folds: usize,
        judged: bool,
    ) -> (ModelStatus, Option<String>) {
        let without =
            self.part.outer.iter().filter(|r| model.blocks.contains(&r.block)).all(|r| r.columns.is_empty());
        if without && constant == folds {
            return (ModelStatus::NoCandidates, Some("no feature passed the filters".into()));
        }
        if !judged {
            return (ModelStatus::TooFew, Some("no pair of units within a fold could be compared".into()));
        }
        if constant > 0 {
            let why = self.held(place).find_map(|(_, held, _)| {
                held.learnt.fault.filter(|_| held.learnt.terms.is_empty()).map(|fault| format!(" ({fault})"))
            });
            let text = format!(
                "the prediction is constant in {constant} of {folds} folds{}",
                why.unwrap_or_default()
            );
            return (ModelStatus::ConstantInFolds, Some(text));
        }
        let ridges = self.held(place).filter(|(_, held, _)| held.learnt.fault.is_some()).count();
        let note = (ridges > 0).then(|| {
            format!("a small ridge stood in for maximum likelihood, which has no maximum, in {ridges} of {folds} folds")
        });
        (ModelStatus::Fitted, note)
    }

    fn permutation(&self, place: usize, observed: f64) -> Option<Permutation> {
        if self.validated.others.is_empty() {
            return None;
        }
        let discrimination: Vec<f64> = self
            .validated
            .others
            .iter()
            // Labels without a usable pair tell nothing from nothing.
            .map(|models| Tally::total(models[place].iter().copied()).share().unwrap_or(0.5))
            .collect();
        let as_good = discrimination.iter().filter(|d| **d >= observed).count();
        Some(Permutation {
            permutations: discrimination.len(),
            p: (1 + as_good) as f64 / (1 + discrimination.len()) as f64,
            discrimination,
        })
    }

    fn uno(&self, place: usize) -> Option<(f64, f64)> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (_, held, closer) in self.held(place) {
            if let Some(uno) = closer.uno {
                sum += uno * held.tally.usable;
                weight += held.tally.usable;
            }
        }
        (weight > 0.0).then_some(sum / weight).zip(self.horizon)
    }

    /// Predictions of unseen units, and what they say of calibration, ROC and net benefit.
    fn fit_of_predictions(&self, place: usize, result: &mut ModelResult) {
        let linear = self.by_repeat(place, |held, _, at| held.linear[at]);
        match self.target {
            Target::Response(labels) => {
                let p: Vec<Vec<f64>> =
                    linear.iter().map(|of| of.iter().map(|eta| probability(*eta)).collect()).collect();
                result.calibration = Some(calibrate::response(&p, labels));
                result.roc = calibrate::roc(&p, labels);
                result.decision = calibrate::decision(&p, labels);
            }
            Target::Survival { days, events } => {
                result.calibration = self.horizon.map(|horizon| {
                    let risk =
                        self.by_repeat(place, |_, closer, at| closer.risk.get(at).copied().unwrap_or(0.0));
                    calibrate::survival(&risk, &linear, days, events, horizon)
                });
            }
        }
    }

    fn by_repeat(&self, place: usize, value: impl Fn(&HeldOut, &Closer, usize) -> f64) -> Vec<Vec<f64>> {
        let repeats = self.validated.folds.iter().map(|fold| fold.repeat + 1).max().unwrap_or(0);
        let mut values = vec![vec![0.0; self.target.len()]; repeats];
        for (fold, held, closer) in self.held(place) {
            for (at, unit) in fold.units.iter().enumerate() {
                values[fold.repeat][*unit] = value(held, closer, at);
            }
        }
        values
    }

    fn chosen(&self, place: usize) -> Vec<(String, f64)> {
        let model = &self.plan.models[place];
        if model.learner == Learner::Unpenalised {
            return Vec::new();
        }
        let mut counts: BTreeMap<Place, usize> = BTreeMap::new();
        for (_, _, closer) in self.held(place) {
            for (column, _) in &closer.lost {
                *counts.entry(*column).or_default() += 1;
            }
        }
        let folds = self.validated.folds.len().max(1) as f64;
        let mut chosen: Vec<(String, f64)> = counts
            .into_iter()
            .map(|(column, count)| (label(self.data, model.kind, column), count as f64 / folds))
            .collect();
        chosen.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        chosen
    }

    fn lost(&self, place: usize) -> BTreeMap<Place, f64> {
        let mut lost: BTreeMap<Place, f64> = BTreeMap::new();
        for (_, _, closer) in self.held(place) {
            for (column, pairs) in &closer.lost {
                *lost.entry(*column).or_default() += pairs;
            }
        }
        lost
    }

    /// Each model against volume alone.
    pub(in crate::analyze) fn differences(&self) -> Vec<Difference> {
        let volume = self.place(ModelKind::Volume);
        ModelKind::ALL
            .into_iter()
            .filter(|kind| *kind != ModelKind::Volume)
            .map(|model| match (self.place(model), volume) {
                (Some(place), Some(volume)) => self.difference(model, place, volume),
                (None, _) => without(model, "the model has no columns"),
                (_, None) => without(
                    model,
                    "the change of volume is not known, so that nothing can be compared with it",
                ),
            })
            .collect()
    }

    fn difference(&self, model: ModelKind, place: usize, volume: usize) -> Difference {
        let (own, other) = (self.validated.by_repeat(place), self.validated.by_repeat(volume));
        let share = |tallies: &[Tally]| Tally::total(tallies.iter().copied()).share();
        let (Some(estimate), Some(of_volume)) = (share(&own), share(&other)) else {
            return without(model, "no pair of units within a fold could be compared");
        };
        let repeats: Vec<f64> =
            own.iter().zip(&other).filter_map(|(a, b)| Some(a.share()? - b.share()?)).collect();
        let drawn: Vec<(f64, f64)> = self
            .drawn
            .iter()
            .filter_map(|drawn| drawn.discrimination[place].zip(drawn.discrimination[volume]))
            .collect();
        match of_difference(estimate - of_volume, &drawn, &repeats, self.rarer()) {
            Some(difference) => Difference { model, difference: Some(difference), status: None },
            None => without(model, "there are no resamples to take an interval from"),
        }
    }

    /// Every prediction of an unseen unit.
    pub(in crate::analyze) fn predictions(&self) -> Vec<Prediction> {
        let mut predictions = Vec::new();
        for (place, model) in self.plan.models.iter().enumerate() {
            for (fold, held, _) in self.held(place) {
                for (unit, linear) in fold.units.iter().zip(&held.linear) {
                    predictions.push(Prediction {
                        model: model.kind,
                        repeat: fold.repeat,
                        unit: *unit,
                        fold: fold.fold,
                        linear: *linear,
                        probability: matches!(self.target, Target::Response(_)).then(|| probability(*linear)),
                    });
                }
            }
        }
        predictions.sort_by_key(|p| (p.model, p.repeat, p.unit));
        predictions
    }
}

/// A column's name; with its block where a model has several.
pub(in crate::analyze) fn label(data: &Data, model: ModelKind, (block, column): Place) -> String {
    let block = &data.blocks[block];
    let name = &block.names[column];
    if model == ModelKind::All { format!("{name} ({})", block.kind.word()) } else { name.clone() }
}

fn without(model: ModelKind, status: &str) -> Difference {
    Difference { model, difference: None, status: Some(status.into()) }
}

fn absent(model: ModelKind, data: &Data) -> ModelResult {
    let one = kinds(model).iter().filter(|kind| data.place(**kind).is_some()).count() == 1;
    let note = if one { "the same columns as a model above" } else { "there are no columns for it" };
    ModelResult {
        model,
        status: ModelStatus::NoCandidates,
        note: Some(note.into()),
        discrimination: None,
        uno: None,
        by_repeat: Vec::new(),
        permutation: None,
        roc: Vec::new(),
        calibration: None,
        decision: Vec::new(),
        optimism: None,
        chosen: Vec::new(),
        frozen: None,
        explained: None,
    }
}
