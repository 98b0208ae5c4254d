//! The tables of a result.

mod features;
mod icc;
mod verdicts;

pub use features::features;
pub use icc::icc;
pub use verdicts::verdicts;

use delta_table::{Table, TableError};

/// One column: its name, and what a row has in it.
enum Column<R> {
    Text(&'static str, fn(&R) -> Option<String>),
    Number(&'static str, fn(&R) -> Option<f64>),
}

/// A table of rows; a number that is none is an empty cell.
fn table<R>(columns: &[Column<R>], rows: &[R]) -> Result<Table, TableError> {
    let mut table = Table::new();
    for column in columns {
        match column {
            Column::Text(name, cell) => table.text(name, rows.iter().map(cell)),
            Column::Number(name, cell) => {
                table.numbers(name, rows.iter().map(|row| cell(row).filter(|v| v.is_finite())))?
            }
        };
    }
    Ok(table)
}

/// An empty text is an empty cell.
#[allow(clippy::needless_pass_by_value, reason = "words are copied, and texts come as references")]
fn some(text: impl ToString) -> Option<String> {
    Some(text.to_string()).filter(|t| !t.is_empty())
}
