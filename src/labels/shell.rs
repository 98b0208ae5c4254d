//! Shells and cores: the voxels between two distances from a region's border.

use super::Mask;
use crate::geometry::Frame;

impl<F: Frame> Mask<F> {
    /// The region up to `mm` beyond its border. Outwards: with all voxels whose centre is at most `mm` from the
    /// centre of a voxel of the region. Inwards (negative): without those whose centre is at most `|mm|` from the
    /// centre of a voxel outside; beyond the grid is outside. Distances are Euclidean and exact, in millimetres.
    #[must_use]
    pub fn up_to(&self, mm: f64) -> Self {
        if mm >= 0.0 { self.dilated(mm) } else { self.eroded(-mm) }
    }

    /// The voxels beyond `inner_mm` and up to `outer_mm` of the border (see [`Mask::up_to`]), all of them inside
    /// `within`; without an inner border everything up to the outer one. Shells that share a border share no voxel
    /// and leave none out.
    ///
    /// ```
    /// use delta_radiomics::{geometry::{Grid, Own}, labels::Mask};
    /// let row = Grid::<Own>::axis_aligned([9, 3, 3], [1.0; 3], [0.0; 3])?;
    /// let lesion = Mask::from_fn(row.clone(), |o| (3..6).contains(&row.voxel(o)[0]));
    /// let in_the_middle = |mask: Mask| (0..9).filter(|x| mask.contains([*x, 1, 1])).collect::<Vec<_>>();
    /// assert_eq!(in_the_middle(lesion.shell(Some(0.0), 2.0, None)), [1, 2, 6, 7]);
    /// assert_eq!(in_the_middle(lesion.shell(Some(-1.0), 0.0, None)), [3, 5]);
    /// assert_eq!(in_the_middle(lesion.shell(None, -1.0, None)), [4]);
    /// # Ok::<(), delta_radiomics::geometry::GeometryError>(())
    /// ```
    #[must_use]
    pub fn shell(&self, inner_mm: Option<f64>, outer_mm: f64, within: Option<&Self>) -> Self {
        let inner = inner_mm.map(|mm| self.up_to(mm));
        let outer = self.up_to(outer_mm);
        let kept: Vec<usize> = outer
            .voxels()
            .filter(|&voxel| inner.as_ref().is_none_or(|inner| !inner.contains(voxel)))
            .filter(|&voxel| within.is_none_or(|within| within.contains(voxel)))
            .map(|[i, j, k]| self.grid.offset(i, j, k))
            .collect();
        Self::from_offsets(self.grid.clone(), &kept)
    }
}

#[cfg(test)]
mod tests {
    use crate::geometry::{Grid, Own};
    use crate::labels::Mask;

    /// Distance between centres to the nearest voxel that is `of`, by a look at all of them, the ring around the
    /// grid among those outside.
    fn signed(mask: &Mask, voxel: [usize; 3]) -> f64 {
        let (dims, spacing) = (mask.grid().dims(), mask.grid().spacing());
        let inside = mask.contains(voxel);
        let mut nearest = f64::INFINITY;
        let range = |a: usize| -1..=dims[a] as i64;
        for k in range(2) {
            for j in range(1) {
                for i in range(0) {
                    let there = [i, j, k];
                    let in_grid = (0..3).all(|a| (0..dims[a] as i64).contains(&there[a]));
                    if (in_grid && mask.contains(there.map(|n| n as usize))) != inside {
                        let d2: f64 =
                            (0..3).map(|a| ((there[a] - voxel[a] as i64) as f64 * spacing[a]).powi(2)).sum();
                        nearest = nearest.min(d2.sqrt());
                    }
                }
            }
        }
        if inside { -nearest } else { nearest }
    }

    #[test]
    fn a_shell_is_what_a_look_at_all_distances_finds() {
        let grid = Grid::<Own>::axis_aligned([11, 9, 7], [1.0, 1.3, 2.5], [0.0; 3]).unwrap();
        let mask = Mask::from_fn(grid.clone(), |o| {
            let [i, j, k] = grid.voxel(o);
            (2..8).contains(&i) && j > 1 && (1..6).contains(&k) && (i + 2 * j + k) % 7 != 0
        });
        let body = Mask::from_fn(grid.clone(), |o| grid.voxel(o)[0] != 9);
        for (inner, outer) in [(Some(0.0), 2.0), (Some(-1.5), 1.3), (None, -1.3), (Some(1.0), 4.0)] {
            let expected = Mask::from_fn(grid.clone(), |o| {
                let voxel = grid.voxel(o);
                let d = signed(&mask, voxel);
                // An inner voxel at exactly the distance lies beyond an inward border, an outer one within it.
                let up_to = |mm: f64| if mm < 0.0 { d < mm - 1e-9 } else { d <= mm + 1e-9 };
                up_to(outer) && !inner.is_some_and(up_to) && body.contains(voxel)
            });
            assert!(!expected.is_empty());
            assert_eq!(mask.shell(inner, outer, Some(&body)), expected, "{inner:?} {outer}");
        }
    }

    #[test]
    fn neighbouring_shells_tile_the_space() {
        let grid = Grid::<Own>::axis_aligned([15, 15, 9], [1.0, 1.0, 2.0], [0.0; 3]).unwrap();
        let ball = Mask::from_fn(grid.clone(), |o| {
            grid.centre_of(grid.voxel(o)).distance(grid.centre_of([7, 7, 4])) <= 4.0
        });
        let borders = [-3.0, -1.0, 0.0, 2.0, 3.5];
        let mut seen = ball.shell(None, borders[0], None).count();
        for pair in borders.windows(2) {
            seen += ball.shell(Some(pair[0]), pair[1], None).count();
        }
        assert_eq!(seen, ball.up_to(3.5).count());
    }
}
