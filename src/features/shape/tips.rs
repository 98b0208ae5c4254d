//! The few vertices of a region's surface that can be corners of its convex hull.
//!
//! The surface has a vertex halfway between a voxel of the region and each of its six neighbours that is outside:
//! a tip of the voxel. The hull of all vertices is the hull of the region's voxel centres, grown by the octahedron
//! of one voxel, so its corners are tips of corners of the voxels' hull. Two laws leave few of them:
//! - a corner of the hull of all voxels is a corner of the planar hull of its slice;
//! - towards a corner the outward normals `n` fill a solid cone. If the tip in direction `d` is the corner, `n_d`
//!   is there the largest component, so a voxel of the region at `v + d`, or beside that at `v + d + e`, where `e`
//!   is one step along another axis, would lie at least as far out as `v`.
//!
//! Places are in half voxels from the centre of the box's first voxel: whole numbers.

use super::rows::Rows;

/// A place in half voxels.
pub type Place = [i64; 3];

/// Vertices of the surface around `rows` among which are all corners of its convex hull.
///
/// ```
/// use delta_radiomics::features::shape::{rows::Rows, tips::outermost_tips};
/// let mut tips = outermost_tips(&Rows::of(&[true; 2], [2, 1, 1]));
/// tips.sort();
/// tips.dedup();
/// // The ends of the row, and four tips around each of its voxels.
/// assert_eq!(tips.len(), 10);
/// assert_eq!((tips[0], tips[9]), ([-1, 0, 0], [3, 0, 0]));
/// ```
pub fn outermost_tips(rows: &Rows) -> Vec<Place> {
    let [_, ny, nz] = rows.dims();
    let mut tips = Vec::new();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for k in 0..nz {
        left.clear();
        right.clear();
        for j in 0..ny {
            if let Some((first, last)) = rows.ends(j, k) {
                extend(&mut left, [-(first as i64), j as i64]);
                extend(&mut right, [last as i64, j as i64]);
            }
        }
        for &[i, j] in &left {
            push_tips(rows, [-i, j, k as i64], &mut tips);
        }
        for &[i, j] in &right {
            push_tips(rows, [i, j, k as i64], &mut tips);
        }
    }
    tips
}

/// Adds the next row's end to the side of a planar hull that looks towards the first axis; rows ascend.
fn extend(side: &mut Vec<[i64; 2]>, end: [i64; 2]) {
    while let [.., a, b] = side[..] {
        let bulge = (b[0] - a[0]) * (end[1] - a[1]) - (end[0] - a[0]) * (b[1] - a[1]);
        if bulge > 0 {
            break;
        }
        side.pop();
    }
    side.push(end);
}

/// The tips of `voxel` that the second law above leaves.
fn push_tips(rows: &Rows, voxel: [i64; 3], tips: &mut Vec<Place>) {
    for axis in 0..3 {
        for step in [-1, 1] {
            let mut ahead = voxel;
            ahead[axis] += step;
            let covered = rows.contains(ahead)
                || [1, 2].iter().any(|other| {
                    let across = (axis + other) % 3;
                    [-1, 1].iter().any(|aside| {
                        let mut beside = ahead;
                        beside[across] += aside;
                        rows.contains(beside)
                    })
                });
            if !covered {
                let mut tip = voxel.map(|c| 2 * c);
                tip[axis] += step;
                tips.push(tip);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::features::shape::hull::Hull;
    use crate::numeric::random::Random;

    /// Every vertex of the surface that lies on an edge between two voxels.
    pub fn all_tips(rows: &Rows) -> Vec<Place> {
        let [nx, ny, nz] = rows.dims().map(|n| n as i64);
        let mut tips = Vec::new();
        for v in (0..nx * ny * nz).map(|o| [o % nx, o / nx % ny, o / (nx * ny)]).filter(|v| rows.contains(*v))
        {
            for (axis, step) in [(0, -1), (0, 1), (1, -1), (1, 1), (2, -1), (2, 1)] {
                let mut ahead = v;
                ahead[axis] += step;
                if !rows.contains(ahead) {
                    tips.push(std::array::from_fn(|a| v[a] + ahead[a]));
                }
            }
        }
        tips
    }

    #[test]
    fn the_few_tips_have_the_hull_of_all_vertices() {
        let mut random = Random::seeded(8);
        for dims in [[1, 1, 1], [5, 1, 1], [1, 6, 1], [1, 1, 4], [4, 5, 1], [1, 4, 5], [6, 5, 4], [9, 9, 9]] {
            for share in [0.02, 0.1, 0.4, 0.9, 1.0] {
                let n: usize = dims.iter().product();
                let mut region: Vec<bool> = (0..n).map(|_| random.uniform() < share).collect();
                region[n / 2] = true;
                let rows = Rows::of(&region, dims);
                let hull = Hull::of(&outermost_tips(&rows)).unwrap();
                let plain = Hull::of(&all_tips(&rows)).unwrap();
                assert_eq!(hull.corners(), plain.corners(), "{dims:?} {share}");
            }
        }
    }
}
