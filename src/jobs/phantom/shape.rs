//! Smooth shapes, as distances to their surface in mm: negative inside, exact to first order near the surface.

use nalgebra::{Point3, Vector3};

use crate::numeric::random::Random;

/// Distance to the ellipsoid with these semi-axes around the origin: `k0 (k0 - 1) / k1` with `k0 = |p / r|` and
/// `k1 = |p / r^2|`, which is the implicit function over its slope.
pub fn ellipsoid(p: Vector3<f64>, radii: Vector3<f64>) -> f64 {
    let scaled = p.component_div(&radii);
    let (k0, k1) = (scaled.norm(), scaled.component_div(&radii).norm());
    if k1 < 1e-9 { -radii.min() } else { k0 * (k0 - 1.0) / k1 }
}

/// Distance to the upright cylinder whose section is the ellipse with these semi-axes.
pub fn column(p: Vector3<f64>, rx: f64, ry: f64) -> f64 {
    // The height is no part of it: an ellipsoid looked at on its equator.
    ellipsoid(Vector3::new(p.x, p.y, 0.0), Vector3::new(rx, ry, rx.min(ry)))
}

/// From 0 at `t <= 0` to 1 at `t >= 1` with two continuous derivatives: `t^3 (10 - 15 t + 6 t^2)`.
pub fn smooth_step(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
}

/// First derivative of [`smooth_step`] by `t`.
pub fn smooth_step_slope(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    30.0 * t * t * (1.0 - t) * (1.0 - t)
}

/// Half the width of every border in mm: about one voxel, as partial volume would blur it.
pub const BORDER_MM: f64 = 1.5;

/// Share of a shape at a point that lies `distance` mm outside its surface: 1 inside, 0.5 on it, 0 outside.
pub fn share(distance: f64) -> f64 {
    smooth_step(0.5 - distance / (2.0 * BORDER_MM))
}

/// A lobulated lump around the origin: a star-shaped body whose radius is a cubic polynomial of the direction,
/// `r(n) = scale (1 + sum_i a_i ((n . d_i)^2 - 1/3) + sum_j b_j (n . e_j)^3)`.
#[derive(Clone, Debug)]
pub struct Lump {
    scale: f64,
    quadratic: Vec<(Vector3<f64>, f64)>,
    cubic: Vec<(Vector3<f64>, f64)>,
}

impl Lump {
    /// A random lump that has the volume of a sphere of `radius_mm`.
    pub fn new(random: &mut Random, radius_mm: f64) -> Self {
        let mut lobes = |height: f64| {
            (0..3).map(|_| (Vector3::from(random.direction()), random.between(-height, height))).collect()
        };
        let unit = Self { scale: 1.0, quadratic: lobes(0.22), cubic: lobes(0.15) };
        let sphere = 4.0 / 3.0 * std::f64::consts::PI;
        Self { scale: radius_mm * libm::cbrt(sphere / unit.volume_mm3()), ..unit }
    }

    /// The same form at another size.
    pub fn scaled(&self, factor: f64) -> Self {
        Self { scale: self.scale * factor, ..self.clone() }
    }

    /// Distance from the origin to the surface towards a unit vector.
    fn radius(&self, n: Vector3<f64>) -> f64 {
        let quadratic = self.quadratic.iter().map(|(d, a)| a * (n.dot(d).powi(2) - 1.0 / 3.0));
        let cubic = self.cubic.iter().map(|(e, b)| b * n.dot(e).powi(3));
        self.scale * (1.0 + quadratic.sum::<f64>() + cubic.sum::<f64>())
    }

    /// Distance to the surface, measured along the ray from the origin.
    pub fn distance(&self, p: Vector3<f64>) -> f64 {
        let length = p.norm();
        if length < 1e-9 { -self.scale * 0.5 } else { length - self.radius(p / length) }
    }

