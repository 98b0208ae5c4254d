//! The deltas' model in groups of patients.
//!
//! Discrimination comes from pairs of units of the group that were held out together. Its standard error is that of the
//! pairs with patients as clusters ([`crate::stats::pair_error`]), which holds the predictions fixed. Training adds to
//! it: over all units the resamples of the whole pipeline tell by how much, and groups are widened by the same factor.

use std::collections::BTreeSet;

use crate::analyze::validate::interval::around;
use crate::analyze::{Prediction, Subgroup, Target};
use crate::record::analysis::SubgroupRow;
use crate::stats::pair_error::{OwnPairs, PairShare, own_pairs, share};

/// A group with fewer patients of either outcome says nothing.
const FEWEST: usize = 5;

/// One row per level of each declared column, levels in their order. `predictions` are those of one model; `patient`
/// numbers the patient of each unit; groups with fewer patients than `smallest` are not shown. `spread` is the standard
/// deviation of the model's discrimination by the resamples, where there are any.
///
/// Units of an unknown level are in no group.
pub(in crate::analyze) fn subgroups(
    declared: &[Subgroup],
    target: &Target,
    patient: &[usize],
    predictions: &[Prediction],
    smallest: usize,
    spread: Option<f64>,
) -> Vec<SubgroupRow> {
    let folds = by_fold(predictions);
    let all: Vec<usize> = (0..target.len()).collect();
    let widened = match (spread, pairs(&folds, target, patient, &all)) {
        (Some(spread), Some(fixed)) if fixed.se > 0.0 => (spread / fixed.se).max(1.0),
        _ => 1.0,
    };
    let mut rows = Vec::new();
    for column in declared {
        let levels: BTreeSet<&String> = column.levels.iter().flatten().collect();
        for level in levels {
            let units: Vec<usize> = (0..target.len().min(column.levels.len()))
                .filter(|unit| column.levels[*unit].as_ref() == Some(level))
                .collect();
            let group = Group { folds: &folds, target, patient, units: &units };
            rows.push(group.row(&column.name, level, predictions, smallest, widened));
        }
    }
    rows
}

/// Units that were held out together, with their predictions.
type Fold<'a> = Vec<&'a Prediction>;

fn by_fold(predictions: &[Prediction]) -> Vec<Fold<'_>> {
    let mut sorted: Vec<&Prediction> = predictions.iter().collect();
    sorted.sort_by_key(|p| (p.repeat, p.fold, p.unit));
    sorted.chunk_by(|a, b| (a.repeat, a.fold) == (b.repeat, b.fold)).map(<[_]>::to_vec).collect()
}

/// Share of the pairs among `units` (ascending) that were held out together.
fn pairs(folds: &[Fold], target: &Target, patient: &[usize], units: &[usize]) -> Option<PairShare> {
    let mut own = vec![OwnPairs::default(); units.len()];
    for fold in folds {
        let held: Vec<(usize, f64)> = fold
            .iter()
            .filter_map(|p| units.binary_search(&p.unit).ok().map(|place| (place, p.linear)))
            .collect();
        let rows: Vec<usize> = held.iter().map(|(place, _)| units[*place]).collect();
        let linear: Vec<f64> = held.iter().map(|(_, linear)| *linear).collect();
        let of = match target.of(&rows) {
            Target::Survival { days, events } => own_pairs(&linear, &days, &events),
            Target::Response(labels) => {
                let days: Vec<f64> = labels.iter().map(|label| if *label { 1.0 } else { 2.0 }).collect();
                own_pairs(&linear, &days, &labels)
            }
        };
        for ((place, _), of) in held.iter().zip(of) {
            own[*place].won += of.won;
            own[*place].usable += of.usable;
        }
    }
    let patients: Vec<usize> = units.iter().map(|unit| patient[*unit]).collect();
    share(&own, &patients)
}

struct Group<'a> {
    folds: &'a [Fold<'a>],
    target: &'a Target,
    patient: &'a [usize],
    /// Ascending.
    units: &'a [usize],
}

impl Group<'_> {
    fn row(
        &self,
        column: &str,
        level: &str,
        predictions: &[Prediction],
        smallest: usize,
        widened: f64,
    ) -> SubgroupRow {
        let happened = self.target.happened();
        let mut row = SubgroupRow {
            column: column.into(),
            level: level.into(),
            n: self.units.len(),
            patients: self.patients(|_| true),
            events: self.units.iter().filter(|unit| happened[**unit]).count(),
            discrimination: None,
            calibration_in_the_large: None,
            suppressed: None,
        };
        if row.patients < smallest {
            row.suppressed = Some(format!("fewer than {smallest} patients"));
            return row;
        }
        let (with, without) = (self.patients(|unit| happened[unit]), self.patients(|unit| !happened[unit]));
        if with < FEWEST || (matches!(self.target, Target::Response(_)) && without < FEWEST) {
            let which = if with < FEWEST { "with" } else { "without" };
            row.suppressed = Some(format!("fewer than {FEWEST} patients {which} the outcome"));
            return row;
        }
        row.calibration_in_the_large = self.calibration(predictions);
        match pairs(self.folds, self.target, self.patient, self.units) {
            Some(found) if found.se > 0.0 => {
                row.discrimination = Some(around(found.share, widened * found.se, (0.0, 1.0)));
            }
            Some(_) => {
                row.suppressed =
                    Some("all pairs were won, or all lost, so that no interval can be told".into());
            }
            None => row.suppressed = Some("no two units that were held out together can be compared".into()),
        }
        row
    }

    fn patients(&self, which: impl Fn(usize) -> bool) -> usize {
        let units = self.units.iter().filter(|unit| which(**unit));
        units.map(|unit| self.patient[*unit]).collect::<BTreeSet<_>>().len()
    }

    /// Mean predicted probability less the observed share.
    fn calibration(&self, predictions: &[Prediction]) -> Option<f64> {
        let Target::Response(labels) = self.target else { return None };
        let (mut sum, mut count) = (0.0, 0.0);
        for prediction in predictions.iter().filter(|p| self.units.binary_search(&p.unit).is_ok()) {
            sum += prediction.probability? - f64::from(u8::from(labels[prediction.unit]));
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    }
}

