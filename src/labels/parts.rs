//! The connected parts of a region.

use super::Mask;
use crate::geometry::Frame;

impl<F: Frame> Mask<F> {
    /// Its parts: voxels that share a face, an edge or a corner belong together. In the order of their first voxels.
    ///
    /// ```
    /// use delta_radiomics::geometry::Grid;
    /// use delta_radiomics::labels::Mask;
    /// let grid: Grid = Grid::axis_aligned([5, 2, 1], [1.0; 3], [0.0; 3]).unwrap();
    /// let two = Mask::from_offsets(grid, &[0, 6, 3, 4]);
    /// let counts: Vec<usize> = two.parts().iter().map(Mask::count).collect();
    /// assert_eq!(counts, [2, 2]);
    /// ```
    pub fn parts(&self) -> Vec<Self> {
        let (low, size) = self.bounds();
        let mut left = self.inside.clone();
        let at = |[i, j, k]: [usize; 3]| i + size[0] * (j + size[1] * k);
        let mut parts = Vec::new();
        for first in 0..left.len() {
            if !left[first] {
                continue;
            }
            left[first] = false;
            let (mut members, mut open) = (Vec::new(), vec![first]);
            while let Some(n) = open.pop() {
                let v = [n % size[0], n / size[0] % size[1], n / (size[0] * size[1])];
                members.push(self.grid.offset(low[0] + v[0], low[1] + v[1], low[2] + v[2]));
                let [x, y, z] = [0, 1, 2].map(|a| v[a].saturating_sub(1)..(v[a] + 2).min(size[a]));
                for k in z {
                    for j in y.clone() {
                        for i in x.clone() {
                            let neighbour = at([i, j, k]);
                            if std::mem::take(&mut left[neighbour]) {
                                open.push(neighbour);
                            }
                        }
                    }
                }
            }
            parts.push(Self::from_offsets(self.grid.clone(), &members));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};

    #[test]
    fn corners_join_and_gaps_part() {
        let grid = Grid::<Own>::axis_aligned([6, 5, 4], [1.0; 3], [0.0; 3]).unwrap();
        let joined = [[1, 1, 1], [2, 2, 2]];
        let apart = [4, 2, 2];
        let mask = Mask::from_fn(grid.clone(), |o| joined.contains(&grid.voxel(o)) || grid.voxel(o) == apart);
        let parts = mask.parts();
        assert_eq!(parts.iter().map(Mask::count).collect::<Vec<_>>(), [2, 1]);
        assert!(joined.iter().all(|v| parts[0].contains(*v)) && parts[1].contains(apart));
    }

    #[test]
    fn nothing_has_no_parts() {
        let grid = Grid::<Own>::axis_aligned([6, 5, 4], [1.0; 3], [0.0; 3]).unwrap();
        assert!(Mask::from_offsets(grid, &[]).parts().is_empty());
    }
}
