//! The header of either version, as far as a scan needs it.

use nifti::NiftiHeader;

use super::fault::NiftiFault;

/// Version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 348 bytes, 16-bit dimensions.
    One,
    /// 540 bytes, 64-bit dimensions.
    Two,
}

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant first.
    Little,
    /// Most significant first.
    Big,
}

/// A real scalar type that a voxel may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the types' own
pub enum Scalar {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Scalar {
    /// The type of a NIfTI datatype code; other codes by name.
    pub fn from_code(code: i16) -> Result<Self, NiftiFault> {
        Ok(match code {
            2 => Self::U8,
            256 => Self::I8,
            512 => Self::U16,
            4 => Self::I16,
            768 => Self::U32,
            8 => Self::I32,
            1280 => Self::U64,
            1024 => Self::I64,
            16 => Self::F32,
            64 => Self::F64,
            other => return Err(NiftiFault::Type(foreign_type(other))),
        })
    }
    /// Its NIfTI datatype code.
    pub fn code(self) -> i16 {
        match self {
            Self::U8 => 2,
            Self::I8 => 256,
            Self::U16 => 512,
            Self::I16 => 4,
            Self::U32 => 768,
            Self::I32 => 8,
            Self::U64 => 1280,
            Self::I64 => 1024,
            Self::F32 => 16,
            Self::F64 => 64,
        }
    }
    /// Bytes per voxel.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }
}

fn foreign_type(code: i16) -> String {
    match code {
        1 => "binary (one bit)".into(),
        32 | 1792 | 2048 => "complex".into(),
        128 => "RGB".into(),
        2304 => "RGBA".into(),
        1536 => "float128".into(),
        other => format!("{other} (unknown)"),
    }
}

/// The fields of a header that say where voxels are and what they mean. Descriptive text is left behind: it may
/// name a patient.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names are the format's own
pub struct Header {
    pub version: Version,
    pub byte_order: ByteOrder,
    pub dim: [i64; 8],
    pub datatype: i16,
    pub bitpix: i16,
    pub pixdim: [f64; 8],
    pub vox_offset: f64,
    pub scl_slope: f64,
    pub scl_inter: f64,
    pub xyzt_units: i32,
    pub intent_code: i32,
    pub qform_code: i32,
    pub sform_code: i32,
    /// Quaternion components b, c, d.
    pub quatern: [f64; 3],
    pub qoffset: [f64; 3],
    /// `srow_x`, `srow_y`, `srow_z`.
    pub srow: [[f64; 4]; 3],
}

/// Bytes of the longer header.
pub const LONGEST_HEADER: u64 = 540;

impl Header {
    /// Reads the header from a file's first bytes. The number of dimensions is checked here, because everything
    /// after it rests on it.
    pub fn parse(bytes: &[u8]) -> Result<Self, NiftiFault> {
        let size = bytes.first_chunk::<4>().copied().ok_or(short(bytes, 348))?;
        match (i32::from_le_bytes(size), i32::from_be_bytes(size)) {
            (348, _) => Self::parse_one(bytes, ByteOrder::Little),
            (_, 348) => Self::parse_one(bytes, ByteOrder::Big),
            (540, _) => Self::parse_two(bytes, ByteOrder::Little),
            (_, 540) => Self::parse_two(bytes, ByteOrder::Big),
            (other, _) => Err(NiftiFault::HeaderSize(other)),
        }
    }

    /// NIfTI-1, by the `nifti` crate, which tells the byte order by `dim[0]`: checked before.
    fn parse_one(bytes: &[u8], byte_order: ByteOrder) -> Result<Self, NiftiFault> {
        let bytes = bytes.get(..348).ok_or(short(bytes, 348))?;
        match &bytes[344..348] {
            b"n+1\0" => {}
            b"ni1\0" => return Err(NiftiFault::Pair),
            other => return Err(NiftiFault::Magic(printable(other))),
        }
        let count = Fields { bytes, byte_order }.i16(40);
        if !(1..=7).contains(&count) {
            return Err(NiftiFault::Dimensionality(count.into()));
        }
        let h = NiftiHeader::from_reader(bytes)
            .map_err(|e| NiftiFault::Read(std::io::Error::other(e.to_string())))?;
        Ok(Self {
            version: Version::One,
            byte_order,
            dim: h.dim.map(|n| i64::from(n as i16)),
            datatype: h.datatype,
            bitpix: h.bitpix,
            pixdim: h.pixdim.map(f64::from),
            vox_offset: h.vox_offset.into(),
            scl_slope: h.scl_slope.into(),
            scl_inter: h.scl_inter.into(),
            xyzt_units: h.xyzt_units.into(),
            intent_code: h.intent_code.into(),
            qform_code: h.qform_code.into(),
            sform_code: h.sform_code.into(),
            quatern: [h.quatern_b, h.quatern_c, h.quatern_d].map(f64::from),
            qoffset: [h.quatern_x, h.quatern_y, h.quatern_z].map(f64::from),
            srow: [h.srow_x, h.srow_y, h.srow_z].map(|row| row.map(f64::from)),
        })
    }

