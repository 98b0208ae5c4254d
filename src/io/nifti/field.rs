//! Displacement fields: five dimensions (x, y, z, 1, 3), float32, vectors in millimetres.
//!
//! In memory vectors are RAS. Written files have intent 1007 (vector) and LPS vectors, as ITK, SimpleITK and ANTs
//! expect; a file with intent 1006 (displacement vector) is RAS, as SimpleITK reads it.

use std::path::Path;

use super::fault::{NiftiFault, ValueRule};
use super::header::Scalar;
use super::read::{Components, read};
use super::write::{scalar_header, write_file};
use crate::geometry::Fixed;
use crate::io::{IoError, ReadOptions};
use crate::volume::Volume;

/// NIfTI's intent of a vector per voxel.
const INTENT_VECTOR: i32 = 1007;
/// NIfTI's intent of a displacement per voxel.
const INTENT_DISPLACEMENT: i32 = 1006;

/// From LPS to RAS components and back.
const LPS: [f32; 3] = [-1.0, -1.0, 1.0];

/// Writes a field of RAS vectors as intent 1007, LPS.
pub fn write_displacement(path: &Path, field: &Volume<[f32; 3], Fixed>) -> Result<(), IoError> {
    let mut header = scalar_header(field.grid(), Scalar::F32);
    header.dim = [5, header.dim[1], header.dim[2], header.dim[3], 1, 3, 1, 1];
    header.intent_code = INTENT_VECTOR;
    let values = (0..3).flat_map(|c| field.values().iter().map(move |u| LPS[c] * u[c]));
    write_file(path, &header, values)
}

/// Reads a field as RAS vectors. NaN and infinities are refused.
pub fn read_displacement(path: &Path, options: &ReadOptions) -> Result<Volume<[f32; 3], Fixed>, IoError> {
    let contents = read(path, options, Components::Vector, |value| {
        let single = value as f32;
        if single.is_finite() { Ok(single) } else { Err(ValueRule::Finite) }
    })
    .map_err(|fault| IoError::nifti(path, fault))?;
    let signs = match contents.intent_code {
        INTENT_VECTOR => LPS,
        INTENT_DISPLACEMENT => [1.0; 3],
        intent => {
            let dims = contents.facts.dims;
            return Err(IoError::nifti(path, NiftiFault::NoField { dims, intent }));
        }
    };
    let grid = contents.placement.grid.in_frame::<Fixed>();
    let n = grid.len();
    let vectors = (0..n).map(|v| std::array::from_fn(|c| signs[c] * contents.values[c * n + v])).collect();
    Ok(Volume::new(grid, vectors))
}
