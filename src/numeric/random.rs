//! Seeded random numbers that are the same on every machine.
//!
//! The generator is PCG32 (O'Neill 2014, `XSH RR`, 64-bit state), its seed spread by SplitMix64 (Steele 2014).
//! Both are defined on integers alone; normal deviates go through `libm`, whose results do not depend on the
//! platform.

/// A stream of random numbers. Equal seeds give equal streams.
///
/// ```
/// use delta_radiomics::numeric::random::Random;
/// let (mut a, mut b) = (Random::seeded(7), Random::seeded(7));
/// assert_eq!(a.uniform(), b.uniform());
/// assert_ne!(Random::seeded(7).uniform(), Random::seeded(8).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// Odd; chooses the stream.
    increment: u64,
    /// The second deviate of the last pair.
    spare: Option<f64>,
}

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// The next output of SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The stream of a seed.
    pub fn seeded(seed: u64) -> Self {
        let mut spread = seed;
        let (start, stream) = (split_mix(&mut spread), split_mix(&mut spread));
        Self::with_stream(start, stream)
    }

    /// PCG's own way to start a numbered stream.
    fn with_stream(start: u64, stream: u64) -> Self {
        let mut random = Self { state: 0, increment: stream << 1 | 1, spare: None };
        random.next_u32();
        random.state = random.state.wrapping_add(start);
        random.next_u32();
        random
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        let folded = (((old >> 18) ^ old) >> 27) as u32;
        folded.rotate_right((old >> 59) as u32)
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// A number in `[0, 1)`, a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A whole number in `0..n`, each equally likely (Lemire's multiplication without its rejection: the bias is
    /// below n / 2^64).
    ///
    /// # Panics
    /// Where `n` is zero: a defect of the caller.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "a choice among nothing");
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// A standard normal deviate (polar method of Marsaglia).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                let scale = libm::sqrt(-2.0 * libm::log(s) / s);
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// A direction, uniform on the unit sphere.
    pub fn direction(&mut self) -> [f64; 3] {
        loop {
            let v: [f64; 3] = std::array::from_fn(|_| self.normal());
            let length = libm::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
            if length > 1e-9 {
                return v.map(|x| x / length);
            }
        }
    }

    /// Puts values into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_stream_comes_out() {
        // pcg32-demo of the reference implementation: seed 42, stream 54.
        let mut random = Random::with_stream(42, 54);
        let first: Vec<u32> = (0..6).map(|_| random.next_u32()).collect();
        assert_eq!(first, [0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e]);
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut random = Random::seeded(1);
        let n = 200_000;
        let uniform: Vec<f64> = (0..n).map(|_| random.uniform()).collect();
        let normal: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let moment = |v: &[f64], p: i32| v.iter().map(|x| x.powi(p)).sum::<f64>() / f64::from(n);
        assert!(uniform.iter().all(|u| (0.0..1.0).contains(u)));
        assert!((moment(&uniform, 1) - 0.5).abs() < 0.003);
        assert!((moment(&uniform, 2) - 1.0 / 3.0).abs() < 0.003);
        for (p, expected) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)] {
            assert!((moment(&normal, p) - expected).abs() < 0.06, "moment {p}");
        }
    }

    #[test]
    fn a_shuffle_keeps_every_value() {
        let mut values: Vec<usize> = (0..100).collect();
        Random::seeded(3).shuffle(&mut values);
        assert_ne!(values, (0..100).collect::<Vec<_>>());
        values.sort_unstable();
        assert_eq!(values, (0..100).collect::<Vec<_>>());
    }
}