    /// NIfTI-2, by the offsets of `nifti2.h`.
    fn parse_two(bytes: &[u8], byte_order: ByteOrder) -> Result<Self, NiftiFault> {
        let bytes = bytes.get(..540).ok_or(short(bytes, 540))?;
        match &bytes[4..12] {
            b"n+2\0\r\n\x1a\n" => {}
            b"ni2\0\r\n\x1a\n" => return Err(NiftiFault::Pair),
            other => return Err(NiftiFault::Magic(printable(&other[..4]))),
        }
        let f = Fields { bytes, byte_order };
        let dim: [i64; 8] = std::array::from_fn(|n| f.i64(16 + 8 * n));
        if !(1..=7).contains(&dim[0]) {
            return Err(NiftiFault::Dimensionality(dim[0]));
        }
        Ok(Self {
            version: Version::Two,
            byte_order,
            dim,
            datatype: f.i16(12),
            bitpix: f.i16(14),
            pixdim: std::array::from_fn(|n| f.f64(104 + 8 * n)),
            vox_offset: f.i64(168) as f64,
            scl_slope: f.f64(176),
            scl_inter: f.f64(184),
            xyzt_units: f.i32(500),
            intent_code: f.i32(504),
            qform_code: f.i32(344),
            sform_code: f.i32(348),
            quatern: std::array::from_fn(|n| f.f64(352 + 8 * n)),
            qoffset: std::array::from_fn(|n| f.f64(376 + 8 * n)),
            srow: std::array::from_fn(|r| std::array::from_fn(|c| f.f64(400 + 8 * (4 * r + c)))),
        })
    }

    /// All dimensions that count.
    pub fn dims(&self) -> &[i64] {
        &self.dim[1..=self.dim[0] as usize]
    }

    /// Voxels along x, y, z, and the values per voxel along the fifth dimension; checks all seven.
    pub fn shape(&self) -> Result<([usize; 3], usize), NiftiFault> {
        let dims = self.dims();
        if let Some(n) = dims.iter().position(|&size| size < 1) {
            return Err(NiftiFault::Dimension { axis: n + 1, size: dims[n] });
        }
        let size = |n: usize| dims.get(n).map_or(1, |&d| d as usize);
        if size(3) > 1 || size(5) > 1 || size(6) > 1 {
            return Err(NiftiFault::ManyVolumes { dims: dims.to_vec() });
        }
        Ok(([size(0), size(1), size(2)], size(4)))
    }

    /// The type of a voxel, checked against its size.
    pub fn scalar(&self) -> Result<Scalar, NiftiFault> {
        let scalar = Scalar::from_code(self.datatype)?;
        let bits = 8 * scalar.bytes() as u32;
        if i64::from(self.bitpix) != i64::from(bits) {
            return Err(NiftiFault::BitsPerVoxel { name: scalar.name(), expected: bits, found: self.bitpix });
        }
        Ok(scalar)
    }

    /// Byte where voxels start.
    pub fn offset(&self) -> Result<u64, NiftiFault> {
        let least = match self.version {
            Version::One => 348.0,
            Version::Two => 540.0,
        };
        let offset = self.vox_offset;
        if offset.is_finite() && offset >= least && offset.fract() == 0.0 && offset < 9e15 {
            Ok(offset as u64)
        } else {
            Err(NiftiFault::Offset(offset))
        }
    }

    /// Slope and intercept where they change a value: a slope of zero or NaN means none.
    pub fn scaling(&self) -> Result<Option<(f64, f64)>, NiftiFault> {
        let (slope, inter) = (self.scl_slope, self.scl_inter);
        if slope == 0.0 || slope.is_nan() || (slope == 1.0 && inter == 0.0) {
            Ok(None)
        } else if slope.is_finite() && inter.is_finite() {
            Ok(Some((slope, inter)))
        } else {
            Err(NiftiFault::Scaling { slope, inter })
        }
    }

    /// The NIfTI-1 header's 348 bytes, little endian, and the four bytes that say: no extension.
    pub fn to_bytes(&self) -> Result<[u8; 352], NiftiFault> {
        let mut bytes = [0; 352];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &348_i32.to_le_bytes());
        put(38, b"r");
        for (n, &size) in self.dim.iter().enumerate() {
            let size = i16::try_from(size).map_err(|_| NiftiFault::TooLong(size as usize))?;
            put(40 + 2 * n, &size.to_le_bytes());
        }
        put(68, &(self.intent_code as i16).to_le_bytes());
        put(70, &self.datatype.to_le_bytes());
        put(72, &self.bitpix.to_le_bytes());
        for (n, &size) in self.pixdim.iter().enumerate() {
            put(76 + 4 * n, &(size as f32).to_le_bytes());
        }
        put(108, &(self.vox_offset as f32).to_le_bytes());
        put(112, &(self.scl_slope as f32).to_le_bytes());
        put(116, &(self.scl_inter as f32).to_le_bytes());
        put(123, &[self.xyzt_units as u8]);
        put(252, &(self.qform_code as i16).to_le_bytes());
        put(254, &(self.sform_code as i16).to_le_bytes());
        for n in 0..3 {
            put(256 + 4 * n, &(self.quatern[n] as f32).to_le_bytes());
            put(268 + 4 * n, &(self.qoffset[n] as f32).to_le_bytes());
            for c in 0..4 {
                put(280 + 16 * n + 4 * c, &(self.srow[n][c] as f32).to_le_bytes());
            }
        }
        put(344, b"n+1\0");
        Ok(bytes)
    }
}

fn short(bytes: &[u8], expected: u64) -> NiftiFault {
    NiftiFault::Truncated { expected, found: bytes.len() as u64 }
}

fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| if b.is_ascii_graphic() { b as char } else { '.' }).collect()
}

/// Numbers at fixed places of a header whose length was checked.
struct Fields<'a> {
    bytes: &'a [u8],
    byte_order: ByteOrder,
}

impl Fields<'_> {
    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut taken = [0; N];
        taken.copy_from_slice(&self.bytes[at..at + N]);
        if self.byte_order == ByteOrder::Big {
            taken.reverse();
        }
        taken
    }
    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.take(at))
    }
    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.take(at))
    }
    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.take(at))
    }
    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.take(at))
    }
}
