//! How sure the border of a carried region is, and how far its tissue moved.

use nalgebra::Vector3;

use crate::geometry::{Fixed, World};
use crate::labels::Mask;
use crate::numeric::sum::mean;
use crate::transform::Transform;

/// At most about this many points of a region are looked at.
const POINTS: usize = 5_000;

/// Centres of some of the mask's voxels, evenly spread over storage order.
fn points(mask: &Mask<Fixed>) -> Vec<World<Fixed>> {
    let stride = mask.count().div_ceil(POINTS).max(1);
    mask.voxels().step_by(stride).map(|v| mask.grid().centre_of(v)).collect()
}

/// Border uncertainty in mm of a region on the follow-up's grid: on its surface voxels, the standard deviation
/// (n - 1) of where the transforms put the point, as a root mean square over the surface.
///
/// Given are the stages of one registration, such as the last two levels (and the backward result). The deviation
/// counts motion along the border too, so it rather overstates how far the border itself may lie off. `None` for an
/// empty region or fewer than two transforms.
pub fn border_uncertainty_mm(mask: &Mask<Fixed>, stages: &[&Transform]) -> Option<f64> {
    if stages.len() < 2 {
        return None;
    }
    let variances: Vec<f64> = points(&mask.surface()).into_iter().map(|p| variance(p, stages)).collect();
    mean(&variances).map(f64::sqrt)
}

/// Variance in mm^2 (n - 1) of where the transforms put a point.
fn variance(p: World<Fixed>, stages: &[&Transform]) -> f64 {
    let places: Vec<Vector3<f64>> = stages.iter().map(|t| t.apply(p).point().coords).collect();
    let n = places.len() as f64;
    let middle = places.iter().sum::<Vector3<f64>>() / n;
    places.iter().map(|q| (q - middle).norm_squared()).sum::<f64>() / (n - 1.0)
}

/// Mean length in mm of `T(x) - x` over a region on the follow-up's grid; `None` where it is empty.
pub fn mean_displacement_mm(mask: &Mask<Fixed>, transform: &Transform) -> Option<f64> {
    let lengths: Vec<f64> =
        points(mask).into_iter().map(|p| (transform.apply(p).point() - p.point()).norm()).collect();
    mean(&lengths)
}

#[cfg(test)]
mod tests {
    use nalgebra::Matrix3;

    use super::*;
    use crate::geometry::Grid;
    use crate::transform::Rigid;

    fn shifted(x: f64) -> Transform {
        Transform::from_rigid(Rigid::from_parts(Matrix3::identity(), Vector3::new(x, 0.0, 0.0)))
    }

    #[test]
    fn the_spread_of_two_stages_is_their_distance_over_the_root_of_two() {
        let grid = Grid::axis_aligned([30, 30, 30], [1.0; 3], [0.0; 3]).unwrap();
        let mask = Mask::from_fn(grid, |o| o % 7 == 0);
        let (a, b) = (shifted(1.0), shifted(4.0));
        let found = border_uncertainty_mm(&mask, &[&a, &b]).unwrap();
        assert!((found - 3.0 / f64::sqrt(2.0)).abs() < 1e-12);
        assert_eq!(border_uncertainty_mm(&mask, &[&a]), None);
        assert!((mean_displacement_mm(&mask, &b).unwrap() - 4.0).abs() < 1e-12);
    }
}
