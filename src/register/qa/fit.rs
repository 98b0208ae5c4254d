//! The rigid and the affine motion that most places agree on: least trimmed squares.
//!
//! A lesion, a moving organ or a few wrong places then decide nothing (Rousseeuw 1984; block matching of Ourselin
//! 2001).

use nalgebra::{Matrix3, Point3, Vector3};

/// Share of the places that are kept at each turn.
const KEPT: f64 = 0.5;
/// Turns after which a fit has settled.
const TURNS: usize = 20;
/// Fewer places than this are not fitted.
const LEAST: usize = 10;
/// Spread along the thinnest axis, over that of the widest, below which places lie in a plane.
const FLAT: f64 = 1e-3;

/// `x -> linear (x - from) + to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    linear: Matrix3<f64>,
    from: Point3<f64>,
    to: Point3<f64>,
}

/// The kind of motion that is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// A rotation and a shift.
    Rigid,
    /// Any linear map and a shift.
    Affine,
}

impl Fit {
    /// Where a point goes.
    pub fn apply(&self, p: Point3<f64>) -> Point3<f64> {
        self.to + self.linear * (p - self.from)
    }

    /// Smallest and largest singular value of the linear part: how much shorter and longer lengths become.
    pub fn stretches(&self) -> [f64; 2] {
        let singular = self.linear.singular_values();
        [singular.min(), singular.max()]
    }
}

/// The motion that takes most of the first points to the second ones; `None` where they are few or lie in a plane.
pub fn trimmed(pairs: &[(Point3<f64>, Point3<f64>)], motion: Motion) -> Option<Fit> {
    let keep = ((KEPT * pairs.len() as f64).ceil() as usize).max(LEAST);
    if pairs.len() < keep {
        return None;
    }
    let mut kept = pairs.to_vec();
    let mut fit = least_squares(&kept, motion)?;
    for _ in 0..TURNS {
        let mut order: Vec<(f64, usize)> =
            pairs.iter().enumerate().map(|(n, (p, q))| ((fit.apply(*p) - q).norm_squared(), n)).collect();
        // Ties go by number, so that the order is always the same.
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let next: Vec<_> = order.iter().take(keep).map(|(_, n)| pairs[*n]).collect();
        if next == kept {
            break;
        }
        kept = next;
        fit = least_squares(&kept, motion)?;
    }
    Some(fit)
}

/// The motion of least squared error (rotation: Kabsch 1976).
fn least_squares(pairs: &[(Point3<f64>, Point3<f64>)], motion: Motion) -> Option<Fit> {
    let n = pairs.len() as f64;
    let (from, to) = pairs
        .iter()
        .fold((Vector3::zeros(), Vector3::zeros()), |(a, b), (p, q)| (a + p.coords, b + q.coords));
    let (from, to) = (Point3::from(from / n), Point3::from(to / n));
    let (mut xx, mut yx) = (Matrix3::zeros(), Matrix3::zeros());
    for (p, q) in pairs {
        xx += (p - from) * (p - from).transpose();
        yx += (q - to) * (p - from).transpose();
    }
    let spread = xx.symmetric_eigenvalues();
    let flat = spread.min() <= FLAT * spread.max();
    if flat {
        return None;
    }
    let linear = match motion {
        Motion::Affine => yx * xx.try_inverse()?,
        Motion::Rigid => {
            let svd = yx.svd(true, true);
            let (u, v) = (svd.u?, svd.v_t?);
            // The smallest singular value's axis is turned back where the best orthogonal map is a reflection.
            let smallest = svd.singular_values.imin();
            let mut signs = Vector3::repeat(1.0);
            signs[smallest] = (u * v).determinant().signum();
            u * Matrix3::from_diagonal(&signs) * v
        }
    };
    linear.iter().all(|v| v.is_finite()).then_some(Fit { linear, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    fn cloud() -> Vec<Point3<f64>> {
        let mut random = Random::seeded(3);
        (0..200).map(|_| Point3::from([0; 3].map(|_| random.between(-100.0, 100.0)))).collect()
    }

    #[test]
    fn most_places_decide_and_the_rest_does_not_pull() {
        let turn = *nalgebra::Rotation3::from_euler_angles(0.2, -0.1, 0.3).matrix();
        let at = |n: usize, p: &Point3<f64>| {
            // Two fifths of the places went with an organ.
            let organ = if n % 5 < 2 { Vector3::new(15.0, -8.0, 20.0) } else { Vector3::zeros() };
            Point3::from(turn * p.coords) + Vector3::new(3.0, 4.0, 5.0) + organ
        };
        let pairs: Vec<_> = cloud().iter().enumerate().map(|(n, p)| (*p, at(n, p))).collect();
        for motion in [Motion::Rigid, Motion::Affine] {
            let fit = trimmed(&pairs, motion).unwrap();
            assert!((fit.linear - turn).amax() < 1e-9, "{motion:?}: {}", fit.linear - turn);
            assert_eq!(pairs.iter().filter(|(p, q)| (fit.apply(*p) - q).norm() < 1e-6).count(), 120);
        }
    }

    #[test]
    fn a_stretch_is_told_by_the_affine_fit_and_never_becomes_a_reflection() {
        let stretch = Matrix3::from_diagonal(&Vector3::new(1.0, 0.8, 1.25));
        let pairs: Vec<_> = cloud().iter().map(|p| (*p, Point3::from(stretch * p.coords))).collect();
        let [low, high] = trimmed(&pairs, Motion::Affine).unwrap().stretches();
        assert!((low - 0.8).abs() < 1e-9 && (high - 1.25).abs() < 1e-9);
        let mirror = Matrix3::from_diagonal(&Vector3::new(-1.0, 1.0, 1.0));
        let pairs: Vec<_> = cloud().iter().map(|p| (*p, Point3::from(mirror * p.coords))).collect();
        assert!(trimmed(&pairs, Motion::Rigid).unwrap().linear.determinant() > 0.0);
    }

    #[test]
    fn few_or_flat_places_are_not_fitted() {
        let flat: Vec<_> = cloud().iter().map(|p| Point3::new(p.x, p.y, 0.0)).map(|p| (p, p)).collect();
        assert!(trimmed(&flat, Motion::Affine).is_none() && trimmed(&flat, Motion::Rigid).is_none());
        assert!(trimmed(&flat[..9], Motion::Rigid).is_none());
    }
}