#[cfg(test)]
mod tests {
    use super::subgroups;
    use crate::analyze::{Prediction, Subgroup, Target};
    use crate::numeric::random::Random;
    use crate::record::analysis::{ModelKind, SubgroupRow};

    const N: usize = 200;

    /// A score that tells in group `told` and not in `dark`; a few units in `few`, two of unknown level.
    fn cohort() -> (Vec<Subgroup>, Vec<bool>, Vec<Prediction>) {
        let mut random = Random::seeded(21);
        let labels: Vec<bool> = (0..N).map(|i| i % 5 < 2).collect();
        let level = |i: usize| match i {
            0..100 => Some("told"),
            100..191 => Some("dark"),
            191..198 => Some("few"),
            _ => None,
        };
        let column =
            Subgroup { name: "stage".into(), levels: (0..N).map(|i| level(i).map(str::to_owned)).collect() };
        let predictions = (0..2 * N)
            .map(|i| {
                let unit = i % N;
                let signal = if unit < 100 && labels[unit] { 1.5 } else { 0.0 };
                Prediction {
                    model: ModelKind::Deltas,
                    repeat: i / N,
                    unit,
                    fold: (unit / 7 + i / N) % 4,
                    linear: signal + random.normal(),
                    probability: Some(0.5),
                }
            })
            .collect();
        (vec![column], labels, predictions)
    }

    fn rows(patient: &[usize], spread: Option<f64>) -> Vec<SubgroupRow> {
        let (columns, labels, predictions) = cohort();
        subgroups(&columns, &Target::Response(labels), patient, &predictions, 10, spread)
    }

    fn width(row: &SubgroupRow) -> f64 {
        row.discrimination.map(|d| d.upper - d.lower).unwrap()
    }

    #[test]
    fn a_score_tells_in_its_own_group_alone_and_small_groups_are_not_told() {
        let found = rows(&(0..N).collect::<Vec<_>>(), None);
        let levels: Vec<&str> = found.iter().map(|row| row.level.as_str()).collect();
        assert_eq!(levels, ["dark", "few", "told"]);
        let (dark, few, told) = (&found[0], &found[1], &found[2]);
        assert!(told.discrimination.unwrap().lower > 0.7, "{told:?}");
        let of = dark.discrimination.unwrap();
        assert!(of.lower < 0.5 && 0.5 < of.upper, "{of:?}");
        assert_eq!((told.n, told.patients, told.events), (100, 100, 40));
        assert!((told.calibration_in_the_large.unwrap() - 0.1).abs() < 1e-12);
        assert_eq!((few.discrimination, few.calibration_in_the_large), (None, None));
        assert_eq!(few.suppressed.as_deref(), Some("fewer than 10 patients"));
    }

    #[test]
    fn training_and_several_units_of_a_patient_widen_the_interval() {
        let alone: Vec<usize> = (0..N).collect();
        let fixed = rows(&alone, None);
        // Twice the spread of fixed predictions over all units doubles each group's, and a smaller one changes nothing.
        let (columns, labels, predictions) = cohort();
        let everyone = vec![Subgroup { name: "all".into(), levels: vec![Some("all".into()); N] }];
        let target = Target::Response(labels);
        let all = subgroups(&everyone, &target, &alone, &predictions, 10, None);
        let spread = width(&all[0]) / 2.0 / 1.959_963_984_540_054;
        let widened = subgroups(&columns, &target, &alone, &predictions, 10, Some(2.0 * spread));
        assert!((width(&widened[2]) / width(&fixed[2]) - 2.0).abs() < 0.3, "{widened:?}");
        assert_eq!(subgroups(&columns, &target, &alone, &predictions, 10, Some(1e-6)), fixed);
        // Pairs of alike units as one patient: fewer independent draws, but the same figure.
        let pairs: Vec<usize> = (0..N).map(|i| i / 5).collect();
        let paired = rows(&pairs, None);
        assert_eq!(paired[2].discrimination.unwrap().estimate, fixed[2].discrimination.unwrap().estimate);
        assert_eq!((paired[2].n, paired[2].patients), (100, 20));
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        let (columns, mut labels, predictions) = cohort();
        let patient: Vec<usize> = (0..N).collect();
        labels[..100].fill(false);
        let of = |target, predictions: &[Prediction]| {
            subgroups(&columns, &target, &patient, predictions, 10, None)[2].suppressed.clone()
        };
        let few = of(Target::Response(labels.clone()), &predictions);
        assert_eq!(few.as_deref(), Some("fewer than 5 patients with the outcome"));
        labels[..50].fill(true);
        let none = of(Target::Response(labels.clone()), &[]);
        assert_eq!(none.as_deref(), Some("no two units that were held out together can be compared"));
        let perfect: Vec<Prediction> = predictions
            .iter()
            .map(|p| Prediction { linear: f64::from(u8::from(labels[p.unit])), ..*p })
            .collect();
        assert!(of(Target::Response(labels), &perfect).unwrap().starts_with("all pairs were won"));
        let days = (0..N).map(|i| (i + 1) as f64).collect();
        let survival = Target::Survival { days, events: vec![true; N] };
        let found = subgroups(&columns, &survival, &patient, &predictions, 10, None);
        assert!(found[2].discrimination.is_some() && found[2].calibration_in_the_large.is_none());
    }
}
