//! The largest distance within one slice: what is measured on the scanner's console as a lesion's longest diameter.
//!
//! A slice is the plane through the centres of a layer of voxels. There the surface mesh has its vertices halfway
//! between a voxel of the region and a neighbour in the layer that is outside. Vertices half way between two layers
//! lie in no slice: a distance between two of them may lead from a voxel of one slice to a voxel of the other.

use super::diameter::largest_distance;
use super::rows::Rows;

type Place = [i64; 2];

/// The largest distance in mm between two vertices of the surface mesh that lie in one slice across the axis
/// `across`, the second (1) or the third (2) of `rows`; zero for an empty region.
///
/// ```
/// use delta_radiomics::features::shape::{axial::longest_in_a_slice, rows::Rows};
/// // Two voxels on top of each other: within a slice, each is 1 mm wide and 2 mm deep.
/// let tower = Rows::of(&[true; 2], [1, 1, 2]);
/// assert_eq!(longest_in_a_slice(&tower, [1.0, 2.0, 5.0], 2), 2.0);
/// // Across the second axis they lie in one slice, 2 x 5 mm high.
/// assert_eq!(longest_in_a_slice(&tower, [1.0, 2.0, 5.0], 1), 10.0);
/// ```
pub fn longest_in_a_slice(rows: &Rows, spacing_mm: [f64; 3], across: usize) -> f64 {
    let [_, ny, nz] = rows.dims();
    let (slices, rows_of_one) = if across == 1 { (ny, nz) } else { (nz, ny) };
    let spacing = [spacing_mm[0], spacing_mm[if across == 1 { 2 } else { 1 }]];
    let mut longest = 0.0_f64;
    for slice in 0..slices {
        let ends = (0..rows_of_one).filter_map(|row| {
            let (j, k) = if across == 1 { (slice, row) } else { (row, slice) };
            rows.ends(j, k).map(|(first, last)| [first, last].map(|i| [2 * i as i64, 2 * row as i64]))
        });
        let points = millimetres(&outline(ends), spacing);
        if diagonal(&points) > longest {
            longest = longest.max(largest_distance(&points));
        }
    }
    longest
}

/// The places, in half voxels, that hold all corners of the hull of a slice's vertices, from the first and the last
/// voxel of each of its rows. Some are no vertices, but lie between voxels of the region and so within the hull.
fn outline(ends: impl Iterator<Item = [Place; 2]>) -> Vec<Place> {
    let around = |[[first, row], [last, _]]: [Place; 2]| {
        let above_and_below = [first, last].into_iter().flat_map(move |i| [[i, row - 1], [i, row + 1]]);
        [[first - 1, row], [last + 1, row]].into_iter().chain(above_and_below)
    };
    ends.flat_map(around).collect()
}

fn millimetres(places: &[Place], spacing_mm: [f64; 2]) -> Vec<[f64; 3]> {
    let half = |n: i64, spacing: f64| n as f64 / 2.0 * spacing;
    places.iter().map(|[i, row]| [half(*i, spacing_mm[0]), half(*row, spacing_mm[1]), 0.0]).collect()
}

/// The diagonal of the box around points, a little longer than it is: no distance can exceed it.
fn diagonal(points: &[[f64; 3]]) -> f64 {
    let extent = |a: usize| {
        let (low, high) = points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[a]), high.max(p[a])));
        (high - low).max(0.0)
    };
    (extent(0) * extent(0) + extent(1) * extent(1)).sqrt() * (1.0 + 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_the_diagonal_of_its_slice_less_the_cut_corners() {
        let rows = Rows::of(&[true; 6 * 4 * 9], [6, 4, 9]);
        // Across: 12 x 8 mm with corners cut by half a voxel; from one cut to the other.
        let in_plane = (12.0_f64 * 12.0 + 6.0 * 6.0).sqrt();
        assert_eq!(longest_in_a_slice(&rows, [2.0, 2.0, 5.0], 2), in_plane);
        let upright = (10.0_f64 * 10.0 + 45.0 * 45.0).sqrt();
        assert_eq!(longest_in_a_slice(&rows, [2.0, 2.0, 5.0], 1), upright);
    }

    #[test]
    fn nothing_has_no_diameter() {
        assert_eq!(longest_in_a_slice(&Rows::of(&[false; 8], [2, 2, 2]), [1.0; 3], 2), 0.0);
        assert_eq!(longest_in_a_slice(&Rows::of(&[], [0, 0, 0]), [1.0; 3], 1), 0.0);
    }
}
