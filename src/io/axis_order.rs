//! Masks whose array runs another way than their image's.
//!
//! Converters turn arrays about: a mask that was drawn on a NIfTI file of a DICOM series often has its rows from back to
//! front where the series has them from front to back. The voxels are the same, and so is the region.

use nalgebra::Matrix4;

use crate::geometry::Grid;
use crate::volume::Volume;

/// Axes run alike from this cosine on; the grids are compared to a hundredth of a voxel afterwards.
const ALIKE: f64 = 0.99;

/// How the axes of an array are taken in another order and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisOrder {
    /// Of each new axis, the old one.
    from: [usize; 3],
    /// Whether it runs the other way.
    turned: [bool; 3],
}

impl AxisOrder {
    /// The order in which the axes of a grid run as those of another do; none where they lie askew.
    pub fn between(grid: &Grid, like: &Grid) -> Option<Self> {
        let cosines = like.directions().transpose() * grid.directions();
        let mut order = Self { from: [0; 3], turned: [false; 3] };
        for axis in 0..3 {
            let from = (0..3).find(|&old| cosines[(axis, old)].abs() > ALIKE)?;
            (order.from[axis], order.turned[axis]) = (from, cosines[(axis, from)] < 0.0);
        }
        Some(order)
    }

    /// Whether it changes nothing.
    pub fn is_same(self) -> bool {
        self == Self { from: [0, 1, 2], turned: [false; 3] }
    }

    /// The same voxels as a grid in the new order.
    pub fn grid(self, old: &Grid) -> Grid {
        let mut change = Matrix4::zeros();
        change[(3, 3)] = 1.0;
        for (axis, (from, turned)) in self.from.into_iter().zip(self.turned).enumerate() {
            change[(from, axis)] = if turned { -1.0 } else { 1.0 };
            change[(from, 3)] = if turned { old.dims()[from] as f64 - 1.0 } else { 0.0 };
        }
        // Axes in another order are still axes at right angles.
        Grid::new(self.from.map(|from| old.dims()[from]), old.affine() * change).expect("the same axes")
    }

    /// The same values in the new order.
    pub fn volume<T: Copy>(self, old: &Volume<T>) -> Volume<T> {
        let (dims, grid) = (old.grid().dims(), self.grid(old.grid()));
        let value = |offset: usize| {
            let voxel = grid.voxel(offset);
            let mut at = [0; 3];
            for (axis, (from, turned)) in self.from.into_iter().zip(self.turned).enumerate() {
                at[from] = if turned { dims[from] - 1 - voxel[axis] } else { voxel[axis] };
            }
            old.at(at[0], at[1], at[2])
        };
        let values = (0..grid.len()).map(value).collect();
        Volume::new(grid, values)
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix3, Rotation3, Vector3};

    use super::*;

    fn grid(dims: [usize; 3], columns: Matrix3<f64>, origin: Vector3<f64>) -> Grid {
        let mut affine = Matrix4::identity();
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&columns);
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&origin);
        Grid::new(dims, affine).unwrap()
    }

    #[test]
    fn each_voxel_keeps_its_place_and_value_in_every_order() {
        let turn = *Rotation3::from_euler_angles(0.02, -0.04, 0.03).matrix();
        let steps = [Vector3::new(2.0, 0.0, 0.0), Vector3::new(0.0, 3.0, 0.0), Vector3::new(0.0, 0.0, 4.0)];
        let old = grid([3, 4, 5], turn * Matrix3::from_columns(&steps), Vector3::new(7.0, 8.0, 9.0));
        let values: Vec<u32> = (0..60).collect();
        let volume = Volume::new(old.clone(), values);
        let wanted = [
            ([5, 3, 4], Matrix3::from_columns(&[-steps[2], steps[0], steps[1]])),
            ([3, 4, 5], Matrix3::from_columns(&[steps[0], -steps[1], steps[2]])),
            ([4, 3, 5], Matrix3::from_columns(&[-steps[1], -steps[0], -steps[2]])),
        ];
        for (dims, columns) in wanted {
            let like = grid(dims, turn * columns, Vector3::zeros());
            let order = AxisOrder::between(&old, &like).unwrap();
            assert!(!order.is_same());
            let new = order.volume(&volume);
            assert_eq!(new.grid().dims(), dims);
            assert!((new.grid().linear() - like.linear()).amax() < 1e-12);
            for offset in 0..60 {
                let at = new.grid().centre_of(new.grid().voxel(offset));
                let before = old.voxel(new.values()[offset] as usize);
                assert!(at.distance(old.centre_of(before)) < 1e-9);
            }
        }
        assert!(AxisOrder::between(&old, &old).unwrap().is_same());
        let askew = grid([3, 4, 5], *Rotation3::from_euler_angles(0.5, 0.0, 0.0).matrix(), Vector3::zeros());
        assert_eq!(AxisOrder::between(&old, &askew), None);
    }
}
