//! The rigid stage on made bodies: what moves by itself does not drag it, other contrasts do not blind it, and wrong
//! headers are noticed.

use nalgebra::{Matrix4, Point3, Vector3};

use super::*;
use crate::geometry::{Grid, World};
use crate::record::Units;
use crate::register::detectors::Wrong;
use crate::register::run::Contrast;
use crate::register::settings::Preset;
use crate::transform::Rigid;

/// What is in the body.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// How far the organ, 30 % of the body, has gone towards the head, in mm.
    organ_mm: f64,
    /// Radius of the lesion in mm.
    lesion_mm: f64,
}

fn waves(p: Point3<f64>, by: f64) -> f64 {
    libm::sin((0.21 * p.x + 0.3) * by) * libm::sin(0.19 * by * p.y)
        + 0.7 * libm::cos((0.17 * p.z + 0.11 * p.x) * by)
        + 0.5 * libm::sin((0.33 * p.y - 0.29 * p.z) * by)
}

/// A body of 80, 60 and 90 mm half-axes, textured, in which an organ slides and a lesion comes and goes.
fn tissue(p: Point3<f64>, inside: Inside) -> f64 {
    let edge = |d: f64| 1.0 / (1.0 + libm::exp(d));
    let ball = |q: Vector3<f64>, axes: [f64; 3]| {
        let r = [0, 1, 2].map(|a| (q[a] / axes[a]).powi(2)).iter().sum::<f64>().sqrt();
        edge((r - 1.0) * 40.0)
    };
    let body = ball(p.coords, [80.0, 60.0, 90.0]);
    let moved = p - Vector3::new(0.0, 0.0, inside.organ_mm);
    let organ = ball(moved - Point3::new(4.0, 3.0, -7.0), [50.0, 42.0, 62.0]);
    let lesion = edge((p - Point3::new(-38.0, 20.0, 25.0)).norm() - inside.lesion_mm);
    let rest = 60.0 + 25.0 * waves(p, 0.8);
    let mixed = organ * (90.0 + 20.0 * waves(moved, 1.0)) + (1.0 - organ) * rest;
    body * (lesion * 160.0 + (1.0 - lesion) * mixed)
}

fn fixed_grid() -> Grid<Fixed> {
    Grid::axis_aligned([48, 38, 52], [4.0; 3], [-94.0, -74.0, -102.0]).unwrap()
}

fn fixed(inside: Inside) -> Volume<f32, Fixed> {
    let grid = fixed_grid();
    let values = (0..grid.len()).map(|o| tissue(grid.centre_of(grid.voxel(o)).point(), inside) as f32);
    Volume::new(grid.clone(), values.collect())
}

/// The body moved by `motion`, seen as `shown`.
fn moving(motion: &Rigid, inside: Inside, shown: impl Fn(f64) -> f64) -> Volume<f32, Moving> {
    let middle = motion.apply(World::new(0.0, 0.0, 0.0)).point();
    let corner = middle - Vector3::new(100.0, 84.0, 112.0);
    let grid: Grid<Moving> =
        Grid::axis_aligned([52, 44, 54], [3.9, 3.8, 4.2], [corner.x, corner.y, corner.z]).unwrap();
    let home = |o| motion.apply_inverse(grid.centre_of(grid.voxel(o))).point();
    let values = (0..grid.len()).map(|o| shown(tissue(home(o), inside)) as f32);
    Volume::new(grid.clone(), values.collect())
}

fn motion() -> Rigid {
    Rigid::about(Point3::origin(), [0.06, -0.05, 0.08], Vector3::new(7.0, -5.0, 6.0))
}

/// Mean distance in mm of two motions over the body.
fn apart(found: &Transform, truth: &Rigid) -> f64 {
    let grid = fixed_grid();
    let inside = |p: Point3<f64>| (p.x / 80.0).powi(2) + (p.y / 60.0).powi(2) + (p.z / 90.0).powi(2) < 1.0;
    let points = (0..grid.len()).map(|o| grid.centre_of(grid.voxel(o))).filter(|p| inside(p.point()));
    let distances: Vec<f64> = points.map(|p| found.apply(p).distance(truth.apply(p))).collect();
    distances.iter().sum::<f64>() / distances.len() as f64
}

fn run(fixed: &Volume<f32, Fixed>, moving: &Volume<f32, Moving>, contrast: Contrast) -> RigidStage {
    let given = Given { contrast, ..Given::of(Units::Arbitrary) };
    align_rigidly(fixed, moving, &given, &Preset::Generic.settings()).unwrap()
}

#[test]
fn an_organ_that_moves_by_itself_does_not_drag_the_body() {
    let organ = Inside { organ_mm: 15.0, ..Inside::default() };
    let found = run(&fixed(organ), &moving(&motion(), Inside::default(), |v| v), Contrast::Same);
    let off = apart(&found.rigid, &motion());
    assert!(off < 1.0, "{off} mm");
}

#[test]
fn a_large_lesion_that_vanishes_does_not_drag_the_body_though_nobody_drew_it() {
    let lesion = Inside { lesion_mm: 28.0, ..Inside::default() };
    let found = run(&fixed(Inside::default()), &moving(&motion(), lesion, |v| v), Contrast::Same);
    let off = apart(&found.rigid, &motion());
    assert!(off < 0.5, "{off} mm");
}

#[test]
fn other_contrasts_are_aligned_by_what_they_have_in_common() {
    // 20 mm and 10 degrees.
    let away =
        Rigid::about(Point3::origin(), [0.1, -0.08, 0.12], Vector3::new(2.0, -1.0, 2.0).normalize() * 20.0);
    let inverted = |v: f64| if v > 5.0 { 170.0 - v } else { 0.0 };
    let folded = |v: f64| 100.0 - (v - 70.0).abs();
    for shown in [&inverted as &dyn Fn(f64) -> f64, &folded] {
        let found = run(&fixed(Inside::default()), &moving(&away, Inside::default(), shown), Contrast::Other);
        let off = apart(&found.rigid, &away);
        assert!(off < 1.0, "{off} mm");
    }
}

#[test]
fn a_wrong_header_fits_better_as_what_it_is() {
    let fixed = fixed(Inside::default());
    let scan = moving(&motion(), Inside::default(), |v| v);
    let right = run(&fixed, &scan, Contrast::Same).starts;
    assert!(right.turned().is_none());
    let middle = scan.grid().middle().point();
    let about = |m: Matrix4<f64>| {
        Matrix4::new_translation(&middle.coords) * m * Matrix4::new_translation(&-middle.coords)
    };
    let mirror = Matrix4::new_nonuniform_scaling(&Vector3::new(-1.0, 1.0, 1.0));
    let turn = Matrix4::new_nonuniform_scaling(&Vector3::new(-1.0, -1.0, 1.0));
    for (header, wrong) in [(mirror, Wrong::Mirrored(0)), (turn, Wrong::HalfTurned(2))] {
        let grid = Grid::new(scan.grid().dims(), about(header) * scan.grid().affine()).unwrap();
        let starts = run(&fixed, &scan.on(grid), Contrast::Same).starts;
        assert_eq!(starts.detectors.as_ref().unwrap().wrong[0].wrong, wrong);
        assert!(starts.turned().is_some());
    }
}
