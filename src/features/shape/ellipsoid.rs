//! Ellipsoids: their volume and area, and the smallest around points.

use std::f64::consts::PI;

use nalgebra::{DMatrix, DVector, Matrix3, Matrix4, Vector3, Vector4};

type Point = [f64; 3];

/// The last term of the series of the area: the standard's (IBSI 3.1.22).
const LAST_TERM: u32 = 20;

/// An ellipsoid by its semi-axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipsoid {
    /// Semi-axes in mm, descending.
    pub semi_axes_mm: [f64; 3],
}

impl Ellipsoid {
    /// 4/3 pi a b c.
    pub fn volume_mm3(&self) -> f64 {
        4.0 / 3.0 * PI * self.semi_axes_mm.iter().product::<f64>()
    }

    /// The standard's area: 4 pi a b sum_nu (alpha beta)^nu / (1 - 4 nu^2) P_nu((alpha^2 + beta^2) / (2 alpha beta))
    /// up to nu = 20, where alpha^2 = 1 - b^2/a^2 and beta^2 = 1 - c^2/a^2.
    ///
    /// The ellipsoid's true area has alpha^2 = 1 - c^2/b^2 in this series; semi-axes of 3, 2.5 and 2 mm differ by
    /// 1.3 %, those of 5, 4 and 2 mm by 14 %. The accepted values of the standard were computed as it is written.
    ///
    /// The powers are taken into the recurrence of Legendre's polynomials P_nu, which is then without a quotient: alpha
    /// may be 0.
    ///
    /// ```
    /// use delta_radiomics::features::shape::ellipsoid::Ellipsoid;
    /// let area = |semi_axes_mm| Ellipsoid { semi_axes_mm }.standard_area_mm2() / std::f64::consts::PI;
    /// assert_eq!(area([2.0; 3]), 16.0);
    /// // With a = b the terms are those of an arcsine and a root; 5, 5 and 4 have beta = 3/5.
    /// assert!((area([5.0, 5.0, 4.0]) / (2.0 * 25.0 * (4.0 / 5.0 + 0.6f64.asin() / 0.6)) - 1.0).abs() < 1e-12);
    /// ```
    pub fn standard_area_mm2(&self) -> f64 {
        let [a, b, c] = self.semi_axes_mm;
        let share = |axis: f64| if a > 0.0 { 1.0 - axis * axis / (a * a) } else { 0.0 };
        let (alpha2, beta2) = (share(b), share(c));
        let (mean, product) = (f64::midpoint(alpha2, beta2), alpha2 * beta2);
        let (mut before, mut term, mut sum) = (0.0, 1.0, 0.0);
        for nu in 0..=LAST_TERM {
            let nu = f64::from(nu);
            sum += term / (1.0 - 4.0 * nu * nu);
            (before, term) = (term, ((2.0 * nu + 1.0) * mean * term - nu * product * before) / (nu + 1.0));
        }
        4.0 * PI * a * b * sum
    }

    /// The ellipsoid of least volume around `points`, not all in one plane; its volume is within a part in
    /// 10^9 of the least, and no point is outside.
    ///
    /// The dual problem is solved: weights of the points under which the determinant of their moments is largest.
    /// Khachiyan's (1996) steps move weight to the point furthest outside; Todd and Yildirim's (2007, On Khachiyan's
    /// algorithm for the computation of minimum-volume enclosing ellipsoids, Discrete Appl. Math. 155) also take it
    /// from the one furthest inside. At most nine points carry the ellipsoid, so the weights are found on a few, and
    /// the furthest of the others joins until none is outside.
    pub fn smallest_around(points: &[Point]) -> Option<Self> {
        let mut weights = Weights::start(points)?;
        weights.solve();
        Some(weights.ellipsoid())
    }
}

/// How far, relatively, a point may be outside or a carrying point inside, in Mahalanobis' square.
const TOLERANCE: f64 = 1e-11;
/// Rounds of one search; tens suffice.
const ROUNDS: usize = 1000;
/// Single shifts of weight before a leap is tried.
const SHIFTS: usize = 12;

/// A point with a fourth coordinate of 1: then ellipsoids around any centre are ellipsoids around the origin.
type Lifted = Vector4<f64>;

