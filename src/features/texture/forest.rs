//! Voxels of one grey level that hang together, found by union-find along links.
//!
//! Voxels are met in storage order. One without an earlier linked neighbour starts a tree; any other makes one tree of
//! those that its earlier neighbours belong to. Linked neighbours that touch each other have been joined already, so
//! one link per group of them is enough: mostly one or two of thirteen. Trees have numbers, and a voxel's number is
//! needed in its own slice and the next alone, so that all that is searched stays in the cache.
//!
//! Large regions are cut into slabs of slices, whose trees grow in parallel and are then sewn together. What hangs
//! together does not depend on the cut.

use rayon::prelude::*;

use super::depth::depths;
use super::directions::{DIRECTIONS, Space};
use super::links::{Links, PLANE};
use crate::features::discretise::Levels;
use crate::features::roi::Block;

/// Slices are taken together until they have this many voxels; smaller regions are not worth a second thread.
const SLAB_VOXELS: usize = 1 << 17;

/// For each set of links towards earlier neighbours one link of each group of neighbours that touch.
static REPRESENTATIVES: [u16; 1 << DIRECTIONS.len()] = representatives();

/// Voxels that hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tree {
    /// Code of their grey level.
    pub(super) code: u32,
    /// Number of voxels.
    pub(super) size: u32,
    /// Least distance of a voxel from the border.
    pub(super) distance: u16,
}

/// The trees of each slice that has voxels, or those of the volume alone, in no particular order; nothing of a region
/// without voxels.
pub(super) fn trees(levels: &Levels, links: &Links, block: &Block, space: Space) -> Vec<Vec<Tree>> {
    if levels.slices.is_empty() {
        return Vec::new();
    }
    let voxels: usize = levels.slices.iter().map(Vec::len).sum();
    in_slabs(levels, links, block, space, &slabs(&levels.slices, SLAB_VOXELS), voxels > SLAB_VOXELS)
}

fn in_slabs(
    levels: &Levels,
    links: &Links,
    block: &Block,
    space: Space,
    slabs: &[&[Vec<u32>]],
    parallel: bool,
) -> Vec<Vec<Tree>> {
    let depths = depths(block, space);
    let forest = Forest { levels, links, depths: &depths, space };
    let mut grown: Vec<Grown> = if parallel {
        slabs.par_iter().map(|slab| forest.grow(slab)).collect()
    } else {
        slabs.iter().map(|slab| forest.grow(slab)).collect()
    };
    match space {
        Space::Slice => grown.into_iter().flat_map(|g| g.trees).collect(),
        Space::Volume if grown.len() == 1 => grown.remove(0).trees,
        Space::Volume => vec![forest.sewn(slabs, &grown)],
    }
}

/// Runs of slices with at least so many voxels; the last may have fewer.
fn slabs(slices: &[Vec<u32>], voxels: usize) -> Vec<&[Vec<u32>]> {
    let mut slabs = Vec::new();
    let (mut first, mut collected) = (0, 0);
    for (n, slice) in slices.iter().enumerate() {
        collected += slice.len();
        if collected >= voxels || n + 1 == slices.len() {
            slabs.push(&slices[first..=n]);
            (first, collected) = (n + 1, 0);
        }
    }
    slabs
}

struct Forest<'a> {
    levels: &'a Levels,
    links: &'a Links,
    depths: &'a [u16],
    space: Space,
}

/// The trees of a slab.
struct Grown {
    /// Those of each slice, or all.
    trees: Vec<Vec<Tree>>,
    /// Which tree each voxel of the first slice belongs to.
    of_first: Vec<u32>,
    /// Which tree the voxels of the last slice belong to, by place within the slice.
    of_last: Vec<u32>,
}

/// Which trees are one: per tree the number of an earlier one, or its own.
struct Parents(Vec<u32>);

