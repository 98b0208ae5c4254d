//! Starts that are given: what another registration found, of this program or another, or of a neighbouring visit.
//!
//! Any map of points can be one. Its best rigid motion over the follow-up's body is tried among the rigid starts; where
//! it bends, the first level of the spline is tried from it too. It is a start and no more: where another one ends at
//! a lower cost, that one goes on.

use nalgebra::{Point3, Vector3};

use crate::geometry::{Fixed, Grid, Index};
use crate::numeric::sum::blocks;
use crate::transform::{Chain, Lattice, PointMap, Rigid, Spline, Transform};

use super::level::{LeftOut, Level};
use super::rigid::likeness;
use super::settings::RegisterSettings;
use super::starts::LEAST_OVERLAP;

/// Points of the body that a rigid motion is fitted over, at most about this many.
const POINTS: usize = 20_000;
/// A map that leaves its rigid motion by more than this (mm) somewhere in the body bends.
const BENDS_MM: f64 = 1.0;

/// What became of a start that was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InitialStart {
    /// Share of the follow-up's body that its rigid motion brings into the baseline's field of view.
    pub overlap: f64,
    /// How far it was used.
    pub used: InitialUse,
}

/// How far a given start was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialUse {
    /// It lays too little of the body inside the baseline scan to be tried.
    NotTried,
    /// Other starts ended at lower costs.
    Outdone,
    /// The rigid motion began from it.
    Rigid,
    /// The deformation began from it.
    Bent,
}

/// A given map, looked at over the body.
pub struct Candidate<'a> {
    map: &'a Chain,
    /// Its best rigid motion.
    pub rigid: Rigid,
    bends: bool,
    overlap: f64,
    /// How far it was used.
    pub used: InitialUse,
}

impl<'a> Candidate<'a> {
    /// Looks at each map.
    pub fn all(
        maps: &'a [Chain],
        level: &Level,
        left_out: &LeftOut,
        settings: &RegisterSettings,
    ) -> Vec<Self> {
        let look = |map: &'a Chain| {
            let (rigid, away_mm) = match map.as_rigid() {
                Some(rigid) => (rigid, 0.0),
                None => rigid_motion(map, level.fixed.grid(), &body(level)),
            };
            let overlap = likeness(level, &rigid, left_out, settings).overlap;
            let used = if overlap < LEAST_OVERLAP { InitialUse::NotTried } else { InitialUse::Outdone };
            Self { map, rigid, bends: away_mm > BENDS_MM, overlap, used }
        };
        maps.iter().map(look).collect()
    }

    /// As a start of the spline after another rigid motion, where the map bends and lies over the scan.
    pub fn bent(&self, grid: &Grid<Fixed>, rigid: &Rigid, spacing_mm: [f64; 3]) -> Option<Transform> {
        if !self.bends || self.used == InitialUse::NotTried {
            return None;
        }
        let spline = remainder(self.map, rigid, grid, spacing_mm);
        Some(Transform { rigid: rigid.clone(), spline: Some(spline) })
    }

    /// What became of it.
    pub fn told(&self) -> InitialStart {
        InitialStart { overlap: self.overlap, used: self.used }
    }
}

/// The spline `u` with `R(x + u(x))` nearest to the map over the grid; beyond the grid, where the map may not be
/// defined, its values at the border go on.
fn remainder(map: &Chain, rigid: &Rigid, grid: &Grid<Fixed>, spacing_mm: [f64; 3]) -> Spline {
    Spline::fitted(Lattice::covering(grid, spacing_mm), |p| {
        let mut index = grid.index_of(p).point();
        for a in 0..3 {
            index[a] = index[a].clamp(0.0, (grid.dims()[a] - 1) as f64);
        }
        let p = grid.world_of(Index::from_point(index));
        let u = rigid.apply_inverse(map.apply(p)).point() - p.point();
        if u.iter().all(|c| c.is_finite()) { u } else { Vector3::zeros() }
    })
}

/// The inverse of a map's best rigid motion over a grid: a start for the way back.
pub fn undone(map: &Chain, grid: &Grid<Fixed>) -> Chain {
    let rigid = map.as_rigid().unwrap_or_else(|| {
        let offsets: Vec<usize> = (0..grid.len()).step_by(grid.len().div_ceil(POINTS).max(1)).collect();
        rigid_motion(map, grid, &offsets).0
    });
    Transform::from_rigid(rigid.inverted()).into()
}

