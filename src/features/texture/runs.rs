//! Runs of voxels of one grey level, counted per direction and, where it is asked for, per slice (IBSI 3.7).
//!
//! A run is as long as it can be: what lies before its first voxel and after its last has another level, or is
//! outside. Most voxels are runs of their own and are never looked at: their number is that of all voxels of a level
//! less those in longer runs. A longer run starts where a voxel has an equal successor and no equal predecessor, and
//! is followed from there to its end, so that work follows the pairs of equal neighbours.

use super::counts::{ByDirection, Cell, Counts, Needs};
use super::directions::{DIRECTIONS, IN_PLANE};
use super::links::{Links, PLANE};
use crate::features::discretise::Levels;
use crate::numeric::sum::blocks;
use crate::record::Aggregation;

/// Runs shorter than this are counted in a table while there are enough voxels for one; all others by sorting.
const TABLE_LENGTHS: usize = 8;
/// Regions with at least twice as many voxels are shared out among threads in slabs of about as many.
const SLAB: usize = 1 << 14;

/// Counts what these aggregations need: in a row the place of the grey level in [`Levels::present`], in a column the
/// length.
pub fn count(levels: &Levels, links: &Links, wanted: &[Aggregation]) -> ByDirection {
    let needs = Needs::of(wanted);
    let sweep = Sweep { levels, links, steps: DIRECTIONS.map(|d| levels.step(d) as usize) };
    let slices: Vec<[Counts; IN_PLANE]> = match levels.slices.len() {
        n if needs.slices && sweep.slabs() > 1 => blocks(n, |n| sweep.slice(n)),
        n if needs.slices => (0..n).map(|n| sweep.slice(n)).collect(),
        _ => Vec::new(),
    };
    // What is counted in slices need not be counted again.
    let of_slices = if needs.slices { IN_PLANE } else { 0 };
    let mut directions: Vec<Counts> =
        (0..of_slices).map(|d| Counts::merged(slices.iter().map(|s| &s[d]))).collect();
    directions.extend(sweep.region(of_slices, needs.directions));
    ByDirection { slices, directions }
}

struct Sweep<'a> {
    levels: &'a Levels,
    links: &'a Links,
    steps: [usize; DIRECTIONS.len()],
}

impl Sweep<'_> {
    /// Into how many slabs of slices the region is cut: that depends on the region alone.
    fn slabs(&self) -> usize {
        let voxels: usize = self.levels.slices.iter().map(Vec::len).sum();
        (voxels / SLAB).clamp(1, self.levels.slices.len().max(1))
    }

    /// The runs in the plane of one slice.
    fn slice(&self, n: usize) -> [Counts; IN_PLANE] {
        let longer = self.longer(&self.levels.slices[n..=n], PLANE);
        let voxels = self.voxels(&self.levels.slices[n]);
        std::array::from_fn(|d| with_singles(&longer.counts(d), &voxels))
    }

    /// How many voxels of a slice each grey level has that occurs there, by its place.
    fn voxels(&self, slice: &[u32]) -> Vec<(u32, u64)> {
        let row = |place: &u32| self.levels.codes[*place as usize] - 1;
        if self.levels.present.len() <= slice.len() {
            let mut table = vec![0; self.levels.present.len()];
            for place in slice {
                table[row(place) as usize] += 1;
            }
            return (0..).zip(table).filter(|level| level.1 > 0).collect();
        }
        let mut rows: Vec<u32> = slice.iter().map(row).collect();
        rows.sort_unstable();
        rows.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
    }

    /// The runs of the whole region along some directions.
    fn region(&self, from: usize, to: usize) -> Vec<Counts> {
        if from == to {
            return Vec::new();
        }
        let slices = &self.levels.slices;
        // A run belongs to the slab that it starts in.
        let slabs = self.slabs();
        let slab = |n: usize| &slices[n * slices.len() / slabs..(n + 1) * slices.len() / slabs];
        let bits = (from..to).fold(0, |bits, d| bits | 1 << d);
        let longer = if slabs > 1 {
            blocks(slabs, |n| self.longer(slab(n), bits))
        } else {
            vec![self.longer(slices, bits)]
        };
        let voxels: Vec<(u32, u64)> = (0..).zip(self.levels.voxels.iter().copied()).collect();
        let along = |d: usize| {
            let of_slabs: Vec<Counts> = longer.iter().map(|slab| slab.counts(d)).collect();
            with_singles(&Counts::merged(&of_slabs), &voxels)
        };
        (from..to).map(along).collect()
    }

    /// The runs of more than one voxel that start in these slices.
    fn longer(&self, slices: &[Vec<u32>], directions: u16) -> Tally {
        let (forward, backward) = (self.links.forward.as_slice(), self.links.backward.as_slice());
        let mut tally = Tally::new(self.levels.present.len(), slices.iter().map(Vec::len).sum());
        let wanted = together([directions; 4]);
        for slice in slices {
            let (Some(&first), Some(&last)) = (slice.first(), slice.last()) else { continue };
            // Four voxels at once: how many runs start in one is hard to foresee for the processor, how many start in
            // four a little less. The border is wider than what is read beyond the last voxel.
            for place in (first as usize..=last as usize).step_by(4) {
                let four = |links: &[u16]| together(std::array::from_fn(|n| links[place + n]));
                let mut starts = four(forward) & !four(backward) & wanted;
                while starts != 0 {
                    let bit = starts.trailing_zeros() as usize;
                    starts &= starts - 1;
                    let (place, d) = (place + bit / 16, bit % 16);
                    let (mut last, mut length) = (place + self.steps[d], 2);
                    while forward[last] >> d & 1 == 1 {
                        last += self.steps[d];
                        length += 1;
                    }
                    tally.add(d, self.levels.codes[place] as usize - 1, length);
                }
            }
        }
        tally
    }
}

