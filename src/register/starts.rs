//! Where to begin: several rigid starts, scored at a coarse level.
//!
//! Most serial scans share a table position; but a patient may lie elsewhere, a scan may begin elsewhere, and a
//! header may have lost its origin. Starts are scored by global correlation over the overlap (mutual information
//! where contrasts differ); those that overlap by less than [`LEAST_OVERLAP`] are rejected, for a small overlap can be
//! alike by chance. The best few are optimised for a while, and their costs decide. Beside them stand positions that
//! no patient can take, as detectors of a wrong header ([`super::detectors`]).

use nalgebra::{Point3, Vector3};

use super::detectors::{Detectors, detect};
use super::level::{LeftOut, Level};
use super::qa::{RivalStart, TurnedStart};
use super::rigid::{Effort, Likeness, RigidFit, RigidParameters, likeness, optimise};
use super::settings::RegisterSettings;
use crate::geometry::{Fixed, Grid};
use crate::transform::Rigid;

/// Least share of the fixed body that a start must bring into the moving field of view.
pub const LEAST_OVERLAP: f64 = 0.3;
/// Starts that are optimised.
const KEPT: usize = 5;
/// Starts nearer to each other than this (mm, largest over the body's corners) lead to the same place.
const NEAR_MM: f64 = 12.0;

/// One start and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// How it was made.
    pub name: &'static str,
    /// Which of the starts that were given it is or lies beside, from 0; `None` for those of the program alone.
    pub given: Option<usize>,
    /// Overlap and likeness where it began.
    pub likeness: Likeness,
    /// Where it began.
    pub parameters: RigidParameters,
    /// Where its optimisation ended; `None` where it was not kept.
    pub fit: Option<RigidFit>,
}

/// How clear the choice of the start was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ambiguity {
    /// Cost of the winner on the coarse level.
    pub cost: f64,
    /// Cost of the best end that is another place.
    pub second_cost: f64,
    /// Distance of the two in mm at the body's centre.
    pub distance_mm: f64,
    /// Angle between the two in degrees.
    pub angle_degrees: f64,
}

/// All starts, and the choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Starts {
    /// Every start, best first.
    pub tried: Vec<Start>,
    /// The winner and its rival; `None` where no other place was found.
    pub ambiguity: Option<Ambiguity>,
    /// Mirrored and half turned positions beside the winner, after the same short optimisation; `None` without a winner.
    pub detectors: Option<Detectors>,
    /// Largest overlap of any start, rejected ones included.
    pub best_overlap: f64,
}

impl Starts {
    /// Which of the starts that were given led to the best of all, from 0; `None` where another one did.
    pub fn given_winner(&self) -> Option<usize> {
        self.tried.first().and_then(|s| s.given)
    }

    /// The best start that was optimised.
    pub fn winner(&self) -> Option<&RigidFit> {
        self.tried.first().and_then(|s| s.fit.as_ref())
    }
    /// The best start that ended elsewhere than the winner.
    pub fn rival(&self) -> Option<RivalStart> {
        self.ambiguity.map(|a| RivalStart {
            distance_mm: a.distance_mm,
            angle_degrees: a.angle_degrees,
            gap: (a.second_cost - a.cost) / a.cost.abs().max(f64::MIN_POSITIVE),
        })
    }
    /// A position that no patient can take and that fits better than the winner.
    pub fn turned(&self) -> Option<TurnedStart> {
        let detectors = self.detectors.as_ref()?;
        let (best, ordinary) = (detectors.wrong.first()?.fitted, detectors.ordinary);
        (best.cost < ordinary.cost).then_some(TurnedStart { likeness: -best.cost, ordinary: -ordinary.cost })
    }
}

/// Scores the starts on a coarse level, `given` ones among them, optimises the best few and sorts them by their cost.
pub fn choose(level: &Level, left_out: &LeftOut, given: &[&Rigid], settings: &RegisterSettings) -> Starts {
    let grid = level.fixed.grid();
    let (mut tried, best_overlap) = scored(level, left_out, given, settings);
    for n in worth_a_descent(&tried, grid) {
        tried[n].fit = Some(optimise(level, &tried[n].parameters, left_out, settings, Effort::Short));
    }
    // Where ends are equal within rounding the position as stored wins: a perfect start is then left alone.
    let cost = |s: &Start| {
        let favour = if s.name == STORED { 1e-6 } else { 0.0 };
        s.fit.as_ref().map_or(f64::INFINITY, |f| f.cost - favour)
    };
    tried.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let ends: Vec<RigidFit> = tried.iter().filter_map(|s| s.fit).collect();
    let ambiguity = ambiguity(&ends, grid);
    let detectors = ends.first().map(|best| detect(level, &best.parameters, settings));
    Starts { tried, ambiguity, detectors, best_overlap }
}

