//! On how many of its neighbours a voxel depends, counted per grey level (IBSI 3.11).
//!
//! A neighbour one step away (Chebyshev distance 1) is depended on where its grey level is the same (coarseness 0),
//! which its link says. The voxel counts too, so that a dependence is at least 1, and at most 27 in the volume or 9
//! in the plane.

use super::directions::DIRECTIONS;
use super::links::{Links, PLANE};
use crate::features::discretise::Levels;

/// The largest dependence: both neighbours in each direction, and the voxel.
const MOST: usize = 2 * DIRECTIONS.len() + 1;
/// Up to this many levels present, dependences are counted in a table; beyond, by sorting.
const TABLE_LEVELS: usize = 1 << 12;

/// How many voxels have a grey level and a dependence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependence {
    /// Place of the level in [`Levels::present`].
    pub place: u32,
    /// One more than the number of neighbours with this level.
    pub dependence: u32,
    /// Number of voxels.
    pub count: u64,
}

/// Dependences of a slice or of a region, ascending by level and dependence, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DependenceCounts(Vec<Dependence>);

impl DependenceCounts {
    /// Of the whole region, among all 26 neighbours.
    pub fn in_space(levels: &Levels, links: &Links) -> Self {
        Self::of(levels, links, u16::MAX, levels.slices.iter().flatten())
    }
    /// Per slice with voxels, among the eight neighbours in its plane.
    pub fn by_slice(levels: &Levels, links: &Links) -> Vec<Self> {
        levels.slices.iter().map(|slice| Self::of(levels, links, PLANE, slice.iter())).collect()
    }
    /// The sum of several counts.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all: Vec<Dependence> = parts.into_iter().flat_map(|p| p.0.iter().copied()).collect();
        all.sort_unstable();
        all.dedup_by(|next, kept| {
            let same = (next.place, next.dependence) == (kept.place, kept.dependence);
            if same {
                kept.count += next.count;
            }
            same
        });
        Self(all)
    }
    /// The counts.
    pub fn counts(&self) -> &[Dependence] {
        &self.0
    }

    fn of<'a>(
        levels: &Levels,
        links: &Links,
        directions: u16,
        places: impl Iterator<Item = &'a u32> + Clone,
    ) -> Self {
        let keys = places.map(|&place| {
            let place = place as usize;
            let both = u32::from(links.forward[place] & directions) << u16::BITS
                | u32::from(links.backward[place] & directions);
            (levels.codes[place] as usize - 1) * MOST + both.count_ones() as usize
        });
        let dependence = |key: usize, count| Dependence {
            place: (key / MOST) as u32,
            dependence: (key % MOST) as u32 + 1,
            count,
        };
        if levels.present.len() <= TABLE_LEVELS {
            let mut table = vec![0u64; levels.present.len() * MOST];
            for key in keys {
                table[key] += 1;
            }
            let filled = table.into_iter().enumerate().filter(|cell| cell.1 > 0);
            return Self(filled.map(|(key, count)| dependence(key, count)).collect());
        }
        let mut keys: Vec<usize> = keys.collect();
        keys.sort_unstable();
        Self(keys.chunk_by(|a, b| a == b).map(|run| dependence(run[0], run.len() as u64)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};

    #[test]
    fn very_many_levels_are_counted_as_few_are() {
        let levels = levels(&region(3, [20, 20, 20], 9000));
        assert!(levels.present.len() > TABLE_LEVELS);
        let links = Links::of(&levels);
        let counts = DependenceCounts::in_space(&levels, &links);
        let mut plain = std::collections::BTreeMap::new();
        for &place in levels.slices.iter().flatten() {
            let code = levels.codes[place as usize];
            let steps = DIRECTIONS.iter().flat_map(|d| [levels.step(*d), -levels.step(*d)]);
            let equal = steps.filter(|s| levels.codes[(i64::from(place) + s) as usize] == code).count();
            *plain.entry((code - 1, equal as u32 + 1)).or_insert(0) += 1;
        }
        let got: Vec<_> = counts.counts().iter().map(|c| ((c.place, c.dependence), c.count)).collect();
        assert_eq!(got, plain.into_iter().collect::<Vec<_>>());
        let slices = DependenceCounts::by_slice(&levels, &links);
        let voxels = |counts: &DependenceCounts| counts.counts().iter().map(|c| c.count).sum::<u64>();
        assert_eq!(voxels(&DependenceCounts::merged(&slices)), voxels(&counts));
    }
}