/// Weights of a few of the points, and the inverse of their moments.
struct Weights {
    points: Vec<Lifted>,
    /// Maps the points here, whose spread is the same in all directions, back to their differences in space.
    back: Matrix3<f64>,
    carrying: Vec<Carrying>,
    inverse: Matrix4<f64>,
}

/// A point that may carry the ellipsoid.
#[derive(Clone)]
struct Carrying {
    /// Its place among the points.
    number: usize,
    point: Lifted,
    weight: f64,
    /// Its square in the metric of the moments: 4 where it carries the smallest ellipsoid.
    square: f64,
}

impl Weights {
    /// Equal weights on the ends along three directions, each across what the earlier ones span.
    fn start(points: &[Point]) -> Option<Self> {
        let n = points.len() as f64;
        let centre = points.iter().fold(Vector3::zeros(), |sum, p| sum + Vector3::from(*p)) / n;
        let spread = points.iter().fold(Matrix3::zeros(), |sum, p| {
            let d = Vector3::from(*p) - centre;
            sum + d * d.transpose() / n
        });
        let back = spread.cholesky()?.l();
        let whiten = back.try_inverse()?;
        let lift = |p: &Point| (whiten * (Vector3::from(*p) - centre)).push(1.0);
        let lifted: Vec<Lifted> = points.iter().map(lift).collect();
        let mut ends: Vec<usize> = Vec::new();
        let mut spanned: Vec<Lifted> = Vec::new();
        for axis in 0..3 {
            let mut direction = Vector4::zeros();
            direction[axis] = 1.0;
            for s in &spanned {
                direction -= s * s.dot(&direction);
            }
            let by = |a: &usize, b: &usize| lifted[*a].dot(&direction).total_cmp(&lifted[*b].dot(&direction));
            let pair = [(0..lifted.len()).min_by(by)?, (0..lifted.len()).max_by(by)?];
            let mut span = lifted[pair[1]] - lifted[pair[0]];
            for s in &spanned {
                span -= s * s.dot(&span);
            }
            spanned.push(span.try_normalize(1e-6)?);
            ends.extend(pair);
        }
        ends.sort_unstable();
        ends.dedup();
        let weight = 1.0 / ends.len() as f64;
        let carry = |n: &usize| Carrying { number: *n, point: lifted[*n], weight, square: 0.0 };
        let carrying = ends.iter().map(carry).collect();
        let mut weights = Self { points: lifted, back, carrying, inverse: Matrix4::zeros() };
        weights.refresh()?;
        Some(weights)
    }

    fn moments(&self) -> Matrix4<f64> {
        self.carrying.iter().fold(Matrix4::zeros(), |sum, c| sum + c.point * c.point.transpose() * c.weight)
    }

    /// The inverse and the squares anew, free of the rounding of many steps.
    fn refresh(&mut self) -> Option<()> {
        self.inverse = self.moments().try_inverse()?;
        for c in &mut self.carrying {
            c.square = c.point.dot(&(self.inverse * c.point));
        }
        Some(())
    }

    /// The largest square of all points, and whose it is.
    fn furthest(&self) -> (f64, usize) {
        self.points.iter().enumerate().fold((0.0, 0), |best, (n, p)| {
            let square = p.dot(&(self.inverse * p));
            if square > best.0 { (square, n) } else { best }
        })
    }

    fn solve(&mut self) {
        for _ in 0..ROUNDS {
            self.balance();
            self.carrying.retain(|c| c.weight > 0.0);
            if self.refresh().is_none() {
                return;
            }
            let (square, number) = self.furthest();
            // A point that carries already is beyond the tolerance only by rounding.
            if square <= 4.0 * (1.0 + TOLERANCE) || self.carrying.iter().any(|c| c.number == number) {
                return;
            }
            self.carrying.push(Carrying { number, point: self.points[number], weight: 0.0, square });
        }
    }

    /// How far the worst of the carrying points is from where it should be, and whose weight to change.
    fn worst(&self) -> (f64, usize) {
        self.carrying.iter().enumerate().fold((0.0, 0), |worst, (n, c)| {
            let off = if c.weight > 0.0 { (c.square - 4.0).abs() } else { c.square - 4.0 };
            if off > worst.0 { (off, n) } else { worst }
        })
    }

