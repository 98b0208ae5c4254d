//! Several carried regions in one file.

use crate::geometry::Frame;
use crate::labels::Mask;
use crate::volume::Volume;

/// Two regions that share voxels, so that one label per voxel cannot hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Place of the one in the list of regions.
    pub first: usize,
    /// Place of the other.
    pub second: usize,
    /// Number of voxels that both hold.
    pub voxels: usize,
}

/// Writes regions on one grid into a label map: region `n` of the list has label `labels[n]`.
///
/// Where two overlap, the first such pair is given instead: each structure then needs a file of its own. `None` for
/// an empty list, which has no grid.
///
/// # Panics
/// Where there is not one label per region, or the grids differ: defects of the caller.
pub fn label_map<F: Frame>(masks: &[Mask<F>], labels: &[u32]) -> Option<Result<Volume<u32, F>, Overlap>> {
    assert_eq!(masks.len(), labels.len(), "one label per region");
    let grid = masks.first()?.grid().clone();
    for (second, b) in masks.iter().enumerate() {
        assert_eq!(b.grid().dims(), grid.dims(), "all regions on one grid");
        for (first, a) in masks[..second].iter().enumerate() {
            let voxels = a.overlap(b);
            if voxels > 0 {
                return Some(Err(Overlap { first, second, voxels }));
            }
        }
    }
    let mut map = Volume::filled(grid, 0);
    let values = map.values_mut();
    for (mask, &label) in masks.iter().zip(labels) {
        for offset in mask.offsets() {
            values[offset] = label;
        }
    }
    Some(Ok(map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};

    fn region(voxels: &[usize]) -> Mask {
        Mask::from_offsets(Grid::<Own>::axis_aligned([4, 2, 1], [1.0; 3], [0.0; 3]).unwrap(), voxels)
    }

    #[test]
    fn regions_apart_share_a_map() {
        let map = label_map(&[region(&[0, 1]), region(&[5]), region(&[])], &[3, 1, 2]).unwrap().unwrap();
        assert_eq!(map.values(), [3, 3, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn regions_that_overlap_are_named() {
        let found = label_map(&[region(&[0]), region(&[1, 2, 3]), region(&[2, 3])], &[1, 2, 3]);
        assert_eq!(found, Some(Err(Overlap { first: 1, second: 2, voxels: 2 })));
        assert_eq!(label_map::<Own>(&[], &[]), None);
    }
}
