//! What each perturbation draws: the plan, made before anything is measured.

use super::chain::Link;
use super::{Chain, Perturbation};
use crate::numeric::random::Random;

/// Shifts of the sampling grid, in voxels of it (Zwanenburg 2019, supplement; MIRP's `translation_fraction`).
pub const SHIFTS: [f64; 4] = [0.0, 0.25, 0.5, 0.75];
/// Largest rotation in degrees, to either side (Zwanenburg 2019).
pub const LARGEST_ANGLE_DEGREES: f64 = 13.0;
/// Largest share by which a region's volume grows or shrinks (Zwanenburg 2019).
pub const LARGEST_GROWTH: f64 = 0.28;

/// What one perturbation does to a scan and its regions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Its number, from 1.
    pub number: u32,
    /// Seed of the noise; `None` without noise.
    pub noise: Option<u64>,
    /// Shift of the sampling grid along right, anterior, superior, in voxels of it.
    pub shift: [f64; 3],
    /// Rotation of the sampling grid about the axis across slices, in degrees.
    pub angle_degrees: f64,
    /// Share by which regions grow; negative where they shrink. `None` leaves them as they are.
    pub growth: Option<f64>,
    /// Decides which voxels of a shell are taken where not all are needed.
    pub ties: u64,
}

impl Draw {
    /// The draw of perturbation `number` of a seed, independent of how many there are. All that could be drawn is
    /// drawn in one order, so that perturbation 3 has the same shift in `T` and in `NTRV`.
    pub fn of(seed: u64, number: u32, chain: Chain) -> Self {
        // Seeds that differ in their low bits only are spread by the generator itself.
        let mut random = Random::seeded(seed ^ u64::from(number).wrapping_mul(0xD1B5_4A32_D192_ED03));
        let noise = random.next_u64();
        let shift: [f64; 3] = std::array::from_fn(|_| SHIFTS[random.below(SHIFTS.len())]);
        let angle = random.between(-LARGEST_ANGLE_DEGREES, LARGEST_ANGLE_DEGREES);
        let growth = random.between(-LARGEST_GROWTH, LARGEST_GROWTH);
        let ties = random.next_u64();
        Self {
            number,
            noise: chain.has(Link::Noise).then_some(noise),
            shift: if chain.has(Link::Translation) { shift } else { [0.0; 3] },
            angle_degrees: if chain.has(Link::Rotation) { angle } else { 0.0 },
            growth: chain.has(Link::Volume).then_some(growth),
            ties,
        }
    }
}

/// The draws of all perturbations, in order.
pub fn plan(asked: &Perturbation) -> Vec<Draw> {
    (1..=asked.count).map(|number| Draw::of(asked.seed, number, asked.chain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perturbation_is_the_same_whatever_the_count_and_the_rest_of_the_chain() {
        let asked = |count, chain: &str| Perturbation { count, chain: chain.parse().unwrap(), seed: 9 };
        let (few, many) = (plan(&asked(5, "NTRV")), plan(&asked(50, "NTRV")));
        assert_eq!(few, many[..5]);
        let shifted = plan(&asked(50, "T"));
        assert!(many.iter().zip(&shifted).all(|(a, b)| a.shift == b.shift));
        assert!(shifted.iter().all(|d| d.noise.is_none() && d.angle_degrees == 0.0 && d.growth.is_none()));
    }

    #[test]
    fn draws_fill_their_ranges() {
        let draws = plan(&Perturbation { count: 2000, chain: Chain::ALL, seed: 1 });
        for axis in 0..3 {
            for shift in SHIFTS {
                let share = draws.iter().filter(|d| d.shift[axis] == shift).count() as f64 / 2000.0;
                assert!((share - 0.25).abs() < 0.05, "axis {axis}, shift {shift}: {share}");
            }
        }
        let spread = |value: &dyn Fn(&Draw) -> f64, largest: f64| {
            assert!(draws.iter().all(|d| value(d).abs() <= largest));
            assert!(draws.iter().any(|d| value(d) > 0.98 * largest));
            assert!(draws.iter().any(|d| value(d) < -0.98 * largest));
        };
        spread(&|d| d.angle_degrees, LARGEST_ANGLE_DEGREES);
        spread(&|d| d.growth.unwrap(), LARGEST_GROWTH);
    }
}
