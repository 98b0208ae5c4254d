//! ITK's and elastix's numbers, which are LPS, as our parts, which are RAS, and back.

use nalgebra::{Matrix3, Quaternion, Rotation3, UnitQuaternion, Vector3};

use super::ItkFault;
use crate::transform::{Lattice, Rigid, Spline};

/// A matrix counts as a rotation up to this deviation from orthogonality: files may hold six digits.
const ROTATION_TOLERANCE: f64 = 1e-4;

/// `diag(-1, -1, 1)`: RAS to LPS and back.
pub(in crate::io) fn flip() -> Matrix3<f64> {
    Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0))
}

/// Which rotation acts first where three angles are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum EulerOrder {
    /// `Rz Rx Ry`: ITK's usual one.
    Zxy,
    /// `Rz Ry Rx`: `ComputeZYX`.
    Zyx,
}

/// `x -> R (x - centre) + centre + shift`, all LPS.
pub(in crate::io) fn rigid(rotation: Matrix3<f64>, centre: Vector3<f64>, shift: &[f64]) -> Rigid {
    let shift = Vector3::from_column_slice(shift) + centre - rotation * centre;
    Rigid::from_parts(flip() * rotation * flip(), flip() * shift)
}

/// Rotation and shift about the origin in LPS.
pub(in crate::io) fn rotation_and_shift(rigid: &Rigid) -> (Matrix3<f64>, Vector3<f64>) {
    (flip() * rigid.rotation() * flip(), flip() * rigid.shift())
}

/// The rotation that three angles (radians about X, Y, Z) mean.
pub(in crate::io) fn euler(angles: &[f64], order: EulerOrder) -> Matrix3<f64> {
    let [x, y, z] = std::array::from_fn(|a| {
        let axis = Vector3::from_fn(|r, _| if r == a { 1.0 } else { 0.0 });
        *Rotation3::new(axis * angles[a]).matrix()
    });
    match order {
        EulerOrder::Zxy => z * x * y,
        EulerOrder::Zyx => z * y * x,
    }
}

/// The angles (radians about X, Y, Z) of a rotation `Rz Rx Ry`. Where X is a right angle only the sum of the others
/// counts, and Y is zero.
pub(in crate::io) fn euler_angles(rotation: &Matrix3<f64>) -> [f64; 3] {
    let at = |row: usize, column: usize| rotation[(row, column)];
    let cosine = at(2, 0).hypot(at(2, 2));
    let x = at(2, 1).atan2(cosine);
    if cosine < 1e-9 {
        return [x, 0.0, at(1, 0).atan2(at(0, 0))];
    }
    [x, (-at(2, 0)).atan2(at(2, 2)), (-at(0, 1)).atan2(at(1, 1))]
}

/// The rotation of a versor's vector part.
pub(in crate::io) fn versor(vector: &[f64]) -> Matrix3<f64> {
    let vector = Vector3::from_column_slice(&vector[..3]);
    let w = (1.0 - vector.norm_squared()).max(0.0).sqrt();
    let versor = UnitQuaternion::from_quaternion(Quaternion::from_parts(w, vector));
    *versor.to_rotation_matrix().matrix()
}

/// The rotation that a matrix means, where it is one up to rounding.
pub(in crate::io) fn rotation_near(matrix: &Matrix3<f64>) -> Option<Matrix3<f64>> {
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

/// Axes that a matrix means, flipped ones too, where they are orthogonal up to rounding.
pub(in crate::io) fn axes_near(matrix: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    if matrix.determinant() < 0.0 { rotation_near(&-matrix).map(|m| -m) } else { rotation_near(matrix) }
}

/// The lattice of a file: in LPS, by the position of its first control.
pub(in crate::io) struct LpsLattice {
    /// Number of controls along each axis.
    pub size: [f64; 3],
    /// Position of the first control, one spacing before the domain.
    pub first: Vector3<f64>,
    /// Distance between controls in mm.
    pub spacing_mm: [f64; 3],
    /// Axes as columns.
    pub directions: Matrix3<f64>,
}

impl LpsLattice {
    /// That of a spline of ours.
    pub fn of(lattice: &Lattice) -> Self {
        let spacing = Vector3::from(lattice.spacing_mm());
        Self {
            size: lattice.dims().map(|d| d as f64),
            first: flip() * (lattice.origin() - lattice.directions() * spacing),
            spacing_mm: lattice.spacing_mm(),
            directions: flip() * lattice.directions(),
        }
    }

    /// The spline with these coefficients: all x, then all y, then all z, LPS.
    pub fn spline(&self, coefficients: &[f64]) -> Result<Spline, ItkFault> {
        let mut dims = [0; 3];
        for (dim, size) in dims.iter_mut().zip(self.size) {
            if size.fract() != 0.0 || !(4.0..=1e6).contains(&size) {
                return Err(ItkFault::Lattice("a dimension is no number of controls from 4 up"));
            }
            *dim = size as usize;
        }
        let controls = dims.iter().fold(1_usize, |n, dim| n.saturating_mul(*dim));
        let (found, expected) = (coefficients.len(), controls.saturating_mul(3));
        if found != expected {
            return Err(ItkFault::Count { kind: "BSplineTransform", expected, found });
        }
        if self.spacing_mm.iter().any(|&s| s <= 0.0) {
            return Err(ItkFault::Lattice("a spacing is not above zero"));
        }
        let directions =
            axes_near(&(flip() * self.directions)).ok_or(ItkFault::Lattice("its axes are not orthogonal"))?;
        let origin = flip() * self.first + directions * Vector3::from(self.spacing_mm);
        let lattice = Lattice::from_parts(dims, self.spacing_mm, origin, directions);
        let signs = [-1.0, -1.0, 1.0];
        let component =
            |c: usize| coefficients[c * controls..(c + 1) * controls].iter().map(|v| signs[c] * v).collect();
        Ok(Spline::new(lattice, std::array::from_fn(component)))
    }
}

/// A spline's coefficients as files have them: all x, then all y, then all z, LPS.
pub(in crate::io) fn coefficients(spline: &Spline) -> impl Iterator<Item = f64> + '_ {
    let signs = [-1.0, -1.0, 1.0];
    spline.coefficients().iter().zip(signs).flat_map(|(c, sign)| c.iter().map(move |v| sign * v))
}

/// A matrix row by row.
pub(in crate::io) fn row_major(m: &Matrix3<f64>) -> [f64; 9] {
    std::array::from_fn(|n| m[(n / 3, n % 3)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_come_back_from_their_rotation() {
        let right = std::f64::consts::FRAC_PI_2;
        for angles in [[0.3, -0.2, 1.1], [-1.2, 2.9, -2.2], [right, 0.4, 0.3], [-right, -0.7, 0.3], [0.0; 3]]
        {
            let rotation = euler(&angles, EulerOrder::Zxy);
            let again = euler(&euler_angles(&rotation), EulerOrder::Zxy);
            assert!((again - rotation).abs().max() < 1e-9, "{angles:?}");
        }
    }
}
