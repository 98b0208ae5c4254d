//! From where a scan sees a point to where it lies in the body: a pose and, at a later visit, a deformation.

use std::f64::consts::TAU;

use nalgebra::{Isometry3, Matrix3, Point3, Translation3, Vector3};

use super::draw::rotation;
use super::shape::{smooth_step, smooth_step_slope};
use crate::numeric::random::Random;

/// A smooth displacement field in closed form: breathing, a few long waves, and a ball in which it is constant.
///
/// `u(x) = (1 - b(x)) v(x) + b(x) v(c)` with `b` = 1 within the ball around `c`, so that what lies there moves
/// without deforming (Jacobian exactly 1). The slope of `u` stays below 1 in norm, so `x + u(x)` is one to one,
/// and its inverse is the limit of `x <- y - u(x)`.
#[derive(Clone, Debug)]
pub struct Deformation {
    breathing: [Puff; 2],
    waves: Vec<Wave>,
    quiet: Option<QuietBall>,
}

/// A Gaussian bump of displacement.
#[derive(Clone, Debug)]
struct Puff {
    centre: Point3<f64>,
    widths: Vector3<f64>,
    push: Vector3<f64>,
}

/// A sine of displacement.
#[derive(Clone, Debug)]
struct Wave {
    number: Vector3<f64>,
    phase: f64,
    push: Vector3<f64>,
}

/// Where the field is constant: within `radius` of `centre`, blending out over [`BLEND_MM`].
#[derive(Clone, Debug)]
struct QuietBall {
    centre: Point3<f64>,
    radius: f64,
    shift: Vector3<f64>,
}

/// Over this distance the quiet ball blends into the field around it.
const BLEND_MM: f64 = 45.0;

impl Deformation {
    /// A deeper breath (the diaphragm lower by about 1 cm, the chest forward) and four long random waves.
    pub fn new(random: &mut Random) -> Self {
        let diaphragm = Puff {
            centre: Point3::new(random.between(-10.0, 20.0), 15.0, random.between(-40.0, -20.0)),
            widths: Vector3::new(85.0, 80.0, 60.0),
            push: Vector3::new(0.0, 0.0, random.between(7.0, 10.0)),
        };
        let chest = Puff {
            centre: Point3::new(0.0, 70.0, random.between(-10.0, 30.0)),
            widths: Vector3::new(90.0, 60.0, 80.0),
            push: Vector3::new(0.0, -random.between(2.0, 4.0), 0.0),
        };
        let waves = (0..4)
            .map(|_| Wave {
                number: Vector3::from(random.direction()) * (TAU / random.between(120.0, 200.0)),
                phase: random.between(0.0, TAU),
                push: Vector3::from(random.direction()) * random.between(0.8, 1.5),
            })
            .collect();
        Self { breathing: [diaphragm, chest], waves, quiet: None }
    }

    /// The same field, constant within `radius` of the point that lands on `target`.
    pub fn quiet_around(mut self, target: Point3<f64>, radius: f64) -> Self {
        let centre = self.inverse(target);
        self.quiet = Some(QuietBall { centre, radius, shift: self.free(centre).0 });
        self
    }

    /// Displacement and its slope without the quiet ball.
    fn free(&self, p: Point3<f64>) -> (Vector3<f64>, Matrix3<f64>) {
        let (mut u, mut slope) = (Vector3::zeros(), Matrix3::zeros());
        for puff in &self.breathing {
            let offset = (p - puff.centre).component_div(&puff.widths);
            let height = libm::exp(-offset.norm_squared() / 2.0);
            u += puff.push * height;
            slope -= puff.push * offset.component_div(&puff.widths).transpose() * height;
        }
        for wave in &self.waves {
            let angle = wave.number.dot(&p.coords) + wave.phase;
            u += wave.push * libm::sin(angle);
            slope += wave.push * wave.number.transpose() * libm::cos(angle);
        }
        (u, slope)
    }

    /// Displacement and its slope `du / dx`.
    fn field(&self, p: Point3<f64>) -> (Vector3<f64>, Matrix3<f64>) {
        let (u, slope) = self.free(p);
        let Some(ball) = &self.quiet else { return (u, slope) };
        let offset = p - ball.centre;
        let distance = offset.norm();
        let t = 1.0 - (distance - ball.radius) / BLEND_MM;
        if t >= 1.0 {
            return (ball.shift, Matrix3::zeros());
        }
        let b = smooth_step(t);
        // Outside the ball the distance is never zero.
        let b_slope = offset.transpose() * (-smooth_step_slope(t) / (BLEND_MM * distance));
        (u * (1.0 - b) + ball.shift * b, slope * (1.0 - b) + (ball.shift - u) * b_slope)
    }

