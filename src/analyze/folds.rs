//! Which units are held out together: stratified by outcome, grouped by patient, seeded, repeated, in a file.

use std::collections::BTreeMap;

use delta_table::{Sheet, Table, TableError};

use super::patients::units_of;
use super::{AnalyseError, Unit};
use crate::numeric::random::Random;

/// Folds of a repeated cross-validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// By repeat, then by unit: the fold in which the unit is held out.
    pub of: Vec<Vec<usize>>,
}

impl Folds {
    /// Folds per repeat.
    pub fn count(&self) -> usize {
        self.of.iter().flatten().max().map_or(0, |last| last + 1)
    }

    /// The table of `folds.csv`: `subject`, `lesion` (where units are lesions), `repeat`, `fold`; both from 0.
    pub fn table(&self, units: &[Unit]) -> Table {
        let rows =
            || self.of.iter().enumerate().flat_map(|(r, of)| of.iter().enumerate().map(move |c| (r, c)));
        let mut table = Table::new();
        table.text("subject", rows().map(|(_, (unit, _))| Some(units[unit].subject.clone())));
        if units.iter().any(|unit| unit.lesion.is_some()) {
            table.text("lesion", rows().map(|(_, (unit, _))| units[unit].lesion.clone()));
        }
        table.counts("repeat", rows().map(|(repeat, _)| Some(repeat as i64)));
        table.counts("fold", rows().map(|(_, (_, fold))| Some(*fold as i64)));
        table
    }

    /// Reads such a table for these units. Rows of other units are passed over.
    ///
    /// # Errors
    /// [`AnalyseError::Folds`] where a column is missing, a unit has no fold or two in some repeat, or the units of a
    /// patient lie in different folds.
    pub fn read(sheet: &Sheet, units: &[Unit]) -> Result<Self, AnalyseError> {
        let fault = |text: String| AnalyseError::Folds(text);
        let said = |error: TableError| AnalyseError::Folds(error.to_string());
        let subjects = sheet.text("subject").map_err(said)?;
        let lesions = if sheet.names().iter().any(|name| name == "lesion") {
            sheet.text("lesion").map_err(said)?
        } else {
            vec![None; subjects.len()]
        };
        let (repeats, folds) = (sheet.numbers("repeat").map_err(said)?, sheet.numbers("fold").map_err(said)?);
        let places: BTreeMap<&Unit, usize> = units.iter().enumerate().map(|(i, unit)| (unit, i)).collect();
        let mut of: Vec<Vec<Option<usize>>> = Vec::new();
        for (row, ((subject, lesion), (repeat, fold))) in
            subjects.into_iter().zip(lesions).zip(repeats.into_iter().zip(folds)).enumerate()
        {
            let line = row + 2;
            let Some(subject) = subject else { return Err(fault(format!("line {line} has no subject"))) };
            let (Some(repeat), Some(fold)) = (repeat.and_then(small), fold.and_then(small)) else {
                return Err(fault(format!("line {line} has no whole number as repeat and fold")));
            };
            let Some(place) = places.get(&Unit { subject, lesion }) else { continue };
            while of.len() <= repeat {
                of.push(vec![None; units.len()]);
            }
            if of[repeat][*place].replace(fold).is_some() {
                return Err(fault(format!("line {line}: the unit has a fold in repeat {repeat} already")));
            }
        }
        let mut full = Vec::with_capacity(of.len());
        for (repeat, folds) in of.iter().enumerate() {
            if let Some(unit) = folds.iter().position(Option::is_none) {
                let name = &units[unit].subject;
                return Err(fault(format!("{name} has no fold in repeat {repeat}")));
            }
            full.push(folds.iter().map(|fold| fold.unwrap_or(0)).collect());
        }
        let folds = Self { of: full };
        folds.check(units)?;
        Ok(folds)
    }

    /// Whether the folds fit these units: one fold for each, at least two folds, patients kept together.
    pub fn check(&self, units: &[Unit]) -> Result<(), AnalyseError> {
        let fault = |text: String| Err(AnalyseError::Folds(text));
        if self.of.is_empty() {
            return fault("there are none for these units".into());
        }
        for (repeat, of) in self.of.iter().enumerate() {
            if of.len() != units.len() {
                return fault(format!("{} folds for {} units", of.len(), units.len()));
            }
            if of.iter().all(|fold| Some(fold) == of.first()) {
                return fault(format!("all units are in one fold in repeat {repeat}"));
            }
            let mut of_patient: BTreeMap<&str, usize> = BTreeMap::new();
            for (unit, fold) in units.iter().zip(of) {
                if of_patient.insert(&unit.subject, *fold).is_some_and(|other| other != *fold) {
                    return fault(format!("{} lies in two folds of repeat {repeat}", unit.subject));
                }
            }
        }
        Ok(())
    }
}

/// A whole number that can be a fold.
fn small(value: f64) -> Option<usize> {
    ((0.0..1000.0).contains(&value) && value.fract() == 0.0).then_some(value as usize)
}

