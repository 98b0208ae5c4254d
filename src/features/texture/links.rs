//! Which neighbours of a voxel have its grey level: what runs, zones and dependences are made of.
//!
//! Both are found in one pass per direction that compares whole rows of grey levels, so that the compiler can compare
//! many voxels at once. What is counted afterwards looks at linked voxels alone.

use super::directions::{DIRECTIONS, IN_PLANE};
use crate::features::discretise::Levels;

/// The bits of a link set that belong to directions in the plane.
pub const PLANE: u16 = (1 << IN_PLANE) - 1;

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

    fn compared<T: Copy + PartialEq + Default>(codes: &[T], levels: &Levels) -> Self {
        let outside = T::default();
        let mut links = Self { forward: vec![0; codes.len()], backward: vec![0; codes.len()] };
        let row = levels.strides[1];
        for start in (row..codes.len().saturating_sub(row)).step_by(row) {
            // The first and last voxel of a row are border.
            let (from, to) = (start + 1, start + row - 1);
            if codes[from..to].iter().all(|c| *c == outside) {
                continue;
            }
            for (d, direction) in DIRECTIONS.iter().enumerate() {
                let step = levels.step(*direction) as usize;
                if to + step > codes.len() {
                    continue; // The last plane is border: nothing lies beyond it.
                }
                let (here, there) = (&codes[from..to], &codes[from + step..to + step]);
                let forward = &mut links.forward[from..to];
                let backward = &mut links.backward[from + step..to + step];
                for (((a, b), f), g) in here.iter().zip(there).zip(forward).zip(backward) {
                    let bit = u16::from(a == b && *a != outside) << d;
                    *f |= bit;
                    *g |= bit;
                }
            }
        }
        links
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
