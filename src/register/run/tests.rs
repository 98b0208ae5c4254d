//! Whole registrations of a textured body whose motion is known.

use nalgebra::{Point3, Vector3};

use super::*;
use crate::geometry::{Grid, World};
use crate::labels::Mask;
use crate::register::lesion::rigid::residual_mm;
use crate::register::settings::{FollowSettings, Preset, SplineLevel};
use crate::transform::{Lattice, Planes, Rigid, Spline};

/// A textured body as a continuous function of the world; a ball of `radius` mm is the lesion.
fn tissue(p: Point3<f64>, radius: f64) -> f64 {
    let q = p - Point3::new(2.0, -3.0, 4.0);
    let body = (q[0] / 62.0).powi(2) + (q[1] / 52.0).powi(2) + (q[2] / 50.0).powi(2);
    let edge = |d: f64| 1.0 / (1.0 + libm::exp(d));
    let waves = libm::sin(0.21 * q[0] + 0.3) * libm::sin(0.19 * q[1])
        + 0.7 * libm::cos(0.17 * q[2] + 0.11 * q[0])
        + 0.5 * libm::sin(0.33 * q[1] - 0.29 * q[2]);
    let tissue = edge((body.sqrt() - 1.0) * 40.0) * (60.0 + 25.0 * waves);
    let lesion = edge(((q - LESION).norm() - radius) / 0.8);
    tissue * (1.0 - lesion) + 140.0 * lesion
}
const LESION: Vector3<f64> = Vector3::new(20.0, 10.0, -8.0);

fn fixed_grid() -> Grid<Fixed> {
    Grid::axis_aligned([36, 31, 30], [4.0; 3], [-68.0, -63.0, -54.0]).unwrap()
}
fn moving_grid() -> Grid<Moving> {
    // Another voxel size, and flipped along x.
    let mut affine = nalgebra::Matrix4::new_nonuniform_scaling(&Vector3::new(-3.7, 3.9, 4.2));
    affine[(0, 3)] = 72.0;
    affine[(1, 3)] = -65.0;
    affine[(2, 3)] = -57.0;
    Grid::new([39, 33, 29], affine).unwrap()
}

/// A shift, a turn and a smooth deformation of up to 5 mm.
fn truth() -> Transform {
    let lattice = Lattice::covering(&fixed_grid(), [40.0; 3]);
    let n = lattice.len();
    let wave = |s: f64| (0..n).map(|i| 5.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
    let rigid = Rigid::about(Point3::origin(), [0.05, -0.04, 0.06], Vector3::new(5.0, -4.0, 3.0));
    Transform { rigid, spline: Some(Spline::new(lattice, [wave(0.5), wave(0.9), wave(1.3)])) }
}

fn moving(radius: f64) -> Volume<f32, Moving> {
    let grid = moving_grid();
    let values =
        (0..grid.len()).map(|o| tissue(grid.centre_of(grid.voxel(o)).point(), radius) as f32).collect();
    Volume::new(grid, values)
}
fn fixed(t: &Transform, radius: f64) -> Volume<f32, Fixed> {
    let grid = fixed_grid();
    let value = |o| tissue(t.apply(grid.centre_of(grid.voxel(o))).point(), radius) as f32;
    let values = (0..grid.len()).map(value).collect();
    Volume::new(grid, values)
}

fn settings() -> RegisterSettings {
    let level = |voxel_mm, lattice_mm| SplineLevel { voxel_mm, lattice_mm, iterations: 30 };
    RegisterSettings {
        levels: vec![level(8.0, 40.0), level(4.0, 20.0)],
        follow: FollowSettings { levels: vec![level(4.0, 10.0)], ..Preset::Generic.settings().follow },
        ..Preset::Generic.settings()
    }
}

fn leaving_out(left_out: RegionsLeftOut) -> Given {
    Given { left_out, ..Given::of(Units::Arbitrary) }
}

fn nothing_left_out() -> Given<'static> {
    leaving_out(RegionsLeftOut::default())
}

fn run(fixed: &Volume<f32, Fixed>, moving: &Volume<f32, Moving>) -> Registered {
    register(fixed, moving, &nothing_left_out(), &settings(), &|_| ()).unwrap()
}

/// Ascending distances in mm between two maps at the voxels well inside the body.
fn misses(found: &Transform, truth: &Transform) -> Vec<f64> {
    let grid = fixed_grid();
    let inside = |p: World<Fixed>| truth.apply(p).point().coords.norm() < 42.0;
    let points = (0..grid.len()).map(|o| grid.centre_of(grid.voxel(o))).filter(|p| inside(*p));
    let misses = points.map(|p| found.apply(p).distance(truth.apply(p)));
    crate::numeric::quantile::ascending(misses.collect())
}

