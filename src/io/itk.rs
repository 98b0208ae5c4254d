//! Transforms as ITK text (`.tfm`, "Insight Transform File V1.0"): LPS, fixed to moving points.
//!
//! A rigid motion is written as an affine transform, which needs no convention of angles. A composite lists the
//! part that acts last first: ours is rigid, then spline, for `T(x) = R(x + u(x))`. An ITK B-spline's lattice is
//! given by the position of its first control, one spacing before its domain, and its coefficients are
//! displacements in LPS. Source: ITK's `itkTxtTransformIO` and `itkBSplineTransform`.

use std::fmt::Write as _;
use std::path::Path;

use nalgebra::{Matrix3, Point3, Quaternion, Rotation3, UnitQuaternion, Vector3};
use thiserror::Error;

use super::IoError;
use crate::diagnose::Diagnose;
use crate::transform::{Lattice, Rigid, Spline, Transform};

const AFFINE: &str = "AffineTransform_double_3_3";
const SPLINE: &str = "BSplineTransform_double_3_3";
const COMPOSITE: &str = "CompositeTransform_double_3_3";

/// A matrix counts as a rotation up to this deviation from orthogonality: files may hold six digits.
const ROTATION_TOLERANCE: f64 = 1e-4;

/// Why a transform file is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ItkFault {
    /// The first line is missing.
    #[error("this is no ITK transform text (its first line is not \"#Insight Transform File V1.0\")")]
    Magic,
    /// A line that cannot be read.
    #[error("line {0} cannot be read")]
    Line(usize),
    /// A transform that is not known.
    #[error("a {0} is neither rigid nor a cubic B-spline")]
    Type(String),
    /// A number of parameters that does not fit.
    #[error("{kind} has {found} numbers where {expected} are asked for")]
    Count {
        /// Kind of transform.
        kind: &'static str,
        /// What is asked for.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// A matrix that stretches.
    #[error("the affine transform is not rigid: it stretches, shears or mirrors")]
    NotRigid,
    /// A lattice that cannot be.
    #[error("the B-spline's lattice is impossible: {0}")]
    Lattice(&'static str),
    /// More than one spline.
    #[error("the file holds more than one B-spline")]
    TwoSplines,
    /// No transform at all.
    #[error("the file holds no transform")]
    Nothing,
}

impl Diagnose for ItkFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Magic | Self::Line(_) | Self::Nothing => "E-TFM-TEXT",
            Self::Type(_) | Self::TwoSplines => "E-TFM-TYPE",
            Self::Count { .. } => "E-TFM-COUNT",
            Self::NotRigid => "E-TFM-RIGID",
            Self::Lattice(_) => "E-TFM-LATTICE",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Magic | Self::Line(_) | Self::Nothing | Self::Count { .. } => {
                "Write the transform again, for example with SimpleITK's WriteTransform to a .tfm file."
                    .into()
            }
            Self::Type(_) | Self::TwoSplines | Self::NotRigid => {
                "Read are Euler3D, VersorRigid3D, Translation, rigid Affine and one cubic BSpline, also in a \
                 Composite."
                    .into()
            }
            Self::Lattice(_) => "The lattice needs four controls or more and orthogonal axes.".into(),
        }
    }
}

/// Writes a rigid motion.
pub fn write_rigid(path: &Path, rigid: &Rigid) -> Result<(), IoError> {
    let mut text = header();
    push_rigid(&mut text, 0, rigid);
    std::fs::write(path, text).map_err(|e| IoError::file(path, e))
}

/// Writes a spline alone.
pub fn write_spline(path: &Path, spline: &Spline) -> Result<(), IoError> {
    let mut text = header();
    push_spline(&mut text, 0, spline);
    std::fs::write(path, text).map_err(|e| IoError::file(path, e))
}

/// Writes a whole transform: a composite where there is a spline.
pub fn write_transform(path: &Path, transform: &Transform) -> Result<(), IoError> {
    let Some(spline) = &transform.spline else { return write_rigid(path, &transform.rigid) };
    let mut text = header();
    let _ = writeln!(text, "#Transform 0\nTransform: {COMPOSITE}");
    push_rigid(&mut text, 1, &transform.rigid);
    push_spline(&mut text, 2, spline);
    std::fs::write(path, text).map_err(|e| IoError::file(path, e))
}

/// Reads a transform of rigid parts and at most one spline.
pub fn read_transform(path: &Path) -> Result<Transform, IoError> {
    let bytes = std::fs::read(path).map_err(|e| IoError::file(path, e))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| IoError::itk(path, ItkFault::Magic))?;
    parse(text).map_err(|fault| IoError::itk(path, fault))
}

fn header() -> String {
    "#Insight Transform File V1.0\n".to_owned()
}

/// `diag(-1, -1, 1)`: RAS to LPS and back.
fn flip() -> Matrix3<f64> {
    Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0))
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

fn push_rigid(text: &mut String, n: usize, rigid: &Rigid) {
    let matrix = flip() * rigid.rotation() * flip();
    let shift = flip() * rigid.shift();
    let _ = writeln!(text, "#Transform {n}\nTransform: {AFFINE}");
    push_numbers(text, "Parameters", row_major(&matrix).into_iter().chain(shift.iter().copied()));
    push_numbers(text, "FixedParameters", [0.0; 3]);
}

