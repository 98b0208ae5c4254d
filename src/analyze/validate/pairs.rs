//! Discrimination from pairs of units that were held out together.

use crate::analyze::Target;

/// Pairs in which the higher prediction belongs to the unit with the outcome (ties count half), and all usable pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::analyze) struct Tally {
    pub won: f64,
    pub usable: f64,
}

impl Tally {
    /// Pairs among the units of one fold: of a responder and a non-responder; or of times of which the earlier is an
    /// event (Harrell).
    ///
    /// Predictions of different folds come from different models, so that a pair across folds compares models, which
    /// biases a null below one half.
    pub(in crate::analyze) fn within(linear: &[f64], target: &Target) -> Self {
        match target {
            Target::Response(labels) => Self::response(linear, labels),
            Target::Survival { days, events } => {
                let (won, usable) = crate::stats::concordance::pairs(linear, days, events);
                Self { won, usable }
            }
        }
    }

    fn response(linear: &[f64], labels: &[bool]) -> Self {
        let mut tally = Self::default();
        for (high, _) in linear.iter().zip(labels).filter(|(_, label)| **label) {
            for (low, _) in linear.iter().zip(labels).filter(|(_, label)| !**label) {
                tally.usable += 1.0;
                if high > low {
                    tally.won += 1.0;
                } else if high == low {
                    tally.won += 0.5;
                }
            }
        }
        tally
    }

    /// The share won; none without a usable pair.
    pub(in crate::analyze) fn share(self) -> Option<f64> {
        (self.usable > 0.0).then(|| self.won / self.usable)
    }

    pub(in crate::analyze) fn add(&mut self, other: Self) {
        self.won += other.won;
        self.usable += other.usable;
    }

    /// All of them together.
    pub(in crate::analyze) fn total(tallies: impl IntoIterator<Item = Self>) -> Self {
        let mut total = Self::default();
        for tally in tallies {
            total.add(tally);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half_and_one_class_has_no_pairs() {
        let labels = Target::Response(vec![true, false, true, false]);
        let tally = Tally::within(&[2.0, 1.0, 1.0, 3.0], &labels);
        // 2 beats 1, loses to 3; 1 ties with 1, loses to 3.
        assert_eq!(tally, Tally { won: 1.5, usable: 4.0 });
        let one = Tally::within(&[2.0, 1.0], &Target::Response(vec![true, true]));
        assert_eq!((one.usable, one.share()), (0.0, None));
    }

    #[test]
    fn a_constant_prediction_wins_half() {
        let labels = Target::Response((0..20).map(|i| i % 3 == 0).collect());
        assert_eq!(Tally::within(&[0.0; 20], &labels).share(), Some(0.5));
    }
}
