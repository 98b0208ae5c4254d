//! The body of the follow-up at a coarse grid, and where its points lie at baseline.

use super::QaInput;
use crate::geometry::{Fixed, Frame, Moving, World};
use crate::image::pyramid::level;
use crate::labels::Mask;
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::blocks;
use crate::transform::{Planes, Transform};
use crate::volume::Volume;

/// Voxels of at least this size (mm) are compared: fine enough for organs, and 64 times fewer than at 1 mm.
const VOXEL_MM: f64 = 4.0;

/// The scan that has no contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// The follow-up.
    Fixed,
    /// The baseline.
    Moving,
}

/// Points of the follow-up's body.
pub struct Sample {
    /// Their positions.
    pub points: Vec<World<Fixed>>,
    /// The follow-up's values there.
    pub fixed: Vec<f64>,
    /// Where the result puts them.
    pub moved: Vec<World<Moving>>,
    /// The baseline, coarse and clipped.
    pub moving: Volume<f32, Moving>,
    /// The body on the coarse grid.
    pub body: Mask<Fixed>,
    /// Share of them inside the baseline's field of view.
    pub overlap: f64,
    /// A scan without contrast.
    pub constant: Option<Constant>,
}

impl Sample {
    /// The sample of a pair.
    pub fn of(input: &QaInput) -> Self {
        let (coarse, coarse_moving) = (level(input.fixed, VOXEL_MM), level(input.moving, VOXEL_MM));
        let body_moving = self::body(&coarse_moving);
        let body = self::body(&coarse);
        let fixed_image = clipped(&coarse, &body);
        let moving = clipped(&coarse_moving, &body_moving);
        let constant = if is_constant(&fixed_image, &body) {
            Some(Constant::Fixed)
        } else if is_constant(&moving, &body_moving) {
            Some(Constant::Moving)
        } else {
            None
        };
        let moved = places(input.transform, &body);
        let seen = moved.iter().filter(|q| sees(&moving, **q)).count();
        let overlap = if moved.is_empty() { 0.0 } else { seen as f64 / moved.len() as f64 };
        let points = body.voxels().map(|v| body.grid().centre_of(v)).collect();
        let fixed = body.offsets().map(|o| f64::from(fixed_image.values()[o])).collect();
        Self { points, fixed, moved, moving, body, overlap, constant }
    }

    /// Where a transform puts the points of the body.
    pub fn places(&self, transform: &Transform) -> Vec<World<Moving>> {
        places(transform, &self.body)
    }
}

/// Points of a scan's body, on the coarse grid that alignments are looked at on.
pub fn body_points(image: &Volume<f32, Fixed>) -> Vec<World<Fixed>> {
    let body = body(&level(image, VOXEL_MM));
    body.voxels().map(|v| body.grid().centre_of(v)).collect()
}

/// Where a transform puts the centres of a mask's voxels.
fn places(transform: &Transform, body: &Mask<Fixed>) -> Vec<World<Moving>> {
    let (low, size) = body.bounds();
    if body.is_empty() {
        return Vec::new();
    }
    let part = body.grid().part(low, size);
    let planes = Planes::new(transform, &part);
    let inside = |k: usize, n: usize| body.contains([low[0] + n % size[0], low[1] + n / size[0], low[2] + k]);
    let by_plane = blocks(size[2], |k| {
        let points = planes.points(k).into_iter().enumerate();
        points.filter(|(n, _)| inside(k, *n)).map(|(_, p)| p).collect::<Vec<_>>()
    });
    by_plane.concat()
}

/// Whether a point lies in a voxel that has data.
fn sees(moving: &Volume<f32, Moving>, q: World<Moving>) -> bool {
    let (index, dims) = (moving.grid().index_of(q).point(), moving.grid().dims());
    if (0..3).any(|a| !(index[a] >= -0.5 && index[a] <= dims[a] as f64 - 0.5)) {
        return false;
    }
    let clamped = [0, 1, 2].map(|a| index[a].clamp(0.0, dims[a] as f64 - 1.0).round() as usize);
    !moving.at(clamped[0], clamped[1], clamped[2]).is_nan()
}

/// The body: what lies above `p5 + 0.1 (p98 - p5)`, one voxel wider, so that its outline against air counts. A flat
/// image has no outline: all of it is taken.
fn body<F: Frame>(image: &Volume<f32, F>) -> Mask<F> {
    let known = image.values().iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    let known = ascending(known);
    let (Some(low), Some(high)) = (percentile(&known, 5.0), percentile(&known, 98.0)) else {
        return Mask::from_offsets(image.grid().clone(), &[]);
    };
    let threshold = if high > low { low + 0.1 * (high - low) } else { f64::NEG_INFINITY };
    let wide = image.grid().spacing().into_iter().fold(0.0, f64::max);
    let tissue = Mask::from_fn(image.grid().clone(), |o| f64::from(image.values()[o]) > threshold);
    with_data(image, &tissue.dilated(wide))
}

/// The voxels of a mask where the image has data.
fn with_data<F: Frame>(image: &Volume<f32, F>, mask: &Mask<F>) -> Mask<F> {
    let known: Vec<usize> = mask.offsets().filter(|&o| !image.values()[o].is_nan()).collect();
    Mask::from_offsets(image.grid().clone(), &known)
}

/// Values between the 0.1 and the 99.9 percentile inside the body: metal, table and hot spots do not decide.
fn clipped<F: Frame>(image: &Volume<f32, F>, body: &Mask<F>) -> Volume<f32, F> {
    let inside = ascending(body.offsets().map(|o| f64::from(image.values()[o])).collect());
    match (percentile(&inside, 0.1), percentile(&inside, 99.9)) {
        (Some(low), Some(high)) => {
            image.map(|v| if v.is_nan() { v } else { v.clamp(low as f32, high as f32) })
        }
        _ => image.clone(),
    }
}

/// Whether a clipped scan has one value only, or no data at all: a hot spot on a flat scan was clipped away.
fn is_constant<F: Frame>(image: &Volume<f32, F>, body: &Mask<F>) -> bool {
    let mut values = body.offsets().map(|o| image.values()[o]);
    match values.next() {
        Some(first) => {
            let tolerance = 1e-6 * first.abs().max(1.0);
            values.all(|v| (v - first).abs() <= tolerance)
        }
        None => true,
    }
}

/// Whether two scans are the same, voxel for voxel.
pub fn identical(fixed: &Volume<f32, Fixed>, moving: &Volume<f32, Moving>) -> bool {
    let same = |(a, b): (&f32, &f32)| a == b || a.is_nan() && b.is_nan();
    fixed.grid().dims() == moving.grid().dims()
        && fixed.values().iter().zip(moving.values()).all(same)
        && (fixed.grid().affine() - moving.grid().affine()).amax() < 1e-3
}