    /// Moves weight among the carrying points until each is on the ellipsoid or without weight and inside.
    fn balance(&mut self) {
        for round in 1..=ROUNDS {
            let (off, worst) = self.worst();
            if off <= 4.0 * TOLERANCE {
                return;
            }
            if round % SHIFTS == 0 { self.leap(off) } else { self.shift(worst) }
        }
    }

    /// The best share of weight for one point: positive where it is outside, negative where it is inside.
    fn shift(&mut self, n: usize) {
        let (square, weight) = (self.carrying[n].square, self.carrying[n].weight);
        let best = (square - 4.0) / (4.0 * (square - 1.0));
        let most_off = -weight / (1.0 - weight);
        let all_off = best <= most_off;
        let share = if all_off { most_off } else { best };
        let direction = self.inverse * self.carrying[n].point;
        let drop = share / (1.0 - share + share * square);
        let grow = 1.0 / (1.0 - share);
        self.inverse = (self.inverse - direction * direction.transpose() * drop) * grow;
        for c in &mut self.carrying {
            let along = c.point.dot(&direction);
            c.square = (c.square - drop * along * along) * grow;
            c.weight *= 1.0 - share;
        }
        self.carrying[n].weight = if all_off { 0.0 } else { self.carrying[n].weight + share };
    }

    /// Newton's step towards squares of 4 at all weighted points; undone where it does not bring them nearer.
    ///
    /// More weight d_j at point j lowers the square of point i by (q_i' M^-1 q_j)^2 d_j.
    fn leap(&mut self, off: f64) {
        let before = self.carrying.clone();
        self.carrying.retain(|c| c.weight > 0.0);
        let n = self.carrying.len();
        let turned: Vec<Lifted> = self.carrying.iter().map(|c| self.inverse * c.point).collect();
        let lowering = DMatrix::from_fn(n, n, |i, j| {
            let along = self.carrying[i].point.dot(&turned[j]);
            along * along
        });
        let excess = DVector::from_fn(n, |i, _| self.carrying[i].square - 4.0);
        if let Some(more) = lowering.cholesky().map(|c| c.solve(&excess)) {
            // As far as no weight turns negative.
            let most =
                self.carrying.iter().zip(&more).map(|(c, m)| if *m < 0.0 { -c.weight / m } else { 1.0 });
            let step = most.fold(1.0, f64::min);
            for (c, m) in self.carrying.iter_mut().zip(&more) {
                let weight = c.weight + step * m;
                c.weight = if weight > 1e-15 { weight } else { 0.0 };
            }
            let sum: f64 = self.carrying.iter().map(|c| c.weight).sum();
            for c in &mut self.carrying {
                c.weight /= sum;
            }
            self.carrying.extend(before.iter().filter(|c| c.weight == 0.0).cloned());
            if self.refresh().is_some() && self.worst().0 < off {
                return;
            }
        }
        self.carrying = before;
        // What was invertible before is so again.
        let _ = self.refresh();
    }

