//! Fourier transforms of four lines at a time, at frequencies between the usual ones.
//!
//! X(k) = sum over j of x(j) exp(-2 pi i j (k + offset) / n). Sampling between the usual frequencies is what a
//! correlation without wrap-around needs: the frequencies of a line with as many zeros behind it are those of the
//! line itself at two offsets, so that the zeros are never stored and never transformed. The offset is free: it
//! only turns the factors before the first butterfly.
//!
//! Four lines lie side by side, so that every step is the same arithmetic on four numbers, which compilers turn into
//! whatever vectors the processor has. Nothing depends on their width and nothing is fused: the bytes are the same
//! on every machine.
//!
//! Why not a library: rustfft takes its factors from the standard library's sine and cosine, whose last bits depend
//! on the processor's instructions, and fuses multiplications and additions where it can; two machines of one kind
//! gave other last digits. Without its fused code it takes 1.4 to 1.8 times as long on these transforms.
//!
//! The passes are those of Stockham (see Van Loan 1992, Computational frameworks for the fast Fourier transform,
//! 1.7): each goes from one array to another, and the result is in order.
//!
//! ```
//! use delta_radiomics::numeric::fft::{Fourier, Four};
//! // A line of ones: at offset 0 all in the first frequency.
//! let mut spectrum = vec![Four::ZERO; 6];
//! Fourier::new(6, 0.0).transform(&[Four::real([1.0; 4]); 6], &mut spectrum, &mut [Four::ZERO; 6]);
//! assert!((spectrum[0].re[2] - 6.0).abs() < 1e-15 && spectrum[1].re[2].abs() < 1e-15);
//! ```

use std::f64::consts::TAU;
use std::ops::{Add, Mul, Sub};

/// The same element of four lines of complex numbers; as large as a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Four {
    /// Real parts.
    pub re: [f64; 4],
    /// Imaginary parts.
    pub im: [f64; 4],
}

/// A complex number that multiplies four at once.
#[derive(Clone, Copy, Debug)]
struct Factor {
    re: f64,
    im: f64,
}

impl Four {
    /// Four zeros.
    pub const ZERO: Self = Self { re: [0.0; 4], im: [0.0; 4] };

    /// Real numbers.
    pub fn real(re: [f64; 4]) -> Self {
        Self { re, im: [0.0; 4] }
    }
    /// Times -i.
    #[inline]
    fn turned(self) -> Self {
        Self { re: self.im, im: self.re.map(|x| -x) }
    }
}

#[inline]
fn each(f: impl Fn(usize) -> f64) -> [f64; 4] {
    [f(0), f(1), f(2), f(3)]
}

impl Add for Four {
    type Output = Self;
    #[inline]
    fn add(self, b: Self) -> Self {
        Self { re: each(|n| self.re[n] + b.re[n]), im: each(|n| self.im[n] + b.im[n]) }
    }
}

impl Sub for Four {
    type Output = Self;
    #[inline]
    fn sub(self, b: Self) -> Self {
        Self { re: each(|n| self.re[n] - b.re[n]), im: each(|n| self.im[n] - b.im[n]) }
    }
}

impl Mul<f64> for Four {
    type Output = Self;
    #[inline]
    fn mul(self, b: f64) -> Self {
        Self { re: each(|n| self.re[n] * b), im: each(|n| self.im[n] * b) }
    }
}

impl Mul<Factor> for Four {
    type Output = Self;
    #[inline]
    fn mul(self, b: Factor) -> Self {
        Self {
            re: each(|n| self.re[n] * b.re - self.im[n] * b.im),
            im: each(|n| self.re[n] * b.im + self.im[n] * b.re),
        }
    }
}

/// The smallest length from `n` upwards that has no prime factor above 5.
pub fn fast_length(n: usize) -> usize {
    // There is a power of two below 2 n.
    (n..2 * n).find(|n| is_fast(*n)).unwrap_or(1)
}

fn is_fast(n: usize) -> bool {
    let without = |mut n: usize, factor: usize| {
        while n.is_multiple_of(factor) {
            n /= factor;
        }
        n
    };
    n > 0 && [2, 3, 5].into_iter().fold(n, without) == 1
}

/// A transform of one length and offset.
pub struct Fourier {
    length: usize,
    passes: Vec<Pass>,
}

/// After some passes the lower part q of a frequency k = q + s k' is known, and what is left is a transform of
/// length n / s for each of the `parts` q. A pass splits each into `radix` shorter ones.
struct Pass {
    radix: usize,
    parts: usize,
    /// exp(-2 pi i j (q + offset) / (s radix)) for each q and for j from 1.
    factors: Vec<Factor>,
}

impl Fourier {
    /// Of `length`, a product of 2, 3 and 5, at frequencies k + `offset`.
    pub fn new(length: usize, offset: f64) -> Self {
        assert!(is_fast(length), "length {length}");
        let mut passes = Vec::new();
        let mut parts = 1;
        while parts < length {
            let rest = length / parts;
            let radix = [4, 5, 3, 2].into_iter().find(|r| rest.is_multiple_of(*r)).unwrap_or(rest);
            let factor = |q: usize, j: usize| {
                let turn = j as f64 * (q as f64 + offset) / (parts * radix) as f64;
                let (sin, cos) = libm::sincos(-TAU * turn);
                Factor { re: cos, im: sin }
            };
            let factors = (0..parts).flat_map(|q| (1..radix).map(move |j| factor(q, j))).collect();
            passes.push(Pass { radix, parts, factors });
            parts *= radix;
        }
        Self { length, passes }
    }

