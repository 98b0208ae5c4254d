//! Do points look like those that a transform takes? Frames are exchanged more often than anything else.
//!
//! Two signs are looked for. Points that lie in the scan that they should be of: most of them do, or few do and many
//! would in another reading. And, where a table has both scans' points, how far the transform takes the one from the
//! other: another reading that halves the distance is more likely meant.

use std::fmt;

use nalgebra::Point3;
use serde::Serialize;

use crate::geometry::{Fixed, Frame, Grid, Moving, World};
use crate::io::points::{PointRow, Side};
use crate::numeric::quantile::{ascending, percentile};
use crate::transform::{Chain, Lattice, PointMap};

/// A reading is more likely by this much of the points.
const SHARE_GAP: f64 = 0.5;
/// Distances below this are no sign, in mm.
const SMALL_MM: f64 = 1.0;
/// Fewer pairs of points are no sign.
const FEWEST_PAIRS: usize = 3;

/// How a table of points may be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// As it is.
    AsGiven,
    /// With x and y negated: LPS for RAS or the reverse.
    OtherAxes,
    /// Fixed for moving or the reverse.
    OtherScan,
    /// Both.
    OtherAxesAndScan,
}

const READINGS: [Reading; 4] =
    [Reading::AsGiven, Reading::OtherAxes, Reading::OtherScan, Reading::OtherAxesAndScan];

/// A reading that is more likely than the one given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Probe {
    /// Told by the share of points inside the scan.
    Inside {
        /// The more likely reading.
        reading: Reading,
        /// Share of points inside in that reading.
        share: f64,
        /// The same as given.
        share_as_given: f64,
    },
    /// Told by the distance between the scans' points.
    Distance {
        /// The more likely reading.
        reading: Reading,
        /// Median distance in that reading.
        median_mm: f64,
        /// The same as given.
        median_as_given_mm: f64,
    },
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reading = match self {
            Self::Inside { reading, share, share_as_given } => {
                let [given, other] = [share_as_given, share].map(|s| 100.0 * s);
                write!(
                    f,
                    "frames look exchanged: {given:.0} % of the points lie in their scan, {other:.0} % would"
                )?;
                reading
            }
            Self::Distance { reading, median_mm, median_as_given_mm } => {
                write!(
                    f,
                    "frames look exchanged: the scans' points are {median_as_given_mm:.1} mm apart, and would be \
                     {median_mm:.1}"
                )?;
                reading
            }
        };
        match reading {
            Reading::AsGiven => Ok(()),
            Reading::OtherAxes => {
                f.write_str(" with x and y negated (LPS and RAS): a column frame says ras or lps.")
            }
            Reading::OtherScan => f.write_str(" with fixed and moving exchanged: see --inverse."),
            Reading::OtherAxesAndScan => f.write_str(
                " with x and y negated (column frame: ras or lps) and fixed and moving exchanged (--inverse).",
            ),
        }
    }
}

/// Where the fixed scan, or the domain of a transform, is.
#[derive(Clone, Copy, Debug)]
pub enum Domain<'a> {
    /// A grid of voxels.
    Grid(&'a Grid<Fixed>),
    /// A spline's lattice.
    Lattice(&'a Lattice),
}

impl Domain<'_> {
    /// Whether a fixed point lies in it.
    pub fn holds(&self, p: World<Fixed>) -> bool {
        match self {
            Self::Grid(grid) => in_voxels(grid, p),
            Self::Lattice(lattice) => lattice.locate(p).is_some(),
        }
    }
}

/// Whether a point lies in a voxel of the grid.
fn in_voxels<F: Frame>(grid: &Grid<F>, p: World<F>) -> bool {
    let index = grid.index_of(p).point();
    (0..3).all(|a| index[a] >= -0.5 && index[a] <= grid.dims()[a] as f64 - 0.5)
}

/// Looks at points of `side`.
pub fn probe(
    rows: &[PointRow],
    side: Side,
    chain: &Chain,
    fixed: Option<Domain<'_>>,
    moving: Option<&Grid<Moving>>,
) -> Option<Probe> {
    by_distance(rows, chain).or_else(|| by_share(rows, side, chain, fixed?, moving))
}

fn turned(p: Point3<f64>) -> Point3<f64> {
    Point3::new(-p.x, -p.y, p.z)
}

/// The reading in which most points lie inside, where it is far better than the one given.
fn by_share(
    rows: &[PointRow],
    side: Side,
    chain: &Chain,
    fixed: Domain<'_>,
    moving: Option<&Grid<Moving>>,
) -> Option<Probe> {
    let in_fixed = |p: Point3<f64>| fixed.holds(World::from_point(p));
    let in_moving = |p: Point3<f64>| match moving {
        Some(grid) => in_voxels(grid, World::from_point(p)),
        // Without that scan: what the transform takes from the fixed one.
        None => fixed.holds(chain.inverse(World::from_point(p)).point),
    };
    let points: Vec<Point3<f64>> = rows
        .iter()
        .filter_map(|row| match side {
            Side::Fixed => row.fixed.map(World::point),
            Side::Moving => row.moving.map(World::point),
        })
        .collect();
    let share = |reading: Reading| {
        let inside = |p: &&Point3<f64>| {
            let p = if matches!(reading, Reading::OtherAxes | Reading::OtherAxesAndScan) {
                turned(**p)
            } else {
                **p
            };
            let is_other = matches!(reading, Reading::OtherScan | Reading::OtherAxesAndScan);
            if (side == Side::Fixed) == is_other { in_moving(p) } else { in_fixed(p) }
        };
        points.iter().filter(inside).count() as f64 / points.len().max(1) as f64
    };
    let as_given = share(Reading::AsGiven);
    let mut best = (Reading::AsGiven, as_given);
    for reading in READINGS {
        let found = share(reading);
        if found > best.1 {
            best = (reading, found);
        }
    }
    let (reading, share) = best;
    (share - as_given >= SHARE_GAP).then_some(Probe::Inside { reading, share, share_as_given: as_given })
}

