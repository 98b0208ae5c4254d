//! Moran's I and Geary's C (IBSI 3.1.28 and 3.1.29): whether near voxels have similar intensities.
//!
//! Both look at all pairs of voxels i, j of the intensity mask, weighted by w = 1 / distance in mm. With z the
//! difference from the mean, N voxels, and W the sum of w over ordered pairs:
//! I = N / W * sum of w z_i z_j / sum of z^2, and C = (N - 1) / (2 W) * sum of w (z_i - z_j)^2 / sum of z^2.
//!
//! Squares written out, three sums over pairs are enough: of w, of w z_i z_j and of w z_i^2. A small region's pairs are
//! looked at one by one; a large one's sums are taken in the frequency domain (see [`spectral`](super::spectral)), which
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
use crate::numeric::sum::{mean, ordered_sum};
use crate::record::Reason;

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
    pub(super) voxels: Vec<[usize; 3]>,
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
        let square = ordered_sum(&points.z.iter().map(|z| z * z).collect::<Vec<_>>());
        Ok(Self {
            moran_i: n / sums.weights * sums.products / square,
            geary_c: (n - 1.0) / sums.weights * (sums.squares - sums.products) / square,
        })
    }
}

impl Points {
    fn of(block: &Block) -> Result<Self, Reason> {
        let (voxels, intensities): (Vec<[usize; 3]>, Vec<f64>) =
            block.counted_voxels().map(|(voxel, x)| (voxel, f64::from(x))).unzip();
        let first = *intensities.first().ok_or(Reason::EmptyRoi)?;
        if intensities.len() < 2 {
            return Err(Reason::RoiTooSmall);
        }
        if intensities.iter().all(|x| *x == first) {
            return Err(Reason::ZeroDenominator);
        }
        let middle = mean(&intensities).unwrap_or(first);
        let apart: Vec<f64> = intensities.iter().map(|x| x - middle).collect();
        let variance = mean(&apart.iter().map(|z| z * z).collect::<Vec<_>>()).unwrap_or(1.0);
        let z = apart.iter().map(|z| z / variance.sqrt()).collect();
        Ok(Self { voxels, z, spacing_mm: block.spacing_mm })
    }

    /// Whether looking at all pairs costs less than transforming the box.
    fn pairs_are_few(&self) -> bool {
        self.voxels.len() < 2
    }

    /// The sums, pair by pair.
    fn pair_sums(&self) -> PairSums {
        let places: Vec<[f64; 3]> =
            self.voxels.iter().map(|v| std::array::from_fn(|a| v[a] as f64 * self.spacing_mm[a])).collect();
        let mut sums = PairSums::default();
        for (n, (a, x)) in places.iter().zip(&self.z).enumerate() {
            for (b, y) in places[..n].iter().zip(&self.z) {
                let d: [f64; 3] = std::array::from_fn(|axis| a[axis] - b[axis]);
                let w = 1.0 / (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt();
                sums.weights += 2.0 * w;
                sums.products += 2.0 * w * (x * y);
                sums.squares += w * (x * x + y * y);
            }
        }
        sums
    }
}
