//! JPEG-LS.
//!
//! Source: ISO/IEC 14495-1; PS3.5 8.2.3.

use jpegls::CodecError;

use super::guard::{check_unbounded_size, guarded};
use super::{Layout, broken, unread};
use crate::Fault;

/// The end of an image.
const END: [u8; 2] = [0xFF, 0xD9];

/// The values of a frame.
///
/// # Errors
/// `Syntax`: colours, restarts or mapping tables; `Broken`.
pub(super) fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<i32>, Fault> {
    check_unbounded_size(layout.voxels(), bytes.len())?;
    let bytes = without_fill(bytes)?;
    let (columns, rows) = (layout.columns as u32, layout.rows as u32);
    let (values, _, _) = guarded(|| {
        jpegls::decode(&bytes, columns, rows).map_err(|error| match error {
            CodecError::Unsupported(_) => unread("JPEG-LS with colours, restarts or mapping tables"),
            _ => broken("a frame in JPEG-LS is damaged or of another size than its image"),
        })
    })?;
    Ok(values.into_iter().map(|value| layout.narrow(u32::from(value))).collect())
}

/// The image up to its end, without what fills up the scan: writers may put any number of FF before the last marker
/// (ISO/IEC 10918-1 B.1.1.2), which the decoder takes for data.
fn without_fill(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let end = bytes.windows(2).rposition(|two| two == END);
    let scan = bytes.get(..end.ok_or_else(|| broken("a frame in JPEG-LS is cut off"))?).unwrap_or_default();
    let last = scan.iter().rposition(|byte| *byte != 0xFF).map_or(0, |at| at + 1);
    Ok([scan.get(..last).unwrap_or_default(), &END].concat())
}