    /// `x + u(x)`.
    pub fn apply(&self, p: Point3<f64>) -> Point3<f64> {
        p + self.field(p).0
    }
    /// `I + du / dx`.
    pub fn jacobian(&self, p: Point3<f64>) -> Matrix3<f64> {
        Matrix3::identity() + self.field(p).1
    }
    /// The point that is moved to `target`, to 1e-10 mm.
    pub fn inverse(&self, target: Point3<f64>) -> Point3<f64> {
        let mut p = target;
        // A slope below 0.7 shrinks the error by that factor at each step: 90 steps reach 1e-12 mm from 1 cm.
        for _ in 0..100 {
            let next = target - self.field(p).0;
            let moved = (next - p).norm();
            p = next;
            if moved < 1e-11 {
                break;
            }
        }
        p
    }
}

/// From a scan's world to the body's own frame.
#[derive(Clone, Debug)]
pub struct Motion {
    pose: Isometry3<f64>,
    deformation: Option<Deformation>,
}

impl Motion {
    /// The body lies as it was drawn.
    pub fn none() -> Self {
        Self { pose: Isometry3::identity(), deformation: None }
    }
    /// A random pose: turned by at most `degrees` about any axis through the middle, shifted by at most `shift_mm`
    /// along each axis.
    pub fn random_pose(random: &mut Random, degrees: f64, shift_mm: f64) -> Self {
        let turn = rotation(random, degrees);
        let shift = Vector3::from_fn(|_, _| random.between(-shift_mm, shift_mm));
        Self { pose: Isometry3::from_parts(Translation3::from(shift), turn), deformation: None }
    }
    /// The same pose after a deformation that leaves the ball of `radius` around `still` (in the body) in shape.
    pub fn deformed(self, deformation: Deformation, still: Point3<f64>, radius: f64) -> Self {
        let target = self.pose.inverse_transform_point(&still);
        Self { deformation: Some(deformation.quiet_around(target, radius)), ..self }
    }

    /// Where a point of the scan lies in the body.
    pub fn in_body(&self, p: Point3<f64>) -> Point3<f64> {
        self.pose * self.deformation.as_ref().map_or(p, |d| d.apply(p))
    }
    /// Where a point of the body lies in the scan.
    pub fn in_scan(&self, q: Point3<f64>) -> Point3<f64> {
        let p = self.pose.inverse_transform_point(&q);
        self.deformation.as_ref().map_or(p, |d| d.inverse(p))
    }
    /// A direction of the scan as the body sees it, without deformation.
    pub fn turn(&self, v: Vector3<f64>) -> Vector3<f64> {
        self.pose.rotation * v
    }
    /// Volume in the body of a unit of volume in the scan.
    pub fn jacobian(&self, p: Point3<f64>) -> f64 {
        self.deformation.as_ref().map_or(1.0, |d| d.jacobian(p).determinant())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Point3<f64> = Point3::new(40.0, 5.0, -45.0);

    fn moved(seed: u64) -> Motion {
        let mut random = Random::seeded(seed);
        let pose = Motion::random_pose(&mut random, 4.0, 6.0);
        pose.deformed(Deformation::new(&mut random), STILL, 20.0)
    }

    fn box_points() -> impl Iterator<Item = Point3<f64>> {
        let ticks = |half: i32, step: usize| (-half..=half).step_by(step).map(f64::from);
        ticks(150, 12).flat_map(move |x| {
            ticks(114, 12).flat_map(move |y| ticks(120, 12).map(move |z| Point3::new(x, y, z)))
        })
    }

    #[test]
    fn the_map_has_an_inverse_everywhere() {
        for seed in 0..8 {
            let motion = moved(seed);
            for p in box_points().step_by(7) {
                assert!((motion.in_scan(motion.in_body(p)) - p).norm() < 1e-9, "seed {seed} at {p}");
            }
        }
    }

    #[test]
    fn nothing_folds_and_little_is_squeezed() {
        for seed in 0..40 {
            let motion = moved(seed);
            let deformation = motion.deformation.as_ref().unwrap();
            for p in box_points() {
                let slope = deformation.field(p).1.norm();
                assert!(slope < 0.7, "seed {seed}: slope {slope} at {p}");
                let j = motion.jacobian(p);
                assert!((0.5..1.8).contains(&j), "seed {seed}: {j} at {p}");
            }
        }
    }

    #[test]
    fn the_still_ball_moves_without_deforming() {
        let motion = moved(1);
        let centre = motion.in_scan(STILL);
        let shift = motion.in_body(centre) - centre;
        assert!(shift.norm() > 1.0);
        for p in super::super::shape::around(centre, 19.9, 100) {
            assert_eq!(motion.jacobian(p), 1.0);
            let kept = (motion.in_body(p) - STILL).norm();
            assert!((kept - 19.9).abs() < 1e-9);
        }
    }

    #[test]
    fn the_jacobian_is_the_slope_of_the_map() {
        let motion = moved(2);
        let deformation = motion.deformation.as_ref().unwrap();
        for p in box_points().step_by(97) {
            let j = deformation.jacobian(p);
            for axis in 0..3 {
                let mut h = Vector3::zeros();
                h[axis] = 1e-5;
                let slope = (deformation.apply(p + h) - deformation.apply(p - h)) / 2e-5;
                assert!((slope - j.column(axis)).norm() < 1e-8, "at {p}");
            }
        }
    }
}
