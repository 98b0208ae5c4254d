//! Regions of interest: sets of voxels of a grid.

mod border;
mod parts;
mod shell;

use crate::geometry::{Frame, Grid, Own};

/// The voxels of one region. Only the bounding box is stored, so that many small regions on a large grid are
/// cheap, and regions may overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask<F: Frame = Own> {
    grid: Grid<F>,
    low: [usize; 3],
    size: [usize; 3],
    inside: Vec<bool>,
    count: usize,
}

impl<F: Frame> Mask<F> {
    /// The voxels of `grid` for which `inside(offset)` holds.
    pub fn from_fn(grid: Grid<F>, inside: impl Fn(usize) -> bool) -> Self {
        let members: Vec<usize> = (0..grid.len()).filter(|&o| inside(o)).collect();
        Self::from_offsets(grid, &members)
    }

    /// The voxels of any of some masks on one grid; `None` where there are none.
    pub fn union<'a>(masks: impl IntoIterator<Item = &'a Self>) -> Option<Self>
    where
        F: 'a,
    {
        let mut masks = masks.into_iter().filter(|mask| !mask.is_empty()).peekable();
        let grid = masks.peek()?.grid().clone();
        let offsets: Vec<usize> = masks.flat_map(Self::offsets).collect();
        Some(Self::from_offsets(grid, &offsets))
    }

    /// The voxels of `grid` at these storage offsets, in any order.
    pub fn from_offsets(grid: Grid<F>, offsets: &[usize]) -> Self {
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        for &offset in offsets {
            let voxel = grid.voxel(offset);
            for a in 0..3 {
                low[a] = low[a].min(voxel[a]);
                high[a] = high[a].max(voxel[a] + 1);
            }
        }
        if offsets.is_empty() {
            return Self { grid, low: [0; 3], size: [0; 3], inside: Vec::new(), count: 0 };
        }
        let size: [usize; 3] = std::array::from_fn(|a| high[a] - low[a]);
        let mut inside = vec![false; size.iter().product()];
        for &offset in offsets {
            let v = grid.voxel(offset);
            inside[(v[0] - low[0]) + size[0] * ((v[1] - low[1]) + size[1] * (v[2] - low[2]))] = true;
        }
        let count = inside.iter().filter(|&&b| b).count();
        Self { grid, low, size, inside, count }
    }

    /// The voxels of `grid` that are set in a box of `size` voxels from voxel `low`, first index fastest.
    ///
    /// # Panics
    /// Where the number of flags is not that of the box's voxels, or the box leaves the grid: defects of the caller.
    pub fn from_box(grid: Grid<F>, low: [usize; 3], size: [usize; 3], inside: &[bool]) -> Self {
        assert_eq!(inside.len(), size.iter().product::<usize>(), "one flag per voxel of the box");
        assert!((0..3).all(|a| low[a] + size[a] <= grid.dims()[a]), "the box lies on the grid");
        let at = |n: usize| {
            let [i, j, k] = [n % size[0], n / size[0] % size[1], n / (size[0] * size[1])];
            grid.offset(low[0] + i, low[1] + j, low[2] + k)
        };
        let members: Vec<usize> = (0..inside.len()).filter(|&n| inside[n]).map(at).collect();
        Self::from_offsets(grid, &members)
    }

    /// The grid it lies on.
    pub fn grid(&self) -> &Grid<F> {
        &self.grid
    }
    /// Number of voxels.
    pub fn count(&self) -> usize {
        self.count
    }
    /// Whether no voxel belongs to it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// First voxel and size of the bounding box; zero-sized where empty.
    pub fn bounds(&self) -> ([usize; 3], [usize; 3]) {
        (self.low, self.size)
    }
    /// Whether a voxel belongs to it.
    #[inline]
    pub fn contains(&self, voxel: [usize; 3]) -> bool {
        let mut place = [0; 3];
        for a in 0..3 {
            let Some(step) = voxel[a].checked_sub(self.low[a]) else { return false };
            if step >= self.size[a] {
                return false;
            }
            place[a] = step;
        }
        self.inside[place[0] + self.size[0] * (place[1] + self.size[1] * place[2])]
    }
    /// Whether each voxel of a part of a row belongs to it, from the first index `from`; `flags` are false before.
    pub fn mark_row(&self, [j, k]: [usize; 2], from: usize, flags: &mut [bool]) {
        let place = |n: usize, a: usize| n.checked_sub(self.low[a]).filter(|n| *n < self.size[a]);
        if let (Some(j), Some(k)) = (place(j, 1), place(k, 2)) {
            let row = &self.inside[self.size[0] * (j + self.size[1] * k)..][..self.size[0]];
            let before = self.low[0].saturating_sub(from).min(flags.len());
            let first = from.saturating_sub(self.low[0]).min(row.len());
            flags[before..].iter_mut().zip(&row[first..]).for_each(|(flag, inside)| *flag = *inside);
        }
    }
    /// Its voxels in storage order.
    pub fn voxels(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        let (low, size) = (self.low, self.size);
        self.inside.iter().enumerate().filter(|(_, inside)| **inside).map(move |(n, _)| {
            [low[0] + n % size[0], low[1] + n / size[0] % size[1], low[2] + n / (size[0] * size[1])]
        })
    }
    /// Storage offsets of its voxels on the whole grid, ascending.
    pub fn offsets(&self) -> impl Iterator<Item = usize> + '_ {
        self.voxels().map(|[i, j, k]| self.grid.offset(i, j, k))
    }
    /// One flag per voxel of the whole grid.
    pub fn to_dense(&self) -> Vec<bool> {
        let mut dense = vec![false; self.grid.len()];
        for offset in self.offsets() {
            dense[offset] = true;
        }
        dense
    }
    /// Number of voxels that both hold; the grids must be the same.
    pub fn overlap(&self, other: &Self) -> usize {
        self.voxels().filter(|&v| other.contains(v)).count()
    }
    /// Volume of its voxels in millilitres.
    pub fn volume_ml(&self) -> f64 {
        self.count as f64 * self.grid.voxel_volume() / 1000.0
    }
    /// The same voxels seen as a part of another frame.
    pub fn in_frame<G: Frame>(&self) -> Mask<G> {
        Mask {
            grid: self.grid.in_frame(),
            low: self.low,
            size: self.size,
            inside: self.inside.clone(),
            count: self.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_gives_back_its_voxels() {
        let grid = Grid::<Own>::axis_aligned([4, 5, 6], [1.0; 3], [0.0; 3]).unwrap();
        let chosen = |o: usize| o % 7 == 3;
        let mask = Mask::from_fn(grid.clone(), chosen);
        let expected: Vec<usize> = (0..grid.len()).filter(|&o| chosen(o)).collect();
        assert_eq!(mask.offsets().collect::<Vec<_>>(), expected);
        assert!((0..grid.len()).all(|o| mask.contains(grid.voxel(o)) == chosen(o)));
        assert_eq!(mask.count(), expected.len());
    }

    #[test]
    fn a_box_of_flags_is_the_same_mask() {
        let grid = Grid::<Own>::axis_aligned([6, 5, 4], [1.0; 3], [0.0; 3]).unwrap();
        let mask = Mask::from_fn(grid.clone(), |o| {
            let v = grid.voxel(o);
            v[0] > 2 && v[1] < 3 && v[2] == 1 || o == 52
        });
        let flags: Vec<bool> =
            (0..4 * 5 * 3).map(|n| mask.contains([2 + n % 4, n / 4 % 5, n / 20])).collect();
        assert_eq!(Mask::from_box(grid, [2, 0, 0], [4, 5, 3], &flags), mask);
    }

    #[test]
    fn an_empty_mask_holds_nothing() {
        let grid = Grid::<Own>::axis_aligned([2, 2, 2], [1.0; 3], [0.0; 3]).unwrap();
        let mask = Mask::from_offsets(grid, &[]);
        assert!(mask.is_empty() && !mask.contains([0, 0, 0]) && mask.voxels().next().is_none());
    }
}
