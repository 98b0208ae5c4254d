//! Two ways of the same points, and how far apart they end.
//!
//! A registration that found the tissue finds it from the other scan too: there and back a point comes to where it
//! began. And the way from one visit to another is the same by a third. Where two ways part, at least one is wrong; that
//! they agree is no proof, for both may err alike.

use crate::geometry::{Fixed, Grid, Moving, World};
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::sum::blocks;
use crate::record::MissQa;
use crate::transform::Transform;

/// The next map starts where the last one ended.
fn between(q: World<Moving>) -> World<Fixed> {
    World::from_point(q.point())
}

/// Where a point comes to, if the scan there sees it.
fn seen(p: World<Fixed>, map: &Transform, scan: &Grid<Moving>) -> Option<World<Moving>> {
    let q = map.apply(p);
    scan.holds(scan.index_of(q)).then_some(q)
}

/// Median and 95th percentile of the distances that there are; `None` where there are none.
fn misses(
    points: &[World<Fixed>],
    distance: impl Fn(World<Fixed>) -> Option<f64> + Sync + Send,
) -> Option<MissQa> {
    let parts: Vec<&[World<Fixed>]> = points.chunks(1024).collect();
    let found = blocks(parts.len(), |n| parts[n].iter().filter_map(|p| distance(*p)).collect::<Vec<_>>());
    let found = ascending(found.concat());
    Some(MissQa { n: found.len(), median: percentile(&found, 50.0)?, p95: percentile(&found, 95.0)? })
}

/// `|B(T(x)) - x|` for follow-up points `x` that `there` (T) takes into the baseline `scan`; `back` (B) was registered
/// the other way round.
pub fn there_and_back(
    points: &[World<Fixed>],
    there: &Transform,
    back: &Transform,
    scan: &Grid<Moving>,
) -> Option<MissQa> {
    misses(points, |p| {
        let q = seen(p, there, scan)?;
        Some(between(back.apply(between(q))).distance(p))
    })
}

/// `|S(F(x)) - T(x)|` for points `x` of a visit: `direct` (T) takes them to the baseline, `first` (F) to the visit in
/// between, and `second` (S) on from there. Points that leave a scan on the way, given beside each map, are left out.
pub fn by_way_of(
    points: &[World<Fixed>],
    direct: (&Transform, &Grid<Moving>),
    first: (&Transform, &Grid<Moving>),
    second: &Transform,
) -> Option<MissQa> {
    misses(points, |p| {
        let (q, between_them) = (seen(p, direct.0, direct.1)?, seen(p, first.0, first.1)?);
        Some(second.apply(between(between_them)).distance(q))
    })
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix3, Vector3};

    use super::*;
    use crate::transform::Rigid;

    fn shift(x: f64) -> Transform {
        Transform::from_rigid(Rigid::from_parts(Matrix3::identity(), Vector3::new(x, 0.0, 0.0)))
    }
    fn scan() -> Grid<Moving> {
        Grid::axis_aligned([20, 20, 20], [1.0; 3], [0.0; 3]).unwrap()
    }
    fn line() -> Vec<World<Fixed>> {
        (0..20).map(|n| World::new(f64::from(n), 9.0, 9.0)).collect()
    }

    #[test]
    fn what_two_opposite_shifts_leave_is_the_miss_and_points_out_of_sight_do_not_count() {
        let found = there_and_back(&line(), &shift(5.0), &shift(-4.25), &scan()).unwrap();
        assert_eq!((found.n, found.median, found.p95), (15, 0.75, 0.75));
        assert_eq!(there_and_back(&line(), &shift(50.0), &shift(-50.0), &scan()), None);
    }

    #[test]
    fn a_loop_misses_by_what_its_legs_do_not_add_up_to() {
        let grid = scan();
        let found = by_way_of(&line(), (&shift(4.0), &grid), (&shift(3.0), &grid), &shift(1.5)).unwrap();
        assert_eq!((found.n, found.median), (16, 0.5));
    }
}