/// The reading in which the transform takes the one scan's points nearest to the other's.
fn by_distance(rows: &[PointRow], chain: &Chain) -> Option<Probe> {
    let pairs: Vec<_> = rows.iter().filter_map(|r| Some((r.fixed?.point(), r.moving?.point()))).collect();
    if pairs.len() < FEWEST_PAIRS {
        return None;
    }
    let median = |reading: Reading| {
        let distance = |&(fixed, moving): &(Point3<f64>, Point3<f64>)| {
            let (from, to) = match reading {
                Reading::AsGiven => (fixed, moving),
                Reading::OtherAxes => (turned(fixed), turned(moving)),
                Reading::OtherScan => (moving, fixed),
                Reading::OtherAxesAndScan => (turned(moving), turned(fixed)),
            };
            (chain.apply(World::from_point(from)).point() - to).norm()
        };
        percentile(&ascending(pairs.iter().map(distance).collect()), 50.0).unwrap_or(0.0)
    };
    let as_given = median(Reading::AsGiven);
    let mut best = (Reading::AsGiven, as_given);
    for reading in READINGS {
        let found = median(reading);
        if found < best.1 {
            best = (reading, found);
        }
    }
    let (reading, median_mm) = best;
    let is_sign = as_given > SMALL_MM && median_mm < as_given / 2.0;
    is_sign.then_some(Probe::Distance { reading, median_mm, median_as_given_mm: as_given })
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix3, Vector3};

    use super::*;
    use crate::transform::{Rigid, Transform};

    fn grid() -> Grid<Fixed> {
        Grid::axis_aligned([10; 3], [4.0; 3], [20.0, 30.0, -10.0]).unwrap()
    }
    /// The moving scan lies 100 mm above.
    fn up() -> Chain {
        Transform::from_rigid(Rigid::from_parts(Matrix3::identity(), Vector3::new(0.0, 0.0, 100.0))).into()
    }
    fn rows(side: Side, to: impl Fn(Point3<f64>) -> Point3<f64>) -> Vec<PointRow> {
        let centres = (0..1000).step_by(37).map(|o| grid().centre_of(grid().voxel(o)).point());
        let row = |(n, p): (usize, Point3<f64>)| {
            let p = to(p);
            let is_fixed = side == Side::Fixed;
            PointRow {
                id: n.to_string(),
                fixed: is_fixed.then(|| World::from_point(p)),
                moving: (!is_fixed).then(|| World::from_point(p)),
            }
        };
        centres.enumerate().map(row).collect()
    }
    fn found(rows: &[PointRow], side: Side) -> Option<Reading> {
        match probe(rows, side, &up(), Some(Domain::Grid(&grid())), None)? {
            Probe::Inside { reading, .. } | Probe::Distance { reading, .. } => Some(reading),
        }
    }

    #[test]
    fn exchanged_frames_are_told_by_where_points_lie() {
        let above = |p: Point3<f64>| p + Vector3::new(0.0, 0.0, 100.0);
        assert_eq!(found(&rows(Side::Fixed, |p| p), Side::Fixed), None);
        assert_eq!(found(&rows(Side::Fixed, turned), Side::Fixed), Some(Reading::OtherAxes));
        assert_eq!(found(&rows(Side::Fixed, above), Side::Fixed), Some(Reading::OtherScan));
        let both = rows(Side::Fixed, |p| turned(above(p)));
        assert_eq!(found(&both, Side::Fixed), Some(Reading::OtherAxesAndScan));
        assert_eq!(found(&rows(Side::Moving, above), Side::Moving), None);
        assert_eq!(found(&rows(Side::Moving, |p| p), Side::Moving), Some(Reading::OtherScan));
    }

    #[test]
    fn exchanged_frames_are_told_by_distance_where_both_scans_points_are_known() {
        let pairs = |to: fn(Point3<f64>) -> Point3<f64>| {
            let mut pairs = rows(Side::Fixed, |p| p);
            for row in &mut pairs {
                let fixed = row.fixed.unwrap();
                row.moving = Some(World::from_point(to(up().apply(fixed).point())));
                row.fixed = Some(World::from_point(to(fixed.point())));
            }
            pairs
        };
        assert_eq!(found(&pairs(|p| p), Side::Fixed), None);
        let mut exchanged = pairs(|p| p);
        for row in &mut exchanged {
            let (f, m) = (row.fixed.unwrap().point(), row.moving.unwrap().point());
            (row.fixed, row.moving) = (Some(World::from_point(m)), Some(World::from_point(f)));
        }
        assert_eq!(found(&exchanged, Side::Fixed), Some(Reading::OtherScan));
    }
}
