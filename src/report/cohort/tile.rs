//! The picture of an alignment, small enough that a hundred of them make a page that opens at once.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::report::slices::{Pixels, png};

/// Larger files are shown at half their size, and so on.
const MOST_BYTES: usize = 25_000;
/// Pictures are not made smaller than this many pixels.
const LEAST_PIXELS: usize = 32;

/// A picture that cannot be read.
#[derive(Debug, Error)]
#[error("the picture cannot be read: {0}")]
pub struct TileError(#[from] ::png::DecodingError);

/// A picture as a PNG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    width: usize,
    height: usize,
    png: Vec<u8>,
}

impl Tile {
    /// The picture of a PNG file, made smaller where the file is large.
    pub fn from_png(file: &[u8]) -> Result<Self, TileError> {
        let mut picture = Picture::read(file)?;
        let mut smaller = file.to_vec();
        while smaller.len() > MOST_BYTES && picture.width.min(picture.height) > LEAST_PIXELS {
            picture = picture.half();
            smaller = png(picture.width, picture.height, picture.channels.pixels(), &picture.bytes);
        }
        Ok(Self { width: picture.width, height: picture.height, png: smaller })
    }

    /// Pixels across and down.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The picture as a `data:` address.
    pub fn address(&self) -> String {
        format!("data:image/png;base64,{}", STANDARD.encode(&self.png))
    }
}

struct Picture {
    width: usize,
    height: usize,
    channels: Channels,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Channels {
    Grey = 1,
    Rgb = 3,
}

impl Channels {
    fn pixels(self) -> Pixels {
        match self {
            Self::Grey => Pixels::Grey,
            Self::Rgb => Pixels::Rgb,
        }
    }
}

impl Picture {
    /// Grey or colour, eight bits each; transparency is left out.
    fn read(file: &[u8]) -> Result<Self, TileError> {
        let mut decoder = ::png::Decoder::new(Cursor::new(file));
        decoder.set_transformations(::png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().unwrap_or(0)];
        let info = reader.next_frame(&mut bytes)?;
        bytes.truncate(info.buffer_size());
        let samples = info.color_type.samples();
        let channels = if samples < 3 { Channels::Grey } else { Channels::Rgb };
        let kept = channels as usize;
        let bytes = bytes.chunks_exact(samples).flat_map(|pixel| pixel[..kept].to_vec()).collect();
        Ok(Self { width: info.width as usize, height: info.height as usize, channels, bytes })
    }

    /// At half the size: each pixel the mean of four.
    fn half(&self) -> Self {
        let channels = self.channels as usize;
        let (width, height) = (self.width / 2, self.height / 2);
        let at = |x: usize, y: usize, c: usize| u32::from(self.bytes[(y * self.width + x) * channels + c]);
        let mut bytes = Vec::with_capacity(width * height * channels);
        for y in 0..height {
            for x in 0..width {
                for c in 0..channels {
                    let (x, y) = (2 * x, 2 * y);
                    let sum = at(x, y, c) + at(x + 1, y, c) + at(x, y + 1, c) + at(x + 1, y + 1, c);
                    bytes.push(((sum + 2) / 4) as u8);
                }
            }
        }
        Self { width, height, channels: self.channels, bytes }
    }
}
