//! A wide table: one row per repeat and region, one column per feature.

use super::{About, Findings, name};
use crate::jobs::sheet::{UserTable, has_decimal_comma};
use crate::jobs::stability::error::StabilityFault;

/// Columns that say what a row is, or belong to other programs' tables, and hold no feature.
const NO_FEATURE: [&str; 20] = [
    "subject",
    "repeat",
    "repeat_kind",
    "condition",
    "perturbation",
    "visit",
    "modality",
    "measurement_hash",
    "roi",
    "label",
    "roi_role",
    "mask_source",
    "flags",
    "reasons",
    "row",
    "Image",
    "Mask",
    "Label",
    "image",
    "mask",
];

/// The values of a wide table.
pub fn rows(table: &UserTable, about: &About) -> Result<Findings, StabilityFault> {
    let mut rows = Vec::new();
    let (mut diagnostics, mut texts) = (0_usize, Vec::new());
    let columns: Vec<&str> = table.names().filter(|n| !NO_FEATURE.contains(n)).collect();
    for column in columns {
        if column.starts_with("diagnostics_") {
            diagnostics += 1;
            continue;
        }
        if !name::is_known(column) && is_text(table, column)? {
            texts.push(column.to_owned());
            continue;
        }
        let key = name::key_of(column);
        for (n, value) in table.numbers(column)?.into_iter().enumerate() {
            rows.push(about.found(n, key.clone(), name::unit_of(&key), value));
        }
    }
    if rows.is_empty() {
        return Err(StabilityFault::NoFeature { path: table.path.clone(), present: table.present() });
    }
    let mut notes = Vec::new();
    if diagnostics > 0 {
        notes.push(format!("Columns diagnostics_* hold no features and were left out: {diagnostics}."));
    }
    if !texts.is_empty() {
        notes.push(format!("Columns of text were left out: {}.", texts.join(", ")));
    }
    Ok(Findings { rows, notes })
}

/// Whether a column holds text and no number at all, not even one with a decimal comma.
fn is_text(table: &UserTable, column: &str) -> Result<bool, StabilityFault> {
    let cells = table.needed(column)?;
    let mut filled = cells.iter().flatten().peekable();
    let any = filled.peek().is_some();
    Ok(any && filled.all(|cell| cell.parse::<f64>().is_err() && !has_decimal_comma(cell)))
}
