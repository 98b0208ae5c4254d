//! One pass over a region counts the pairs of grey levels of neighbouring voxels, per direction and, where it
//! is asked for, per slice. All six aggregations of a co-occurrence matrix are sums of these counts (IBSI 3.6).
//!
//! Each pair of neighbours is met once, from the voxel that comes first in storage, so there are 13 directions,
//! of which the first four lie in the plane.

use super::directions::{DIRECTIONS, IN_PLANE};
use crate::features::discretise::Levels;
use crate::record::Aggregation;

/// Up to this many levels present, pairs are counted in a square table per direction; beyond, by sorting.
/// 13 tables of 128 x 128 counts fit the second-level cache.
const TABLE_LEVELS: usize = 127;

/// How often two levels meet, whichever comes first. `low` and `high` are places in [`Levels::present`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Place of the lower level.
    pub low: u32,
    /// Place of the higher level.
    pub high: u32,
    /// Number of neighbouring voxels with these levels.
    pub count: u64,
}

/// The pairs of one direction or of several, ascending by levels, each pair of levels once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairCounts(Vec<Pair>);

impl PairCounts {
    /// The pairs.
    pub fn pairs(&self) -> &[Pair] {
        &self.0
    }
    /// Whether no two voxels were neighbours.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The sum of several counts.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut pairs: Vec<Pair> = parts.into_iter().flat_map(|p| p.0.iter().copied()).collect();
        pairs.sort_unstable();
        pairs.dedup_by(|next, kept| {
            let same = (next.low, next.high) == (kept.low, kept.high);
            if same {
                kept.count += next.count;
            }
            same
        });
        Self(pairs)
    }
}

/// Pairs counted in one sweep.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// Per slice with voxels, the four directions in its plane; empty where no aggregation asks for slices.
    slices: Vec<[PairCounts; IN_PLANE]>,
    /// Per direction, over the whole region.
    directions: Vec<PairCounts>,
}

impl Pairs {
    /// Counts what these aggregations need.
    pub fn sweep(levels: &Levels, wanted: &[Aggregation]) -> Self {
        let by_slice = wanted.iter().any(|a| matches!(a, Aggregation::TwoDAvg | Aggregation::TwoDComb));
        let in_space = wanted.iter().any(|a| matches!(a, Aggregation::ThreeDAvg | Aggregation::ThreeDComb));
        let directions = if in_space { &DIRECTIONS[..] } else { &DIRECTIONS[..IN_PLANE] };
        if levels.present.len() <= TABLE_LEVELS {
            tabulate(levels, directions, by_slice)
        } else {
            sort(levels, directions, by_slice)
        }
    }

    /// The matrices whose features are averaged in an aggregation. Those without pairs are left out.
    pub fn matrices(&self, aggregation: Aggregation) -> Vec<PairCounts> {
        let plane = &self.directions[..IN_PLANE];
        let mut matrices: Vec<PairCounts> = match aggregation {
            Aggregation::TwoDAvg => self.slices.iter().flatten().cloned().collect(),
            Aggregation::TwoDComb => self.slices.iter().map(PairCounts::merged).collect(),
            Aggregation::TwoHalfDAvg => plane.to_vec(),
            Aggregation::TwoHalfDComb => vec![PairCounts::merged(plane)],
            Aggregation::ThreeDAvg => self.directions.clone(),
            Aggregation::ThreeDComb => vec![PairCounts::merged(&self.directions)],
            Aggregation::TwoD | Aggregation::TwoHalfD | Aggregation::ThreeD => Vec::new(),
        };
        matrices.retain(|m| !m.is_empty());
        matrices
    }
}

