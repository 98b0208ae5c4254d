//! The pairs of grey levels of neighbouring voxels, counted per direction and, where it is asked for, per slice
//! (IBSI 3.6).
//!
//! Each pair of neighbours is met once, from the voxel that comes first in storage, so there are 13 directions,
//! of which the first four lie in the plane. One direction is counted after the other, along stretches of voxels that
//! lie side by side: then both voxels of a pair are read in storage order, and one small table stays in the cache.

use std::ops::{Add, Mul};

use super::counts::{ByDirection, Cell, Counts, Needs};
use super::directions::{DIRECTIONS, IN_PLANE};
use crate::features::discretise::Levels;
use crate::numeric::sum::blocks;
use crate::record::Aggregation;

/// Up to this many levels present, the place of a cell in a table fits `u16`: twice as many are found at once.
const NARROW_LEVELS: usize = 255;
/// Pairs are counted in a table while it has no more cells than this many per voxel, or than [`SMALL_TABLE`], and
/// never beyond [`LARGEST_TABLE`]; else by sorting. So memory follows the region, however many levels there are.
const CELLS_PER_VOXEL: usize = 64;
const SMALL_TABLE: usize = 1 << 12;
const LARGEST_TABLE: usize = 1 << 22;
/// Tables that take turns. A count that is raised again at once has to wait until it was stored; equal pairs often
/// follow each other.
const TURNS: usize = 4;
/// Larger tables do not take turns: they would not fit the cache, and their pairs vary.
const TURNS_CELLS: usize = 1 << 11;
/// Regions with at least this many voxels are shared out among threads, by direction.
const SHARED_OUT: usize = 1 << 14;

/// Counts what these aggregations need: in a row the place of the lower level in [`Levels::present`], in a column
/// that of the higher.
pub fn count(levels: &Levels, wanted: &[Aggregation]) -> ByDirection {
    if levels.present.len() <= NARROW_LEVELS {
        let codes: Vec<u16> = levels.codes.iter().map(|c| *c as u16).collect();
        Counter::new(levels, &codes).count(Needs::of(wanted))
    } else {
        Counter::new(levels, &levels.codes).count(Needs::of(wanted))
    }
}

/// A whole number in which the place of a cell is computed.
trait Place: Copy + Ord + Default + Add<Output = Self> + Mul<Output = Self> + Send + Sync {
    fn of(n: usize) -> Self;
    fn index(self) -> usize;
}

impl Place for u16 {
    fn of(n: usize) -> Self {
        n as Self
    }
    fn index(self) -> usize {
        usize::from(self)
    }
}

impl Place for u32 {
    fn of(n: usize) -> Self {
        n as Self
    }
    fn index(self) -> usize {
        self as usize
    }
}

/// Voxels that lie side by side along the first axis: the storage place of the first, and of the first that is outside.
type Stretch = (usize, usize);

/// The stretches of the voxels of one slice, in order.
fn stretches<T: Place>(voxels: &[u32], codes: &[T]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut seen = 0;
    while let Some(&start) = voxels.get(seen) {
        let start = start as usize;
        let length = codes[start..].iter().take_while(|c| **c != T::default()).count();
        stretches.push((start, start + length));
        seen += length;
    }
    stretches
}

struct Counter<'a, T> {
    codes: &'a [T],
    slices: Vec<Vec<Stretch>>,
    /// Number of voxels.
    voxels: usize,
    /// Levels present and the outside, which has code 0.
    width: usize,
    steps: [usize; DIRECTIONS.len()],
}

impl<'a, T: Place> Counter<'a, T> {
    fn new(levels: &Levels, codes: &'a [T]) -> Self {
        Self {
            codes,
            slices: levels.slices.iter().map(|s| stretches(s, codes)).collect(),
            voxels: levels.slices.iter().map(Vec::len).sum(),
            width: levels.present.len() + 1,
            // A direction leads to what comes later in storage.
            steps: DIRECTIONS.map(|d| levels.step(d) as usize),
        }
    }

