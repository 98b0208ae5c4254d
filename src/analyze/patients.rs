//! Patients and their units: what is held out, exchanged and drawn together.

use std::collections::BTreeMap;

use super::{Target, Unit};
use crate::numeric::random::Random;

/// The patient of each unit, numbered by first appearance.
pub(super) fn patients_of(units: &[Unit]) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    units
        .iter()
        .map(|unit| {
            let next = numbers.len();
            *numbers.entry(unit.subject.as_str()).or_insert(next)
        })
        .collect()
}

/// The units of each patient, in their order.
pub(super) fn units_of(patient: &[usize]) -> Vec<Vec<usize>> {
    let count = patient.iter().max().map_or(0, |last| last + 1);
    let mut units = vec![Vec::new(); count];
    for (unit, patient) in patient.iter().enumerate() {
        units[*patient].push(unit);
    }
    units
}

/// Whose outcome each unit gets where labels are exchanged: whole patients change places with patients of equally
/// many units, whose order stays. A patient with a number of units of its own keeps its outcome.
///
/// Units of one patient are no independent draws: exchanging them one by one would make the null too narrow.
pub(super) fn exchanged(patient: &[usize], random: &mut Random) -> Vec<usize> {
    let units = units_of(patient);
    let mut by_size: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (patient, units) in units.iter().enumerate() {
        by_size.entry(units.len()).or_default().push(patient);
    }
    let mut from: Vec<usize> = (0..patient.len()).collect();
    for patients in by_size.values() {
        let mut givers = patients.clone();
        random.shuffle(&mut givers);
        for (taker, giver) in patients.iter().zip(&givers) {
            for (to, source) in units[*taker].iter().zip(&units[*giver]) {
                from[*to] = *source;
            }
        }
    }
    from
}

/// Patients drawn with replacement, as many as there are, with all of their units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resample {
    /// Rows of the cohort; a patient drawn twice is there twice.
    pub rows: Vec<usize>,
    /// The patient of each row: copies of a patient have one number, so that folds keep them together.
    pub patient: Vec<usize>,
}

impl Resample {
    /// Draws patients.
    pub(super) fn draw(patient: &[usize], random: &mut Random) -> Self {
        let units = units_of(patient);
        // Sorted draws: copies stand side by side, and the order of drawing has no part in anything.
        let mut drawn: Vec<usize> = (0..units.len()).map(|_| random.below(units.len())).collect();
        drawn.sort_unstable();
        let rows: Vec<usize> = drawn.iter().flat_map(|p| units[*p].iter().copied()).collect();
        let patient = rows.iter().map(|row| patient[*row]).collect();
        Self { rows, patient }
    }
}

/// Patients with an event, patients without one; a patient with units of both kinds counts in both.
pub(super) fn patients_by_outcome(patient: &[usize], target: &Target) -> (usize, usize) {
    let happened = target.happened();
    let units = units_of(patient);
    let count = |wanted: bool| {
        units.iter().filter(|units| units.iter().any(|unit| happened[*unit] == wanted)).count()
    };
    (count(true), count(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::streams::{Purpose, stream};

    /// Patients with 1, 1, 2, 2, 2 and 3 units.
    const PATIENT: [usize; 11] = [0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5];

    #[test]
    fn exchange_keeps_blocks_and_their_order() {
        let mut moved = false;
        for number in 0..50 {
            let from = exchanged(&PATIENT, &mut stream(1, Purpose::Labels, number));
            let mut sorted = from.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..11).collect::<Vec<_>>());
            // The only patient with three units keeps its outcome.
            assert_eq!(from[8..], [8, 9, 10]);
            for pair in [2, 4, 6] {
                assert!(from[pair].is_multiple_of(2) && from[pair + 1] == from[pair] + 1, "{from:?}");
            }
            moved |= from[2] != 2;
        }
        assert!(moved);
    }

    #[test]
    fn a_resample_draws_whole_patients() {
        let resample = Resample::draw(&PATIENT, &mut stream(1, Purpose::Patients, 3));
        let mut counts = [0; 6];
        for patient in &resample.patient {
            counts[*patient] += 1;
        }
        for (count, size) in counts.iter().zip([1, 1, 2, 2, 2, 3]) {
            assert_eq!(count % size, 0);
        }
        assert_eq!(resample.rows.len(), resample.patient.len());
        assert!(resample.rows.iter().zip(&resample.patient).all(|(row, patient)| PATIENT[*row] == *patient));
    }

    #[test]
    fn nothing_to_draw_gives_nothing() {
        assert!(Resample::draw(&[], &mut stream(1, Purpose::Patients, 0)).rows.is_empty());
        assert!(exchanged(&[], &mut stream(1, Purpose::Labels, 0)).is_empty());
    }
}
