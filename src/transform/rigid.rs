//! Rigid motion: three angles and three shifts.

use nalgebra::{Matrix3, Matrix4, Point3, Rotation3, Vector3};

use crate::geometry::{Fixed, Moving, World};

/// The rotation nearest to a matrix: that of its singular value decomposition, without a reflection.
pub fn nearest_rotation(m: &Matrix3<f64>) -> Matrix3<f64> {
    let svd = m.svd(true, true);
    let (Some(u), Some(v)) = (svd.u, svd.v_t) else { return Matrix3::identity() };
    // Singular values descend: a reflection is undone along the axis that matters least.
    let handed = Vector3::new(1.0, 1.0, (u * v).determinant().signum());
    u * Matrix3::from_diagonal(&handed) * v
}

/// A rotation and a shift from fixed to moving points, in RAS millimetres.
#[derive(Clone, Debug, PartialEq)]
pub struct Rigid {
    rotation: Matrix3<f64>,
    shift: Vector3<f64>,
}

impl Rigid {
    /// No motion.
    pub fn identity() -> Self {
        Self { rotation: Matrix3::identity(), shift: Vector3::zeros() }
    }

    /// `x -> R (x - centre) + centre + translation` with `R = Rz Ry Rx`, angles in radians (ITK's Euler order
    /// with `ComputeZYX`).
    pub fn about(centre: Point3<f64>, angles: [f64; 3], translation: Vector3<f64>) -> Self {
        let rotation = *Rotation3::from_euler_angles(angles[0], angles[1], angles[2]).matrix();
        Self::from_parts(rotation, centre.coords + translation - rotation * centre.coords)
    }

    /// The motion that brings first points to second points with the least sum of squares (Kabsch 1976; Umeyama 1991);
    /// the identity where there are none.
    pub fn fitted(pairs: impl Iterator<Item = (Vector3<f64>, Vector3<f64>)> + Clone) -> Self {
        let n = pairs.clone().count() as f64;
        if n == 0.0 {
            return Self::identity();
        }
        let (from, to) = pairs
            .clone()
            .fold((Vector3::zeros(), Vector3::zeros()), |(from, to), (p, q)| (from + p / n, to + q / n));
        let spread: Matrix3<f64> = pairs.map(|(p, q)| (q - to) * (p - from).transpose()).sum();
        let rotation = nearest_rotation(&spread);
        Self::from_parts(rotation, to - rotation * from)
    }

    /// `x -> rotation x + shift`.
    pub fn from_parts(rotation: Matrix3<f64>, shift: Vector3<f64>) -> Self {
        Self { rotation, shift }
    }

    /// Where a fixed point lies in the moving scan.
    pub fn apply(&self, p: World<Fixed>) -> World<Moving> {
        World::from_point(Point3::from(self.rotation * p.point().coords + self.shift))
    }
    /// The rotation.
    pub fn rotation(&self) -> &Matrix3<f64> {
        &self.rotation
    }
    /// The shift in mm: where the world's origin goes.
    pub fn shift(&self) -> &Vector3<f64> {
        &self.shift
    }
    /// As one homogeneous matrix.
    pub fn matrix(&self) -> Matrix4<f64> {
        let mut m = Matrix4::identity();
        m.fixed_view_mut::<3, 3>(0, 0).copy_from(&self.rotation);
        m.fixed_view_mut::<3, 1>(0, 3).copy_from(&self.shift);
        m
    }
    /// This motion, then another.
    #[must_use]
    pub fn then(&self, after: &Self) -> Self {
        Self::from_parts(after.rotation * self.rotation, after.rotation * self.shift + after.shift)
    }
    /// The motion that undoes this one.
    #[must_use]
    pub fn inverted(&self) -> Self {
        let back = self.rotation.transpose();
        Self::from_parts(back, -(back * self.shift))
    }
    /// Where a moving point lies in the fixed scan.
    pub fn apply_inverse(&self, p: World<Moving>) -> World<Fixed> {
        World::from_point(Point3::from(self.rotation.transpose() * (p.point().coords - self.shift)))
    }
    /// Angle of the rotation in degrees.
    pub fn angle_degrees(&self) -> f64 {
        ((self.rotation.trace() - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reflection_is_never_taken_for_a_rotation() {
        let mirror = Matrix3::from_diagonal(&Vector3::new(5.0, 3.0, -1.0));
        assert!((nearest_rotation(&mirror).determinant() - 1.0).abs() < 1e-12);
        assert!((nearest_rotation(&Matrix3::zeros()).determinant().abs() - 1.0).abs() < 1e-12);
    }
}
