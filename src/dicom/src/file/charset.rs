//! Text in the character set that a file names.
//!
//! Source: PS3.3 C.12.1.1.2, PS3.5 6.1.

use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

/// The character set of texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Charset(SpecificCharacterSet);

impl Charset {
    /// The set that Specific Character Set (0008,0005) names; the default where none is known.
    ///
    /// Of several sets (ISO 2022) the first that is not the default is taken for the whole text.
    pub(super) fn named(value: &[u8]) -> Self {
        let text = String::from_utf8_lossy(value);
        let sets =
            text.split('\\').map(|name| name.trim_matches([' ', '\0'])).filter(|name| !name.is_empty());
        let mut sets =
            sets.filter_map(SpecificCharacterSet::from_code).filter(|set| *set != Self::default().0);
        Self(sets.next().unwrap_or_default())
    }

    /// Decodes a text; what cannot be decoded is read byte by byte, so that nothing gets lost.
    pub(super) fn decode(&self, bytes: &[u8]) -> String {
        if bytes.is_ascii() && !bytes.contains(&0x1B) {
            return bytes.iter().copied().map(char::from).collect();
        }
        let decoded =
            (self.0 != SpecificCharacterSet::default()).then(|| self.0.decode(bytes).ok()).flatten();
        decoded.unwrap_or_else(|| std::str::from_utf8(bytes).map_or_else(|_| latin(bytes), str::to_owned))
    }
}

/// Every byte a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