    fn count(&self, needs: Needs) -> ByDirection {
        let along = |d: usize| self.along(self.steps[d], needs.slices && d < IN_PLANE);
        let counted: Vec<(Vec<Counts>, Counts)> = if self.voxels >= SHARED_OUT {
            blocks(needs.directions, along)
        } else {
            (0..needs.directions).map(along).collect()
        };
        let (mut by_slice, directions): (Vec<_>, Vec<_>) = counted.into_iter().unzip();
        let of_slice = |s: usize| std::array::from_fn(|d| std::mem::take(&mut by_slice[d][s]));
        let slices = if needs.slices { (0..self.slices.len()).map(of_slice).collect() } else { Vec::new() };
        ByDirection { slices, directions }
    }

    /// The counts of each slice, where they are asked for, and of all of them.
    fn along(&self, step: usize, by_slice: bool) -> (Vec<Counts>, Counts) {
        let cells = self.width.saturating_mul(self.width);
        let groups = if by_slice { self.slices.len().max(1) } else { 1 };
        if cells <= LARGEST_TABLE && cells <= (self.voxels / groups * CELLS_PER_VOXEL).max(SMALL_TABLE) {
            self.tabulate(step, by_slice)
        } else {
            self.sort(step, by_slice)
        }
    }

    fn tabulate(&self, step: usize, by_slice: bool) -> (Vec<Counts>, Counts) {
        let cells = self.width * self.width;
        let turns = if cells <= TURNS_CELLS { TURNS } else { 1 };
        // A count is at most the number of voxels, whose places fit u32.
        let mut tables = vec![0u32; turns * cells];
        let mut places = Vec::new();
        if !by_slice {
            for slice in &self.slices {
                self.raise(slice, step, &mut tables, &mut places);
            }
            return (Vec::new(), self.cells_of(folded(&mut tables, cells)));
        }
        let mut total = vec![0u32; cells];
        let of_slice = |slice: &Vec<Stretch>| {
            self.raise(slice, step, &mut tables, &mut places);
            let table = folded(&mut tables, cells);
            total.iter_mut().zip(&*table).for_each(|(total, of_slice)| *total += of_slice);
            let counts = self.cells_of(table);
            tables.fill(0);
            counts
        };
        let slices = self.slices.iter().map(of_slice).collect();
        (slices, self.cells_of(&total))
    }

    /// Raises the counts of the pairs that start in these stretches. Row and column 0 are of voxels outside: counting
    /// them is faster than asking.
    fn raise(&self, slice: &[Stretch], step: usize, tables: &mut [u32], places: &mut Vec<T>) {
        let (Some(&(first, _)), Some(&(_, end))) = (slice.first(), slice.last()) else { return };
        // Computed for all of the slice's storage, outside too: long loops over short steps are the fastest.
        let (here, there) = (&self.codes[first..end], &self.codes[first + step..end + step]);
        let width = T::of(self.width);
        places.clear();
        places.extend(here.iter().zip(there).map(|(&a, &b)| a.min(b) * width + a.max(b)));
        let turn = tables.len() / TURNS / (self.width * self.width) * (self.width * self.width);
        for &(start, end) in slice {
            let mut fours = places[start - first..end - first].chunks_exact(TURNS);
            for four in &mut fours {
                tables[four[0].index()] += 1;
                tables[four[1].index() + turn] += 1;
                tables[four[2].index() + 2 * turn] += 1;
                tables[four[3].index() + 3 * turn] += 1;
            }
            for place in fours.remainder() {
                tables[place.index()] += 1;
            }
        }
    }

    /// The cells of a table that are of voxels inside and not zero.
    fn cells_of(&self, table: &[u32]) -> Counts {
        let mut cells = Vec::new();
        for row in 1..self.width {
            let of_row = &table[row * self.width..(row + 1) * self.width];
            for (column, &count) in of_row.iter().enumerate().skip(row).filter(|c| *c.1 > 0) {
                cells.push(Cell { row: row as u32 - 1, column: column as u32 - 1, count: u64::from(count) });
            }
        }
        Counts::from_ascending(cells)
    }

    fn sort(&self, step: usize, by_slice: bool) -> (Vec<Counts>, Counts) {
        let mut pairs = Vec::new();
        let mut collect = |slices: &[Vec<Stretch>]| {
            pairs.clear();
            for place in slices.iter().flatten().flat_map(|s| s.0..s.1) {
                let (here, there) =
                    (self.codes[place].index() as u32, self.codes[place + step].index() as u32);
                if there > 0 {
                    pairs.push((here.min(there) - 1, here.max(there) - 1));
                }
            }
            Counts::of_occurrences(&mut pairs)
        };
        if !by_slice {
            return (Vec::new(), collect(&self.slices));
        }
        let slices: Vec<Counts> = self.slices.chunks(1).map(&mut collect).collect();
        let total = Counts::merged(&slices);
        (slices, total)
    }
}

