//! How a data set is encoded: order of bytes, and whether elements name their value representation.
//!
//! Source: PS3.5 7.1 and 10.

/// Deflated Explicit VR Little Endian (PS3.5 A.5).
pub(crate) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
/// Implicit VR Little Endian (PS3.5 A.1).
pub(crate) const IMPLICIT_LITTLE: &str = "1.2.840.10008.1.2";
/// Explicit VR Little Endian (PS3.5 A.2).
pub(crate) const EXPLICIT_LITTLE: &str = "1.2.840.10008.1.2.1";
/// Explicit VR Big Endian (PS3.5 A.3, retired).
pub(crate) const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";

/// The order of bytes in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The lowest byte comes first.
    Little,
    /// The highest byte comes first.
    Big,
}

impl Order {
    /// A number of 16 bits.
    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// A number of 32 bits.
    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// A number of 64 bits.
    pub(crate) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// How elements are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Little-endian, no value representations.
    ImplicitLittle,
    /// With value representations.
    Explicit(Order),
}

impl Encoding {
    /// The order of bytes.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::ImplicitLittle => Order::Little,
            Self::Explicit(order) => order,
        }
    }

    /// The transfer syntax that is encoded so, where pixels are not compressed.
    pub(crate) fn syntax(self) -> &'static str {
        match self {
            Self::ImplicitLittle => IMPLICIT_LITTLE,
            Self::Explicit(Order::Little) => EXPLICIT_LITTLE,
            Self::Explicit(Order::Big) => EXPLICIT_BIG,
        }
    }

    /// The encoding that a transfer syntax asks for; all compressed ones are explicit little-endian (PS3.5 A.4).
    fn declared(syntax: &str) -> Self {
        match syntax {
            IMPLICIT_LITTLE => Self::ImplicitLittle,
            EXPLICIT_BIG => Self::Explicit(Order::Big),
            _ => Self::Explicit(Order::Little),
        }
    }
}

/// The encoding of the data set that starts at a byte.
///
/// The first element decides, for writers exist that declare another encoding than they use: the letters of a value
/// representation would be a length of more than 16,000 for an element that is never that long. Where it is of a group
/// that data sets do not start with and nothing is declared, only its letters can tell.
pub(super) fn of_data_set(bytes: &[u8], at: usize, declared: Option<&str>) -> Encoding {
    let letters = bytes.get(at + 4..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    let likely =
        if is_representation(letters) { Encoding::Explicit(Order::Little) } else { Encoding::ImplicitLittle };
    seen(bytes, at).or(declared.map(Encoding::declared)).unwrap_or(likely)
}

/// What the first element looks like; none where it is not of a group that a data set starts with.
pub(crate) fn seen(bytes: &[u8], at: usize) -> Option<Encoding> {
    let [a, b, _, _, v, w, ..] = *bytes.get(at..)?.first_chunk::<8>()?;
    let explicit = is_representation([v, w]);
    // Data sets start at group 0008, and in objects cut to the bone with any other of the low even groups.
    match [a, b] {
        [0x08, 0x00] if explicit => Some(Encoding::Explicit(Order::Little)),
        [0x00, 0x08] if explicit => Some(Encoding::Explicit(Order::Big)),
        [0x08, 0x00] => {
            let length =
                bytes.get(at + 4..at + 8)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))?;
            let fits = length == u32::MAX || (length as u64) <= (bytes.len() as u64).max(1 << 16);
            fits.then_some(Encoding::ImplicitLittle)
        }
        _ => None,
    }
}

/// Whether two bytes can name a value representation: upper-case letters (PS3.5 6.2).
pub(crate) fn is_representation(letters: [u8; 2]) -> bool {
    letters.iter().all(u8::is_ascii_uppercase)
}