/// The starts that overlap enough, the best two turned as well, by falling likeness; and the best overlap of all.
fn scored(
    level: &Level,
    left_out: &LeftOut,
    given: &[&Rigid],
    settings: &RegisterSettings,
) -> (Vec<Start>, f64) {
    let centre = level.fixed.grid().middle().point();
    let score = |(name, parameters): &(&'static str, RigidParameters)| {
        let likeness = likeness(level, &parameters.rigid(), left_out, settings);
        Start { name, given: None, likeness, parameters: *parameters, fit: None }
    };
    let mut tried: Vec<Start> = candidates(level, centre).iter().map(score).collect();
    tried.extend(given.iter().enumerate().map(|(n, rigid)| {
        let start = score(&(GIVEN, RigidParameters::of(rigid, centre)));
        Start { given: Some(n), ..start }
    }));
    let best_overlap = tried.iter().map(|s| s.likeness.overlap).fold(0.0, f64::max);
    let by_score = |a: &Start, b: &Start| b.likeness.score.total_cmp(&a.likeness.score);
    let overlaps = |s: &Start| s.likeness.overlap >= LEAST_OVERLAP;
    tried.retain(overlaps);
    tried.sort_by(by_score);
    // What begins beside a given start is owed to it.
    let beside = |s: &Start| {
        let turned = rotated(&s.parameters, &[-30.0, -15.0, 15.0, 30.0]);
        turned.into_iter().map(|c| Start { given: s.given, ..score(&c) }).collect::<Vec<_>>()
    };
    let turned: Vec<Start> = tried.iter().take(2).flat_map(beside).filter(overlaps).collect();
    tried.extend(turned);
    tried.sort_by(by_score);
    (tried, best_overlap)
}

/// Which of the scored starts are optimised: the best few places, the position as stored (most serial scans share a table
/// position), and what was given.
fn worth_a_descent(scored: &[Start], grid: &Grid<Fixed>) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (n, start) in scored.iter().enumerate() {
        let always = [STORED, GIVEN].contains(&start.name);
        let is_new = |&k: &usize| largest_distance(grid, &scored[k].parameters, &start.parameters) > NEAR_MM;
        if always || (kept.len() < KEPT && kept.iter().all(is_new)) {
            kept.push(n);
        }
    }
    kept
}

/// The best of the ends, which come best first, beside the best that is another place; `None` where there is none.
fn ambiguity(ends: &[RigidFit], grid: &Grid<Fixed>) -> Option<Ambiguity> {
    let best = ends.first()?;
    let elsewhere = |end: &&RigidFit| largest_distance(grid, &end.parameters, &best.parameters) > NEAR_MM;
    let rival = ends.iter().find(elsewhere)?;
    let (a, b) = (best.parameters.rigid(), rival.parameters.rigid());
    let turn = a.rotation().transpose() * b.rotation();
    Some(Ambiguity {
        cost: best.cost,
        second_cost: rival.cost,
        distance_mm: a.apply(grid.middle()).distance(b.apply(grid.middle())),
        angle_degrees: ((turn.trace() - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees(),
    })
}

/// How far two motions take a corner of the grid apart at most, in mm.
fn largest_distance(grid: &Grid<Fixed>, a: &RigidParameters, b: &RigidParameters) -> f64 {
    let (a, b) = (a.rigid(), b.rigid());
    grid.corners().iter().map(|&c| a.apply(c).distance(b.apply(c))).fold(0.0, f64::max)
}

const STORED: &str = "as stored";
const GIVEN: &str = "given";

/// Positions without rotation.
fn candidates(level: &Level, centre: Point3<f64>) -> Vec<(&'static str, RigidParameters)> {
    let at = |shift: Vector3<f64>| RigidParameters::new(centre, [0.0; 3], shift);
    let middles = level.moving.grid().middle().point() - centre;
    let body = level.fixed_body_centre();
    let masses = level.moving_body_centre.point() - body.point();
    let mut out = vec![
        (STORED, RigidParameters::identity(centre)),
        ("middles of the grids", at(middles)),
        ("centres of mass", at(masses)),
    ];
    for base in [Vector3::zeros(), masses] {
        for z in [-80.0, -40.0, 40.0, 80.0] {
            out.push(("shifted along the body", at(base + Vector3::new(0.0, 0.0, z))));
        }
    }
    out
}

/// The same position turned about each axis by each of some angles in degrees.
fn rotated(from: &RigidParameters, degrees: &[f64]) -> Vec<(&'static str, RigidParameters)> {
    let mut out = Vec::new();
    for axis in 0..3 {
        for angle in degrees {
            let mut angles = from.angles();
            angles[axis] += angle.to_radians();
            let shift = Vector3::new(from.values[3], from.values[4], from.values[5]);
            out.push(("turned", RigidParameters::new(from.centre, angles, shift)));
        }
    }
    out
}
