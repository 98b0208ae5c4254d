//! Test only: how the reference data are read and with which settings they were measured.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use nalgebra::Matrix4;

use crate::features::ibsi::configuration;
use crate::features::settings::ResolvedMeasurement;
use crate::geometry::Grid;
use crate::labels::Mask;
use crate::record::Aggregation;
pub use crate::reference::folder;
use crate::volume::Volume;

/// Rows of a CSV without quotes, the header first.
pub fn csv(path: PathBuf) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect()
}

/// Voxel values of a little-endian NIfTI-1 file, with its grid.
fn nifti(path: PathBuf) -> (Grid, Vec<f32>) {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let short = |at: usize| i16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    let float = |at: usize| f64::from(f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    let dims: [usize; 3] = std::array::from_fn(|a| short(42 + 2 * a) as usize);
    let affine = Matrix4::from_fn(|row, column| match row {
        3 => f64::from(u8::from(column == 3)),
        _ => float(280 + 16 * row + 4 * column),
    });
    let (slope, intercept) = match float(112) {
        0.0 => (1.0, 0.0),
        slope => (slope, float(116)),
    };
    let data = &bytes[float(108) as usize..];
    let raw: Vec<f64> = match short(70) {
        2 => data.iter().map(|b| f64::from(*b)).collect(),
        4 => data.chunks_exact(2).map(|b| f64::from(i16::from_le_bytes([b[0], b[1]]))).collect(),
        512 => data.chunks_exact(2).map(|b| f64::from(u16::from_le_bytes([b[0], b[1]]))).collect(),
        16 => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        other => panic!("data type {other}"),
    };
    (Grid::new(dims, affine).unwrap(), raw.into_iter().map(|v| (v * slope + intercept) as f32).collect())
}

/// An image and the region of label 1 of its mask.
pub fn scan(image: PathBuf, mask: PathBuf) -> (Volume<f32>, Mask) {
    let (grid, values) = nifti(image);
    let (_, labels) = nifti(mask);
    let mask = Mask::from_fn(grid.clone(), |o| labels[o] == 1.0);
    (Volume::new(grid, values), mask)
}

/// Settings on the native grid with bins of size 1 from level 1, to be changed: the digital phantom's.
pub fn plain_settings() -> ResolvedMeasurement {
    configuration("phantom").unwrap().settings.clone()
}

/// Every aggregation.
pub fn all_aggregations() -> Vec<Aggregation> {
    Aggregation::ALL.to_vec()
}