    /// The ellipsoid of the weights' centre and spread, as large as the furthest point asks.
    fn ellipsoid(&self) -> Ellipsoid {
        let moments = self.moments();
        let centre = moments.fixed_view::<3, 1>(0, 3).into_owned();
        let spread: Matrix3<f64> = moments.fixed_view::<3, 3>(0, 0) - centre * centre.transpose();
        let reach = (self.furthest().0 - 1.0).max(3.0);
        let in_space = self.back * spread * self.back.transpose() * reach;
        let mut axes: [f64; 3] = in_space.symmetric_eigenvalues().into();
        axes.sort_by(|a, b| b.total_cmp(a));
        Ellipsoid { semi_axes_mm: axes.map(|e| e.max(0.0).sqrt()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a} {b}");
    }

    #[test]
    fn the_series_is_the_standards_and_with_other_eccentricities_the_area() {
        let area = |semi_axes_mm| Ellipsoid { semi_axes_mm }.standard_area_mm2();
        // With b = c the polynomials are 1, and the terms are those of an inverse hyperbolic tangent.
        let [a, b, e] = [5.0, 4.0, 0.6f64];
        close(area([a, b, b]), 2.0 * PI * a * b * (1.0 + (1.0 - e * e) * e.atanh() / e), 1e-10);
        // The true area, by a dense sum over directions, and by the series with c/b for b/a.
        let [a, b, c] = [3.0f64, 2.5, 2.0];
        let n = 1000;
        let mut sum = 0.0;
        for (u, v) in (0..n).flat_map(|u| (0..n).map(move |v| (u, v))) {
            let theta = (f64::from(u) + 0.5) / f64::from(n) * PI;
            let phi = (f64::from(v) + 0.5) / f64::from(n) * PI / 2.0;
            let [x, y, z] = [theta.sin() * phi.cos() / a, theta.sin() * phi.sin() / b, theta.cos() / c];
            sum += a * b * c * (x * x + y * y + z * z).sqrt() * theta.sin();
        }
        let area_of_all = 4.0 * sum * PI * PI / 2.0 / f64::from(n * n);
        close(area([a, a * c / b, c]) * b * b / (a * c), area_of_all, 1e-6);
        close(area([a, b, c]), 1.01328 * area_of_all, 1e-5);
    }

    #[test]
    fn a_box_and_a_tetrahedron_and_a_ball_have_known_ellipsoids() {
        let corners: Vec<Point> = (0..8)
            .map(|c| std::array::from_fn(|a| if c >> a & 1 == 1 { [2.0, 3.0, 5.0][a] } else { 0.0 }))
            .collect();
        let around = Ellipsoid::smallest_around(&corners).unwrap();
        for (axis, half) in around.semi_axes_mm.iter().zip([2.5, 1.5, 1.0]) {
            close(*axis, half * 3f64.sqrt(), 1e-9);
        }
        // Of a regular simplex it is the ball through the corners.
        let regular = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
        for axis in Ellipsoid::smallest_around(&regular).unwrap().semi_axes_mm {
            close(axis, 3f64.sqrt(), 1e-9);
        }
        let mut random = Random::seeded(4);
        let ball: Vec<Point> = (0..400)
            .map(|_| {
                let p = [random.normal(), random.normal(), random.normal()];
                let r = (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt();
                [4.0 * p[0] / r, p[1] / r, 9.0 + p[2] / r]
            })
            .collect();
        for (axis, expected) in
            Ellipsoid::smallest_around(&ball).unwrap().semi_axes_mm.iter().zip([4.0, 1.0, 1.0])
        {
            close(*axis, expected, 1e-9);
        }
    }

    #[test]
    fn no_point_is_outside_and_the_carrying_points_hold_the_ellipsoid() {
        let mut random = Random::seeded(9);
        for n in [4, 5, 7, 20, 300] {
            for stretch in [[1.0, 1.0, 1.0], [100.0, 1.0, 0.01], [1.0, 1e4, 1e4]] {
                let points: Vec<Point> =
                    (0..n).map(|_| stretch.map(|s| s * (random.uniform() - 0.3))).collect();
                let mut weights = Weights::start(&points).unwrap();
                weights.solve();
                let slack = 4.0 * 2.0 * TOLERANCE;
                assert!(weights.furthest().0 <= 4.0 + slack);
                // The conditions of Kiefer and Wolfowitz: all weight is on points of the ellipsoid.
                assert!(weights.carrying.iter().all(|c| c.weight > 0.0 && (c.square - 4.0).abs() <= slack));
                assert!((weights.carrying.iter().map(|c| c.weight).sum::<f64>() - 1.0).abs() < 1e-12);
                assert!((4..=9).contains(&weights.carrying.len()));
            }
        }
    }

    #[test]
    fn points_in_a_plane_have_no_smallest_ellipsoid() {
        assert_eq!(Ellipsoid::smallest_around(&[]), None);
        assert_eq!(Ellipsoid::smallest_around(&[[1.0, 2.0, 3.0]; 4]), None);
        let flat: Vec<Point> = (0..9).map(|n| [f64::from(n % 3), f64::from(n / 3), 0.0]).collect();
        assert_eq!(Ellipsoid::smallest_around(&flat), None);
    }
}
