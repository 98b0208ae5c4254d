//! Transforms out, as text.

use std::fmt::Write as _;
use std::path::Path;

use super::lps::{self, LpsLattice, row_major};
use super::{AFFINE, COMPOSITE, FIRST_LINE, ItkFault, SPLINE};
use crate::io::IoError;
use crate::transform::{Chain, Part, Rigid, Spline, Transform};

/// Writes a rigid motion.
pub fn write_rigid(path: &Path, rigid: &Rigid) -> Result<(), IoError> {
    let mut text = header();
    push_rigid(&mut text, 0, rigid);
    std::fs::write(path, text).map_err(|e| IoError::write(path, e))
}

/// Writes a spline alone.
pub fn write_spline(path: &Path, spline: &Spline) -> Result<(), IoError> {
    let mut text = header();
    push_spline(&mut text, 0, spline);
    std::fs::write(path, text).map_err(|e| IoError::write(path, e))
}

/// Writes a whole transform: a composite where there is a spline.
pub fn write_transform(path: &Path, transform: &Transform) -> Result<(), IoError> {
    let Some(spline) = &transform.spline else { return write_rigid(path, &transform.rigid) };
    let mut text = header();
    let _ = writeln!(text, "#Transform 0\nTransform: {COMPOSITE}");
    push_rigid(&mut text, 1, &transform.rigid);
    push_spline(&mut text, 2, spline);
    std::fs::write(path, text).map_err(|e| IoError::write(path, e))
}

/// A chain of rigid parts and splines as text: a composite where there are several. A displacement field is refused.
pub fn chain_text(chain: &Chain) -> Result<String, ItkFault> {
    let mut text = header();
    let parts = chain.parts();
    let is_single = parts.len() == 1;
    if !is_single {
        let _ = writeln!(text, "#Transform 0\nTransform: {COMPOSITE}");
    }
    // The last of a file acts first.
    for (n, part) in parts.iter().rev().enumerate() {
        let number = if is_single { n } else { n + 1 };
        match part {
            Part::Rigid(rigid) => push_rigid(&mut text, number, rigid),
            Part::Spline(spline) => push_spline(&mut text, number, spline),
            Part::Field(_) => return Err(ItkFault::Field),
        }
    }
    if parts.is_empty() {
        push_rigid(&mut text, 1, &Rigid::identity());
    }
    Ok(text)
}

/// The first line of every file.
pub(super) fn header() -> String {
    format!("{FIRST_LINE}\n")
}

// Writing to a String cannot fail.
fn push_numbers(text: &mut String, key: &str, numbers: impl IntoIterator<Item = f64>) {
    let _ = write!(text, "{key}:");
    for number in numbers {
        // Adding zero turns -0 into 0; the shortest form reads back to the same f64.
        let _ = write!(text, " {:?}", number + 0.0);
    }
    text.push('\n');
}

pub(super) fn push_rigid(text: &mut String, n: usize, rigid: &Rigid) {
    let (matrix, shift) = lps::rotation_and_shift(rigid);
    let _ = writeln!(text, "#Transform {n}\nTransform: {AFFINE}");
    push_numbers(text, "Parameters", row_major(&matrix).into_iter().chain(shift.iter().copied()));
    push_numbers(text, "FixedParameters", [0.0; 3]);
}

pub(super) fn push_spline(text: &mut String, n: usize, spline: &Spline) {
    let LpsLattice { size, first, spacing_mm, directions } = LpsLattice::of(spline.lattice());
    let _ = writeln!(text, "#Transform {n}\nTransform: {SPLINE}");
    push_numbers(text, "Parameters", lps::coefficients(spline));
    let fixed = size.into_iter().chain(first.iter().copied());
    push_numbers(text, "FixedParameters", fixed.chain(spacing_mm).chain(row_major(&directions)));
}
