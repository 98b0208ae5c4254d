//! Rigid motion: three angles and three shifts.

use nalgebra::{Matrix3, Matrix4, Point3, Rotation3, Vector3};

use crate::geometry::{Fixed, Moving, World};

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
