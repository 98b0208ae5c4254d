//! Data sets that are deflated as a whole.
//!
//! Source: PS3.5 A.5, RFC 1951.

use flate2::{Decompress, FlushDecompress, Status};

use crate::{Fault, FaultKind};

/// The largest data set that is inflated.
const LIMIT: usize = 1 << 30;

/// Bytes by which the output grows: no more than what already came out, so that memory follows the content.
const STEP: usize = 1 << 16;

/// Inflates a raw stream to its end.
///
/// # Errors
/// `Broken`: it is damaged, ends early or gives more than a gigabyte.
pub(super) fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let broken = |fact: &str| Fault::of(FaultKind::Broken, fact);
    let mut stream = Decompress::new(false);
    let mut found = Vec::new();
    loop {
        let read =
            usize::try_from(stream.total_in()).map_err(|_| broken("its deflated data set is damaged"))?;
        let rest = bytes.get(read..).unwrap_or_default();
        found.reserve(STEP.max(found.len() / 2));
        let before = found.len();
        let status = stream
            .decompress_vec(rest, &mut found, FlushDecompress::None)
            .map_err(|_| broken("its deflated data set is damaged"))?;
        if status == Status::StreamEnd {
            return Ok(found);
        }
        if found.len() > LIMIT {
            return Err(broken("its deflated data set has more than a gigabyte"));
        }
        let stuck = stream.total_in() as usize == read && found.len() == before;
        if stuck || (rest.is_empty() && found.len() == before) {
            return Err(broken("its deflated data set is cut off"));
        }
    }
}
