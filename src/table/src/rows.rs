//! Rows of a CSV counted cell by cell, because the reader fills short ones up with empty cells.

use std::io::BufRead;

use crate::TableError;

/// Refuses a row with fewer cells than the first; empty lines are no rows.
pub fn check_rows(mut text: impl BufRead) -> Result<(), TableError> {
    let mut counter = Counter::default();
    loop {
        let block = text.fill_buf()?;
        if block.is_empty() {
            return counter.end_row();
        }
        for &byte in block {
            counter.take(byte)?;
        }
        let taken = block.len();
        text.consume(taken);
    }
}

#[derive(Default)]
struct Counter {
    /// Cells of the header, once it has ended.
    header: Option<usize>,
    rows: usize,
    separators: usize,
    is_filled: bool,
    is_quoted: bool,
}

impl Counter {
    fn take(&mut self, byte: u8) -> Result<(), TableError> {
        match byte {
            // A doubled quote inside a quoted cell ends and starts it: nothing changes.
            b'"' => (self.is_quoted, self.is_filled) = (!self.is_quoted, true),
            b'\n' if !self.is_quoted => return self.end_row(),
            b'\r' => {}
            b',' if !self.is_quoted => (self.separators, self.is_filled) = (self.separators + 1, true),
            _ => self.is_filled = true,
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), TableError> {
        if self.is_filled {
            let cells = self.separators + 1;
            match self.header {
                None => self.header = Some(cells),
                Some(header) => {
                    self.rows += 1;
                    if cells < header {
                        return Err(TableError::ShortRow { row: self.rows, cells, header });
                    }
                }
            }
        }
        (self.separators, self.is_filled) = (0, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check_rows;
    use crate::TableError;

    #[test]
    fn a_short_row_is_named_and_quotes_hold_separators_and_lines() {
        let whole = "a,b\r\n\"1,\n\"\"2\"\"\",3\r\n\r\n,\n5,6,7\n8,9";
        assert!(check_rows(whole.as_bytes()).is_ok());
        let short = check_rows("a,b,c\n1,2,3\n\n\"4,5\",6\n".as_bytes());
        assert!(matches!(short, Err(TableError::ShortRow { row: 2, cells: 2, header: 3 })), "{short:?}");
        assert!(check_rows("a,b\n1".as_bytes()).is_err(), "the last line without its end");
    }
}
