//! The planes that frames are placed on.

use crate::Grid;
use crate::grid::{cross, dot, norm};

/// How far a frame may lie beside its plane, in the plane: millimetres.
const BESIDE: f64 = 0.05;
/// How far a frame may lie before or behind a plane whose own position is known: millimetres.
const BEHIND: f64 = 0.01;
/// The same where the plane's position is that of a regular grid, as a part of the distance of planes: slices of a
/// series that counts as regular may leave it by a little.
const BEHIND_REGULAR: f64 = 0.1;
/// How much direction cosines may differ.
const DIRECTION: f64 = 1e-3;
/// By which part pixel sizes may differ.
const SIZE: f64 = 1e-3;

/// Parallel planes of pixels in the patient (LPS, millimetres).
#[derive(Clone, Debug, PartialEq)]
pub struct Planes {
    /// Columns and rows.
    size: [usize; 2],
    /// Unit vectors along a row and along a column.
    directions: [[f64; 3]; 2],
    /// Distance of columns and of rows.
    spacing: [f64; 2],
    /// Centre of the first pixel of each plane.
    positions: Vec<[f64; 3]>,
    /// How far a frame may lie before or behind its plane.
    behind: f64,
}

/// Where a frame says it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pose {
    /// Centre of the first pixel.
    pub position: [f64; 3],
    /// Unit vectors along a row and along a column.
    pub directions: [[f64; 3]; 2],
    /// Distance of columns and of rows, where it is said.
    pub spacing: Option<[f64; 2]>,
}

impl Planes {
    /// The slices of a grid.
    pub fn of(grid: &Grid) -> Self {
        let [i, j, k] = grid.steps;
        let lengths = [norm(i), norm(j)];
        let gap = dot(grid.normal(), k).abs();
        Self {
            size: [grid.size[0], grid.size[1]],
            directions: [i.map(|v| v / lengths[0]), j.map(|v| v / lengths[1])],
            spacing: lengths,
            positions: (0..grid.size[2]).map(|slice| grid.point([0.0, 0.0, slice as f64])).collect(),
            behind: BEHIND.max(BEHIND_REGULAR * gap),
        }
    }

    /// The same with the positions (centre of the first pixel) that the slices' own files give, in the grid's order.
    #[must_use]
    pub fn at(self, positions: Vec<[f64; 3]>) -> Self {
        Self { positions, behind: BEHIND, ..self }
    }

    /// Pixels of a plane.
    pub(super) fn pixels(&self) -> usize {
        self.size[0].saturating_mul(self.size[1])
    }

    /// Planes.
    pub(super) fn count(&self) -> usize {
        self.positions.len()
    }

    /// The plane that a frame of some size lies on; none if it lies on none, or has other pixels.
    pub(super) fn find(&self, size: [usize; 2], pose: &Pose) -> Option<usize> {
        let near = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance;
        let turned = |axis: usize| {
            (0..3).any(|c| !near(self.directions[axis][c], pose.directions[axis][c], DIRECTION))
        };
        let resized = pose.spacing.is_some_and(|spacing| {
            (0..2).any(|axis| !near(self.spacing[axis], spacing[axis], SIZE * self.spacing[axis]))
        });
        if size != self.size || turned(0) || turned(1) || resized {
            return None;
        }
        let normal = cross(self.directions[0], self.directions[1]);
        let from = |plane: &[f64; 3]| -> [f64; 3] { std::array::from_fn(|c| pose.position[c] - plane[c]) };
        let behind = |plane: &[f64; 3]| dot(from(plane), normal).abs();
        let (index, plane) =
            self.positions.iter().enumerate().min_by(|(_, a), (_, b)| behind(a).total_cmp(&behind(b)))?;
        let away = from(plane);
        let along = dot(away, normal);
        let beside: [f64; 3] = std::array::from_fn(|c| away[c] - along * normal[c]);
        (along.abs() < self.behind && norm(beside) < BESIDE).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            size: [4, 3, 5],
            origin: [10.0, 20.0, 30.0],
            steps: [[0.0, 2.0, 0.0], [0.0, 0.0, -1.5], [3.0, 0.4, 0.0]],
        }
    }

    fn pose(position: [f64; 3]) -> Pose {
        Pose { position, directions: [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]], spacing: Some([2.0, 1.5]) }
    }

    #[test]
    fn a_frame_is_found_on_its_slice_of_a_sheared_grid() {
        let planes = Planes::of(&grid());
        for slice in 0..5 {
            let at = grid().point([0.0, 0.0, slice as f64]);
            assert_eq!(planes.find([4, 3], &pose(at)), Some(slice));
            assert_eq!(planes.find([4, 3], &pose([at[0] + 0.2, at[1], at[2] + 0.04])), Some(slice));
        }
    }

    #[test]
    fn a_frame_beside_between_turned_or_of_other_pixels_is_on_no_slice() {
        let planes = Planes::of(&grid());
        let at = grid().origin;
        let with = |change: fn(&mut Pose)| {
            let mut changed = pose(at);
            change(&mut changed);
            planes.find([4, 3], &changed)
        };
        assert_eq!(with(|_| ()), Some(0));
        assert_eq!(with(|p| p.position[1] += 0.06), None);
        assert_eq!(with(|p| p.position[0] += 1.4), None);
        assert_eq!(with(|p| p.position[0] -= 3.0), None);
        assert_eq!(with(|p| p.directions[0] = [0.01, 0.99995, 0.0]), None);
        assert_eq!(with(|p| p.spacing = Some([1.5, 2.0])), None);
        assert_eq!(with(|p| p.spacing = None), Some(0));
        assert_eq!(planes.find([3, 4], &pose(at)), None);
    }

    #[test]
    fn own_positions_of_slices_go_before_those_of_the_grid() {
        let positions = vec![[10.0, 20.0, 30.0], [11.0, 20.0, 30.0], [99.0, 20.0, 30.0]];
        let planes = Planes::of(&grid()).at(positions.clone());
        assert_eq!(planes.find([4, 3], &pose(positions[2])), Some(2));
        assert_eq!(planes.find([4, 3], &pose([11.02, 20.0, 30.0])), None);
    }
}