/// Adds up the tables that took turns in the first of them.
fn folded(tables: &mut [u32], cells: usize) -> &mut [u32] {
    let (first, others) = tables.split_at_mut(cells);
    for other in others.chunks_exact(cells) {
        first.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};
    use crate::features::roi::Block;
    use crate::features::texture::directions::ALONG_DIRECTIONS as ALL;
    use std::collections::BTreeMap;

    /// Looks at every pair of voxels of the block.
    fn plain(block: &Block, steps: &[[i64; 3]], slice: Option<usize>) -> BTreeMap<(u32, u32), u64> {
        let mut counts = BTreeMap::new();
        let voxels: Vec<([usize; 3], f32)> = block.counted_voxels().collect();
        for (a, x) in voxels.iter().filter(|v| slice.is_none_or(|s| v.0[2] == s)) {
            for (b, y) in &voxels {
                let step: [i64; 3] = std::array::from_fn(|n| b[n] as i64 - a[n] as i64);
                if steps.contains(&step) {
                    let (x, y) = (*x as u32 + 1, *y as u32 + 1);
                    *counts.entry((x.min(y), x.max(y))).or_insert(0) += 1;
                }
            }
        }
        counts
    }

    fn as_map(levels: &Levels, counts: &Counts) -> BTreeMap<(u32, u32), u64> {
        let level = |place: u32| levels.present[place as usize];
        counts.cells().iter().map(|c| ((level(c.row), level(c.column)), c.count)).collect()
    }

    #[test]
    fn the_sweep_counts_what_a_look_at_all_pairs_counts() {
        // Few levels go through tables, many through sorting.
        for (seed, spread) in [(1, 5), (2, 40), (3, 100_000)] {
            let block = region(seed, [6, 5, 4], spread);
            let levels = levels(&block);
            let pairs = count(&levels, &ALL);
            let in_plane = &DIRECTIONS[..IN_PLANE];
            let mut expected: Vec<Vec<BTreeMap<(u32, u32), u64>>> = Vec::new();
            let each = |slice| in_plane.iter().map(move |d| (slice, *d));
            expected.push((0..4).flat_map(each).map(|(s, d)| plain(&block, &[d], Some(s))).collect());
            expected.push((0..4).map(|s| plain(&block, in_plane, Some(s))).collect());
            expected.push(in_plane.iter().map(|d| plain(&block, &[*d], None)).collect());
            expected.push(vec![plain(&block, in_plane, None)]);
            expected.push(DIRECTIONS.iter().map(|d| plain(&block, &[*d], None)).collect());
            expected.push(vec![plain(&block, &DIRECTIONS, None)]);
            for (aggregation, expected) in ALL.iter().zip(expected) {
                let got: Vec<_> = pairs.matrices(*aggregation).iter().map(|m| as_map(&levels, m)).collect();
                assert_eq!(got, expected, "{aggregation} spread {spread}");
            }
        }
    }

    #[test]
    fn tables_and_sorting_agree_and_do_not_depend_on_what_else_is_asked() {
        // A few levels with tables that take turns, more without, and more than have a narrow place.
        for (seed, spread) in [(7, 30), (8, 80), (9, 400)] {
            let levels = levels(&region(seed, [19, 18, 17], spread));
            let counter = Counter::new(&levels, &levels.codes);
            let narrow: Vec<u16> = levels.codes.iter().map(|c| *c as u16).collect();
            let narrow = Counter::new(&levels, &narrow);
            for step in counter.steps {
                for by_slice in [false, true] {
                    let table = counter.tabulate(step, by_slice);
                    assert_eq!(table, counter.sort(step, by_slice), "{spread}");
                    if spread <= NARROW_LEVELS as u64 {
                        assert_eq!(table, narrow.tabulate(step, by_slice), "{spread}");
                    }
                }
                assert_eq!(counter.tabulate(step, true).1, counter.tabulate(step, false).1);
            }
            let all = count(&levels, &ALL);
            for aggregation in ALL {
                assert_eq!(all.matrices(aggregation), count(&levels, &[aggregation]).matrices(aggregation));
            }
        }
    }
}
