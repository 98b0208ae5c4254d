//! Which neighbours of a voxel have its grey level: what runs, zones and dependences are made of.
//!
//! Whole slices are compared with what lies one step away, many voxels at once. What is counted afterwards looks at
//! linked voxels alone.

use rayon::prelude::*;

use super::directions::{DIRECTIONS, IN_PLANE};
use crate::features::discretise::Levels;

/// The bits of a link set that belong to directions in the plane.
pub const PLANE: u16 = (1 << IN_PLANE) - 1;

/// Boxes with at least this many voxels are shared out among threads, by slice.
const SHARED_OUT: usize = 1 << 15;

/// Per storage place of [`Levels`] the directions in which its neighbour has the same grey level, as bits: bit `d`
/// stands for `DIRECTIONS[d]`. Outside the region no bit is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Towards the neighbour that comes later in storage.
    pub forward: Vec<u16>,
    /// Towards the opposite neighbour: bit `d` is set where the forward bit `d` of that neighbour is.
    pub backward: Vec<u16>,
}

impl Links {
    /// Compares every voxel with its neighbours.
    pub fn of(levels: &Levels) -> Self {
        // Narrow codes compare twice as fast; the place of a level fits wherever there are not more than these.
        if levels.present.len() < usize::from(u16::MAX) {
            let narrow: Vec<u16> = levels.codes.iter().map(|c| *c as u16).collect();
            Self::compared(&narrow, levels)
        } else {
            Self::compared(&levels.codes, levels)
        }
    }

    fn compared<T: Copy + PartialEq + Default + Sync>(codes: &[T], levels: &Levels) -> Self {
        let steps = DIRECTIONS.map(|d| levels.step(d) as usize);
        let plane = levels.strides[2];
        let mut links = Self { forward: vec![0; codes.len()], backward: vec![0; codes.len()] };
        let compare = |(n, (forward, backward)): (usize, (&mut [u16], &mut [u16]))| {
            let Ok(slice) = levels.slices.binary_search_by_key(&n, |s| s[0] as usize / plane) else { return };
            // From the first voxel of the slice to its last: the border holds what both have as neighbours.
            let slice = &levels.slices[slice];
            let (from, to) = (slice[0] as usize, slice[slice.len() - 1] as usize + 1);
            let part = from - n * plane..to - n * plane;
            let here = &codes[from..to];
            compare_all(here, steps.map(|s| &codes[from + s..to + s]), &mut forward[part.clone()]);
            compare_all(here, steps.map(|s| &codes[from - s..to - s]), &mut backward[part]);
        };
        if codes.len() < SHARED_OUT {
            links
                .forward
                .chunks_mut(plane)
                .zip(links.backward.chunks_mut(plane))
                .enumerate()
                .for_each(compare);
        } else {
            let planes = links.forward.par_chunks_mut(plane).zip(links.backward.par_chunks_mut(plane));
            planes.enumerate().for_each(compare);
        }
        links
    }
}

/// Sets bit `d` where a voxel has the grey level of its neighbour in direction `d`.
fn compare_all<T: Copy + PartialEq + Default>(
    here: &[T],
    there: [&[T]; DIRECTIONS.len()],
    links: &mut [u16],
) {
    // Equal lengths, seen by the compiler, let it compare many voxels at once.
    let (n, outside) = (here.len(), T::default());
    let there = there.map(|neighbours| &neighbours[..n]);
    let links = &mut links[..n];
    for voxel in 0..n {
        let mut equal = 0;
        for d in 0..DIRECTIONS.len() {
            equal |= u16::from(here[voxel] == there[d][voxel]) << d;
        }
        links[voxel] = if here[voxel] == outside { 0 } else { equal };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};

    #[test]
    fn links_join_equal_neighbours_and_no_others() {
        for (seed, spread) in [(1, 2), (2, 5), (3, 70_000)] {
            let levels = levels(&region(seed, [7, 5, 4], spread));
            let links = Links::of(&levels);
            for place in 0..levels.codes.len() {
                for (d, direction) in DIRECTIONS.iter().enumerate() {
                    let there = place as i64 + levels.step(*direction);
                    let code = levels.codes[place];
                    let equal = code > 0 && levels.codes.get(there as usize) == Some(&code);
                    assert_eq!(links.forward[place] >> d & 1 == 1, equal, "{place} {direction:?}");
                    if equal {
                        assert_eq!(links.backward[there as usize] >> d & 1, 1);
                    }
                }
            }
            let count = |bits: &[u16]| bits.iter().map(|b| b.count_ones()).sum::<u32>();
            assert_eq!(count(&links.forward), count(&links.backward));
            assert_eq!(Links::compared(&levels.codes, &levels), links);
        }
    }
}