/// Deals patients to folds so that each has its share of both outcomes; units of a patient stay together.
///
/// Greedy: patients in random order, those with many units of the rarer outcome first, each to the fold where the
/// squared shares of both outcomes grow least. With one unit per patient that is ordinary stratification: counts of
/// each outcome differ by one at most, and so do sizes.
pub(super) fn deal(patient: &[usize], happened: &[bool], folds: usize, random: &mut Random) -> Vec<usize> {
    let folds = folds.max(1);
    let units = units_of(patient);
    let events = happened.iter().filter(|h| **h).count();
    let totals = [(happened.len() - events).max(1) as f64, events.max(1) as f64];
    let rarer = usize::from(totals[1] <= totals[0]);
    let counts_of = |patient: usize| {
        let with = units[patient].iter().filter(|unit| happened[**unit]).count();
        [units[patient].len() - with, with]
    };
    let mut order: Vec<usize> = (0..units.len()).filter(|p| !units[*p].is_empty()).collect();
    random.shuffle(&mut order);
    order.sort_by_key(|p| {
        let counts = counts_of(*p);
        (std::cmp::Reverse(counts[rarer]), std::cmp::Reverse(counts[1 - rarer]))
    });
    // Which fold gets the odd patient is chance too.
    let mut preference: Vec<usize> = (0..folds).collect();
    random.shuffle(&mut preference);
    let mut held = vec![[0_usize; 2]; folds];
    let mut of = vec![0; patient.len()];
    for p in order {
        let add = counts_of(p);
        let growth = |fold: usize| -> f64 {
            (0..2)
                .map(|class| {
                    let (add, has) = (add[class] as f64, held[fold][class] as f64);
                    add * (2.0 * has + add) / (totals[class] * totals[class])
                })
                .sum()
        };
        let size = |fold: usize| held[fold][0] + held[fold][1];
        let best = preference
            .iter()
            .copied()
            .min_by(|a, b| growth(*a).total_cmp(&growth(*b)).then(size(*a).cmp(&size(*b))))
            .unwrap_or(0);
        for class in 0..2 {
            held[best][class] += add[class];
        }
        for unit in &units[p] {
            of[*unit] = best;
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::streams::{Purpose, stream};
    use proptest::prelude::*;

    fn units(lesions: &[usize]) -> Vec<Unit> {
        lesions
            .iter()
            .enumerate()
            .flat_map(|(p, n)| {
                (0..*n).map(move |l| Unit { subject: format!("P{p}"), lesion: Some(l.to_string()) })
            })
            .collect()
    }

    proptest! {
        #[test]
        fn single_units_are_stratified(n in 10_usize..80, events in 5_usize..40, seed in 0_u64..50) {
            prop_assume!(events + 5 <= n);
            let patient: Vec<usize> = (0..n).collect();
            let happened: Vec<bool> = (0..n).map(|i| i < events).collect();
            let of = deal(&patient, &happened, 5, &mut stream(seed, Purpose::Folds, 0));
            for class in [true, false] {
                let counts: Vec<usize> =
                    (0..5).map(|f| (0..n).filter(|i| of[*i] == f && happened[*i] == class).count()).collect();
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            }
        }

        #[test]
        fn patients_stay_together(sizes in prop::collection::vec(1_usize..5, 8..40), seed in 0_u64..50) {
            let patient: Vec<usize> =
                sizes.iter().enumerate().flat_map(|(p, n)| std::iter::repeat_n(p, *n)).collect();
            let happened: Vec<bool> = (0..patient.len()).map(|i| i % 3 == 0).collect();
            let of = deal(&patient, &happened, 4, &mut stream(seed, Purpose::Folds, 1));
            let folds = Folds { of: vec![of] };
            prop_assert!(folds.check(&units(&sizes)).is_ok());
            // No fold holds much more than its share.
            let largest = (0..4).map(|f| folds.of[0].iter().filter(|x| **x == f).count()).max().unwrap();
            prop_assert!(largest <= patient.len().div_ceil(4) + 4, "{largest} of {}", patient.len());
        }
    }

    #[test]
    fn a_written_file_is_read_again() {
        let units = units(&[1, 2, 3, 1, 2]);
        let patient = crate::analyze::patients::patients_of(&units);
        let happened: Vec<bool> = (0..9).map(|i| i % 2 == 0).collect();
        let of = |r| deal(&patient, &happened, 3, &mut stream(4, Purpose::Folds, r));
        let folds = Folds { of: vec![of(0), of(1)] };
        let file = tempfile::NamedTempFile::new().unwrap();
        folds.table(&units).write_csv(file.path()).unwrap();
        assert_eq!(Folds::read(&Sheet::read_csv(file.path()).unwrap(), &units).unwrap(), folds);
        // Another cohort does not fit.
        let others = [units.clone(), vec![Unit { subject: "new".into(), lesion: None }]].concat();
        let refused = Folds::read(&Sheet::read_csv(file.path()).unwrap(), &others);
        assert!(matches!(refused, Err(AnalyseError::Folds(text)) if text.contains("new")));
    }

    #[test]
    fn folds_that_split_a_patient_are_refused() {
        let units = units(&[2, 2]);
        let folds = Folds { of: vec![vec![0, 1, 1, 1]] };
        assert!(matches!(folds.check(&units), Err(AnalyseError::Folds(text)) if text.contains("P0")));
        assert!(Folds { of: vec![vec![0, 0, 0, 0]] }.check(&units).is_err());
        assert!(Folds { of: vec![vec![0, 0]] }.check(&units).is_err());
    }
}