impl Parents {
    /// The root of a tree that was joined with others.
    fn root(&mut self, mut tree: u32) -> u32 {
        loop {
            let parent = self.0[tree as usize];
            let grandparent = self.0[parent as usize];
            if parent == grandparent {
                return parent;
            }
            // Halves the way for those who ask later.
            self.0[tree as usize] = grandparent;
            tree = grandparent;
        }
    }
    /// Joins two trees given by their roots; the earlier stays.
    fn join(&mut self, a: u32, b: u32) -> u32 {
        let (early, late) = (a.min(b), a.max(b));
        self.0[late as usize] = early;
        early
    }
    /// Adds each tree to its root and gives the roots. What is left is for each tree the number of its root among these.
    fn gather(&mut self, trees: &[Tree]) -> Vec<Tree> {
        let mut roots: Vec<Tree> = Vec::new();
        for (n, tree) in trees.iter().enumerate() {
            let parent = self.0[n] as usize;
            if parent == n {
                self.0[n] = roots.len() as u32;
                roots.push(*tree);
            } else {
                // Of an earlier tree, so replaced already.
                self.0[n] = self.0[parent];
                let root = &mut roots[self.0[n] as usize];
                root.size += tree.size;
                root.distance = root.distance.min(tree.distance);
            }
        }
        roots
    }
}

impl Forest<'_> {
    /// Lets the trees of a slab grow.
    fn grow(&self, slab: &[Vec<u32>]) -> Grown {
        let [_, row, plane] = self.levels.strides;
        // Numbers of this slice's trees in one half, of those of the slice before in the other, in turns.
        let mut numbers = vec![0u32; 2 * plane];
        let shifts = [0, 1].map(|half| {
            let mut shifts = [0; u16::BITS as usize + 1];
            for (shift, [x, y, z]) in shifts.iter_mut().zip(DIRECTIONS) {
                *shift = ((half ^ z as usize) * plane) as i64 - x - y * row as i64;
            }
            shifts
        });
        let (mut trees, mut parents) = (Vec::new(), Parents(Vec::new()));
        let mut grown = Grown { trees: Vec::new(), of_first: Vec::new(), of_last: Vec::new() };
        // The number of the next tree that a voxel starts. Each has an entry before it is started.
        let mut next = 0;
        let mut kept = PLANE;
        for (n, slice) in slab.iter().enumerate() {
            let (half, shifts) = (n % 2 * plane, &shifts[n % 2]);
            let start = slice[0] as usize / plane * plane;
            trees.resize(next as usize + slice.len() + 1, Tree { code: 0, size: 0, distance: u16::MAX });
            parents.0.extend(parents.0.len() as u32..trees.len() as u32);
            for &place in slice {
                let (place, within) = (place as usize, place as usize - start);
                let links = self.links.backward[place] & kept;
                let mut earlier = REPRESENTATIVES[usize::from(links) % REPRESENTATIVES.len()];
                let number = |earlier: u16| {
                    numbers[(within as i64 + shifts[earlier.trailing_zeros() as usize]) as usize]
                };
                // Whether a voxel starts a tree cannot be foreseen: both are looked up and one is taken.
                let joined = number(earlier);
                let mut root = parents.root(if links == 0 { next } else { joined });
                next += u32::from(links == 0);
                earlier &= earlier.wrapping_sub(1);
                while earlier != 0 {
                    let other = parents.root(number(earlier));
                    root = parents.join(root, other);
                    earlier &= earlier - 1;
                }
                let tree: &mut Tree = &mut trees[root as usize];
                tree.code = self.levels.codes[place];
                tree.size += 1;
                tree.distance = tree.distance.min(self.depths[place].max(1));
                numbers[half + within] = root;
            }
            match self.space {
                Space::Slice => {
                    grown.trees.push(parents.gather(&trees[..next as usize]));
                    trees.clear();
                    parents.0.clear();
                    next = 0;
                }
                Space::Volume => {
                    if n == 0 {
                        grown.of_first = slice.iter().map(|p| numbers[*p as usize - start]).collect();
                    }
                    // Links from the first slice lead out of the slab, others into the slice before.
                    kept = u16::MAX;
                }
            }
        }
        if self.space == Space::Volume {
            grown.trees.push(parents.gather(&trees[..next as usize]));
            let last = (slab.len() - 1) % 2 * plane;
            let root = |number: &u32| parents.0[*number as usize];
            grown.of_last = numbers[last..last + plane].iter().map(root).collect();
            for number in &mut grown.of_first {
                *number = root(number);
            }
        }
        grown
    }

    /// The trees of all slabs, those as one that are linked across the border between two.
    fn sewn(&self, slabs: &[&[Vec<u32>]], grown: &[Grown]) -> Vec<Tree> {
        let plane = self.levels.strides[2];
        let steps = DIRECTIONS.map(|d| self.levels.step(d) as usize);
        let trees: Vec<Tree> = grown.iter().flat_map(|g| g.trees.iter().flatten().copied()).collect();
        let mut parents = Parents((0..trees.len() as u32).collect());
        let mut before = 0;
        for (slab, pair) in slabs[1..].iter().zip(grown.windows(2)) {
            let here = before + pair[0].trees[0].len() as u32;
            for (&place, number) in slab[0].iter().zip(&pair[1].of_first) {
                let mut earlier = REPRESENTATIVES[usize::from(self.links.backward[place as usize] & !PLANE)];
                while earlier != 0 {
                    let below = place as usize % plane + plane - steps[earlier.trailing_zeros() as usize];
                    let (a, b) = (parents.root(here + number), parents.root(before + pair[0].of_last[below]));
                    parents.join(a, b);
                    earlier &= earlier - 1;
                }
            }
            before = here;
        }
        parents.gather(&trees)
    }
}