fn push_spline(text: &mut String, n: usize, spline: &Spline) {
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

/// One transform of a file, in RAS.
enum Part {
    Rigid(Rigid),
    Spline(Spline),
}

fn parse(text: &str) -> Result<Transform, ItkFault> {
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

fn spline(parameters: &[f64], fixed: &[f64]) -> Result<Spline, ItkFault> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Fixed, Grid, World};

    /// An oblique, flipped grid under a rotation and a spline with a coefficient of its own at each control.
    fn wavy() -> Transform {
        let turn = Rotation3::from_euler_angles(0.3, -0.2, 1.1);
        let mut affine = nalgebra::Matrix4::identity();
        let linear = turn.matrix() * Matrix3::from_diagonal(&Vector3::new(-2.0, 2.0, 3.0));
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::new(30.0, -80.0, 12.0));
        let grid = Grid::<Fixed>::new([21, 25, 14], affine).unwrap();
        let lattice = Lattice::covering(&grid, [12.0, 13.0, 14.0]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| 3.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        let rigid =
            Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
        Transform { rigid, spline: Some(Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])) }
    }

    /// Points in the lattice's domain and up to half a spacing outside it.
    fn points(spline: &Spline) -> Vec<World<Fixed>> {
        let lattice = spline.lattice();
        (0..1000)
            .map(|n| {
                let t = Vector3::from_fn(|a, _| {
                    let u = (n as f64 * [0.618_034, 0.754_878, 0.569_840][a]).fract();
                    let length = (lattice.dims()[a] - 3) as f64;
                    (u * (length + 1.0) - 0.5) * lattice.spacing_mm()[a]
                });
                World::from_point((lattice.origin() + lattice.directions() * t).into())
            })
            .collect()
    }

    #[test]
    fn a_transform_comes_back_from_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.tfm");
        let transform = wavy();
        write_transform(&path, &transform).unwrap();
        let back = read_transform(&path).unwrap();
        let (mut moved, mut still) = (0, 0);
        for p in points(transform.spline.as_ref().unwrap()) {
            assert!(transform.apply(p).distance(back.apply(p)) < 1e-9);
            let bent = transform.spline.as_ref().unwrap().displacement(p).norm();
            if bent > 0.0 { moved += 1 } else { still += 1 }
        }
        assert!(moved > 500 && still > 100, "points inside and outside: {moved}, {still}");
    }

    #[test]
    fn a_spline_after_a_rigid_motion_is_turned_into_one_before_it() {
        let (r, s) = (wavy().rigid, wavy().spline.unwrap());
        let mut text = header();
        push_spline(&mut text, 0, &s);
        push_rigid(&mut text, 1, &r);
        let read = parse(&text).unwrap();
        let inverse = Transform::from_rigid(r.clone());
        for q in points(&s) {
            let x = inverse.inverse(World::from_point(q.point())).point;
            let expected = q + s.displacement(q);
            assert!((read.apply(x).point() - expected.point()).norm() < 1e-9);
        }
    }

    #[test]
    fn a_control_moves_its_own_point_by_eight_27ths() {
        // Checked with SimpleITK: a coefficient of 5 mm in y moves its control's position by 5 (2/3)^3.
        let mut numbers = vec![0.0; 3 * 125];
        numbers[125 + 2 + 5 * (2 + 5 * 2)] = 5.0;
        let fixed =
            [5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let spline = spline(&numbers, &fixed).unwrap();
        let u = spline.displacement(World::new(-20.0, -20.0, 20.0));
        assert!((u - Vector3::new(0.0, -5.0 * 8.0 / 27.0, 0.0)).norm() < 1e-12);
    }

    #[test]
    fn euler_angles_are_read_in_both_orders() {
        let text = |zyx: u8| {
            format!(
                "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n\
                 Parameters: 0.1 0.2 0.3 1 2 3\nFixedParameters: 10 20 30 {zyx}\n"
            )
        };
        // In LPS, by hand: x with angles about X, Y, Z around the centre.
        let expected = Rotation3::from_euler_angles(0.1, 0.2, 0.3);
        let read = parse(&text(1)).unwrap();
        let p = Vector3::new(-5.0, 7.0, 11.0);
        let c = Vector3::new(10.0, 20.0, 30.0);
        let lps = expected * (flip() * p - c) + c + Vector3::new(1.0, 2.0, 3.0);
        let got = read.apply(World::from_point(p.into())).point().coords;
        assert!((got - flip() * lps).norm() < 1e-12);
        assert!((parse(&text(0)).unwrap().rigid.rotation() - read.rigid.rotation()).norm() > 1e-3);
    }

    #[test]
    fn foreign_transforms_are_refused() {
        let refuse = |body: &str| parse(&format!("#Insight Transform File V1.0\n{body}")).unwrap_err().code();
        assert_eq!(parse("hello").unwrap_err(), ItkFault::Magic);
        assert_eq!(refuse(""), "E-TFM-TEXT");
        assert_eq!(
            refuse("Transform: ThinPlateSpline_double_3_3\nParameters: 1\nFixedParameters: 1\n"),
            "E-TFM-TYPE"
        );
        let stretched = "Transform: AffineTransform_double_3_3\nParameters: 1.1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
        assert_eq!(refuse(stretched), "E-TFM-RIGID");
        assert_eq!(refuse("Transform: AffineTransform_double_3_3\nParameters: 1 0 nan\n"), "E-TFM-TEXT");
        assert_eq!(
            refuse(
                "Transform: BSplineTransform_double_3_3\nParameters: 1\nFixedParameters: 9 9 9 0 0 0 1 1 1 1 0 0 0 1 0 0 0 1\n"
            ),
            "E-TFM-COUNT"
        );
    }
}
