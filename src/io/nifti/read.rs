//! A header and its voxels, with every claim checked against the bytes.

use std::path::Path;

use serde::Serialize;

use super::affine::{FormUsed, Placement, place};
use super::fault::{NiftiFault, ValueFault, ValueRule};
use super::header::{ByteOrder, Header, LONGEST_HEADER, Scalar, Version};
use super::stream::{Packing, Stream};
use crate::geometry::Grid;
use crate::io::{NiftiForm, ReadOptions};
use crate::volume::Volume;

/// What a header says, for `delta inspect`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeaderFacts {
    /// Format and packing in words (`NIfTI-1, gzip`).
    pub format: String,
    /// `little` or `big`.
    pub byte_order: &'static str,
    /// All dimensions that the header counts.
    pub dims: Vec<i64>,
    /// Type of a stored voxel.
    pub data_type: String,
    /// Slope, where values are scaled.
    pub slope: Option<f64>,
    /// Intercept, where values are scaled.
    pub intercept: Option<f64>,
    /// NIfTI's code of the qform; 0 is unset.
    pub qform_code: i32,
    /// NIfTI's code of the sform; 0 is unset.
    pub sform_code: i32,
    /// Which of them counts; `None` where the orientation is refused.
    pub form: Option<FormUsed>,
    /// Largest distance of corresponding corners between sform and qform, where both count.
    pub form_gap_mm: Option<f64>,
}

impl HeaderFacts {
    /// What can be said before the orientation is decided.
    pub fn new(header: &Header, packing: Packing) -> Self {
        let version = if header.version == Version::One { "NIfTI-1" } else { "NIfTI-2" };
        let packing = if packing == Packing::Gzip { "gzip" } else { "plain" };
        let scaling = header.scaling().ok().flatten();
        Self {
            format: format!("{version}, {packing}"),
            byte_order: if header.byte_order == ByteOrder::Little { "little" } else { "big" },
            dims: header.dims().to_vec(),
            data_type: Scalar::from_code(header.datatype)
                .map_or_else(|fault| fault.to_string(), |scalar| scalar.name().to_owned()),
            slope: scaling.map(|s| s.0),
            intercept: scaling.map(|s| s.1),
            qform_code: header.qform_code,
            sform_code: header.sform_code,
            form: None,
            form_gap_mm: None,
        }
    }

    fn place(&mut self, placement: &Placement) {
        (self.form, self.form_gap_mm) = (Some(placement.form), placement.gap_mm);
    }
}

/// A file that was read: its values in storage order, and what its header said.
pub struct Contents<T> {
    /// Values; components one after the other.
    pub values: Vec<T>,
    /// Where they lie.
    pub placement: Placement,
    /// The header.
    pub facts: HeaderFacts,
    /// NIfTI's intent.
    pub intent_code: i32,
}

/// Values per voxel that a reader expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Components {
    /// One number.
    Scalar,
    /// A vector of three along the fifth dimension.
    Vector,
}

/// Reads the header alone; its grid, where that is accepted.
pub fn read_header(path: &Path, form: Option<NiftiForm>) -> Result<(HeaderFacts, Option<Grid>), NiftiFault> {
    let stream = Stream::open(path, LONGEST_HEADER)?;
    let header = Header::parse(stream.prefix())?;
    let mut facts = HeaderFacts::new(&header, stream.packing);
    let placed = header.shape().and_then(|(dims, _)| place(&header, dims, form));
    if let Ok(placement) = &placed {
        facts.place(placement);
    }
    Ok((facts, placed.ok().map(|p| p.grid)))
}

/// Reads where the voxels lie.
pub fn read_grid(path: &Path, options: &ReadOptions) -> Result<Grid, NiftiFault> {
    let header = Header::parse(Stream::open(path, LONGEST_HEADER)?.prefix())?;
    let (dims, _) = header.shape()?;
    Ok(place(&header, dims, options.nifti_form)?.grid)
}