    /// The transform of `lines` into `spectrum`, with a third array of the same length to work in.
    pub fn transform(&self, lines: &[Four], spectrum: &mut [Four], work: &mut [Four]) {
        let n = self.length;
        let (lines, mut to, mut other) = (&lines[..n], &mut spectrum[..n], &mut work[..n]);
        let Some((first, rest)) = self.passes.split_first() else {
            to.copy_from_slice(lines);
            return;
        };
        // The last pass ends in `spectrum`.
        if rest.len() % 2 == 1 {
            std::mem::swap(&mut to, &mut other);
        }
        first.run(lines, to);
        for pass in rest {
            pass.run(to, other);
            std::mem::swap(&mut to, &mut other);
        }
    }
}

impl Pass {
    #[inline]
    fn run(&self, from: &[Four], to: &mut [Four]) {
        match self.radix {
            2 => self.butterflies(from, to, two),
            3 => self.butterflies(from, to, three),
            4 => self.butterflies(from, to, four),
            _ => self.butterflies(from, to, five),
        }
    }
    #[inline]
    fn butterflies<const R: usize>(
        &self,
        from: &[Four],
        to: &mut [Four],
        butterfly: impl Fn([Four; R]) -> [Four; R],
    ) {
        let step = from.len() / (self.parts * R);
        for q in 0..self.parts {
            let factors = &self.factors[q * (R - 1)..][..R - 1];
            let from = &from[q * R * step..][..R * step];
            for p in 0..step {
                let mut x = [from[p]; R];
                for j in 1..R {
                    x[j] = from[p + j * step] * factors[j - 1];
                }
                let y = butterfly(x);
                for l in 0..R {
                    to[(q + self.parts * l) * step + p] = y[l];
                }
            }
        }
    }
}

#[inline]
fn two([a, b]: [Four; 2]) -> [Four; 2] {
    [a + b, a - b]
}

#[inline]
fn three([a, b, c]: [Four; 3]) -> [Four; 3] {
    const SIN: f64 = 0.866_025_403_784_438_6;
    let (sum, turned) = (b + c, (b - c).turned() * SIN);
    let middle = a - sum * 0.5;
    [a + sum, middle + turned, middle - turned]
}

#[inline]
fn four([a, b, c, d]: [Four; 4]) -> [Four; 4] {
    let (even, odd) = (a + c, b + d);
    let (across, turned) = (a - c, (b - d).turned());
    [even + odd, across + turned, even - odd, across - turned]
}

#[inline]
fn five([a, b, c, d, e]: [Four; 5]) -> [Four; 5] {
    // Cosine and sine of a fifth and of two fifths of a turn.
    const COS: [f64; 2] = [0.309_016_994_374_947_45, -0.809_016_994_374_947_5];
    const SIN: [f64; 2] = [0.951_056_516_295_153_5, 0.587_785_252_292_473_1];
    let (outer, inner) = (b + e, c + d);
    let (across_outer, across_inner) = ((b - e).turned(), (c - d).turned());
    let near = a + outer * COS[0] + inner * COS[1];
    let far = a + outer * COS[1] + inner * COS[0];
    let near_turned = across_outer * SIN[0] + across_inner * SIN[1];
    let far_turned = across_outer * SIN[1] - across_inner * SIN[0];
    [a + outer + inner, near + near_turned, far + far_turned, far - far_turned, near - near_turned]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_is_the_sum_that_defines_it() {
        for n in (1..60).filter(|n| is_fast(*n)).chain([96, 100, 128, 135, 250]) {
            for offset in [0.0, 0.25, 0.75] {
                let value = |j: usize, lane: usize| {
                    let x = (j * (lane + 3)) as f64 + 0.3 * lane as f64;
                    [(x * 1.7).sin(), (x * 0.9 + 1.0).cos()]
                };
                let lines: Vec<Four> = (0..n)
                    .map(|j| Four { re: each(|l| value(j, l)[0]), im: each(|l| value(j, l)[1]) })
                    .collect();
                let (mut spectrum, mut work) = (vec![Four::ZERO; n], vec![Four::ZERO; n]);
                Fourier::new(n, offset).transform(&lines, &mut spectrum, &mut work);
                for k in 0..n {
                    for lane in 0..4 {
                        let (mut re, mut im) = (0.0, 0.0);
                        for j in 0..n {
                            let (sin, cos) = (-TAU * j as f64 * (k as f64 + offset) / n as f64).sin_cos();
                            let [a, b] = value(j, lane);
                            re += a * cos - b * sin;
                            im += a * sin + b * cos;
                        }
                        let off = (spectrum[k].re[lane] - re).abs() + (spectrum[k].im[lane] - im).abs();
                        assert!(off < 1e-12 * n as f64, "{n} {offset} {k} {lane}: {off}");
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_are_rounded_up_to_products_of_two_three_and_five() {
        let lengths = [(1, 1), (7, 8), (11, 12), (31, 32), (94, 96), (98, 100), (157, 160)];
        assert!(lengths.iter().all(|&(n, fast)| fast_length(n) == fast));
    }
}
