//! Transforms in, from text.

use std::path::Path;

use nalgebra::{Matrix3, Point3, Quaternion, Rotation3, UnitQuaternion, Vector3};

use super::{COMPOSITE, ItkFault, flip};
use crate::io::IoError;
use crate::transform::{Lattice, Rigid, Spline, Transform};

/// A matrix counts as a rotation up to this deviation from orthogonality: files may hold six digits.
const ROTATION_TOLERANCE: f64 = 1e-4;

/// Reads a transform of rigid parts and at most one spline.
pub fn read_transform(path: &Path) -> Result<Transform, IoError> {
    let bytes = std::fs::read(path).map_err(|e| IoError::file(path, e))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| IoError::itk(path, ItkFault::Magic))?;
    parse(text).map_err(|fault| IoError::itk(path, fault))
}

/// One transform of a file, in RAS.
enum Part {
    Rigid(Rigid),
    Spline(Spline),
}

pub(super) fn parse(text: &str) -> Result<Transform, ItkFault> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, first)) if first.trim() == "#Insight Transform File V1.0" => {}
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
    compose(parts)
}

/// The product of the parts; the last of a file acts first.
fn compose(parts: Vec<Part>) -> Result<Transform, ItkFault> {
    let mut whole = Transform::identity();
    for part in parts.into_iter().rev() {
        match part {
            Part::Rigid(after) => {
                let (r, s) = (whole.rigid.rotation(), whole.rigid.shift());
                whole.rigid = Rigid::from_parts(after.rotation() * r, after.rotation() * s + after.shift());
            }
            Part::Spline(_) if whole.spline.is_some() => return Err(ItkFault::TwoSplines),
            Part::Spline(spline) => whole.spline = Some(before_rigid(&spline, &whole.rigid)),
        }
    }
    Ok(whole)
}

/// The spline `v` with `R(x + v(x)) = R x + u(R x)`: lattice and coefficients turned back by the rotation.
fn before_rigid(spline: &Spline, rigid: &Rigid) -> Spline {
    let lattice = spline.lattice();
    let back = rigid.rotation().transpose();
    let turned = Lattice::from_parts(
        lattice.dims(),
        lattice.spacing_mm(),
        back * (lattice.origin() - rigid.shift()),
        back * lattice.directions(),
    );
    let [x, y, z] = spline.coefficients();
    let vectors: Vec<Vector3<f64>> = (0..x.len()).map(|n| back * Vector3::new(x[n], y[n], z[n])).collect();
    Spline::new(turned, std::array::from_fn(|c| vectors.iter().map(|v| v[c]).collect()))
}

/// One transform from its numbers, converted from LPS; `None` for an identity.
fn part(kind: &str, parameters: &[f64], fixed: &[f64]) -> Result<Option<Part>, ItkFault> {
    let base = kind.strip_suffix("_double_3_3").or_else(|| kind.strip_suffix("_float_3_3")).unwrap_or(kind);
    let centre = || -> Result<Vector3<f64>, ItkFault> {
        need("FixedParameters", fixed, 3)?;
        Ok(Vector3::from_column_slice(&fixed[..3]))
    };
    let rigid = |rotation: Matrix3<f64>, centre: Vector3<f64>, shift: &[f64]| {
        let shift = Vector3::from_column_slice(shift) + centre - rotation * centre;
        Some(Part::Rigid(Rigid::from_parts(flip() * rotation * flip(), flip() * shift)))
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
                rotation_near(&Matrix3::from_row_slice(&parameters[..9])).ok_or(ItkFault::NotRigid)?;
            rigid(matrix, centre()?, &parameters[9..12])
        }
        "Euler3DTransform" => {
            need("Euler3DTransform", parameters, 6)?;
            let [x, y, z] = std::array::from_fn(|a| {
                let axis = Vector3::from_fn(|r, _| if r == a { 1.0 } else { 0.0 });
                *Rotation3::new(axis * parameters[a]).matrix()
            });
            let zyx = fixed.get(3).is_some_and(|&flag| flag != 0.0);
            rigid(if zyx { z * y * x } else { z * x * y }, centre()?, &parameters[3..6])
        }
        "VersorRigid3DTransform" => {
            need("VersorRigid3DTransform", parameters, 6)?;
            let vector = Vector3::from_column_slice(&parameters[..3]);
            let w = (1.0 - vector.norm_squared()).max(0.0).sqrt();
            let versor = UnitQuaternion::from_quaternion(Quaternion::from_parts(w, vector));
            rigid(*versor.to_rotation_matrix().matrix(), centre()?, &parameters[3..6])
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

/// The rotation that a matrix means, where it is one up to rounding.
fn rotation_near(matrix: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    let off = (matrix.transpose() * matrix - Matrix3::identity()).abs().max();
    if off > ROTATION_TOLERANCE || matrix.determinant() < 0.0 {
        return None;
    }
    if off < 1e-12 {
        return Some(*matrix);
    }
    let svd = matrix.svd(true, true);
    Some(svd.u? * svd.v_t?)
}

pub(super) fn spline(parameters: &[f64], fixed: &[f64]) -> Result<Spline, ItkFault> {
    need("BSplineTransform", fixed, 18)?;
    let mut dims = [0; 3];
    for (dim, &size) in dims.iter_mut().zip(fixed) {
        if size.fract() != 0.0 || !(4.0..=1e6).contains(&size) {
            return Err(ItkFault::Lattice("a dimension is no number of controls from 4 up"));
        }
        *dim = size as usize;
    }
    let controls = dims.iter().product::<usize>();
    if parameters.len() != 3 * controls {
        let found = parameters.len();
        return Err(ItkFault::Count { kind: "BSplineTransform", expected: 3 * controls, found });
    }
    let spacing = [fixed[6], fixed[7], fixed[8]];
    if spacing.iter().any(|&s| s <= 0.0) {
        return Err(ItkFault::Lattice("a spacing is not above zero"));
    }
    let directions = flip() * Matrix3::from_row_slice(&fixed[9..18]);
    // A flipped grid gives a lattice of flipped axes: allowed, where it is orthogonal.
    let flipped = directions.determinant() < 0.0;
    let upright = if flipped { -directions } else { directions };
    let upright = rotation_near(&upright).ok_or(ItkFault::Lattice("its axes are not orthogonal"))?;
    let directions = if flipped { -upright } else { upright };
    let origin =
        flip() * Point3::new(fixed[3], fixed[4], fixed[5]).coords + directions * Vector3::from(spacing);
    let lattice = Lattice::from_parts(dims, spacing, origin, directions);
    let signs = [-1.0, -1.0, 1.0];
    let component =
        |c: usize| parameters[c * controls..(c + 1) * controls].iter().map(|v| signs[c] * v).collect();
    Ok(Spline::new(lattice, std::array::from_fn(component)))
}
