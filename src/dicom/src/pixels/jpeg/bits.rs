//! Bits of a scan, the highest of a byte first.
//!
//! Source: ISO/IEC 10918-1 F.1.2.3, F.2.2.4.

/// Bits of bytes. Behind the end there are zeros, and `is_past_end` tells.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bytes that were taken, also behind the end.
    taken: usize,
    /// Bits that were taken but not used, the next in the highest place.
    ahead: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// All bits of bytes without stuffing.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, taken: 0, ahead: 0, count: 0 }
    }

    /// The next bits, up to 16, which stay.
    pub(super) fn peek(&mut self, count: u32) -> u32 {
        if self.count < 32 {
            self.fill();
        }
        (self.ahead >> (64 - count)) as u32
    }

    /// Takes bits that were seen.
    pub(super) fn skip(&mut self, count: u32) {
        self.ahead <<= count;
        self.count -= count;
    }

    /// Takes more bytes.
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = self.bytes.get(self.taken).copied().unwrap_or(0);
            self.ahead |= u64::from(byte) << (56 - self.count);
            self.taken += 1;
            self.count += 8;
        }
    }

    /// Whether more bits were used than there are.
    pub(super) fn is_past_end(&self) -> bool {
        self.taken.saturating_sub((self.count / 8) as usize) > self.bytes.len()
    }
}

/// The bytes up to the next marker, without the zeros that are stuffed after FF, and the marker with what follows it.
pub(super) fn unstuffed(scan: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut found = Vec::with_capacity(scan.len());
    let mut rest = scan;
    while let Some(at) = rest.iter().position(|byte| *byte == 0xFF) {
        found.extend_from_slice(&rest[..at]);
        match rest.get(at + 1) {
            Some(0) => {
                found.push(0xFF);
                rest = &rest[at + 2..];
            }
            // Fill before a marker.
            Some(0xFF) => rest = &rest[at + 1..],
            Some(_) => return (found, &rest[at..]),
            None => return (found, &[]),
        }
    }
    found.extend_from_slice(rest);
    (found, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_taken_out_and_markers_end_the_bytes() {
        let (bytes, rest) = unstuffed(&[1, 0xFF, 0, 2, 0xFF, 0xFF, 0xD0, 3]);
        assert_eq!((bytes, rest), (vec![1, 0xFF, 2], &[0xFF, 0xD0, 3][..]));
        assert_eq!(unstuffed(&[7, 0xFF]), (vec![7], &[][..]));
    }

    #[test]
    fn the_end_is_noticed_once_it_is_passed() {
        let mut bits = Bits::new(&[0b1010_0000]);
        assert_eq!(bits.peek(3), 0b101);
        bits.skip(8);
        assert!(!bits.is_past_end());
        assert_eq!(bits.peek(9), 0);
        bits.skip(1);
        assert!(bits.is_past_end());
    }
}