#[test]
fn a_known_motion_comes_back_within_a_tenth_of_a_voxel() {
    let truth = truth();
    let found = run(&fixed(&truth, 0.0), &moving(0.0));
    let misses = misses(&found.transform, &truth);
    let (median, p95) = (misses[misses.len() / 2], misses[misses.len() * 95 / 100]);
    assert!(median < 0.4 && p95 < 1.0, "median {median} mm, 95 % {p95} mm");
    assert!(found.overlap > 0.9 && found.starts.ambiguity.is_none());
}

#[test]
fn what_is_given_is_a_start_and_no_more() {
    let truth = truth();
    let (fixed, moving) = (fixed(&truth, 0.0), moving(0.0));
    let far = Rigid::from_parts(*Rigid::identity().rotation(), Vector3::new(500.0, 0.0, 0.0));
    let maps = [Chain::from(Transform::from_rigid(far)), Chain::from(truth.clone())];
    let from = |initial: &[Chain]| {
        let given = Given { initial, ..nothing_left_out() };
        register(&fixed, &moving, &given, &settings(), &|_| ()).unwrap()
    };
    let (plain, beside, near) = (from(&[]), from(&maps[..1]), from(&maps));
    assert_eq!(plain.transform, beside.transform, "a start beside the scan changes nothing");
    assert_eq!((beside.initial[0].used, beside.initial[0].overlap), (InitialUse::NotTried, 0.0));
    assert!(
        near.initial[1].used != InitialUse::NotTried && near.initial[1].overlap > 0.8,
        "{:?}",
        near.initial
    );
    assert!(near.levels[0].after <= plain.levels[0].after + 1e-3);
    let misses = misses(&near.transform, &truth);
    assert!(misses[misses.len() / 2] < 0.4, "{} mm", misses[misses.len() / 2]);
}

#[test]
fn every_metric_finds_a_known_motion() {
    let truth = truth();
    let (fixed, moving) = (fixed(&truth, 0.0), moving(0.0));
    for &metric in crate::register::metric::MetricKind::ALL {
        let settings = RegisterSettings { metric, ..settings() };
        let found = register(&fixed, &moving, &nothing_left_out(), &settings, &|_| ()).unwrap();
        let misses = misses(&found.transform, &truth);
        assert!(misses[misses.len() / 2] < 0.8, "{metric:?}: {} mm", misses[misses.len() / 2]);
    }
}

#[test]
fn the_order_in_which_a_scan_is_stored_does_not_matter() {
    let truth = truth();
    let (plain, moving) = (fixed(&truth, 0.0), moving(0.0));
    // The same voxels, x from left to right and the slices first.
    let grid = plain.grid();
    let [nx, ny, nz] = grid.dims();
    let mut order = nalgebra::Matrix4::zeros();
    (order[(2, 0)], order[(0, 1)], order[(1, 2)], order[(3, 3)]) = (1.0, -1.0, 1.0, 1.0);
    order[(0, 3)] = nx as f64 - 1.0;
    let stored = Grid::new([nz, nx, ny], grid.affine() * order).unwrap();
    let value = |o| {
        let [k, i, j] = stored.voxel(o);
        plain.at(nx - 1 - i, j, k)
    };
    let shuffled = Volume::new(stored.clone(), (0..stored.len()).map(value).collect());
    let (a, b) = (run(&plain, &moving), run(&shuffled, &moving));
    let largest = misses(&a.transform, &b.transform).pop().unwrap();
    assert!(largest < 1e-3, "the maps differ by {largest} mm");
}

#[test]
fn swapping_the_scans_gives_the_inverse() {
    let (fixed, moving) = (fixed(&truth(), 0.0), moving(0.0));
    let forth = run(&fixed, &moving).transform;
    let back = run(&moving.in_frame(), &fixed.clone().in_frame()).transform;
    let grid = fixed.grid();
    let points = (0..grid.len()).map(|o| grid.centre_of(grid.voxel(o)));
    let inside = points.filter(|p| p.point().coords.norm() < 40.0);
    let round_trip = inside.map(|p| {
        let there = World::from_point(forth.apply(p).point());
        (back.apply(there).point() - p.point()).norm()
    });
    let misses = crate::numeric::quantile::ascending(round_trip.collect());
    assert!(misses[misses.len() / 2] < 0.5, "median {} mm", misses[misses.len() / 2]);
}