/// Counts in one table per direction. Row and column 0 belong to voxels outside and are dropped, so that the
/// inner loop has no branch.
fn tabulate(levels: &Levels, directions: &[[i64; 3]], by_slice: bool) -> Pairs {
    let width = levels.present.len() + 1;
    let steps: Vec<i64> = directions.iter().map(|d| levels.step(*d)).collect();
    // A count is at most the number of voxels, whose places fit u32.
    let mut tables = vec![0u32; width * width * steps.len()];
    let mut slices = Vec::new();
    let mut plane_totals: [Vec<PairCounts>; IN_PLANE] = Default::default();
    for slice in &levels.slices {
        for &place in slice {
            let row = levels.codes[place as usize] as usize * width;
            for (table, step) in tables.chunks_exact_mut(width * width).zip(&steps) {
                let neighbour = levels.codes[(i64::from(place) + step) as usize] as usize;
                table[row + neighbour] += 1;
            }
        }
        if by_slice {
            let of_slice: [PairCounts; IN_PLANE] = std::array::from_fn(|d| {
                let table = &mut tables[d * width * width..(d + 1) * width * width];
                let counts = folded(table, width);
                table.fill(0);
                counts
            });
            for (total, counts) in plane_totals.iter_mut().zip(&of_slice) {
                total.push(counts.clone());
            }
            slices.push(of_slice);
        }
    }
    let directions = tables
        .chunks_exact(width * width)
        .enumerate()
        .map(|(d, table)| match plane_totals.get(d) {
            Some(parts) if by_slice => PairCounts::merged(parts),
            _ => folded(table, width),
        })
        .collect();
    Pairs { slices, directions }
}

/// A table of ordered pairs as counts of unordered ones.
fn folded(table: &[u32], width: usize) -> PairCounts {
    let mut pairs = Vec::new();
    for low in 1..width {
        for high in low..width {
            let mirrored = if low == high { 0 } else { table[high * width + low] };
            let count = u64::from(table[low * width + high]) + u64::from(mirrored);
            if count > 0 {
                pairs.push(Pair { low: low as u32 - 1, high: high as u32 - 1, count });
            }
        }
    }
    PairCounts(pairs)
}

/// Counts by sorting the pairs of one direction after the other: memory follows the region, however many
/// levels there are.
fn sort(levels: &Levels, directions: &[[i64; 3]], by_slice: bool) -> Pairs {
    let mut slices: Vec<[PairCounts; IN_PLANE]> =
        if by_slice { vec![Default::default(); levels.slices.len()] } else { Vec::new() };
    let mut keys = Vec::new();
    let mut collect = |places: &[u32], step: i64| {
        keys.clear();
        for &place in places {
            let (a, b) = (levels.codes[place as usize], levels.codes[(i64::from(place) + step) as usize]);
            if b > 0 {
                keys.push(u64::from(a.min(b) - 1) << 32 | u64::from(a.max(b) - 1));
            }
        }
        keys.sort_unstable();
        let run =
            |run: &[u64]| Pair { low: (run[0] >> 32) as u32, high: run[0] as u32, count: run.len() as u64 };
        PairCounts(keys.chunk_by(|a, b| a == b).map(run).collect())
    };
    let places: Vec<u32> = levels.slices.concat();
    let mut totals = Vec::new();
    for (d, direction) in directions.iter().enumerate() {
        let step = levels.step(*direction);
        if by_slice && d < IN_PLANE {
            for (counts, slice) in slices.iter_mut().zip(&levels.slices) {
                counts[d] = collect(slice, step);
            }
            totals.push(PairCounts::merged(slices.iter().map(|s| &s[d])));
        } else {
            totals.push(collect(&places, step));
        }
    }
    Pairs { slices, directions: totals }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};
    use crate::features::roi::Block;
    use std::collections::BTreeMap;

    const ALL: [Aggregation; 6] = [
        Aggregation::TwoDAvg,
        Aggregation::TwoDComb,
        Aggregation::TwoHalfDAvg,
        Aggregation::TwoHalfDComb,
        Aggregation::ThreeDAvg,
        Aggregation::ThreeDComb,
    ];

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

    fn as_map(levels: &Levels, counts: &PairCounts) -> BTreeMap<(u32, u32), u64> {
        let level = |place: u32| levels.present[place as usize];
        counts.pairs().iter().map(|p| ((level(p.low), level(p.high)), p.count)).collect()
    }

    #[test]
    fn the_sweep_counts_what_a_look_at_all_pairs_counts() {
        // Few levels go through tables, many through sorting.
        for (seed, spread) in [(1, 5), (2, 40), (3, 100_000)] {
            let block = region(seed, [6, 5, 4], spread);
            let levels = levels(&block);
            let pairs = Pairs::sweep(&levels, &ALL);
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
        let block = region(7, [9, 8, 7], 30);
        let levels = levels(&block);
        let table = tabulate(&levels, &DIRECTIONS, true);
        let sorted = sort(&levels, &DIRECTIONS, true);
        for aggregation in ALL {
            assert_eq!(table.matrices(aggregation), sorted.matrices(aggregation));
            assert_eq!(
                table.matrices(aggregation),
                Pairs::sweep(&levels, &[aggregation]).matrices(aggregation)
            );
        }
    }
}
