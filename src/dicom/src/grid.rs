//! Where voxels are.

/// A grid of voxels in the patient: LPS, in millimetres.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Columns, rows, slices.
    pub size: [usize; 3],
    /// Centre of the first voxel.
    pub origin: [f64; 3],
    /// From a voxel to the next one along i, j and k.
    pub steps: [[f64; 3]; 3],
}

impl Grid {
    /// The centre of a voxel, which may lie between voxels.
    pub fn point(&self, at: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|axis| {
            self.origin[axis] + (0..3).map(|step| self.steps[step][axis] * at[step]).sum::<f64>()
        })
    }

    /// The unit vector across slices: row direction times column direction.
    pub fn normal(&self) -> [f64; 3] {
        let [i, j, _] = self.steps;
        let n = cross(i, j);
        let length = norm(n);
        n.map(|v| v / length)
    }

    /// The volume of a voxel: the determinant, which shear leaves as it is.
    pub fn voxel_volume(&self) -> f64 {
        let [i, j, k] = self.steps;
        dot(cross(i, j), k).abs()
    }

    /// Voxels.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// Voxel coordinates of a point.
    pub fn index(&self, point: [f64; 3]) -> [f64; 3] {
        let [i, j, k] = self.steps;
        let from: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.origin[axis]);
        let volume = dot(cross(i, j), k);
        [dot(cross(j, k), from) / volume, dot(cross(k, i), from) / volume, dot(cross(i, j), from) / volume]
    }
}

/// Scalar product.
pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
pub(crate) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Length.
pub(crate) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_voxels_are_inverse_and_shear_adds_no_volume() {
        let grid = Grid {
            size: [4, 5, 6],
            origin: [1.0, -2.0, 3.0],
            steps: [[0.5, 0.0, 0.0], [0.0, 0.7, 0.0], [0.0, 0.9, 3.0]],
        };
        let at = [1.0, 2.0, 3.0];
        let back = grid.index(grid.point(at));
        assert!((0..3).all(|axis| (back[axis] - at[axis]).abs() < 1e-12));
        assert!((grid.voxel_volume() - 0.5 * 0.7 * 3.0).abs() < 1e-12);
        assert_eq!(grid.normal(), [0.0, 0.0, 1.0]);
    }
}
