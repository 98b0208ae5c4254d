//! Values of elements.
//!
//! Source: PS3.5 6.2.

use dicom_core::value::C;
use dicom_core::{PrimitiveValue, Tag, VR};

use super::charset::Charset;
use super::encoding::Order;

/// Values of a text above which they stay together: a contour has 100,000, which as texts of their own would take ten
/// times their bytes.
const MANY: usize = 256;

/// The value that bytes hold. What is left over of a word is dropped.
pub(super) fn of(vr: VR, bytes: &[u8], order: Order, charset: &Charset) -> PrimitiveValue {
    if bytes.is_empty() {
        return PrimitiveValue::Empty;
    }
    match vr {
        VR::OB | VR::UN | VR::SQ => PrimitiveValue::U8(C::from_slice(bytes)),
        VR::AT => PrimitiveValue::Tags(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|[a, b, c, d]| Tag(order.u16([*a, *b]), order.u16([*c, *d])))
                .collect(),
        ),
        VR::US | VR::OW => PrimitiveValue::U16(words(bytes).map(|two| order.u16(two)).collect()),
        VR::SS => PrimitiveValue::I16(words(bytes).map(|two| order.u16(two).cast_signed()).collect()),
        VR::UL | VR::OL => PrimitiveValue::U32(words(bytes).map(|four| order.u32(four)).collect()),
        VR::SL => PrimitiveValue::I32(words(bytes).map(|four| order.u32(four).cast_signed()).collect()),
        VR::UV | VR::OV => PrimitiveValue::U64(words(bytes).map(|eight| order.u64(eight)).collect()),
        VR::SV => PrimitiveValue::I64(words(bytes).map(|eight| order.u64(eight).cast_signed()).collect()),
        VR::FL | VR::OF => {
            PrimitiveValue::F32(words(bytes).map(|four| f32::from_bits(order.u32(four))).collect())
        }
        VR::FD | VR::OD => {
            PrimitiveValue::F64(words(bytes).map(|eight| f64::from_bits(order.u64(eight))).collect())
        }
        _ => text(vr, charset.decode(bytes)),
    }
}

/// Whether a representation may hold several texts, with backslashes between them.
pub(super) fn is_multiple(vr: VR) -> bool {
    !matches!(vr, VR::ST | VR::LT | VR::UT | VR::UR)
}

/// Values of a text.
fn text(vr: VR, text: String) -> PrimitiveValue {
    let values = text.bytes().filter(|byte| *byte == b'\\').count() + 1;
    if !is_multiple(vr) || values > MANY {
        return PrimitiveValue::Str(text);
    }
    PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())
}

/// Whole words.
fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.as_chunks().0.iter().copied()
}
