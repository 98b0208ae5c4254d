//! How far a voxel lies from the border of a region, in steps between face neighbours (IBSI 3.9).
//!
//! The distance is separable: the distances along rows are lowered along columns, and the result along slices, each by
//! one pass forwards and one backwards. A row's distances follow from the ends of its runs of voxels; the other
//! passes compare whole rows, so that the compiler can compare many voxels at once.

use rayon::prelude::*;

use super::directions::Space;
use crate::features::roi::Block;

/// Blocks with more voxels than this are worth a second thread.
const PARALLEL_VOXELS: usize = 1 << 18;

/// So many voxels fit the second-level cache with room to spare.
const CACHED_VOXELS: usize = 1 << 17;

/// Steps from each voxel of the morphological mask to the nearest voxel outside of it, at least 1; what lies outside
/// of the block is outside of the mask. 0 outside. In a slice no step leads across slices.
///
/// Stored as [`Levels`](crate::features::discretise::Levels) are: with a border of one voxel on every side.
pub fn depths(block: &Block, space: Space) -> Vec<u16> {
    let [nx, ny, nz] = block.dims.map(|n| n + 2);
    let plane = nx * ny;
    // Twice a distance is at most the second longest side of the block, and 2^28 voxels have no room for two sides
    // of 2^16.
    let mut depths = vec![0; plane * nz];
    let up: Vec<u16> = (1..=block.dims[0]).map(|n| n.min(usize::from(u16::MAX)) as u16).collect();
    let down: Vec<u16> = up.iter().rev().copied().collect();
    let parallel = depths.len() > PARALLEL_VOXELS;
    let of_plane = |(k, plane): (usize, &mut [u16])| {
        if (1..nz - 1).contains(&k) {
            let inside = &block.region[(k - 1) * block.dims[0] * block.dims[1]..];
            fill_rows(plane, inside, block.dims, &up, &down);
            lower(&mut plane.chunks_exact_mut(nx).collect::<Vec<_>>());
        }
    };
    if parallel {
        depths.par_chunks_exact_mut(plane).enumerate().for_each(of_plane);
    } else {
        depths.chunks_exact_mut(plane).enumerate().for_each(of_plane);
    }
    if space == Space::Volume {
        // Bands of rows through all slices, each small enough to stay in the cache.
        let band = nx * (CACHED_VOXELS / (nx * nz)).clamp(1, ny);
        let mut bands: Vec<Vec<&mut [u16]>> =
            (0..plane.div_ceil(band)).map(|_| Vec::with_capacity(nz)).collect();
        for plane in depths.chunks_exact_mut(plane) {
            for (parts, part) in bands.iter_mut().zip(plane.chunks_mut(band)) {
                parts.push(part);
            }
        }
        if parallel {
            bands.par_iter_mut().for_each(|band| lower(band));
        } else {
            for band in &mut bands {
                lower(band);
            }
        }
    }
    depths
}

/// Distances within the rows of a plane, the border left alone. `inside` starts with the plane's voxels, `up` counts
/// from 1 to the length of a row.
fn fill_rows(plane: &mut [u16], inside: &[bool], [nx, ny, _]: [usize; 3], up: &[u16], down: &[u16]) {
    let rows = plane.chunks_exact_mut(nx + 2).skip(1);
    for (row, inside) in rows.zip(inside.chunks_exact(nx)).take(ny) {
        let mut end = 0;
        while end < nx {
            let start = end + alike(&inside[end..], false);
            end = start + alike(&inside[start..], true);
            let (rising, falling) = row[start + 1..=end].split_at_mut((end - start) / 2);
            rising.copy_from_slice(&up[..rising.len()]);
            falling.copy_from_slice(&down[nx - falling.len()..]);
        }
    }
}

/// How many of the first voxels are all inside, or all outside.
fn alike(inside: &[bool], value: bool) -> usize {
    let eights = inside.chunks_exact(8).take_while(|c| **c == [value; 8]).count() * 8;
    eights + inside[eights..].iter().take_while(|i| **i == value).count()
}

/// Lowers each line to at most one more than the lines before and behind it.
fn lower(lines: &mut [&mut [u16]]) {
    for n in 1..lines.len() {
        let (before, here) = lines.split_at_mut(n);
        lower_line(here[0], before[n - 1]);
    }
    for n in (1..lines.len()).rev() {
        let (here, behind) = lines.split_at_mut(n);
        lower_line(here[n - 1], behind[0]);
    }
}

fn lower_line(line: &mut [u16], beside: &[u16]) {
    for (depth, beside) in line.iter_mut().zip(beside) {
        *depth = (*depth).min(beside.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::region;

    /// Least number of steps to any voxel outside, by looking at all.
    fn plain(block: &Block, voxel: [usize; 3], space: Space) -> u16 {
        let [nx, ny, nz] = block.dims.map(|n| n as i64);
        let inside = |v: [i64; 3]| {
            let within = v.iter().zip([nx, ny, nz]).all(|(v, n)| (0..n).contains(v));
            within && block.region[(v[0] + nx * (v[1] + ny * v[2])) as usize]
        };
        let mut least = i64::MAX;
        for k in -1..=nz {
            for j in -1..=ny {
                for i in -1..=nx {
                    let step: i64 = [i, j, k].into_iter().zip(voxel).map(|(a, b)| (a - b as i64).abs()).sum();
                    let reachable = space == Space::Volume || k == voxel[2] as i64;
                    if reachable && !inside([i, j, k]) {
                        least = least.min(step);
                    }
                }
            }
        }
        least as u16
    }

    #[test]
    fn a_depth_is_the_least_number_of_steps_to_a_voxel_outside() {
        let mut full = region(5, [9, 7, 6], 4);
        full.region.fill(true);
        full.region[9 * 7 * 3 + 9 * 3 + 4] = false;
        for block in [full, region(6, [6, 5, 4], 4), region(7, [1, 1, 1], 4), region(8, [12, 1, 3], 4)] {
            let [nx, ny, _] = block.dims.map(|n| n + 2);
            for space in [Space::Slice, Space::Volume] {
                let depths = depths(&block, space);
                let mut counted = 0;
                for voxel in block.region_voxels() {
                    let place = voxel[0] + 1 + nx * (voxel[1] + 1 + ny * (voxel[2] + 1));
                    assert_eq!(depths[place], plain(&block, voxel, space), "{voxel:?} {space:?}");
                    counted += 1;
                }
                assert_eq!(depths.iter().filter(|d| **d > 0).count(), counted);
            }
        }
    }

    #[test]
    fn large_blocks_are_measured_in_bands_with_the_same_result() {
        // A box without holes: the distance to the nearest face. A row may be longer than the greatest distance.
        for dims in [[90, 80, 70], [70_000, 3, 3]] {
            let n = dims.iter().product();
            let block = Block {
                dims,
                spacing_mm: [1.0; 3],
                region: vec![true; n],
                counted: vec![true; n],
                intensities: vec![0.0; n],
            };
            let [nx, ny, _] = dims.map(|n| n + 2);
            let depths = depths(&block, Space::Volume);
            for voxel in block.region_voxels() {
                let place = voxel[0] + 1 + nx * (voxel[1] + 1 + ny * (voxel[2] + 1));
                let nearest = (0..3).map(|a| (voxel[a] + 1).min(dims[a] - voxel[a])).min();
                assert_eq!(Some(usize::from(depths[place])), nearest);
            }
        }
    }
}