/// Reads an image. NaN is kept; infinities are refused.
pub fn read_image(
    path: &Path,
    options: &ReadOptions,
) -> Result<(Volume<f32>, HeaderFacts, Vec<String>), NiftiFault> {
    let mut inexact = 0_usize;
    let contents = read(path, options, Components::Scalar, |value| {
        let single = value as f32;
        if single.is_infinite() {
            return Err(ValueRule::Finite);
        }
        inexact += usize::from(value.fract() == 0.0 && f64::from(single) != value);
        Ok(single)
    })?;
    let mut notes = contents.placement.notes;
    if inexact > 0 {
        notes.push(format!("{inexact} whole numbers beyond 2^24 were rounded to float32."));
    }
    Ok((Volume::new(contents.placement.grid, contents.values), contents.facts, notes))
}

/// Reads a label map exactly: whole numbers from 0 to 2^32 - 1.
pub fn read_label_values(
    path: &Path,
    options: &ReadOptions,
) -> Result<(Volume<u32>, HeaderFacts, Vec<String>), NiftiFault> {
    let contents = read(path, options, Components::Scalar, |value| {
        if value.is_infinite() || value.fract() != 0.0 || value.is_nan() {
            Err(ValueRule::Whole)
        } else if value < 0.0 {
            Err(ValueRule::NotNegative)
        } else if value > f64::from(u32::MAX) {
            Err(ValueRule::Range)
        } else {
            Ok(value as u32)
        }
    })?;
    Ok((Volume::new(contents.placement.grid, contents.values), contents.facts, contents.placement.notes))
}

/// Reads a file whose voxels `convert` accepts.
pub fn read<T>(
    path: &Path,
    options: &ReadOptions,
    components: Components,
    convert: impl FnMut(f64) -> Result<T, ValueRule>,
) -> Result<Contents<T>, NiftiFault> {
    let mut stream = Stream::open(path, LONGEST_HEADER)?;
    let header = Header::parse(stream.prefix())?;
    let (dims, depth) = header.shape()?;
    match components {
        Components::Scalar if depth > 1 => {
            return Err(NiftiFault::ManyVolumes { dims: header.dims().to_vec() });
        }
        Components::Vector if depth != 3 => {
            return Err(NiftiFault::NoField { dims: header.dims().to_vec(), intent: header.intent_code });
        }
        _ => {}
    }
    let layout = Layout::new(&header, dims, depth, &stream)?;
    let placement = place(&header, dims, options.nifti_form)?;
    let values = layout.values(&mut stream, convert)?;
    let mut facts = HeaderFacts::new(&header, stream.packing);
    facts.place(&placement);
    Ok(Contents { values, placement, facts, intent_code: header.intent_code })
}

/// Where the numbers are in the stream, and how they are stored.
struct Layout {
    dims: [usize; 3],
    count: usize,
    scalar: Scalar,
    byte_order: ByteOrder,
    offset: u64,
    scaling: Option<(f64, f64)>,
}

impl Layout {
    /// Checks that the header's sizes multiply up to what the file can hold, before anything is allocated.
    fn new(header: &Header, dims: [usize; 3], depth: usize, stream: &Stream) -> Result<Self, NiftiFault> {
        let scalar = header.scalar()?;
        let offset = header.offset()?;
        let claimed = dims.iter().chain([&depth]).try_fold(1_u128, |n, &d| n.checked_mul(d as u128));
        let claimed = claimed.unwrap_or(u128::MAX);
        let bytes = claimed.saturating_mul(scalar.bytes() as u128).saturating_add(offset.into());
        let Ok(expected) = u64::try_from(bytes) else { return Err(NiftiFault::TooLarge(claimed)) };
        // Where voxels start at the usual place, a file without them was cut; elsewhere the header lies.
        let usual = offset <= if header.version == Version::One { 352 } else { 544 };
        if offset > stream.bound() && !usual {
            return Err(NiftiFault::Offset(header.vox_offset));
        }
        if expected > stream.bound() {
            let bound = stream.bound();
            return Err(match stream.packing {
                Packing::Plain => NiftiFault::Truncated { expected, found: bound },
                Packing::Gzip => NiftiFault::Claim { claimed: expected, most: bound },
            });
        }
        let count = claimed as usize;
        let scaling = header.scaling()?;
        Ok(Self { dims, count, scalar, byte_order: header.byte_order, offset, scaling })
    }

