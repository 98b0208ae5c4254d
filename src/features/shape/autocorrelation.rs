//! Moran's I and Geary's C (IBSI 3.1.28 and 3.1.29): whether near voxels have similar intensities.
//!
//! Both look at all pairs of voxels i, j of the intensity mask, weighted by w = 1 / distance in mm. With z the
//! difference from the mean, N voxels, and W the sum of w over ordered pairs:
//! I = N / W * sum of w z_i z_j / sum of z^2, and C = (N - 1) / (2 W) * sum of w (z_i - z_j)^2 / sum of z^2.
//!
//! Squares written out, three sums over pairs are enough: of w, of w z_i z_j and of w z_i^2. A small region's pairs are
//! looked at one by one; a large one's sums are taken in the frequency domain (`spectral.rs`), which
//! leaves no pair out either.
//!
//! ```
//! use delta_radiomics::features::{roi::Block, shape::autocorrelation::Autocorrelation};
//! // Intensities 1, 2, 6 in a row, 2 mm apart: z = -2, -1, 3; pairs at 2, 2 and 4 mm: W = 2 (1/2 + 1/2 + 1/4).
//! let block = Block { dims: [3, 1, 1], spacing_mm: [2.0, 1.0, 1.0], region: vec![true; 3],
//!     counted: vec![true; 3], intensities: vec![1.0, 2.0, 6.0] };
//! let Autocorrelation { moran_i, geary_c } = Autocorrelation::of(&block).unwrap();
//! let (products, differences) = (2.0 * (2.0 / 2.0 - 3.0 / 2.0 - 6.0 / 4.0), 2.0 * (1.0 / 2.0 + 16.0 / 2.0 + 25.0 / 4.0));
//! assert!((moran_i - 3.0 / 2.5 * products / 14.0).abs() < 1e-15);
//! assert!((geary_c - 2.0 / (2.0 * 2.5) * differences / 14.0).abs() < 1e-15);
//! ```

use super::spectral;
use crate::features::roi::Block;
use crate::numeric::sum::{blocks, mean, ordered_sum};
use crate::record::Reason;

/// The time of transforms for a voxel of the box in times of two pairs: below that, pairs are looked at one by one.
const FEW: f64 = 40.0;

/// Voxels whose pairs are looked at in one go.
const BLOCK: usize = 256;

/// How alike the intensities of near voxels are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Autocorrelation {
    /// Above zero where near voxels are alike.
    pub moran_i: f64,
    /// Below one where near voxels are alike.
    pub geary_c: f64,
}

/// Voxels with what is summed over their pairs.
pub(super) struct Points {
    /// Voxels of the box, from zero along each axis.
    pub(super) voxels: Vec<[u32; 3]>,
    /// Difference from the mean in standard deviations.
    pub(super) z: Vec<f64>,
    pub(super) spacing_mm: [f64; 3],
}

/// Sums over ordered pairs of different voxels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PairSums {
    /// Of w.
    pub(super) weights: f64,
    /// Of w z_i z_j.
    pub(super) products: f64,
    /// Of w z_i^2.
    pub(super) squares: f64,
}

impl Autocorrelation {
    /// Of the intensity mask.
    pub fn of(block: &Block) -> Result<Self, Reason> {
        let points = Points::of(block)?;
        let sums = if points.pairs_are_few() { points.pair_sums() } else { spectral::pair_sums(&points) };
        let n = points.z.len() as f64;
        let square = sum_of_squares(&points.z);
        Ok(Self {
            moran_i: n / sums.weights * sums.products / square,
            geary_c: (n - 1.0) / sums.weights * (sums.squares - sums.products) / square,
        })
    }
}

