//! Voxels of one grey level that hang together, found by union-find along links.
//!
//! Voxels are met in storage order and joined with the linked neighbours that came before them; the earliest voxel of
//! a tree is its root. Linked neighbours that touch each other were joined when the later of them was met, so one link
//! per group of them is enough: mostly one or two of thirteen. Large regions are cut into slabs of slices, whose trees
//! grow in parallel and are then sewn together. What hangs together does not depend on the cut.

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
    /// A voxel of the tree that this one was sewn to, in an earlier slab; 0 where there is none.
    above: u32,
}

/// The trees of each slice that has voxels, or those of the volume alone, in no particular order.
pub(super) fn trees(levels: &Levels, links: &Links, block: &Block, space: Space) -> Vec<Vec<Tree>> {
    let slab_voxels = if space == Space::Slice { 1 } else { SLAB_VOXELS };
    let parallel = levels.slices.iter().map(Vec::len).sum::<usize>() > SLAB_VOXELS;
    in_slabs(levels, links, block, space, &slabs(&levels.slices, slab_voxels), parallel)
}

fn in_slabs(
    levels: &Levels,
    links: &Links,
    block: &Block,
    space: Space,
    slabs: &[&[Vec<u32>]],
    parallel: bool,
) -> Vec<Vec<Tree>> {
    let steps = DIRECTIONS.map(|d| levels.step(d) as u32);
    let mut parents = vec![0; levels.codes.len()];
    let mut grow = || each(cut(slabs, &mut parents), parallel, |slab| grow(slab, links, &steps));
    let depths = if parallel {
        rayon::join(grow, || depths(block, space)).1
    } else {
        grow();
        depths(block, space)
    };
    if space == Space::Volume {
        let mut parents = Parents { places: &mut parents, first: 0 };
        slabs.iter().skip(1).for_each(|slab| sew(&slab[0], &mut parents, links, &steps));
    }
    let gathered = each(cut(slabs, &mut parents), parallel, |slab| gather(slab, &levels.codes, &depths));
    match space {
        Space::Slice => gathered,
        Space::Volume => vec![whole(gathered, slabs, &parents)],
    }
}

/// `f` of each, in order.
fn each<T: Send, R: Send>(parts: Vec<T>, parallel: bool, f: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if parallel { parts.into_par_iter().map(f).collect() } else { parts.into_iter().map(f).collect() }
}

/// Runs of slices with so many voxels together; the last may have fewer.
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

/// A slab with its part of the forest.
struct Slab<'a> {
    slices: &'a [Vec<u32>],
    parents: Parents<'a>,
}

/// Each slab with its part of `places`.
fn cut<'a>(slabs: &[&'a [Vec<u32>]], mut places: &'a mut [u32]) -> Vec<Slab<'a>> {
    let mut cut_off = 0;
    let with_parents = |slices: &&'a [Vec<u32>]| {
        let (first, last) = (first_place(slices), slices.iter().flatten().last().map_or(0, |p| *p));
        let (part, rest) = std::mem::take(&mut places)[(first - cut_off) as usize..]
            .split_at_mut((last - first) as usize + 1);
        (places, cut_off) = (rest, last + 1);
        Slab { slices, parents: Parents { places: part, first } }
    };
    slabs.iter().map(with_parents).collect()
}

/// A slab has slices, and a slice has voxels.
fn first_place(slab: &[Vec<u32>]) -> u32 {
    slab[0][0]
}

/// Per storage place the place of a voxel of the same tree that is not later; a root's own place.
struct Parents<'a> {
    places: &'a mut [u32],
    /// What the first of them is of.
    first: u32,
}