/// See [`REPRESENTATIVES`].
const fn representatives() -> [u16; 1 << DIRECTIONS.len()] {
    // Which of the neighbours touch each other.
    let mut touching = [0u16; DIRECTIONS.len()];
    let mut a = 0;
    while a < DIRECTIONS.len() {
        let mut b = 0;
        while b < DIRECTIONS.len() {
            let (p, q) = (DIRECTIONS[a], DIRECTIONS[b]);
            let near = (p[0] - q[0]).abs() <= 1 && (p[1] - q[1]).abs() <= 1 && (p[2] - q[2]).abs() <= 1;
            touching[a] |= (near as u16) << b;
            b += 1;
        }
        a += 1;
    }
    let mut table = [0; 1 << DIRECTIONS.len()];
    let mut links = 1;
    while links < table.len() {
        // The group of the first link, grown until nothing more touches it; the others are those of fewer links.
        let first = links.trailing_zeros();
        let (mut group, mut fresh) = (1u16 << first, 1u16 << first);
        while fresh != 0 {
            let reached = touching[fresh.trailing_zeros() as usize] & links as u16 & !group;
            group |= reached;
            fresh = (fresh & (fresh - 1)) | reached;
        }
        table[links] = table[links & !(group as usize)] | 1 << first;
        links += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};

    #[test]
    fn one_link_of_each_group_of_touching_neighbours_is_enough() {
        assert_eq!(REPRESENTATIVES[0], 0);
        // The neighbour straight below touches all others.
        let below = DIRECTIONS.iter().position(|d| *d == [0, 0, 1]).unwrap();
        for links in (1..1 << DIRECTIONS.len()).filter(|links| links >> below & 1 == 1) {
            assert_eq!(REPRESENTATIVES[links].count_ones(), 1);
        }
        // The four corners below touch nothing but each other's neighbours.
        let corners = DIRECTIONS.iter().enumerate().filter(|(_, d)| d[0] * d[1] != 0 && d[2] == 1);
        let corners = corners.fold(0, |links, (d, _)| links | 1 << d);
        assert_eq!(REPRESENTATIVES[corners], corners as u16);
    }

    #[test]
    fn trees_do_not_depend_on_the_cut_or_on_threads() {
        let sorted = |mut trees: Vec<Vec<Tree>>| {
            for trees in &mut trees {
                trees.sort_unstable();
            }
            trees
        };
        for (seed, spread) in [(1, 1), (2, 2), (3, 3), (4, 6)] {
            let mut block = region(seed, [9, 8, 12], spread);
            // A slice without voxels between slabs.
            block.counted[9 * 8 * 5..9 * 8 * 6].fill(seed == 3);
            let levels = levels(&block);
            let links = Links::of(&levels);
            let of = |voxels: usize, parallel| {
                let slabs = slabs(&levels.slices, voxels);
                sorted(in_slabs(&levels, &links, &block, Space::Volume, &slabs, parallel))
            };
            let together = of(usize::MAX, false);
            for voxels in [1, 50, 100, 300] {
                assert_eq!(of(voxels, false), together);
                assert_eq!(of(voxels, true), together);
            }
            assert_eq!(sorted(trees(&levels, &links, &block, Space::Volume)), together);
        }
    }
}
