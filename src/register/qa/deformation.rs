//! What the map does to the body: folds and volumes, scale, inverse, displacement; and its error at landmarks.

use nalgebra::{Matrix3, Vector3};

use super::QaInput;
use super::sample::Sample;
use crate::geometry::{Fixed, Grid, Moving, World};
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::{blocks, mean};
use crate::record::{DisplacementQa, InverseQa, JacobianQa, TreQa};
use crate::transform::{Planes, Transform};

/// Points at which the inverse is tried.
const INVERTED: usize = 2_000;
/// Samples per interval of the lattice: a fold between voxels, which differences of voxels miss, is about as wide as half
/// an interval.
const DENSITY: usize = 2;

/// Figures of the map inside the body.
pub struct Deformation {
    /// Jacobian determinant.
    pub jacobian: JacobianQa,
    /// Residual of the inverse.
    pub inverse_mm: InverseQa,
    /// The inverse's mean residual in voxels of the follow-up's smallest spacing.
    pub inverse_voxels: f64,
    /// Displacement after the rigid stage.
    pub displacement_mm: DisplacementQa,
    /// Its median.
    pub displacement_median_mm: f64,
    /// Smallest and largest singular value of the affine map that fits best.
    pub scale: [f64; 2],
}

/// Measures the map inside the body.
pub fn measure(sample: &Sample, input: &QaInput) -> Deformation {
    let inverse_mm = inverse(sample, input.transform);
    let voxel = input.fixed.grid().spacing().into_iter().fold(f64::INFINITY, f64::min);
    let rigid = sample.places(input.rigid);
    let shifts = ascending(rigid.iter().zip(&sample.moved).map(|(a, b)| a.distance(*b)).collect());
    Deformation {
        jacobian: jacobian(sample, input.transform),
        inverse_voxels: inverse_mm.mean / voxel,
        inverse_mm,
        displacement_median_mm: percentile(&shifts, 50.0).unwrap_or(0.0),
        displacement_mm: DisplacementQa {
            mean: mean(&shifts).unwrap_or(0.0),
            p95: percentile(&shifts, 95.0).unwrap_or(0.0),
            max: shifts.last().copied().unwrap_or(0.0),
        },
        scale: scale(&sample.points, &sample.moved),
    }
}

/// Determinants of the Jacobian at samples of the body.
fn jacobian(sample: &Sample, transform: &Transform) -> JacobianQa {
    let rotation = transform.rigid.rotation().determinant();
    let determinants = match &transform.spline {
        Some(spline) => determinants(sample, transform, &spline.lattice().samples(DENSITY)),
        None => vec![rotation],
    };
    let folded = determinants.iter().filter(|d| **d <= 0.0).count();
    let folded_fraction = folded as f64 / determinants.len().max(1) as f64;
    let sorted = ascending(determinants);
    let at = |p: f64| percentile(&sorted, p).unwrap_or(rotation);
    JacobianQa {
        min: at(0.0),
        p01: at(1.0),
        median: at(50.0),
        p99: at(99.0),
        max: at(100.0),
        folded_fraction,
    }
}

/// Determinants at the voxels of `dense` that lie in the body.
fn determinants(sample: &Sample, transform: &Transform, dense: &Grid<Fixed>) -> Vec<f64> {
    let planes = Planes::new(transform, dense);
    let [nx, _, nz] = dense.dims();
    let in_body = |n: usize, k: usize| {
        let index = sample.body.grid().index_of(dense.centre_of([n % nx, n / nx, k])).point();
        let nearest = [0, 1, 2].map(|a| index[a].round());
        nearest.iter().all(|c| *c >= 0.0) && sample.body.contains(nearest.map(|c| c as usize))
    };
    let by_plane = blocks(nz, |k| {
        let all = planes.determinants(k).into_iter().enumerate();
        all.filter(|(n, _)| in_body(*n, k)).map(|(_, d)| d).collect::<Vec<_>>()
    });
    by_plane.concat()
}

/// How far the inverse's images of baseline points are from these points.
fn inverse(sample: &Sample, transform: &Transform) -> InverseQa {
    let stride = sample.moved.len().div_ceil(INVERTED).max(1);
    let chosen: Vec<World<Moving>> = sample.moved.iter().copied().step_by(stride).collect();
    let chunks: Vec<&[World<Moving>]> = chosen.chunks(128).collect();
    let residuals = blocks(chunks.len(), |n| {
        chunks[n].iter().map(|q| transform.inverse(*q).residual_mm).collect::<Vec<_>>()
    })
    .concat();
    InverseQa { mean: mean(&residuals).unwrap_or(0.0), max: residuals.iter().copied().fold(0.0, f64::max) }
}

/// Smallest and largest singular value of the linear part of the affine map that takes `from` to `to` with the least
/// squared error; ones where the points span no volume.
fn scale(from: &[World<Fixed>], to: &[World<Moving>]) -> [f64; 2] {
    const BLOCK: usize = 4096;
    let Some(first) = from.first().map(|p| p.point()) else { return [1.0; 2] };
    let Some(image) = to.first().map(|p| p.point()) else { return [1.0; 2] };
    // Moments about the first point, which is near enough to keep all digits.
    let parts = blocks(from.len().div_ceil(BLOCK), |b| {
        let (mut x, mut y) = (Vector3::zeros(), Vector3::zeros());
        let (mut xx, mut yx) = (Matrix3::zeros(), Matrix3::zeros());
        let range = b * BLOCK..((b + 1) * BLOCK).min(from.len());
        for (p, q) in from[range.clone()].iter().zip(&to[range]) {
            let (p, q) = (p.point() - first, q.point() - image);
            x += p;
            y += q;
            xx += p * p.transpose();
            yx += q * p.transpose();
        }
        (x, y, xx, yx)
    });
    let (mut x, mut y) = (Vector3::zeros(), Vector3::zeros());
    let (mut xx, mut yx) = (Matrix3::zeros(), Matrix3::zeros());
    for part in parts {
        x += part.0;
        y += part.1;
        xx += part.2;
        yx += part.3;
    }
    let n = from.len() as f64;
    let spread = xx - x * x.transpose() / n;
    let Some(inverse) = spread.try_inverse().filter(|i| i.iter().all(|v| v.is_finite())) else {
        return [1.0; 2];
    };
    let singular = ((yx - y * x.transpose() / n) * inverse).singular_values();
    [singular.min(), singular.max()]
}

/// Distances in mm at landmarks; `None` without landmarks.
pub fn landmark_errors(transform: &Transform, landmarks: &[(World<Fixed>, World<Moving>)]) -> Option<TreQa> {
    let errors = ascending(landmarks.iter().map(|(p, q)| transform.apply(*p).distance(*q)).collect());
    Some(TreQa {
        n: errors.len(),
        mean: mean(&errors)?,
        median: percentile(&errors, 50.0)?,
        p95: percentile(&errors, 95.0)?,
        max: errors.last().copied()?,
    })
}