/// The rigid motion with the least squared distance to a map over some voxels (Kabsch 1976), and the largest distance
/// in mm that is left.
fn rigid_motion(map: &impl PointMap, grid: &Grid<Fixed>, offsets: &[usize]) -> (Rigid, f64) {
    let parts: Vec<&[usize]> = offsets.chunks(1024).collect();
    let pairs: Vec<(Point3<f64>, Point3<f64>)> = blocks(parts.len(), |n| {
        let image = |&o: &usize| {
            let p = grid.centre_of(grid.voxel(o));
            (p.point(), map.apply(p).point())
        };
        parts[n].iter().map(image).filter(|(_, q)| q.iter().all(|c| c.is_finite())).collect::<Vec<_>>()
    })
    .concat();
    let rigid = Rigid::fitted(pairs.iter().map(|(p, q)| (p.coords, q.coords)));
    let left =
        |(p, q): &(Point3<f64>, Point3<f64>)| (rigid.rotation() * p.coords + rigid.shift() - q.coords).norm();
    (rigid.clone(), pairs.iter().map(left).fold(0.0, f64::max))
}

/// Some voxels of a level's body, evenly spread over storage order.
fn body(level: &Level) -> Vec<usize> {
    let body: Vec<usize> = (0..level.body.len()).filter(|&o| level.body[o]).collect();
    body.iter().copied().step_by(body.len().div_ceil(POINTS).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::World;
    use crate::register::level::tests::textured_level;
    use crate::register::settings::Preset;
    use crate::transform::Field;
    use crate::volume::Volume;

    fn rigid() -> Rigid {
        Rigid::about(Point3::new(3.0, -2.0, 5.0), [0.2, -0.1, 0.3], Vector3::new(4.0, -6.0, 2.0))
    }

    /// `rigid` and a gentle wave as a displacement field of 4 mm voxels around the level's body.
    fn waving(mm: f64) -> Chain {
        let grid = Grid::<Fixed>::axis_aligned([25, 25, 25], [4.0; 3], [-48.0; 3]).unwrap();
        let vectors = (0..grid.len()).map(|o| {
            let p = grid.centre_of(grid.voxel(o));
            let q = rigid().apply(p + Vector3::new(0.0, mm * libm::sin(p.point().x * 0.1), 0.0));
            let u = q.point() - p.point();
            [u.x as f32, u.y as f32, u.z as f32]
        });
        Field::new(Volume::new(grid.clone(), vectors.collect())).into()
    }

    #[test]
    fn the_rigid_motion_of_a_field_is_found_and_its_bending_seen() {
        let level = textured_level();
        let (found, away) = rigid_motion(&waving(0.0), level.fixed.grid(), &body(&level));
        assert!((found.matrix() - rigid().matrix()).amax() < 1e-4 && away < 1e-3, "{found:?}, {away}");
        let (nothing, settings) = (LeftOut::nothing(), Preset::Generic.settings());
        let bends = |mm: f64| Candidate::all(&[waving(mm)], &level, &nothing, &settings)[0].bends;
        assert_eq!([bends(0.5), bends(5.0)], [false, true]);
    }

    #[test]
    fn the_way_back_starts_from_the_inverse_of_the_rigid_motion() {
        let grid = Grid::<Fixed>::axis_aligned([9, 9, 9], [4.0; 3], [-16.0; 3]).unwrap();
        for map in [waving(0.0), Transform::from_rigid(rigid()).into()] {
            let both = rigid().then(&undone(&map, &grid).as_rigid().unwrap());
            assert!((both.matrix() - nalgebra::Matrix4::identity()).amax() < 1e-3);
        }
    }

    #[test]
    fn what_a_rigid_motion_leaves_of_a_map_becomes_a_spline() {
        let grid = Grid::<Fixed>::axis_aligned([15, 14, 13], [4.0; 3], [-28.0, -26.0, -25.0]).unwrap();
        let map = waving(5.0);
        let start = Transform { rigid: rigid(), spline: Some(remainder(&map, &rigid(), &grid, [16.0; 3])) };
        for p in [World::new(0.0, 0.0, 0.0), World::new(-27.0, 20.0, 22.0), World::new(14.0, -9.0, 3.0)] {
            assert!(start.apply(p).distance(map.apply(p)) < 0.3, "{p:?}");
        }
    }
}
