//! Transforms out, as text.

use std::fmt::Write as _;
use std::path::Path;

use nalgebra::{Matrix3, Vector3};

use super::{AFFINE, COMPOSITE, SPLINE, flip};
use crate::io::IoError;
use crate::transform::{Rigid, Spline, Transform};

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

/// The first line of every file.
pub(super) fn header() -> String {
    "#Insight Transform File V1.0\n".to_owned()
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
    let matrix = flip() * rigid.rotation() * flip();
    let shift = flip() * rigid.shift();
    let _ = writeln!(text, "#Transform {n}\nTransform: {AFFINE}");
    push_numbers(text, "Parameters", row_major(&matrix).into_iter().chain(shift.iter().copied()));
    push_numbers(text, "FixedParameters", [0.0; 3]);
}

pub(super) fn push_spline(text: &mut String, n: usize, spline: &Spline) {
    let lattice = spline.lattice();
    let spacing = Vector3::from(lattice.spacing_mm());
    let first = flip() * (lattice.origin() - lattice.directions() * spacing);
    let directions = flip() * lattice.directions();
    let _ = writeln!(text, "#Transform {n}\nTransform: {SPLINE}");
    let signs = [-1.0, -1.0, 1.0];
    let coefficients = spline.coefficients().iter().zip(signs);
    push_numbers(text, "Parameters", coefficients.flat_map(|(c, sign)| c.iter().map(move |v| sign * v)));
    let fixed = lattice.dims().map(|d| d as f64).into_iter().chain(first.iter().copied());
    let fixed = fixed.chain(lattice.spacing_mm()).chain(row_major(&directions));
    push_numbers(text, "FixedParameters", fixed);
}

fn row_major(m: &Matrix3<f64>) -> [f64; 9] {
    std::array::from_fn(|n| m[(n / 3, n % 3)])
}
