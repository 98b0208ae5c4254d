//! Where a region's voxels lie: their centre, and the spread along their principal axes.

use nalgebra::Matrix3;

use super::rows::Rows;

/// An eigenvalue this much smaller than the largest is the rounding of a zero.
const FLAT: f64 = 1e-14;

/// Sums of voxel places and of their products, in whole numbers: exact whatever the order.
#[derive(Clone, Debug)]
pub struct Moments {
    n: i128,
    first: [i128; 3],
    second: [[i128; 3]; 3],
}

impl Moments {
    /// The sums over a region; `None` where it is empty.
    pub fn of(rows: &Rows) -> Option<Self> {
        let mut moments = Self { n: 0, first: [0; 3], second: [[0; 3]; 3] };
        let [_, ny, nz] = rows.dims();
        for k in 0..nz {
            for j in 0..ny {
                // Number, sum and sum of squares of the places along the row.
                let (mut n, mut sum, mut squares) = (0, 0, 0);
                for run in rows.runs(j, k) {
                    let [start, end] = [run.start, run.end].map(|p| p as i128);
                    n += end - start;
                    sum += (end - start) * (start + end - 1) / 2;
                    squares += squares_below(end) - squares_below(start);
                }
                let [j, k] = [j, k].map(|p| p as i128);
                moments.n += n;
                let places = [sum, j * n, k * n];
                let products = [
                    [squares, j * sum, k * sum],
                    [j * sum, j * j * n, j * k * n],
                    [k * sum, j * k * n, k * k * n],
                ];
                for a in 0..3 {
                    moments.first[a] += places[a];
                    for b in 0..3 {
                        moments.second[a][b] += products[a][b];
                    }
                }
            }
        }
        (moments.n > 0).then_some(moments)
    }
    /// Number of voxels.
    pub fn count(&self) -> f64 {
        self.n as f64
    }
    /// The mean voxel centre, in mm from the first voxel of the box.
    pub fn centre(&self, spacing_mm: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|a| self.first[a] as f64 / self.n as f64 * spacing_mm[a])
    }
    /// The eigenvalues of the sample covariance (divisor n - 1) of voxel centres in mm2, descending; `None` for a
    /// single voxel.
    pub fn eigenvalues(&self, spacing_mm: [f64; 3]) -> Option<[f64; 3]> {
        if self.n < 2 {
            return None;
        }
        let divisor = (self.n * (self.n - 1)) as f64;
        let covariance = Matrix3::from_fn(|a, b| {
            let product = self.n * self.second[a][b] - self.first[a] * self.first[b];
            product as f64 / divisor * spacing_mm[a] * spacing_mm[b]
        });
        let mut values: [f64; 3] = covariance.symmetric_eigenvalues().into();
        values.sort_by(|a, b| b.total_cmp(a));
        Some(values.map(|v| if v > FLAT * values[0] { v } else { 0.0 }))
    }
}

/// 0^2 + 1^2 + ... + (m - 1)^2.
fn squares_below(m: i128) -> i128 {
    (m - 1) * m * (2 * m - 1) / 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    #[test]
    fn sums_by_runs_are_sums_by_voxels() {
        let mut random = Random::seeded(3);
        let dims = [70, 5, 4];
        let region: Vec<bool> = (0..70 * 20).map(|_| random.uniform() < 0.7).collect();
        let moments = Moments::of(&Rows::of(&region, dims)).unwrap();
        let places: Vec<[i128; 3]> = (0..region.len())
            .filter(|o| region[*o])
            .map(|o| [o % 70, o / 70 % 5, o / 350].map(|p| p as i128))
            .collect();
        assert_eq!(moments.n, places.len() as i128);
        for a in 0..3 {
            assert_eq!(moments.first[a], places.iter().map(|p| p[a]).sum::<i128>());
            for b in 0..3 {
                assert_eq!(moments.second[a][b], places.iter().map(|p| p[a] * p[b]).sum::<i128>());
            }
        }
    }
}
