//! Many features are many chances.

use super::contour::{LesionContour, decides};
use crate::record::{DeltaRow, Verdict};
use crate::stats::benjamini_hochberg::adjust;

/// Adjusts p within the rows given: q over those that were judged (Benjamini & Hochberg 1995). A row without a
/// verdict on change is no test, and gets none.
pub fn adjust_for_multiplicity(rows: &mut [DeltaRow], contour: LesionContour) {
    let is_test = |row: &DeltaRow| {
        matches!(
            row.verdict,
            Verdict::Changed | Verdict::WithinNoise | Verdict::BeyondBand | Verdict::WithinBand
        )
    };
    // Other contours of a region test the same change again: only those that decide are counted.
    let decides = decides(rows, contour);
    let tests: Vec<usize> =
        (0..rows.len()).filter(|&i| decides[i] && is_test(&rows[i]) && rows[i].p.is_some()).collect();
    let p: Vec<f64> = tests.iter().filter_map(|&i| rows[i].p).collect();
    for (index, q) in tests.into_iter().zip(adjust(&p)) {
        rows[index].q = Some(q);
    }
}
