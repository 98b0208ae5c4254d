//! What a transform does on the whole grid of the follow-up: maps to look at and to write.

use crate::geometry::{Fixed, Grid, Moving, World};
use crate::image::resample::Cubic;
use crate::numeric::sum::blocks;
use crate::transform::{PlaneMap, PointMap};
use crate::volume::Volume;

/// `T(x) - x` at each voxel centre in RAS millimetres.
pub fn displacement_field(transform: &impl PointMap, onto: &Grid<Fixed>) -> Volume<[f32; 3], Fixed> {
    let planes = transform.on_grid(onto);
    let [nx, _, nz] = onto.dims();
    let values = blocks(nz, |k| {
        let points = planes.points(k).into_iter().enumerate();
        points
            .map(|(n, p)| {
                let u = p.point() - onto.centre_of([n % nx, n / nx, k]).point();
                [u.x as f32, u.y as f32, u.z as f32]
            })
            .collect::<Vec<_>>()
    });
    Volume::new(onto.clone(), values.concat())
}

/// The determinant of the Jacobian, from the spline's own derivatives, at each voxel centre: above 1 the tissue is
/// larger at baseline, below 1 smaller; zero or less is a fold.
pub fn jacobian_map(transform: &impl PointMap, onto: &Grid<Fixed>) -> Volume<f32, Fixed> {
    let planes = transform.on_grid(onto);
    let values =
        blocks(onto.dims()[2], |k| planes.determinants(k).into_iter().map(|d| d as f32).collect::<Vec<_>>());
    Volume::new(onto.clone(), values.concat())
}

/// The baseline scan on the follow-up's grid, linear, NaN where it has no data. To look at, never to measure.
pub fn warped(
    moving: &Volume<f32, Moving>,
    transform: &impl PointMap,
    onto: &Grid<Fixed>,
) -> Volume<f32, Fixed> {
    warped_by(transform, onto, |p| moving.linear(moving.grid().index_of(p)).map_or(f32::NAN, |v| v as f32))
}

/// As [`warped`], by the interpolating cubic B-spline, which may overshoot at edges; NaN where linear interpolation
/// has no data.
pub fn warped_cubic(
    moving: &Volume<f32, Moving>,
    transform: &impl PointMap,
    onto: &Grid<Fixed>,
) -> Volume<f32, Fixed> {
    let cubic = Cubic::new(moving);
    warped_by(transform, onto, |p| {
        let index = moving.grid().index_of(p);
        moving.linear(index).map_or(f32::NAN, |_| cubic.at(index) as f32)
    })
}

/// `value` where the voxel centres of `onto` lie in the moving scan.
fn warped_by(
    transform: &impl PointMap,
    onto: &Grid<Fixed>,
    value: impl Fn(World<Moving>) -> f32 + Sync,
) -> Volume<f32, Fixed> {
    let planes = transform.on_grid(onto);
    let plane = |k| planes.points(k).into_iter().map(&value).collect::<Vec<_>>();
    Volume::new(onto.clone(), blocks(onto.dims()[2], plane).concat())
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix3, Vector3};

    use super::*;
    use crate::transform::{Rigid, Transform};

    #[test]
    fn a_shift_by_whole_voxels_moves_values_and_leaves_no_data_behind() {
        let grid = Grid::axis_aligned([5, 4, 3], [2.0; 3], [-7.0, 3.0, 1.0]).unwrap();
        let values: Vec<f32> = (0..60_u8).map(f32::from).collect();
        let moving = Volume::new(grid.clone(), values);
        let onto = grid.in_frame::<Fixed>();
        let shift = Rigid::from_parts(Matrix3::identity(), Vector3::new(2.0, 0.0, 0.0));
        let transform = Transform::from_rigid(shift);
        let image = warped(&moving, &transform, &onto);
        assert_eq!(image.at(0, 0, 0), 1.0);
        assert_eq!(image.at(3, 2, 1), moving.at(4, 2, 1));
        assert!(image.at(4, 2, 1).is_nan());
        let cubic = warped_cubic(&moving, &transform, &onto);
        assert!((cubic.at(3, 2, 1) - moving.at(4, 2, 1)).abs() < 1e-4 && cubic.at(4, 2, 1).is_nan());
        assert!(displacement_field(&transform, &onto).values().iter().all(|u| *u == [2.0, 0.0, 0.0]));
        assert!(jacobian_map(&transform, &onto).values().iter().all(|d| *d == 1.0));
    }
}
