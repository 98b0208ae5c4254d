//! Images made ready for comparison: stored in one order, clipped, zero mean and unit SD in the body, so that one
//! noise level serves all modalities; and where the body is.

use nalgebra::Matrix4;

use crate::geometry::{Frame, Grid};
use crate::numeric::quantile::percentiles;
use crate::record::Units;
use crate::volume::Volume;

/// Percentiles are taken from at most about this many voxels, evenly spread.
const SAMPLE: usize = 400_000;

/// How intensities are clipped before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// Between two values in Hounsfield units; scans in other units are clipped as by percentiles.
    Hounsfield([f32; 2]),
    /// Between the 0.1 and the 99.9 percentile inside the body.
    Percentiles,
}

/// Percentiles of the known ones of `count` values, thinned; `None` where nothing is known.
fn known_percentiles(values: impl Iterator<Item = f32>, count: usize, p: [f64; 2]) -> Option<[f64; 2]> {
    let stride = (count / SAMPLE).max(1);
    let mut known: Vec<f64> = values.step_by(stride).filter(|v| !v.is_nan()).map(f64::from).collect();
    percentiles(&mut known, p)
}

/// The body: what lies above `p5 + 0.1 (p98 - p5)`, dilated by three voxels. Constant background has no
/// information, and a metric that is normalised by the body means the same with much and with little air.
pub fn body_mask<F: Frame>(image: &Volume<f32, F>) -> Vec<bool> {
    let values = image.values().iter().copied();
    let Some([low, high]) = known_percentiles(values, image.values().len(), [5.0, 98.0]) else {
        return vec![false; image.values().len()];
    };
    let threshold = (low + 0.1 * (high - low)) as f32;
    let mut mask: Vec<bool> = image.values().iter().map(|&v| v > threshold).collect();
    if high <= low {
        // A flat image has no body; all of it is compared.
        mask = image.values().iter().map(|v| !v.is_nan()).collect();
    }
    let dims = image.grid().dims();
    for axis in 0..3 {
        mask = dilated_along(&mask, dims, axis, 3);
    }
    mask.iter().zip(image.values()).map(|(&m, v)| m && !v.is_nan()).collect()
}

/// `mask` grown by `reach` voxels along one axis.
fn dilated_along(mask: &[bool], dims: [usize; 3], axis: usize, reach: usize) -> Vec<bool> {
    let stride: usize = dims[..axis].iter().product();
    let line = stride * dims[axis];
    let mut out = mask.to_vec();
    for (out, mask) in out.chunks_exact_mut(line).zip(mask.chunks_exact(line)) {
        for step in 1..=reach.min(dims[axis] - 1) {
            let away = step * stride;
            out[away..].iter_mut().zip(mask).for_each(|(o, m)| *o |= m);
            out.iter_mut().zip(&mask[away..]).for_each(|(o, m)| *o |= m);
        }
    }
    out
}

/// The same voxels stored along right, anterior and superior as nearly as the axes allow. Lattices and levels then
/// do not depend on the order in which a scan happens to be stored.
pub fn canonical<F: Frame>(image: &Volume<f32, F>) -> Volume<f32, F> {
    let grid = image.grid();
    let (axes, old) = (grid.anatomical_axes(), grid.dims());
    let directions = grid.directions();
    let flipped = [0, 1, 2].map(|a| directions[(a, axes[a])] < 0.0);
    if axes == [0, 1, 2] && flipped == [false; 3] {
        return image.clone();
    }
    let dims = axes.map(|a| old[a]);
    // New index to old index.
    let mut order = Matrix4::zeros();
    order[(3, 3)] = 1.0;
    for a in 0..3 {
        order[(axes[a], a)] = if flipped[a] { -1.0 } else { 1.0 };
        order[(axes[a], 3)] = if flipped[a] { (dims[a] - 1) as f64 } else { 0.0 };
    }
    // Reordering and flipping the axes of a valid grid leaves them finite, orthogonal and of positive spacing.
    let reordered = Grid::new(dims, grid.affine() * order).expect("a reordered grid is a grid");
    let mut values = Vec::with_capacity(reordered.len());
    for k in 0..dims[2] {
        for j in 0..dims[1] {
            for i in 0..dims[0] {
                let new = [i, j, k];
                let mut voxel = [0; 3];
                for a in 0..3 {
                    voxel[axes[a]] = if flipped[a] { dims[a] - 1 - new[a] } else { new[a] };
                }
                values.push(image.at(voxel[0], voxel[1], voxel[2]));
            }
        }
    }
    Volume::new(reordered, values)
}

