//! Lossless JPEG of one component.
//!
//! Source: ISO/IEC 10918-1 annex H. A value is a prediction from its neighbours left (`a`), above (`b`) and above left
//! (`c`), and a coded difference, modulo 2^16.

use super::bits::{Bits, unstuffed};
use super::damaged;
use super::header::Header;
use super::table::Table;
use crate::Fault;
use crate::pixels::Layout;

/// The values of a frame whose size was checked.
///
/// # Errors
/// `Broken`.
pub(super) fn decode(header: &Header<'_>, layout: &Layout) -> Result<Vec<i32>, Fault> {
    let table = header.tables.get(header.selected).and_then(Option::as_ref).ok_or_else(damaged)?;
    let bits = u32::from(header.precision).saturating_sub(u32::from(header.point_transform));
    if !(1..=16).contains(&bits) || u32::from(header.precision) > 16 {
        return Err(damaged());
    }
    let columns = layout.columns;
    // Restarts come after whole rows only (H.1.1).
    let interval = if header.restart == 0 { layout.rows } else { header.restart / columns };
    if interval == 0 || !header.restart.is_multiple_of(columns) {
        return Err(damaged());
    }
    let mut values = vec![0_u16; layout.voxels()];
    let mut scan = header.scan;
    for (number, rows) in values.chunks_mut(interval * columns).enumerate() {
        if number > 0 {
            scan = after_restart(scan, number - 1)?;
        }
        let (bytes, rest) = unstuffed(scan);
        let start = 1_u16 << (bits - 1);
        read_rows(rows, columns, start, header.predictor, table, &bytes)?;
        scan = rest;
    }
    Ok(values.into_iter().map(|value| layout.narrow(u32::from(value) << header.point_transform)).collect())
}

/// What follows a restart marker, of which eight take turns.
fn after_restart(scan: &[u8], number: usize) -> Result<&[u8], Fault> {
    let marker = [0xFF, 0xD0 + (number % 8) as u8];
    scan.strip_prefix(&marker).ok_or_else(damaged)
}

/// Reads the rows between restarts.
fn read_rows(
    rows: &mut [u16],
    columns: usize,
    start: u16,
    predictor: u8,
    table: &Table,
    bytes: &[u8],
) -> Result<(), Fault> {
    let bits = &mut Bits::new(bytes);
    let (first, others) = rows.split_at_mut(columns);
    read_row(first, None, start, table, bits, |a, _, _| a)?;
    let mut above: &[u16] = first;
    for row in others.chunks_mut(columns) {
        let start = above.first().copied().unwrap_or_default();
        let above_row = Some(above);
        // Table H.1.
        match predictor {
            1 => read_row(row, above_row, start, table, bits, |a, _, _| a),
            2 => read_row(row, above_row, start, table, bits, |_, b, _| b),
            3 => read_row(row, above_row, start, table, bits, |_, _, c| c),
            4 => read_row(row, above_row, start, table, bits, |a, b, c| a + b - c),
            5 => read_row(row, above_row, start, table, bits, |a, b, c| a + ((b - c) >> 1)),
            6 => read_row(row, above_row, start, table, bits, |a, b, c| b + ((a - c) >> 1)),
            7 => read_row(row, above_row, start, table, bits, |a, b, _| (a + b) >> 1),
            _ => Err(damaged()),
        }?;
        above = row;
    }
    Ok(())
}

/// Reads a row, whose first value is predicted by itself.
fn read_row(
    row: &mut [u16],
    above: Option<&[u16]>,
    start: u16,
    table: &Table,
    bits: &mut Bits<'_>,
    predict: impl Fn(i32, i32, i32) -> i32,
) -> Result<(), Fault> {
    let mut left = start.wrapping_add(difference(table, bits)?);
    let mut above_left = above.and_then(|above| above.first()).copied().unwrap_or_default();
    if let Some(first) = row.first_mut() {
        *first = left;
    }
    for (at, value) in row.iter_mut().enumerate().skip(1) {
        let up = above.map_or(0, |above| above[at]);
        let predicted = predict(i32::from(left), i32::from(up), i32::from(above_left));
        // The low 16 bits are the value modulo 2^16.
        *value = (predicted as u16).wrapping_add(difference(table, bits)?);
        (left, above_left) = (*value, up);
    }
    if bits.is_past_end() { Err(damaged()) } else { Ok(()) }
}

