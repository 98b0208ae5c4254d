//! Zones: voxels of one grey level that hang together (IBSI 3.8, 3.9), each with its size and its distance from the
//! border of the region. Size zones and distance zones are the same zones.

use super::directions::Space;
use super::forest::{Tree, trees};
use super::links::Links;
use crate::features::discretise::Levels;
use crate::features::roi::Block;

/// Zones of at most this many voxels are counted in a table,
const TABLE_SIZE: usize = 32;
/// or of fewer, so that the table has at most so many cells per zone: a look at a cell costs less than sorting a zone.
const TABLE_CELLS: usize = 8;

/// How many zones have a grey level, a size and a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    /// Grey level.
    pub level: u32,
    /// Number of voxels.
    pub size: u32,
    /// Least number of steps between face neighbours from a voxel of the zone out of the morphological mask.
    pub distance: u32,
    /// Number of zones.
    pub count: u64,
}

/// The zones of a slice, of several, or of the volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    zones: Vec<Zone>,
    voxels: u64,
}

impl Zones {
    /// The zones, ascending by level, size and distance, each of these once.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }
    /// Number of voxels of the intensity mask.
    pub fn voxels(&self) -> u64 {
        self.voxels
    }
    /// The zones of several parts together.
    pub fn merged(parts: &[Self]) -> Self {
        let mut zones: Vec<Zone> = parts.iter().flat_map(|p| p.zones.iter().copied()).collect();
        // Ascending runs: a stable sort merges them.
        zones.sort();
        Self { zones: summed(zones), voxels: parts.iter().map(|p| p.voxels).sum() }
    }
    /// The zones of each slice that has voxels, or those of the volume alone. Grey levels are those of the intensity
    /// mask, distances are measured to the border of the block's morphological mask.
    pub fn of(levels: &Levels, links: &Links, block: &Block, space: Space) -> Vec<Self> {
        let counted = |trees: &[Tree]| Self {
            voxels: trees.iter().map(|t| u64::from(t.size)).sum(),
            zones: counted(trees, &levels.present),
        };
        trees(levels, links, block, space).into_iter().map(|trees| counted(&trees)).collect()
    }
}

/// Counts zones that are alike: small ones, which are most, in a table, the others by sorting.
fn counted(trees: &[Tree], present: &[u32]) -> Vec<Zone> {
    let farthest = trees.iter().map(|t| usize::from(t.distance)).max().unwrap_or(0);
    let most = (TABLE_CELLS * trees.len() / (farthest * present.len()).max(1)).min(TABLE_SIZE);
    let per_level = most * farthest;
    let mut table = vec![0u32; per_level * present.len()];
    let mut zones = Vec::new();
    for tree in trees {
        let (place, size, distance) =
            (tree.code as usize - 1, tree.size as usize, usize::from(tree.distance));
        if size <= most {
            table[place * per_level + (size - 1) * farthest + distance - 1] += 1;
        } else {
            let (level, distance) = (present[place], u32::from(tree.distance));
            zones.push(Zone { level, size: tree.size, distance, count: 1 });
        }
    }
    zones.sort_unstable();
    for (cell, count) in table.into_iter().enumerate().filter(|c| c.1 > 0) {
        let (place, size, distance) =
            (cell / per_level, cell % per_level / farthest + 1, cell % farthest + 1);
        let (size, distance, count) = (size as u32, distance as u32, u64::from(count));
        zones.push(Zone { level: present[place], size, distance, count });
    }
    // Two ascending runs: a stable sort merges them.
    zones.sort();
    summed(zones)
}

/// One zone of those that are alike, of which there may be several in a row.
fn summed(mut zones: Vec<Zone>) -> Vec<Zone> {
    zones.dedup_by(|next, kept| {
        let alike = (next.level, next.size, next.distance) == (kept.level, kept.size, kept.distance);
        if alike {
            kept.count += next.count;
        }
        alike
    });
    zones
}
