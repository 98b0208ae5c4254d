//! Ellipsoids: their volume and area, and the smallest around points.

use std::f64::consts::PI;

use nalgebra::{Matrix3, Matrix4, Vector4};

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

    /// 4 pi a b sum_nu (alpha beta)^nu / (1 - 4 nu^2) P_nu((alpha^2 + beta^2) / (2 alpha beta)) up to nu = 20, where
    /// alpha^2 = 1 - b^2/a^2 and beta^2 = 1 - c^2/a^2.
    ///
    /// The powers are taken into the recurrence of Legendre's polynomials P_nu, which is then without a quotient: alpha
    /// may be 0.
    ///
    /// ```
    /// use delta_radiomics::features::shape::ellipsoid::Ellipsoid;
    /// let area = |semi_axes_mm| Ellipsoid { semi_axes_mm }.area_mm2() / std::f64::consts::PI;
    /// assert_eq!(area([2.0; 3]), 16.0);
    /// // A spheroid of semi-axes 5, 4, 4 has an eccentricity of 3/5.
    /// let exact = 2.0 * 16.0 * (1.0 + 5.0 / (4.0 * 0.6) * 0.6f64.asin());
    /// assert!((area([5.0, 4.0, 4.0]) / exact - 1.0).abs() < 1e-12);
    /// ```
    pub fn area_mm2(&self) -> f64 {
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
const TOLERANCE: f64 = 1e-10;
/// Steps of one search; thousands suffice.
const STEPS: usize = 100_000;

/// A point with a fourth coordinate of 1: then ellipsoids around any centre are ellipsoids around the origin.
type Lifted = Vector4<f64>;

/// Weights of a few of the points, and the inverse of their moments.
struct Weights {
    points: Vec<Lifted>,
    /// Edge of the box of the points, by which they are divided.
    scale: f64,
    carrying: Vec<Carrying>,
    inverse: Matrix4<f64>,
}

/// A point that may carry the ellipsoid.
struct Carrying {
    point: Lifted,
    weight: f64,
    /// Its square in the metric of the moments: 4 where it carries the smallest ellipsoid.
    square: f64,
}

impl Weights {
    /// Equal weights on the ends along three directions, each across what the earlier ones span.
    fn start(points: &[Point]) -> Option<Self> {
        let first = *points.first()?;
        let (mut low, mut high) = (first, first);
        for p in points {
            low = std::array::from_fn(|a| low[a].min(p[a]));
            high = std::array::from_fn(|a| high[a].max(p[a]));
        }
        let scale = (0..3).map(|a| high[a] - low[a]).fold(0.0, f64::max);
        let middle: Point = std::array::from_fn(|a| f64::midpoint(low[a], high[a]));
        let lift = |p: &Point| {
            let [x, y, z] = std::array::from_fn(|a| (p[a] - middle[a]) / scale);
            Vector4::new(x, y, z, 1.0)
        };
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
            spanned.push(span.try_normalize(1e-9)?);
            ends.extend(pair);
        }
        ends.sort_unstable();
        ends.dedup();
        let weight = 1.0 / ends.len() as f64;
        let carrying = ends.iter().map(|n| Carrying { point: lifted[*n], weight, square: 0.0 }).collect();
        let mut weights = Self { points: lifted, scale, carrying, inverse: Matrix4::zeros() };
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

    fn furthest(&self) -> (f64, usize) {
        let square = |p: &Lifted| p.dot(&(self.inverse * p));
        self.points.iter().enumerate().fold((0.0, 0), |best, (n, p)| {
            let s = square(p);
            if s > best.0 { (s, n) } else { best }
        })
    }

    fn solve(&mut self) {
        for _ in 0..STEPS {
            self.balance();
            self.carrying.retain(|c| c.weight > 0.0);
            if self.refresh().is_none() {
                return;
            }
            let (square, furthest) = self.furthest();
            if square <= 4.0 * (1.0 + TOLERANCE) {
                return;
            }
            self.carrying.push(Carrying { point: self.points[furthest], weight: 0.0, square });
        }
    }

    /// Moves weight among the carrying points until each is on the ellipsoid or without weight and inside.
    fn balance(&mut self) {
        for _ in 0..STEPS {
            let (mut out, mut inside) = (0, None);
            for (n, c) in self.carrying.iter().enumerate() {
                if c.square > self.carrying[out].square {
                    out = n;
                }
                if c.weight > 0.0 && inside.is_none_or(|i: usize| c.square < self.carrying[i].square) {
                    inside = Some(n);
                }
            }
            let inside = inside.unwrap_or(out);
            let above = self.carrying[out].square - 4.0;
            let below = 4.0 - self.carrying[inside].square;
            if above.max(below) <= 4.0 * TOLERANCE {
                return;
            }
            COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.shift(if above >= below { out } else { inside });
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

    /// The ellipsoid of the weights' centre and spread, as large as the furthest point asks.
    fn ellipsoid(&self) -> Ellipsoid {
        let moments = self.moments();
        let centre = moments.fixed_view::<3, 1>(0, 3).into_owned();
        let spread: Matrix3<f64> = moments.fixed_view::<3, 3>(0, 0) - centre * centre.transpose();
        let reach = (self.furthest().0 - 1.0).max(3.0);
        let mut axes: [f64; 3] = spread.symmetric_eigenvalues().into();
        axes.sort_by(|a, b| b.total_cmp(a));
        Ellipsoid { semi_axes_mm: axes.map(|e| (e.max(0.0) * reach).sqrt() * self.scale) }
    }
}

pub static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

#[cfg(test)]
mod bench {
    use super::*;
    use crate::features::shape::{hull::Hull, rows::Rows, tips::outermost_tips, bounding_box::BoundingBox, diameter::largest_distance};
    use std::time::Instant;
    #[test]
    fn bench() {
        for (r, s) in [(5.0f64, [1.0; 3]), (5.0, [1.0, 1.0, 2.5]), (29.0, [1.0; 3]), (78.0, [1.0;3]), (30.0, [0.9, 0.9, 3.27]), (-40.0, [1.0,1.0,2.5])] {
            let n = 2 * r.abs() as usize + 1;
            let c = n as f64 / 2.0 - 0.5;
            let region: Vec<bool> = (0..n * n * n).map(|o| {
                let [x, y, z] = [o % n, o / n % n, o / n / n].map(|v| v as f64 - c);
                let lumps = if r < 0.0 { 5.0 * ((x * 0.2).sin() + (y * 0.17 + z * 0.1).sin()) } else { 0.0 };
                let rr = r.abs() + lumps - if r < 0.0 { 10.0 } else { 0.0 };
                x * x + y * y + z * z <= rr * rr
            }).collect();
            let best = |f: &mut dyn FnMut()| (0..5).map(|_| { let t = Instant::now(); f(); t.elapsed().as_nanos() }).min().unwrap() as f64 / 1e3;
            let mut rows = Rows::of(&region, [n; 3]);
            let t_rows = best(&mut || rows = Rows::of(&region, [n; 3]));
            let mut tips = vec![];
            let t_tips = best(&mut || tips = outermost_tips(&rows));
            let mut hull = Hull::of(&tips).unwrap();
            let t_hull = best(&mut || hull = Hull::of(&tips).unwrap());
            let points = hull.points_mm(s);
            let mut diam = 0.0;
            let t_diam = best(&mut || diam = largest_distance(&points));
            let mut b = BoundingBox::aligned(&hull, s);
            let t_box = best(&mut || b = BoundingBox::oriented(&hull, s));
            COUNT.store(0, std::sync::atomic::Ordering::Relaxed);
            let mut e = Ellipsoid { semi_axes_mm: [0.0; 3] };
            let t_mvee = best(&mut || e = Ellipsoid::smallest_around(&points).unwrap());
            let steps = COUNT.load(std::sync::atomic::Ordering::Relaxed) / 5;
            println!("r {r} rows {t_rows:.1} tips {t_tips:.1} ({}) hull {t_hull:.1} (points {} facets {} edges {}) diam {t_diam:.1} box {t_box:.1} mvee {t_mvee:.1} ({steps}) us; diam {diam} V hull {} box {:?} mvee {:?}", tips.len(), hull.points.len(), hull.facets.len(), hull.edges.len(), hull.volume_mm3(s), b, e);
        }
    }
}