/// In canonical order, clipped, then zero mean and unit SD inside the body. NaN (no data) stays.
pub fn prepared<F: Frame>(image: &Volume<f32, F>, clip: Clip, units: Units) -> Volume<f32, F> {
    let image = canonical(image);
    let body = body_mask(&image);
    let inside = || image.values().iter().zip(&body).filter(|(_, b)| **b).map(|(v, _)| *v);
    let [low, high] = match clip {
        Clip::Hounsfield(range) if units == Units::Hu => range,
        Clip::Hounsfield(_) | Clip::Percentiles => {
            known_percentiles(inside(), inside().count(), [0.1, 99.9]).unwrap_or_default().map(|p| p as f32)
        }
    };
    let clipped = |v: f32| v.max(low).min(high);
    let (mut n, mut sum, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
    for v in inside() {
        let v = f64::from(clipped(v));
        n += 1.0;
        sum += v;
        squares += v * v;
    }
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    let variance = if n > 0.0 { squares / n - mean * mean } else { 0.0 };
    let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 };
    // `max` and `min` would turn NaN into a bound.
    image.map(|v| if v.is_nan() { v } else { ((f64::from(clipped(v)) - mean) * scale) as f32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};
    use crate::numeric::quantile::ascending;

    fn ball() -> Volume<f32> {
        let grid = Grid::<Own>::axis_aligned([30, 30, 30], [1.0; 3], [0.0; 3]).unwrap();
        let values = (0..grid.len())
            .map(|o| {
                let v = grid.voxel(o).map(|n| n as f64 - 15.0);
                let inside = v.iter().map(|d| d * d).sum::<f64>() < 64.0;
                if inside { 40.0 + (o % 7) as f32 } else { -1000.0 }
            })
            .collect();
        Volume::new(grid, values)
    }

    #[test]
    fn the_body_is_the_ball_and_three_voxels_more() {
        let image = ball();
        let mask = body_mask(&image);
        let at = |i, j, k| mask[image.grid().offset(i, j, k)];
        assert!(at(15, 15, 15) && at(15 + 10, 15, 15) && !at(15 + 11, 15, 15) && !at(1, 1, 1));
    }

    #[test]
    fn canonical_order_moves_no_voxel_in_the_world() {
        let mut affine = Matrix4::zeros();
        // Stored feet to head reversed, then right, then posterior; slightly oblique.
        (affine[(2, 0)], affine[(0, 1)], affine[(1, 2)], affine[(3, 3)]) = (-3.0, 2.0, -1.5, 1.0);
        let turn = nalgebra::Rotation3::from_euler_angles(0.1, -0.05, 0.2).to_homogeneous();
        let grid = Grid::<Own>::new([5, 6, 7], turn * affine).unwrap();
        let stored = Volume::new(grid, (0..210).map(|n| n as f32).collect());
        let ordered = canonical(&stored);
        assert_eq!(ordered.grid().dims(), [6, 7, 5]);
        assert!((0..3).all(|a| ordered.grid().directions()[(a, a)] > 0.9));
        for o in 0..210 {
            let p = ordered.grid().centre_of(ordered.grid().voxel(o));
            let v = stored.grid().index_of(p).point().coords.map(|c| c.round() as usize);
            assert_eq!(ordered.values()[o], stored.at(v[0], v[1], v[2]));
        }
    }

    #[test]
    fn hounsfield_bounds_are_for_hounsfield_units_alone() {
        let clip = Clip::Hounsfield([-200.0, 0.0]);
        let spread = |units| {
            let ready = prepared(&ball(), clip, units);
            let sorted = ascending(ready.values().iter().map(|&v| f64::from(v)).collect());
            sorted[sorted.len() - 1] - sorted[sorted.len() - 500]
        };
        assert_eq!(spread(Units::Hu), 0.0, "tissue lies above the upper bound");
        assert!(spread(Units::Arbitrary) > 0.0);
    }

    #[test]
    fn intensities_have_zero_mean_and_unit_spread_in_the_body_and_no_data_stays_so() {
        let mut image = ball();
        image.values_mut()[0] = f32::NAN;
        let body = body_mask(&image);
        for clip in [Clip::Hounsfield([-200.0, 300.0]), Clip::Percentiles] {
            let ready = prepared(&image, clip, Units::Hu);
            assert!(ready.values()[0].is_nan());
            let inside: Vec<f64> =
                ready.values().iter().zip(&body).filter(|(_, b)| **b).map(|(v, _)| f64::from(*v)).collect();
            let n = inside.len() as f64;
            let mean = inside.iter().sum::<f64>() / n;
            let variance = inside.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4);
        }
    }
}