/// The next difference (table H.2), modulo 2^16.
#[inline]
fn difference(table: &Table, bits: &mut Bits<'_>) -> Result<u16, Fault> {
    let size = u32::from(table.next(bits)?);
    match size {
        0 => Ok(0),
        1..=15 => {
            let low = bits.peek(size);
            bits.skip(size);
            // Those that start with a zero bit are negative (F.2.2.1).
            let negative = low >> (size - 1) == 0;
            let offset = if negative { (1_u32 << size) - 1 } else { 0 };
            Ok(low.wrapping_sub(offset) as u16)
        }
        16 => Ok(1 << 15),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::pixels::jpeg;

    /// An encoder that is as plain as can be: sizes are coded in five bits each.
    fn encoded(values: &[u16], columns: usize, predictor: u8, restart_rows: usize, shift: u8) -> Vec<u8> {
        let rows = values.len() / columns;
        let mut bytes =
            vec![0xFF, 0xD8, 0xFF, 0xC3, 0, 11, 16, 0, rows as u8, 0, columns as u8, 1, 1, 0x11, 0];
        bytes.extend([0xFF, 0xC4, 0, 36, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(0..17);
        bytes.extend([0xFF, 0xDD, 0, 4, 0, (restart_rows * columns) as u8]);
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, predictor, 0, shift]);
        let at = |row: usize, column: usize| i32::from(values[row * columns + column] >> shift);
        let per = if restart_rows == 0 { rows } else { restart_rows };
        let mut text = String::new();
        for row in 0..rows {
            if row > 0 && row % per == 0 {
                flush(&mut text, &mut bytes);
                bytes.extend([0xFF, 0xD0 + ((row / per - 1) % 8) as u8]);
            }
            for column in 0..columns {
                let predicted = match (row % per, column) {
                    (0, 0) => 1 << (15 - shift),
                    (0, _) => at(row, column - 1),
                    (_, 0) => at(row - 1, 0),
                    _ => {
                        let (a, b, c) = (at(row, column - 1), at(row - 1, column), at(row - 1, column - 1));
                        [a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), i32::midpoint(a, b)]
                            [usize::from(predictor) - 1]
                    }
                };
                let difference = i32::from((at(row, column) - predicted) as i16);
                let size =
                    if difference == -32768 { 16 } else { 32 - difference.unsigned_abs().leading_zeros() };
                write!(text, "{size:05b}").unwrap();
                if (1..16).contains(&size) {
                    let low = if difference < 0 { difference + (1 << size) - 1 } else { difference };
                    write!(text, "{low:0width$b}", width = size as usize).unwrap();
                }
            }
        }
        flush(&mut text, &mut bytes);
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    fn flush(text: &mut String, bytes: &mut Vec<u8>) {
        while !text.len().is_multiple_of(8) {
            text.push('1');
        }
        for eight in text.as_bytes().chunks(8) {
            let byte = u8::from_str_radix(std::str::from_utf8(eight).unwrap(), 2).unwrap();
            bytes.push(byte);
            if byte == 0xFF {
                bytes.push(0);
            }
        }
        text.clear();
    }

    const LAYOUT: Layout =
        Layout { columns: 6, rows: 9, frames: 1, allocated: 16, stored: 16, high: 15, signed: false };

    fn values() -> Vec<u16> {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as u16
        };
        (0..54).map(|at| if at % 5 == 0 { next() } else { next() % 300 }).collect()
    }

    #[test]
    fn every_predictor_with_and_without_restarts_gives_the_values_back() {
        let values = values();
        let want: Vec<i32> = values.iter().map(|value| i32::from(*value)).collect();
        for predictor in 1..=7 {
            for restart_rows in [0, 1, 4] {
                let bytes = encoded(&values, 6, predictor, restart_rows, 0);
                assert_eq!(jpeg::decode(&bytes, &LAYOUT), Ok(want.clone()), "{predictor}, {restart_rows}");
            }
        }
    }

    #[test]
    fn a_point_transform_drops_low_bits_only() {
        let values = values();
        let want: Vec<i32> = values.iter().map(|value| i32::from(value >> 3 << 3)).collect();
        assert_eq!(jpeg::decode(&encoded(&values, 6, 4, 0, 3), &LAYOUT), Ok(want));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = encoded(&values(), 6, 1, 4, 0);
        // The last two bytes are the end of image, which says nothing.
        for length in 0..bytes.len() - 2 {
            assert!(jpeg::decode(&bytes[..length], &LAYOUT).is_err(), "{length} of {}", bytes.len());
        }
    }
}
