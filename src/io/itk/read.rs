//! Transforms in, from text.

use std::path::Path;

use nalgebra::{Matrix3, Vector3};

use super::lps::{self, EulerOrder, LpsLattice};
use super::{COMPOSITE, FIRST_LINE, ItkFault};
use crate::io::IoError;
use crate::transform::{Chain, Rigid, Spline, Transform};

/// Reads a transform of rigid parts and at most one spline.
pub fn read_transform(path: &Path) -> Result<Transform, IoError> {
    let whole = |chain: Chain| chain.as_transform().ok_or(ItkFault::TwoSplines);
    read(path, |text| parse(text).and_then(whole))
}

/// Reads rigid parts and splines in any number.
pub fn read_chain(path: &Path) -> Result<Chain, IoError> {
    read(path, parse)
}

fn read<T>(path: &Path, parse: impl Fn(&str) -> Result<T, ItkFault>) -> Result<T, IoError> {
    let bytes = std::fs::read(path).map_err(|e| IoError::file(path, e))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| IoError::itk(path, ItkFault::Magic))?;
    parse(text).map_err(|fault| IoError::itk(path, fault))
}

/// One transform of a file, in RAS.
enum Part {
    Rigid(Rigid),
    Spline(Spline),
}

pub(super) fn parse(text: &str) -> Result<Chain, ItkFault> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, first)) if first.trim() == FIRST_LINE => {}
        _ => return Err(ItkFault::Magic),
    }
    let mut parts = Vec::new();
    let mut open: Option<(String, Vec<f64>)> = None;
    for (n, line) in lines.filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let bad = || ItkFault::Line(n + 1);
        let (key, rest) = line.split_once(':').ok_or_else(bad)?;
        let numbers = || -> Result<Vec<f64>, ItkFault> {
            let parsed: Option<Vec<f64>> =
                rest.split_whitespace().map(|w| w.parse().ok().filter(|v: &f64| v.is_finite())).collect();
            parsed.ok_or_else(bad)
        };
        match (key.trim(), &mut open) {
            ("Transform", _) if rest.trim() == COMPOSITE => open = None,
            ("Transform", _) => open = Some((rest.trim().to_owned(), Vec::new())),
            ("Parameters", Some((_, parameters))) => *parameters = numbers()?,
            ("FixedParameters", Some((kind, parameters))) => {
                parts.extend(part(kind, parameters, &numbers()?)?);
                open = None;
            }
            // A composite may have empty parameters of its own.
            ("Parameters" | "FixedParameters", None) if rest.trim().is_empty() => {}
            _ => return Err(bad()),
        }
    }
    if parts.is_empty() {
        return Err(ItkFault::Nothing);
    }
    // The last of a file acts first.
    Ok(parts.into_iter().rev().fold(Chain::default(), |chain, part| match part {
        Part::Rigid(rigid) => chain.then_rigid(rigid),
        Part::Spline(spline) => chain.then_spline(spline),
    }))
}

/// One transform from its numbers, converted from LPS; `None` for an identity.
fn part(kind: &str, parameters: &[f64], fixed: &[f64]) -> Result<Option<Part>, ItkFault> {
    let base = kind.strip_suffix("_double_3_3").or_else(|| kind.strip_suffix("_float_3_3")).unwrap_or(kind);
    let centre = || -> Result<Vector3<f64>, ItkFault> {
        need("FixedParameters", fixed, 3)?;
        Ok(Vector3::from_column_slice(&fixed[..3]))
    };
    let rigid = |rotation: Matrix3<f64>, centre: Vector3<f64>, shift: &[f64]| {
        Some(Part::Rigid(lps::rigid(rotation, centre, shift)))
    };
    Ok(match base {
        "IdentityTransform" => None,
        "TranslationTransform" => {
            need("TranslationTransform", parameters, 3)?;
            rigid(Matrix3::identity(), Vector3::zeros(), &parameters[..3])
        }
        "AffineTransform" | "MatrixOffsetTransformBase" | "Rigid3DTransform" => {
            need("AffineTransform", parameters, 12)?;
            let matrix =
                lps::rotation_near(&Matrix3::from_row_slice(&parameters[..9])).ok_or(ItkFault::NotRigid)?;
            rigid(matrix, centre()?, &parameters[9..12])
        }
        "Euler3DTransform" => {
            need("Euler3DTransform", parameters, 6)?;
            let is_zyx = fixed.get(3).is_some_and(|&flag| flag != 0.0);
            let order = if is_zyx { EulerOrder::Zyx } else { EulerOrder::Zxy };
            rigid(lps::euler(&parameters[..3], order), centre()?, &parameters[3..6])
        }
        "VersorRigid3DTransform" => {
            need("VersorRigid3DTransform", parameters, 6)?;
            rigid(lps::versor(&parameters[..3]), centre()?, &parameters[3..6])
        }
        "BSplineTransform" => Some(Part::Spline(spline(parameters, fixed)?)),
        _ => return Err(ItkFault::Type(kind.to_owned())),
    })
}

fn need(kind: &'static str, numbers: &[f64], expected: usize) -> Result<(), ItkFault> {
    if numbers.len() >= expected {
        Ok(())
    } else {
        Err(ItkFault::Count { kind, expected, found: numbers.len() })
    }
}

pub(super) fn spline(parameters: &[f64], fixed: &[f64]) -> Result<Spline, ItkFault> {
    need("BSplineTransform", fixed, 18)?;
    let lattice = LpsLattice {
        size: [fixed[0], fixed[1], fixed[2]],
        first: Vector3::from_column_slice(&fixed[3..6]),
        spacing_mm: [fixed[6], fixed[7], fixed[8]],
        directions: Matrix3::from_row_slice(&fixed[9..18]),
    };
    lattice.spline(parameters)
}
