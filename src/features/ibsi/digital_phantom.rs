//! The digital phantom (IBSI reference manual 5.1): 80 voxels, 74 of them in the region, small enough to count by hand.

use nalgebra::Matrix4;

use crate::geometry::Grid;
use crate::labels::Mask;
use crate::volume::Volume;

/// Columns, rows, slices.
const DIMS: [usize; 3] = [5, 4, 4];

/// Edge of a voxel.
const SPACING_MM: f64 = 2.0;

/// Grey levels: four slices, from the feet to the head, of four rows.
const LEVELS: [[[u8; 5]; 4]; 4] = [
    [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [1, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 9, 1, 1], [1, 1, 6, 1, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
];

/// The region: 1 inside. The level 9, among others, is left out.
const REGION: [[[u8; 5]; 4]; 4] = [
    [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
    [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]],
    [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
];

/// The phantom's image and region.
///
/// ```
/// let (image, region) = delta_radiomics::features::ibsi::digital_phantom();
/// assert_eq!((image.grid().len(), region.count()), (80, 74));
/// assert_eq!((image.at(2, 2, 2), region.contains([2, 2, 2])), (9.0, false));
/// ```
pub fn digital_phantom() -> (Volume<f32>, Mask) {
    // Columns run to the left and rows to the back, as the standard's file says.
    let mut affine = Matrix4::from_diagonal_element(SPACING_MM);
    (affine[(0, 0)], affine[(1, 1)], affine[(3, 3)]) = (-SPACING_MM, -SPACING_MM, 1.0);
    let grid = Grid::new(DIMS, affine).expect("2 mm is a spacing");
    let region: Vec<u8> = REGION.as_flattened().as_flattened().to_vec();
    let mask = Mask::from_fn(grid.clone(), |offset| region[offset] == 1);
    let levels = LEVELS.as_flattened().as_flattened().iter().map(|level| f32::from(*level)).collect();
    (Volume::new(grid, levels), mask)
}
