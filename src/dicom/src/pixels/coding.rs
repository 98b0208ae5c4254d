//! Which coding a transfer syntax stands for.
//!
//! Source: PS3.5 annex A, PS3.6 annex A.

use dicom_encoding::transfer_syntax::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{Layout, jpeg, jpeg2000, jpegls, rle, unread};
use crate::Fault;
use crate::file::{DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE};

/// A coding that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Not compressed.
    Native,
    /// Runs of equal bytes.
    Rle,
    /// JPEG, lossy of 8 bits or lossless.
    Jpeg,
    /// JPEG-LS.
    JpegLs,
    /// JPEG 2000.
    Jpeg2000,
}

impl Coding {
    /// The coding of a transfer syntax.
    ///
    /// # Errors
    /// `Syntax`: it is not read, with its name.
    pub(super) fn of(syntax: &str) -> Result<Self, Fault> {
        match syntax {
            IMPLICIT_LITTLE | EXPLICIT_LITTLE | EXPLICIT_BIG | DEFLATED => Ok(Self::Native),
            "1.2.840.10008.1.2.5" => Ok(Self::Rle),
            "1.2.840.10008.1.2.4.50"
            | "1.2.840.10008.1.2.4.51"
            | "1.2.840.10008.1.2.4.57"
            | "1.2.840.10008.1.2.4.70" => Ok(Self::Jpeg),
            "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => Ok(Self::JpegLs),
            "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => Ok(Self::Jpeg2000),
            "1.2.840.10008.1.2.4.53" => Err(unread("JPEG Spectral Selection (Process 6 and 8)")),
            "1.2.840.10008.1.2.4.55" => Err(unread("JPEG Full Progression (Process 10 and 12)")),
            other => {
                let name = TransferSyntaxRegistry
                    .get(other)
                    .map_or("an unknown transfer syntax", |known| known.name());
                Err(unread(name))
            }
        }
    }

    /// The values of a frame that is compressed.
    ///
    /// # Errors
    /// `Syntax`: a variant of the coding that is not read; `Broken`.
    pub(super) fn decode(self, bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
        if layout.allocated == 1 {
            return Err(unread("compressed values of one bit"));
        }
        match self {
            Self::Native => Err(super::broken("is not compressed")),
            Self::Rle => rle::decode(bytes, layout),
            Self::Jpeg => jpeg::decode(bytes, layout),
            Self::JpegLs => jpegls::decode(bytes, layout),
            Self::Jpeg2000 => jpeg2000::decode(bytes, layout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_named_in_words() {
        for (syntax, name) in [
            ("1.2.840.10008.1.2.4.53", "Spectral Selection"),
            ("1.2.840.10008.1.2.4.55", "Full Progression"),
            ("1.2.840.10008.1.2.4.110", "JPEG XL"),
            ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000"),
            ("1.2.840.10008.1.2.4.102", "MPEG-4"),
            ("1.2.3", "unknown"),
        ] {
            let fault = Coding::of(syntax).unwrap_err();
            assert!(fault.fact.contains(name) && !fault.fact.contains("1.2.840"), "{}", fault.fact);
        }
    }
}
