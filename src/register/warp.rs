//! Where the voxels of a fixed level lie in the moving image, and the moving image there.

use multiversion::multiversion;
use nalgebra::{Matrix3, Matrix4};
use rayon::prelude::*;

use super::sampled::Sampled;
use crate::geometry::{Fixed, Grid, Moving};
use crate::transform::{Dense, PlaneSpace, Rigid};

/// Where each voxel of a fixed level lies in a moving grid, as indices: `p = affine i + spread u(i)`.
pub struct Map<'a> {
    /// Fixed index to moving index without the spline.
    pub affine: Matrix4<f64>,
    /// Fixed displacement in mm to moving index.
    pub spread: Matrix3<f64>,
    /// The spline on the voxels of the fixed level.
    pub field: Option<Field<'a>>,
}

/// A displacement on the voxels of a level.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// From lattice to voxels.
    pub dense: &'a Dense,
    /// Coefficients, component by component.
    pub coefficients: &'a [f64],
}

/// Work space of one thread.
#[derive(Default)]
pub struct MapSpace {
    space: PlaneSpace,
    u: [Vec<f64>; 3],
    places: [Vec<f64>; 3],
}

impl<'a> Map<'a> {
    /// `T(x) = R(x + u(x))` between two grids.
    pub fn new(fixed: &Grid<Fixed>, moving: &Grid<Moving>, rigid: &Rigid, field: Option<Field<'a>>) -> Self {
        let to_index = moving.inverse();
        let affine = to_index * rigid.matrix() * fixed.affine();
        let spread = to_index.fixed_view::<3, 3>(0, 0).into_owned() * rigid.rotation();
        Self { affine, spread, field }
    }

    /// Calls `each(offset of the row in the plane, moving indices)` for the rows of plane `k`.
    #[inline]
    pub fn rows(
        &self,
        dims: [usize; 3],
        k: usize,
        work: &mut MapSpace,
        mut each: impl FnMut(usize, [&[f64]; 3]),
    ) {
        let [nx, ny, _] = dims;
        if let Some(Field { dense, coefficients }) = &self.field {
            let n = dense.controls();
            for component in 0..3 {
                work.u[component].resize(nx * ny, 0.0);
                let part = &coefficients[component * n..(component + 1) * n];
                dense.plane(part, k, &mut work.space, &mut work.u[component]);
            }
        }
        let m = &self.affine;
        for j in 0..ny {
            for (a, places) in work.places.iter_mut().enumerate() {
                places.resize(nx, 0.0);
                let start = m[(a, 1)] * j as f64 + m[(a, 2)] * k as f64 + m[(a, 3)];
                if self.field.is_some() {
                    let u = work.u.each_ref().map(|u| &u[j * nx..][..nx]);
                    let spread = [0, 1, 2].map(|component| self.spread[(a, component)]);
                    moved_places([start, m[(a, 0)]], spread, u, places);
                } else {
                    let still = (0..nx).map(|i| start + i as f64 * m[(a, 0)]);
                    places.iter_mut().zip(still).for_each(|(p, still)| *p = still);
                }
            }
            each(j * nx, work.places.each_ref().map(Vec::as_slice));
        }
    }

    /// Calls `each(offset in the plane, moving index)` for the voxels of plane `k`.
    #[inline]
    pub fn plane(
        &self,
        dims: [usize; 3],
        k: usize,
        work: &mut MapSpace,
        mut each: impl FnMut(usize, [f64; 3]),
    ) {
        self.rows(dims, k, work, |first, places| {
            for i in 0..dims[0] {
                each(first + i, places.map(|p| p[i]));
            }
        });
    }
}

/// Along a row from `start` in equal steps, each place moved by `sum_c spread_c u_c`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn moved_places([start, step]: [f64; 2], spread: [f64; 3], u: [&[f64]; 3], places: &mut [f64]) {
    let n = places.len();
    let [x, y, z] = u.map(|u| &u[..n]);
    for i in 0..n {
        let still = start + i as f64 * step;
        places[i] = still + spread[0] * x[i] + spread[1] * y[i] + spread[2] * z[i];
    }
}

/// The moving image on the voxels of a fixed level.
pub struct Warped {
    /// Values; 0 where there is no weight.
    pub values: Vec<f32>,
    /// Derivatives of the values by the displacement in mm along R, A and S; of no meaning where there is no weight.
    pub slopes: [Vec<f32>; 3],
}

impl Warped {
    /// Room for `n` voxels.
    pub fn zeros(n: usize) -> Self {
        Self { values: vec![0.0; n], slopes: std::array::from_fn(|_| vec![0.0; n]) }
    }

    /// Samples `moving` through `map` where `weights` are not zero.
    pub fn fill(&mut self, moving: &Sampled, map: &Map, dims: [usize; 3], weights: &[f32]) {
        let [nx, plane] = [dims[0], dims[0] * dims[1]];
        let turn = [0, 1, 2].map(|a| [0, 1, 2].map(|b| map.spread[(b, a)] as f32));
        let [r, a, s] = &mut self.slopes;
        self.values
            .par_chunks_exact_mut(plane)
            .zip(r.par_chunks_exact_mut(plane))
            .zip(a.par_chunks_exact_mut(plane))
            .zip(s.par_chunks_exact_mut(plane))
            .zip(weights.par_chunks_exact(plane))
            .enumerate()
            .for_each_init(MapSpace::default, |work, (k, ((((values, r), a), s), weights))| {
                if weights.iter().all(|&w| w == 0.0) {
                    return;
                }
                map.rows(dims, k, work, |first, places| {
                    let row = first..first + nx;
                    let slopes = [&mut r[row.clone()], &mut a[row.clone()], &mut s[row.clone()]];
                    moving.row(places, &weights[row.clone()], &turn, &mut values[row], slopes);
                });
            });
    }
}