    /// Reads all values, then to the end of the stream.
    fn values<T>(
        &self,
        stream: &mut Stream,
        mut convert: impl FnMut(f64) -> Result<T, ValueRule>,
    ) -> Result<Vec<T>, NiftiFault> {
        self.skip_to_voxels(stream)?;
        let width = self.scalar.bytes();
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut values: Vec<T> = Vec::new();
        let (slope, inter) = self.scaling.unwrap_or((1.0, 0.0));
        while values.len() < self.count {
            let wanted = ((self.count - values.len()) * width).min(CHUNK_BYTES);
            let found = stream.fill(&mut buffer[..wanted])?;
            if found < wanted {
                let before = self.offset + (values.len() * width + found) as u64;
                let expected = self.offset + (self.count * width) as u64;
                return Err(NiftiFault::Truncated { expected, found: before });
            }
            self.reserve(&mut values, wanted / width, stream.file_len)?;
            let mut broken = None;
            decode(self.scalar, self.byte_order, &buffer[..wanted], |raw| {
                let value = if self.scaling.is_some() { slope * raw + inter } else { raw };
                match convert(value) {
                    Ok(converted) => values.push(converted),
                    Err(rule) => broken = Some((rule, value)),
                }
                broken.is_none()
            });
            if let Some((rule, value)) = broken {
                // A damaged stream is the better explanation of a strange value.
                stream.drain()?;
                return Err(ValueFault { rule, voxel: self.voxel(values.len()), value }.into());
            }
        }
        match stream.drain()? {
            0 => Ok(values),
            more => {
                let expected = (self.count * width) as u64;
                Err(NiftiFault::Trailing { expected, found: expected + more })
            }
        }
    }

    /// Array index of the value that is stored at `offset`, whatever its component.
    fn voxel(&self, offset: usize) -> [usize; 3] {
        let [x, y, z] = self.dims;
        [offset % x, offset / x % y, offset / (x * y) % z]
    }

    fn skip_to_voxels(&self, stream: &mut Stream) -> Result<(), NiftiFault> {
        let mut left = self.offset;
        let mut buffer = [0; 4096];
        while left > 0 {
            let step = left.min(4096) as usize;
            if stream.fill(&mut buffer[..step])? < step {
                return Err(NiftiFault::Offset(self.offset as f64));
            }
            left -= step as u64;
        }
        Ok(())
    }

    /// Room for `more` values, doubling, never beyond the claimed count: memory follows the bytes that came.
    fn reserve<T>(&self, values: &mut Vec<T>, more: usize, file_len: u64) -> Result<(), NiftiFault> {
        if values.capacity() - values.len() >= more {
            return Ok(());
        }
        // Scans shrink to a quarter or so; a first guess from the file's length saves most of the copying.
        let guess = (file_len as usize).saturating_mul(4) / self.scalar.bytes();
        let goal = (2 * values.len()).max(guess).max(values.len() + more).min(self.count);
        values.try_reserve_exact(goal - values.len()).map_err(|_| NiftiFault::TooLarge(self.count as u128))
    }
}

/// Bytes that are decoded at once; a multiple of every voxel's size.
const CHUNK_BYTES: usize = 1 << 16;

/// Gives each number of `bytes` to `take` until it says stop.
fn decode(scalar: Scalar, order: ByteOrder, bytes: &[u8], mut take: impl FnMut(f64) -> bool) {
    macro_rules! each {
        ($t:ty) => {
            for chunk in bytes.chunks_exact(size_of::<$t>()) {
                let mut raw = [0; size_of::<$t>()];
                raw.copy_from_slice(chunk);
                let value = match order {
                    ByteOrder::Little => <$t>::from_le_bytes(raw),
                    ByteOrder::Big => <$t>::from_be_bytes(raw),
                };
                if !take(value as f64) {
                    return;
                }
            }
        };
    }
    match scalar {
        Scalar::U8 => each!(u8),
        Scalar::I8 => each!(i8),
        Scalar::U16 => each!(u16),
        Scalar::I16 => each!(i16),
        Scalar::U32 => each!(u32),
        Scalar::I32 => each!(i32),
        Scalar::U64 => each!(u64),
        Scalar::I64 => each!(i64),
        Scalar::F32 => each!(f32),
        Scalar::F64 => each!(f64),
    }
}