impl Parents<'_> {
    fn get(&self, place: u32) -> u32 {
        self.places[(place - self.first) as usize]
    }
    fn set(&mut self, place: u32, to: u32) {
        self.places[(place - self.first) as usize] = to;
    }
    /// The root of a voxel's tree. Halves the way to it for those who ask later.
    fn root(&mut self, mut place: u32) -> u32 {
        loop {
            let parent = self.get(place);
            let grandparent = self.get(parent);
            if parent == grandparent {
                return parent;
            }
            self.set(place, grandparent);
            place = grandparent;
        }
    }
    /// Makes the trees of these links one with the tree of a root; the root of both together.
    fn join(&mut self, mut root: u32, place: u32, mut links: u16, steps: &[u32; DIRECTIONS.len()]) -> u32 {
        while links != 0 {
            let other = self.root(place - steps[links.trailing_zeros() as usize]);
            let (early, late) = (root.min(other), root.max(other));
            self.set(late, early);
            root = early;
            links &= links - 1;
        }
        root
    }
}

/// Joins the voxels of a slab.
fn grow(mut slab: Slab, links: &Links, steps: &[u32; DIRECTIONS.len()]) {
    let mut kept = PLANE;
    for slice in slab.slices {
        for &place in slice {
            let earlier = REPRESENTATIVES[usize::from(links.backward[place as usize] & kept)];
            let root = if earlier == 0 {
                place
            } else {
                let root = slab.parents.root(place - steps[earlier.trailing_zeros() as usize]);
                slab.parents.join(root, place, earlier & (earlier - 1), steps)
            };
            slab.parents.set(place, root);
        }
        // Links from the first slice lead out of the slab.
        kept = u16::MAX;
    }
}

/// Joins the voxels of a slab's first slice with those of the slab before.
fn sew(slice: &[u32], parents: &mut Parents, links: &Links, steps: &[u32; DIRECTIONS.len()]) {
    for &place in slice {
        let earlier = REPRESENTATIVES[usize::from(links.backward[place as usize] & !PLANE)];
        if earlier != 0 {
            let root = parents.root(place);
            parents.join(root, place, earlier, steps);
        }
    }
}

/// The trees of a slab. Puts the number of its tree in the place of each voxel's parent.
fn gather(mut slab: Slab, codes: &[u32], depths: &[u16]) -> Vec<Tree> {
    let mut trees: Vec<Tree> = Vec::new();
    for &place in slab.slices.iter().flatten() {
        let parent = slab.parents.get(place);
        let outside = parent < slab.parents.first;
        // A parent is no later voxel: its tree has its number already.
        let tree = if parent == place || outside {
            let above = if outside { parent } else { 0 };
            trees.push(Tree { code: codes[place as usize], size: 0, distance: u16::MAX, above });
            trees.len() - 1
        } else {
            slab.parents.get(parent) as usize
        };
        slab.parents.set(place, tree as u32);
        trees[tree].size += 1;
        trees[tree].distance = trees[tree].distance.min(depths[place as usize].max(1));
    }
    trees
}

/// Trees that were sewn together as one. `numbers` are those of the voxels' trees, each within its slab.
fn whole(mut gathered: Vec<Vec<Tree>>, slabs: &[&[Vec<u32>]], numbers: &[u32]) -> Vec<Tree> {
    if gathered.len() == 1 {
        return gathered.remove(0);
    }
    let mut starts = vec![0];
    starts.extend(gathered.iter().scan(0, |sum, trees| {
        *sum += trees.len();
        Some(*sum)
    }));
    let mut trees = gathered.concat();
    let mut roots: Vec<usize> = (0..trees.len()).collect();
    for n in 0..trees.len() {
        let Tree { above, size, distance, .. } = trees[n];
        if above > 0 {
            // The tree above is of an earlier slab: its root is known.
            let slab = slabs.partition_point(|s| first_place(s) <= above) - 1;
            roots[n] = roots[starts[slab] + numbers[above as usize] as usize];
            let root = &mut trees[roots[n]];
            root.size += size;
            root.distance = root.distance.min(distance);
        }
    }
    trees.retain(|t| t.above == 0);
    trees
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
            trees.iter_mut().for_each(|t| t.sort_unstable());
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