#[test]
fn a_scan_stored_elsewhere_is_found() {
    let away = Rigid::about(Point3::origin(), [0.3, -0.2, 0.35], Vector3::new(70.0, -90.0, 45.0));
    let truth = Transform::from_rigid(away.clone());
    // The same tissue, its world moved, on a grid that moved with it: another table position.
    let grid = moving_grid();
    let shift = nalgebra::Matrix4::new_translation(&Vector3::new(60.0, -80.0, 40.0));
    let there: Grid<Moving> = Grid::new(grid.dims(), shift * grid.affine()).unwrap();
    let home = |o| away.apply_inverse(there.centre_of(there.voxel(o))).point();
    let values = (0..there.len()).map(|o| tissue(home(o), 0.0) as f32).collect();
    let seen = Volume::new(there, values);
    let found = run(&fixed(&Transform::identity(), 0.0), &seen);
    let misses = misses(&found.rigid, &truth);
    assert!(misses[misses.len() / 2] < 0.4, "median {} mm", misses[misses.len() / 2]);
}

#[test]
fn identical_images_give_the_identity() {
    let moving = moving(10.0);
    let fixed: Volume<f32, Fixed> = moving.clone().in_frame();
    let found = run(&fixed, &moving);
    assert!(found.identical && found.transform == Transform::identity());
}

#[test]
fn an_image_that_differs_in_one_voxel_stays_where_it_is() {
    let moving = moving(10.0);
    let mut fixed: Volume<f32, Fixed> = moving.clone().in_frame();
    fixed.values_mut()[7] += 1e-3;
    let found = run(&fixed, &moving);
    let grid = fixed.grid();
    let largest = (0..grid.len())
        .map(|o| grid.centre_of(grid.voxel(o)))
        .map(|p| (found.transform.apply(p).point() - p.point()).norm())
        .fold(0.0, f64::max);
    assert!(!found.identical && largest < 1e-3, "moved by {largest} mm");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (fixed, moving) = (fixed(&truth(), 8.0), moving(12.0));
    let lesion = lesion(12.0);
    let left_out = RegionsLeftOut { moving_lesion: Some(&lesion), fixed_lesion: None };
    let by = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| register(&fixed, &moving, &leaving_out(left_out), &settings(), &|_| ()).unwrap())
    };
    let one = by(1);
    assert_eq!(one, by(2));
    assert_eq!(one, by(3));
}

fn lesion(radius: f64) -> Mask<Moving> {
    let grid = moving_grid();
    let centre = Point3::new(2.0, -3.0, 4.0) + LESION;
    Mask::from_fn(grid.clone(), |o| (grid.centre_of(grid.voxel(o)).point() - centre).norm() < radius)
}

/// Radius of what a map takes into a ball of `before` mm around the lesion's centre, as a ball of the same volume.
fn radius_seen(t: &Transform, before: f64) -> f64 {
    let centre = Point3::new(2.0, -3.0, 4.0) + LESION;
    let grid = fixed_grid();
    let step = 4;
    let mut count = 0.0_f64;
    for o in 0..grid.len() {
        let v = grid.voxel(o);
        for s in 0..step * step * step {
            let sub = [s % step, s / step % step, s / (step * step)];
            let at = |a: usize| v[a] as f64 + (sub[a] as f64 + 0.5) / step as f64 - 0.5;
            let p = grid.world_of(crate::geometry::Index::new(at(0), at(1), at(2)));
            count += f64::from(u8::from((t.apply(p).point() - centre).norm() < before));
        }
    }
    let volume = count * grid.voxel_volume() / (step * step * step) as f64;
    (volume * 3.0 / (4.0 * std::f64::consts::PI)).cbrt()
}

/// Least Jacobian of a map's spline at twice the density of its lattice.
fn least_jacobian(t: &Transform) -> f64 {
    let samples = t.spline.as_ref().unwrap().lattice().samples(2);
    let planes = Planes::new(t, &samples);
    (0..samples.dims()[2]).flat_map(|k| planes.determinants(k)).fold(f64::INFINITY, f64::min)
}

/// A lesion of `before` mm at baseline and `after` mm at follow-up, in a mode.
fn with_lesion(before: f64, after: f64, lesion_mode: LesionMode) -> Registered {
    let lesion = lesion(before);
    let left_out = RegionsLeftOut { moving_lesion: Some(&lesion), fixed_lesion: None };
    let given = Given { lesion_mode, ..leaving_out(left_out) };
    let follow = Preset::ThoraxAbdomen.settings().follow;
    let settings = RegisterSettings { follow, ..settings() };
    register(&fixed(&truth(), after), &moving(before), &given, &settings, &|_| ()).unwrap()
}

