//! NIfTI-1 out: little endian, the same bytes for the same volume.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::affine::set_forms;
use super::fault::NiftiFault;
use super::header::{ByteOrder, Header, Scalar, Version};
use crate::geometry::{Frame, Grid};
use crate::io::IoError;
use crate::labels::Mask;
use crate::volume::Volume;

/// A type that a voxel may be written as.
pub trait Voxel: Copy {
    /// Its type in the header.
    const SCALAR: Scalar;
    /// Appends its bytes, least significant first.
    fn append_to(self, bytes: &mut Vec<u8>);
}

macro_rules! voxel {
    ($($t:ty => $scalar:ident),+ $(,)?) => {
        $(impl Voxel for $t {
            const SCALAR: Scalar = Scalar::$scalar;
            fn append_to(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        })+
    };
}
voxel!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, f32 => F32, f64 => F64);

/// Writes a volume; gzip where the name ends with `.gz`.
pub fn write_volume<T: Voxel, F: Frame>(path: &Path, volume: &Volume<T, F>) -> Result<(), IoError> {
    let header = scalar_header(volume.grid(), T::SCALAR);
    write_file(path, &header, volume.values().iter().copied())
}

/// Writes a label map in the smallest unsigned type that holds its labels.
pub fn write_labels<F: Frame>(path: &Path, labels: &Volume<u32, F>) -> Result<(), IoError> {
    let largest = labels.values().iter().copied().max().unwrap_or(0);
    let values = labels.values().iter();
    if largest <= u8::MAX.into() {
        write_file(path, &scalar_header(labels.grid(), Scalar::U8), values.map(|&v| v as u8))
    } else if largest <= u16::MAX.into() {
        write_file(path, &scalar_header(labels.grid(), Scalar::U16), values.map(|&v| v as u16))
    } else {
        write_file(path, &scalar_header(labels.grid(), Scalar::U32), values.copied())
    }
}

/// Writes one region as 0 and 1.
pub fn write_mask<F: Frame>(path: &Path, mask: &Mask<F>) -> Result<(), IoError> {
    let inside = mask.to_dense();
    write_file(path, &scalar_header(mask.grid(), Scalar::U8), inside.iter().map(|&b| u8::from(b)))
}

/// The header of one scalar per voxel of a grid.
pub fn scalar_header<F: Frame>(grid: &Grid<F>, scalar: Scalar) -> Header {
    let [x, y, z] = grid.dims().map(|n| n as i64);
    let mut header = Header {
        version: Version::One,
        byte_order: ByteOrder::Little,
        dim: [3, x, y, z, 1, 1, 1, 1],
        datatype: scalar.code(),
        bitpix: 8 * scalar.bytes() as i16,
        pixdim: [1.0; 8],
        vox_offset: 352.0,
        scl_slope: 1.0,
        scl_inter: 0.0,
        xyzt_units: 2,
        intent_code: 0,
        qform_code: 0,
        sform_code: 0,
        quatern: [0.0; 3],
        qoffset: [0.0; 3],
        srow: [[0.0; 4]; 3],
    };
    set_forms(&mut header, grid.affine());
    header
}

/// How hard gzip tries: level 6 makes images and displacements smaller by a thousandth and takes twice as long.
const LEVEL: u32 = 3;

/// Writes header and values.
pub fn write_file<T: Voxel>(
    path: &Path,
    header: &Header,
    values: impl Iterator<Item = T>,
) -> Result<(), IoError> {
    let head = header.to_bytes().map_err(|fault: NiftiFault| IoError::nifti(path, fault))?;
    let file = File::create(path).map_err(|e| IoError::write(path, e))?;
    let file = BufWriter::with_capacity(1 << 16, file);
    let packed = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    let written = if packed {
        // No time and no name of a system: the same bytes everywhere.
        let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(file, Compression::new(LEVEL));
        write_to(&mut gzip, &head, values).and_then(|()| gzip.finish()?.flush())
    } else {
        let mut file = file;
        write_to(&mut file, &head, values).and_then(|()| file.flush())
    };
    written.map_err(|e| IoError::write(path, e))
}

fn write_to<T: Voxel>(
    out: &mut impl Write,
    head: &[u8],
    values: impl Iterator<Item = T>,
) -> std::io::Result<()> {
    out.write_all(head)?;
    let mut bytes = Vec::with_capacity(1 << 16);
    for value in values {
        value.append_to(&mut bytes);
        if bytes.len() >= 1 << 16 {
            out.write_all(&bytes)?;
            bytes.clear();
        }
    }
    out.write_all(&bytes)
}
