//! JPEG 2000.
//!
//! Source: ISO/IEC 15444-1 A.5.1; PS3.5 8.2.4.

use hayro_jpeg2000::{DecodeError, DecodeSettings, DecoderContext, FormatError, Image, MarkerError};

use super::guard::{check_unbounded_size, guarded};
use super::{Layout, broken, unread};
use crate::Fault;

/// Start of a codestream, and of its first segment.
const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];

/// Tiles have a number of 16 bits.
const MOST_TILES: u64 = 65535;

/// The values of a frame.
///
/// # Errors
/// `Syntax`: more than 16 bits, or a variant that is not read; `Broken`.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
    let size = Size::read(bytes)?;
    size.check(layout)?;
    check_unbounded_size(layout.voxels(), bytes.len())?;
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
    guarded(|| {
        let image = Image::new(bytes, &settings).map_err(fault)?;
        let mut context = DecoderContext::default();
        let decoded = image.decode(&mut context).map_err(fault)?;
        let [component] = decoded.components() else {
            return Err(broken("a frame in JPEG 2000 has colours"));
        };
        Ok(component.samples().iter().map(|sample| size.value(*sample, layout)).collect())
    })
}

/// What the decoder says is wrong.
fn fault(error: DecodeError) -> Fault {
    match error {
        DecodeError::Marker(MarkerError::Unsupported) | DecodeError::Format(FormatError::Unsupported) => {
            unread("a variant of JPEG 2000")
        }
        _ => broken("a frame in JPEG 2000 is damaged or cut off"),
    }
}

/// What the first segment says of the image.
#[derive(Debug)]
struct Size {
    columns: u32,
    rows: u32,
    tiles: u64,
    components: u16,
    precision: u32,
    signed: bool,
}

impl Size {
    /// Reads the first segment, wherever a file format has put the codestream.
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let damaged = || broken("the header of a frame in JPEG 2000 is damaged");
        let start = bytes.windows(START.len()).position(|four| four == START).ok_or_else(damaged)?;
        let segment = bytes.get(start + START.len() + 4..).ok_or_else(damaged)?;
        let words: [u32; 8] = std::array::from_fn(|at| {
            segment.as_chunks().0.get(at).map_or(0, |four| u32::from_be_bytes(*four))
        });
        let [x, y, left, top, tile_x, tile_y, tile_left, tile_top] = words;
        let [c, d, depth] = *segment.get(32..35).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
        let across = |end: u32, start: u32, tile: u32| {
            let length = end.checked_sub(start).filter(|_| tile > 0)?;
            Some(u64::from(length.div_ceil(tile)))
        };
        let tiles = across(x, tile_left, tile_x).zip(across(y, tile_top, tile_y)).map(|(i, j)| i * j);
        Ok(Self {
            columns: x.checked_sub(left).ok_or_else(damaged)?,
            rows: y.checked_sub(top).ok_or_else(damaged)?,
            tiles: tiles.ok_or_else(damaged)?,
            components: u16::from_be_bytes([c, d]),
            precision: u32::from(depth & 0x7F) + 1,
            signed: depth & 0x80 != 0,
        })
    }

    /// Whether the frame is one of the image, and one that is read.
    fn check(&self, layout: &Layout) -> Result<(), Fault> {
        let (columns, rows) = (self.columns as usize, self.rows as usize);
        if (columns, rows, self.components) != (layout.columns, layout.rows, 1) || self.tiles > MOST_TILES {
            return Err(broken("a frame in JPEG 2000 is of another size than its image"));
        }
        if self.precision > 16 {
            return Err(unread("JPEG 2000 of more than 16 bits"));
        }
        Ok(())
    }

    /// A sample as a stored value. The decoder adds half the range to signed ones, too; and a codestream that is signed
    /// says so itself, whatever the attributes say.
    fn value(&self, sample: f32, layout: &Layout) -> i32 {
        let range = 1_i32 << self.precision;
        let value = (sample.round() as i32).clamp(0, range - 1);
        if self.signed { value - range / 2 } else { layout.narrow(value.cast_unsigned()) }
    }
}