    /// `1/3 int r(n)^3 dn` over the sphere. The integrand is a polynomial of degree 9 of the direction, which five
    /// Gauss-Legendre nodes in height and ten even steps around integrate exactly.
    pub fn volume_mm3(&self) -> f64 {
        const NODES: [(f64, f64); 5] = [
            (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
            (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.0, 0.568_888_888_888_888_9),
            (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
            (0.906_179_845_938_664, 0.236_926_885_056_189_08),
        ];
        let step = std::f64::consts::TAU / 10.0;
        let mut sum = 0.0;
        for (height, weight) in NODES {
            let around = (1.0 - height * height).sqrt();
            for turn in 0..10 {
                let angle = step * turn as f64;
                let n = Vector3::new(around * libm::cos(angle), around * libm::sin(angle), height);
                sum += weight * step * self.radius(n).powi(3) / 3.0;
            }
        }
        sum
    }

    /// Radius of a ball around the origin that holds it: the largest of 500 directions and 2 % more.
    pub fn reach_mm(&self) -> f64 {
        let radii = around(Point3::origin(), 1.0, 500).map(|n| self.radius(n.coords));
        1.02 * radii.fold(0.0, f64::max)
    }
}

/// Points spread evenly over the sphere of `radius` around `centre` (a Fibonacci spiral).
pub fn around(centre: Point3<f64>, radius: f64, count: usize) -> impl Iterator<Item = Point3<f64>> {
    let golden = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    (0..count).map(move |n| {
        let height = 1.0 - (2 * n + 1) as f64 / count as f64;
        let width = (1.0 - height * height).sqrt();
        let angle = golden * n as f64;
        centre + Vector3::new(width * libm::cos(angle), width * libm::sin(angle), height) * radius
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lump_has_the_volume_of_its_sphere_by_counting() {
        let lump = Lump::new(&mut Random::seeded(5), 10.0);
        let (step, reach) = (0.25, 15);
        let ticks = || (-reach * 4..=reach * 4).map(|t| f64::from(t) * step);
        let inside = ticks()
            .flat_map(|x| ticks().flat_map(move |y| ticks().map(move |z| Vector3::new(x, y, z))))
            .filter(|&p| lump.distance(p) < 0.0)
            .count();
        let counted = inside as f64 * step * step * step;
        let sphere = 4.0 / 3.0 * std::f64::consts::PI * 1000.0;
        assert!((lump.volume_mm3() / sphere - 1.0).abs() < 1e-12);
        assert!((counted / sphere - 1.0).abs() < 2e-3, "{counted} against {sphere}");
    }

    #[test]
    fn a_lump_lies_within_its_reach_and_is_no_sphere() {
        let lump = Lump::new(&mut Random::seeded(8), 10.0);
        let radii: Vec<f64> = around(Point3::origin(), 1.0, 500).map(|p| lump.radius(p.coords)).collect();
        let (low, high) = radii.iter().fold((f64::MAX, 0.0_f64), |(l, h), &r| (l.min(r), h.max(r)));
        assert!(high <= lump.reach_mm() && high - low > 0.5, "{low} to {high} in {}", lump.reach_mm());
    }

    #[test]
    fn distances_to_an_ellipsoid_are_true_near_its_surface() {
        let radii = Vector3::new(30.0, 20.0, 40.0);
        assert!((ellipsoid(Vector3::new(31.0, 0.0, 0.0), radii) - 1.0).abs() < 0.05);
        assert!((ellipsoid(Vector3::new(0.0, -19.0, 0.0), radii) + 1.0).abs() < 0.06);
        assert!(ellipsoid(Vector3::new(0.0, 0.0, 40.0), radii).abs() < 1e-12);
    }

    #[test]
    fn a_share_falls_from_one_to_nothing_across_the_border() {
        assert_eq!((share(-BORDER_MM), share(0.0), share(BORDER_MM)), (1.0, 0.5, 0.0));
        let (t, h) = (0.37, 1e-6);
        let slope = (smooth_step(t + h) - smooth_step(t - h)) / (2.0 * h);
        assert!((slope - smooth_step_slope(t)).abs() < 1e-8);
    }
}
