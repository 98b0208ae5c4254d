//! A table of codes.
//!
//! Source: ISO/IEC 10918-1 annex C and F.2.2.3.

use super::bits::Bits;
use super::damaged;
use crate::Fault;

/// Codes up to this long are looked up at once.
const SHORT: u32 = 10;

/// Codes of 1 to 16 bits, the shorter before the longer.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By the first bits: length and value; length 0 where the code is longer, or none.
    short: Vec<(u8, u8)>,
    /// For each length: the first code of the next length, as the first of 16 bits, and where its values start.
    ends: [(u32, usize, u32); 16],
    values: Vec<u8>,
}

impl Table {
    /// A table from the number of codes of each length and their values in order.
    ///
    /// # Errors
    /// `Broken`: more codes than there are.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Result<Self, Fault> {
        let mut short = vec![(0, 0); 1 << SHORT];
        let mut ends = [(0, 0, 0); 16];
        let (mut code, mut at) = (0_u32, 0_usize);
        for (index, count) in counts.iter().enumerate() {
            let length = index as u32 + 1;
            let first = code;
            let of_length = values.get(at..at + usize::from(*count)).ok_or_else(damaged)?;
            for value in of_length {
                if code >> length != 0 {
                    return Err(damaged());
                }
                if length <= SHORT {
                    let start = (code << (SHORT - length)) as usize;
                    let slots = short.get_mut(start..start + (1 << (SHORT - length))).ok_or_else(damaged)?;
                    slots.fill((length as u8, *value));
                }
                code += 1;
            }
            ends[index] = (code << (16 - length), at, first);
            at += usize::from(*count);
            code <<= 1;
        }
        Ok(Self { short, ends, values: values.to_vec() })
    }

    /// The next value.
    ///
    /// # Errors
    /// `Broken`: bits that are no code.
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let ahead = bits.peek(16);
        let (length, value) = self.short[(ahead >> (16 - SHORT)) as usize];
        if length != 0 {
            bits.skip(u32::from(length));
            return Ok(value);
        }
        let index = self.ends.iter().position(|(end, _, _)| ahead < *end).ok_or_else(damaged)?;
        let length = index as u32 + 1;
        let (_, start, first) = self.ends[index];
        let offset = (ahead >> (16 - length)).checked_sub(first).ok_or_else(damaged)?;
        bits.skip(length);
        self.values.get(start + offset as usize).copied().ok_or_else(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_order_of_their_length() {
        // 0 -> 5, 10 -> 6, 110 -> 7, and 1110 0000 0000 -> 8.
        let mut counts = [0; 16];
        [counts[0], counts[1], counts[2], counts[11]] = [1, 1, 1, 1];
        let table = Table::new(&counts, &[5, 6, 7, 8]).unwrap();
        let bytes = [0b0101_1010, 0b0000_0000];
        let mut bits = Bits::new(&bytes);
        let found: Vec<u8> = (0..5).map(|_| table.next(&mut bits).unwrap()).collect();
        assert_eq!(found, [5, 6, 7, 6, 5]);
        let mut bits = Bits::new(&[0b1110_0000, 0b0000_1110]);
        assert_eq!([table.next(&mut bits).unwrap(), bits.peek(3) as u8], [8, 7]);
        assert!(table.next(&mut Bits::new(&[0xFF, 0xFF])).is_err());
    }

    #[test]
    fn more_codes_than_there_are_is_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_err());
    }
}
