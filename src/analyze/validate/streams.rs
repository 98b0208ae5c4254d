//! Random streams that do not depend on the order of work: each purpose and each number of it has its own.

use crate::numeric::random::Random;

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) enum Purpose {
    /// Outer folds, by repeat.
    Folds = 1,
    /// Inner folds, by repeat and outer fold.
    InnerFolds = 2,
    /// Exchanged labels, by permutation.
    Labels = 3,
    /// Resampled patients, by resample.
    Patients = 4,
    /// Outer and inner folds of a resample.
    ResampleFolds = 5,
    /// Shuffled columns of a test fold.
    Importance = 6,
    /// Rows on which correlations among features are taken.
    Correlation = 7,
    /// Inner folds of the model on all units.
    Frozen = 8,
}

/// The stream of a purpose and a number.
pub(in crate::analyze) fn stream(seed: u64, purpose: Purpose, number: u64) -> Random {
    // Odd multipliers keep different triples apart; the generator's own spreading does the rest.
    let mixed = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add((purpose as u64).wrapping_mul(0xD1B5_4A32_D192_ED03))
        .wrapping_add(number.wrapping_mul(0x8CB9_2BA7_2F3D_8DD7));
    Random::seeded(mixed)
}
