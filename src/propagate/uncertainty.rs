//! How sure the border of a carried region is, and how far its tissue moved.

use nalgebra::Vector3;

use crate::geometry::{Fixed, World};
use crate::labels::Mask;
use crate::numeric::sum::mean;
use crate::transform::Transform;

/// At most about this many points of a region are looked at.
const POINTS: usize = 5_000;
/// A point that is missed by less than this (mm) was found by undoing a map.
const UNDONE_MM: f64 = 0.1;

/// Centres of some of a mask's voxels, evenly spread over storage order.
pub fn points(mask: &Mask<Fixed>) -> Vec<World<Fixed>> {
    let stride = mask.count().div_ceil(POINTS).max(1);
    mask.voxels().step_by(stride).map(|v| mask.grid().centre_of(v)).collect()
}

/// A way to say where a follow-up point lies at baseline.
#[derive(Clone, Copy, Debug)]
pub enum Stage<'a> {
    /// A map of follow-up points to baseline points.
    Map(&'a Transform),
    /// A map of baseline points to follow-up points, undone.
    Undone(&'a Transform),
}

impl Stage<'_> {
    /// Where a point is put; `None` where the map cannot be undone.
    fn place(&self, p: World<Fixed>) -> Option<Vector3<f64>> {
        match self {
            Self::Map(t) => Some(t.apply(p).point().coords),
            Self::Undone(t) => {
                let found = t.inverse(World::from_point(p.point()));
                (found.residual_mm < UNDONE_MM).then_some(found.point.point().coords)
            }
        }
    }
}

/// Border uncertainty in mm of a region on the follow-up's grid: on its surface voxels, the standard deviation
/// (n - 1) of where the stages put the point, as a root mean square over the surface.
///
/// Given are the stages of one registration, such as the last two levels and, where it was registered, the way back. The
/// deviation counts motion along the border too, so it rather overstates how far the border itself may lie off. `None`
/// for an empty region or fewer than two stages.
pub fn border_uncertainty_mm(mask: &Mask<Fixed>, stages: &[Stage]) -> Option<f64> {
    let variances: Vec<f64> =
        points(&mask.surface()).into_iter().filter_map(|p| variance(p, stages)).collect();
    mean(&variances).map(f64::sqrt)
}

/// Variance in mm^2 (n - 1) of where the stages put a point; `None` where fewer than two do.
fn variance(p: World<Fixed>, stages: &[Stage]) -> Option<f64> {
    let places: Vec<Vector3<f64>> = stages.iter().filter_map(|stage| stage.place(p)).collect();
    if places.len() < 2 {
        return None;
    }
    let n = places.len() as f64;
    let middle = places.iter().sum::<Vector3<f64>>() / n;
    Some(places.iter().map(|q| (q - middle).norm_squared()).sum::<f64>() / (n - 1.0))
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
        let found = border_uncertainty_mm(&mask, &[Stage::Map(&a), Stage::Map(&b)]).unwrap();
        assert!((found - 3.0 / f64::sqrt(2.0)).abs() < 1e-12);
        assert_eq!(border_uncertainty_mm(&mask, &[Stage::Map(&a)]), None);
        // A way back by 7 mm says, undone, 7 mm there: the places are 1, 4 and 7.
        let back = shifted(-7.0);
        let stages = [Stage::Map(&a), Stage::Map(&b), Stage::Undone(&back)];
        assert!((border_uncertainty_mm(&mask, &stages).unwrap() - 3.0).abs() < 1e-12);
        assert!((mean_displacement_mm(&mask, &b).unwrap() - 4.0).abs() < 1e-12);
    }
}