/// The links of four voxels that follow each other, 16 bits each.
fn together(links: [u16; 4]) -> u64 {
    links.into_iter().rev().fold(0, |all, links| all << 16 | u64::from(links))
}

/// Counts of runs of more than one voxel.
struct Tally {
    rows: usize,
    /// Per direction, level and length; empty where levels are too many for the voxels.
    table: Vec<u32>,
    /// Per direction the level and length of each run that is not in the table.
    others: [Vec<(u32, u32)>; DIRECTIONS.len()],
}

impl Tally {
    fn new(rows: usize, voxels: usize) -> Self {
        let cells = rows * TABLE_LENGTHS;
        let room = if cells <= voxels { cells * DIRECTIONS.len() } else { 0 };
        Self { rows, table: vec![0; room], others: Default::default() }
    }
    fn add(&mut self, direction: usize, row: usize, length: usize) {
        if length < TABLE_LENGTHS && !self.table.is_empty() {
            self.table[(direction * self.rows + row) * TABLE_LENGTHS + length] += 1;
        } else {
            self.others[direction].push((row as u32, length as u32));
        }
    }
    fn counts(&self, direction: usize) -> Counts {
        let others = Counts::of_occurrences(&mut self.others[direction].clone());
        if self.table.is_empty() {
            return others;
        }
        let of_direction = self.table.chunks_exact(TABLE_LENGTHS).skip(direction * self.rows).take(self.rows);
        let cells = (0..).zip(of_direction).flat_map(|(row, lengths)| {
            let counted = (0..).zip(lengths).filter(|(_, count)| **count > 0);
            counted.map(move |(column, &count)| Cell { row, column, count: u64::from(count) })
        });
        Counts::merged([&Counts::from_ascending(cells.collect()), &others])
    }
}

/// Adds the runs of one voxel: the voxels of each level that are in no longer run.
fn with_singles(longer: &Counts, voxels: &[(u32, u64)]) -> Counts {
    let mut runs = longer.cells();
    let mut cells = Vec::with_capacity(runs.len() + voxels.len());
    for &(row, voxels) in voxels {
        let (of_row, rest) = runs.split_at(runs.iter().take_while(|run| run.row == row).count());
        runs = rest;
        let count = voxels - of_row.iter().map(|run| u64::from(run.column) * run.count).sum::<u64>();
        if count > 0 {
            cells.push(Cell { row, column: 1, count });
        }
        cells.extend_from_slice(of_row);
    }
    Counts::from_ascending(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};
    use crate::features::texture::directions::ALONG_DIRECTIONS as ALL;

    /// Walks along every run from each voxel without an equal predecessor.
    fn plain(levels: &Levels, direction: [i64; 3], slice: Option<usize>) -> Counts {
        let step = levels.step(direction);
        let code = |place: i64| levels.codes[place as usize];
        let mut runs = Vec::new();
        for place in
            levels.slices.iter().enumerate().filter(|s| slice.is_none_or(|n| n == s.0)).flat_map(|s| s.1)
        {
            let place = i64::from(*place);
            if code(place - step) != code(place) {
                let mut length = 1;
                while code(place + i64::from(length) * step) == code(place) {
                    length += 1;
                }
                runs.push((code(place) - 1, length));
            }
        }
        Counts::of_occurrences(&mut runs)
    }

    #[test]
    fn runs_are_what_a_walk_along_each_of_them_finds() {
        // Long runs of one level, some of few, and more levels than a table has room for.
        for (seed, spread) in [(1, 1), (2, 3), (3, 100_000)] {
            let levels = levels(&region(seed, [23, 6, 5], spread));
            let runs = count(&levels, &Links::of(&levels), &ALL);
            for (d, direction) in DIRECTIONS.iter().enumerate() {
                assert_eq!(runs.directions[d], plain(&levels, *direction, None), "{spread} {direction:?}");
            }
            for (n, slice) in runs.slices.iter().enumerate() {
                for (d, counts) in slice.iter().enumerate() {
                    assert_eq!(*counts, plain(&levels, DIRECTIONS[d], Some(n)), "{spread} slice {n}");
                }
            }
        }
    }

    #[test]
    fn slabs_and_what_else_is_asked_change_nothing() {
        let levels = levels(&region(5, [40, 41, 42], 3));
        let links = Links::of(&levels);
        assert!(levels.slices.iter().map(Vec::len).sum::<usize>() >= 3 * SLAB);
        let all = count(&levels, &links, &ALL);
        for (d, direction) in DIRECTIONS.iter().enumerate() {
            assert_eq!(all.directions[d], plain(&levels, *direction, None), "{direction:?}");
        }
        for aggregation in ALL {
            assert_eq!(
                all.matrices(aggregation),
                count(&levels, &links, &[aggregation]).matrices(aggregation)
            );
        }
    }
}
