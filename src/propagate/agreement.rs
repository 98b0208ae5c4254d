//! How two contours of the same thing agree.

use crate::geometry::Frame;
use crate::labels::Mask;
use crate::numeric::distance::{Target, squared};
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::mean;
use crate::record::{ContourAgreement, MaskSource};

/// Overlap and surface distances of two regions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// `2 |A and B| / (|A| + |B|)`.
    pub dice: f64,
    /// The larger of the two directed 95th percentiles of surface distances, in mm.
    pub hd95_mm: f64,
    /// Mean over the surface voxels of both, each to the other's surface, in mm.
    pub mean_surface_distance_mm: f64,
}

impl Agreement {
    /// As a record that says whose contours they are.
    pub fn between(self, of: MaskSource, with: MaskSource) -> ContourAgreement {
        ContourAgreement {
            of,
            with,
            dice: self.dice,
            hd95_mm: self.hd95_mm,
            mean_surface_distance_mm: self.mean_surface_distance_mm,
        }
    }
}

/// Compares two regions on one grid; `None` where one of them is empty.
///
/// Surfaces are the voxels with a face neighbour outside; distances are between centres, exact, on the grid's own
/// spacing. Percentiles interpolate linearly.
///
/// # Panics
/// Where the grids differ: a defect of the caller.
pub fn agreement<F: Frame>(a: &Mask<F>, b: &Mask<F>) -> Option<Agreement> {
    assert_eq!(a.grid().dims(), b.grid().dims(), "both regions on one grid");
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (low, size) = common_box(a, b);
    let (surface_a, surface_b) = (flags(&a.surface(), low, size), flags(&b.surface(), low, size));
    let from_a = distances(&surface_a, &surface_b, size, a.grid().spacing());
    let from_b = distances(&surface_b, &surface_a, size, a.grid().spacing());
    let hd95_mm = percentile(&from_a, 95.0)?.max(percentile(&from_b, 95.0)?);
    let mean_surface_distance_mm = mean(&[from_a, from_b].concat())?;
    let dice = 2.0 * a.overlap(b) as f64 / (a.count() + b.count()) as f64;
    Some(Agreement { dice, hd95_mm, mean_surface_distance_mm })
}

/// The box around both regions.
fn common_box<F: Frame>(a: &Mask<F>, b: &Mask<F>) -> ([usize; 3], [usize; 3]) {
    let ((low_a, size_a), (low_b, size_b)) = (a.bounds(), b.bounds());
    let low: [usize; 3] = std::array::from_fn(|i| low_a[i].min(low_b[i]));
    (low, std::array::from_fn(|i| (low_a[i] + size_a[i]).max(low_b[i] + size_b[i]) - low[i]))
}

/// One flag per voxel of a box.
fn flags<F: Frame>(mask: &Mask<F>, low: [usize; 3], size: [usize; 3]) -> Vec<bool> {
    let mut flags = vec![false; size.iter().product()];
    for v in mask.voxels() {
        let [i, j, k] = [0, 1, 2].map(|a| v[a] - low[a]);
        flags[i + size[0] * (j + size[1] * k)] = true;
    }
    flags
}

/// Distances in mm from each voxel of `from` to the nearest of `to`, ascending.
fn distances(from: &[bool], to: &[bool], size: [usize; 3], spacing: [f64; 3]) -> Vec<f64> {
    let squared = squared(to, size, spacing, Target::Centres);
    ascending(squared.iter().zip(from).filter(|(_, f)| **f).map(|(d, _)| d.sqrt()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};

    fn ball(centre: [f64; 3], radius: f64) -> Mask {
        let grid = Grid::<Own>::axis_aligned([30, 28, 12], [1.0, 1.2, 3.0], [0.0; 3]).unwrap();
        Mask::from_fn(grid.clone(), |o| {
            (grid.centre_of(grid.voxel(o)).point().coords - nalgebra::Vector3::from(centre)).norm() <= radius
        })
    }

    #[test]
    fn a_contour_agrees_with_itself() {
        let a = ball([14.0, 15.0, 16.0], 9.0);
        let same = agreement(&a, &a).unwrap();
        assert_eq!(same, Agreement { dice: 1.0, hd95_mm: 0.0, mean_surface_distance_mm: 0.0 });
    }

    #[test]
    fn distances_are_those_of_the_scorer() {
        // Computed for the same two regions with scipy 1 (binary_erosion, distance_transform_edt) and numpy.percentile.
        let found = agreement(&ball([14.0, 15.0, 16.0], 9.0), &ball([16.5, 13.0, 17.0], 7.5)).unwrap();
        assert_eq!(format!("{:.9}", found.dice), "0.631736527");
        assert_eq!(format!("{:.9}", found.hd95_mm), "4.409081537");
        assert_eq!(format!("{:.9}", found.mean_surface_distance_mm), "1.830549433");
    }

    #[test]
    fn an_empty_contour_is_compared_with_nothing() {
        let a = ball([14.0, 15.0, 16.0], 9.0);
        let nothing = Mask::from_offsets(a.grid().clone(), &[]);
        assert_eq!(agreement(&a, &nothing), None);
    }
}