impl Points {
    fn of(block: &Block) -> Result<Self, Reason> {
        let (voxels, mut z): (Vec<[u32; 3]>, Vec<f64>) =
            block.counted_voxels().map(|(voxel, x)| (voxel.map(|n| n as u32), f64::from(x))).unzip();
        let first = *z.first().ok_or(Reason::EmptyRoi)?;
        if z.len() < 2 {
            return Err(Reason::RoiTooSmall);
        }
        if z.iter().all(|x| *x == first) {
            return Err(Reason::ZeroDenominator);
        }
        let middle = mean(&z).unwrap_or(first);
        for x in &mut z {
            *x -= middle;
        }
        let deviation = (sum_of_squares(&z) / z.len() as f64).sqrt();
        for x in &mut z {
            *x /= deviation;
        }
        Ok(Self { voxels, z, spacing_mm: block.spacing_mm })
    }

    /// Whether to look at all pairs costs less than to transform the box.
    fn pairs_are_few(&self) -> bool {
        let [low, high] = self.bounds();
        let voxels: f64 = (0..3).map(|a| f64::from(high[a] - low[a] + 1)).product();
        let n = self.voxels.len() as f64;
        n * n < FEW * voxels
    }

    /// The least and the greatest voxel along each axis.
    pub(super) fn bounds(&self) -> [[u32; 3]; 2] {
        let ends = |[low, high]: [[u32; 3]; 2], v: &[u32; 3]| {
            [std::array::from_fn(|a| low[a].min(v[a])), std::array::from_fn(|a| high[a].max(v[a]))]
        };
        self.voxels.iter().fold([[u32::MAX; 3], [0; 3]], ends)
    }

    /// The sums, pair by pair.
    fn pair_sums(&self) -> PairSums {
        let places: Vec<[f64; 3]> = self
            .voxels
            .iter()
            .map(|v| std::array::from_fn(|a| f64::from(v[a]) * self.spacing_mm[a]))
            .collect();
        let of_block = |block: usize| {
            let mut sums = PairSums::default();
            for n in block * BLOCK..places.len().min((block + 1) * BLOCK) {
                let (a, x) = (places[n], self.z[n]);
                for (b, y) in places[..n].iter().zip(&self.z) {
                    let d: [f64; 3] = std::array::from_fn(|axis| a[axis] - b[axis]);
                    let w = 1.0 / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
                    sums.weights += 2.0 * w;
                    sums.products += 2.0 * w * (x * y);
                    sums.squares += w * (x * x + y * y);
                }
            }
            sums
        };
        blocks(places.len().div_ceil(BLOCK), of_block).into_iter().fold(PairSums::default(), |a, b| {
            PairSums {
                weights: a.weights + b.weights,
                products: a.products + b.products,
                squares: a.squares + b.squares,
            }
        })
    }
}

fn sum_of_squares(z: &[f64]) -> f64 {
    ordered_sum(&z.iter().map(|z| z * z).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_and_pairs_give_the_same_sums() {
        // One voxel or more in each line; the last is transformed in several rounds.
        for size in [[2, 1, 1], [3, 1, 2], [9, 8, 7], [5, 6, 31], [600, 50, 50]] {
            let [nx, ny, nz]: [u32; 3] = size;
            let mut points = Points { voxels: Vec::new(), z: Vec::new(), spacing_mm: [0.8, 1.7, 3.0] };
            for line in 0..ny * nz {
                let x = line * 7919 % nx;
                for (x, z) in [(x, 1.0), ((x + 1) % nx, f64::from(line % 5) - 2.0)] {
                    points.voxels.push([x, line % ny, line / ny]);
                    points.z.push(z);
                }
            }
            let (fast, plain) = (spectral::pair_sums(&points), points.pair_sums());
            assert!((fast.weights / plain.weights - 1.0).abs() < 1e-12, "{size:?}: {fast:?} {plain:?}");
            for (a, b) in [(fast.products, plain.products), (fast.squares, plain.squares)] {
                assert!((a - b).abs() < 1e-12 * plain.weights, "{size:?}: {fast:?} {plain:?}");
            }
        }
    }
}
