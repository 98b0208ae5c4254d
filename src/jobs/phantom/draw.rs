//! Random rotations, and one stream of random numbers for each purpose.

use nalgebra::{Quaternion, Unit, UnitQuaternion, Vector3};

use crate::numeric::random::Random;

/// A rotation about a random axis by at most `degrees`.
pub fn rotation(random: &mut Random, degrees: f64) -> UnitQuaternion<f64> {
    let half = random.between(0.0, degrees.to_radians()) / 2.0;
    let axis = Vector3::from(random.direction()) * libm::sin(half);
    Unit::new_normalize(Quaternion::from_parts(libm::cos(half), axis))
}

/// The stream for one purpose: what one purpose draws never shifts what another gets.
pub fn stream(seed: u64, purpose: Purpose) -> Random {
    // Multiplied by an odd constant, so that seed n's second stream is not seed n + 1's first.
    Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (purpose as u64) << 56)
}

/// The seed of the `n`th part of something that has a seed itself: of a patient of a cohort, of a visit of a patient.
/// It does not depend on how many there are.
pub fn seed_of_part(seed: u64, n: usize) -> u64 {
    // The whole's seed is spread first, so that neighbours of neighbouring wholes do not meet.
    let spread = Random::seeded(seed).next_u64();
    Random::seeded(spread ^ n as u64).next_u64()
}

/// What random numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Organs and their textures.
    Anatomy = 1,
    /// Lesions at baseline.
    Lesions,
    /// What becomes of the shrinking lesion.
    Change,
    /// Poses, grids and deformation.
    Motion,
    /// Noise of the baseline.
    BaselineNoise,
    /// Noise of the follow-up.
    FollowupNoise,
    /// Where landmarks lie.
    Landmarks,
    /// Who of a cohort is what.
    Roles,
    /// When a patient of a cohort comes, and how much changes.
    Course,
    /// A lesion that grows between the visits.
    NewLesion,
    /// How long a patient of a cohort lives, and what else a statistician hears.
    Outcome,
}