#[test]
fn a_shrinking_lesion_is_carried_by_its_surroundings_and_followed_by_its_border_without_a_fold() {
    for (before, after) in [(14.0, 9.0), (12.0, 7.5)] {
        let found = with_lesion(before, after, LesionMode::Exclude);
        let (true_radius, carried) = (radius_seen(&truth(), before), radius_seen(&found.transform, before));
        assert!((carried / true_radius - 1.0).abs() < 0.04, "carried {carried}, truly {true_radius} mm");
        let map = found.followed.unwrap();
        let followed = radius_seen(&map, before);
        let border = true_radius * after / before;
        assert!((followed - border).abs() < 1.0, "followed {followed}, visible border {border} mm");
        assert!(least_jacobian(&map) > 0.0, "{}", least_jacobian(&map));
    }
}

#[test]
fn the_mode_that_follows_gives_the_followed_map_for_the_map() {
    let (left_out, follow) =
        (with_lesion(12.0, 7.5, LesionMode::Exclude), with_lesion(12.0, 7.5, LesionMode::Follow));
    assert_eq!(Some(follow.transform), left_out.followed);
    assert_eq!(Some(follow.previous_level), left_out.followed_previous);
    assert_eq!((follow.followed, follow.levels), (None, left_out.levels));
}

#[test]
fn a_lesion_held_rigid_keeps_its_size_and_its_surroundings_give_way() {
    let found = with_lesion(12.0, 7.5, LesionMode::Rigid);
    let lesion = lesion(12.0);
    let before = residual_mm(&with_lesion(12.0, 7.5, LesionMode::Follow).transform, &lesion).unwrap();
    let after = residual_mm(&found.transform, &lesion).unwrap();
    assert!(before > 1.0 && after < 0.2, "{before} mm off rigid, held to {after} mm");
    let radius = radius_seen(&found.transform, 12.0);
    assert!((radius - 12.0).abs() < 0.15, "{radius} mm");
    assert!(least_jacobian(&found.transform) > 0.0);
    // Only a small part of the body is near the lesion.
    let misses = misses(&found.transform, &truth());
    assert!(misses[misses.len() / 2] < 0.5, "median {} mm", misses[misses.len() / 2]);
}

#[test]
fn a_lesion_that_is_left_out_hardly_pulls_whatever_became_of_it() {
    // What is left shows through the interpolation between voxels of 4 mm, which reaches past the margin of 5 mm.
    let [shrunken, same] = [7.5, 12.0].map(|after| with_lesion(12.0, after, LesionMode::Exclude).transform);
    let ratio = radius_seen(&shrunken, 12.0) / radius_seen(&same, 12.0);
    assert!((ratio - 1.0).abs() < 0.03, "the carried radius is {ratio} times that of a lesion that stays");
    let differ = misses(&shrunken, &same);
    let (median, most) = (differ[differ.len() / 2], differ[differ.len() - 1]);
    assert!(median < 0.1 && most < 1.2, "maps differ by {median} mm in the median, {most} mm at most");
}

#[test]
fn a_mode_that_needs_a_lesion_is_refused_without_one() {
    let empty = Mask::from_offsets(moving_grid(), &[]);
    for moving_lesion in [None, Some(&empty)] {
        for lesion_mode in [LesionMode::Follow, LesionMode::Rigid] {
            let left_out = RegionsLeftOut { moving_lesion, fixed_lesion: None };
            let given = Given { lesion_mode, ..leaving_out(left_out) };
            let refused = register(&fixed(&truth(), 0.0), &moving(0.0), &given, &settings(), &|_| ());
            assert_eq!(refused, Err(RegisterError::NoLesion(lesion_mode)));
        }
    }
}

#[test]
fn blank_and_foreign_scans_are_refused() {
    let blank = Volume::filled(fixed_grid(), 3.0);
    let refused = register(&blank, &moving(0.0), &nothing_left_out(), &settings(), &|_| ());
    assert!(matches!(refused, Err(RegisterError::NoContrast { .. })));
    let no_levels = RegisterSettings { levels: Vec::new(), ..settings() };
    let refused = register(&fixed(&truth(), 0.0), &moving(0.0), &nothing_left_out(), &no_levels, &|_| ());
    assert_eq!(refused, Err(RegisterError::NoLevels("spline")));
}

#[test]
fn the_scans_as_stored_are_taken_where_a_rigid_motion_leads_astray() {
    let truth = Transform { rigid: Rigid::identity(), ..truth() };
    let (fixed, moving) = (fixed(&truth, 0.0), moving(0.0));
    let settings = settings();
    let (fixed, moving) = both_prepared(&fixed, &moving, &nothing_left_out(), &settings);
    let astray = Rigid::about(Point3::origin(), [0.0, 0.0, 0.4], Vector3::new(25.0, 0.0, 0.0));
    let nothing = nothing_left_out();
    let stored = |rigid: &Transform| stands_as_stored(&fixed, &moving, rigid, &nothing, &settings);
    assert!(stored(&Transform::from_rigid(astray)));
    assert!(!stored(&Transform::identity()));
}
