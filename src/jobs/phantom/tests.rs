//! What is promised of a pair, checked on pairs.

use std::sync::LazyLock;

use super::*;
use crate::geometry::{Frame, Index};

fn made(seed: u64, pair: Pair) -> Phantom {
    phantom(PhantomRequest { seed, pair, drawn: Drawn::Lesion, size: Size::Standard })
}

static SERIAL: LazyLock<Phantom> = LazyLock::new(|| made(1, Pair::Serial));
static NULL: LazyLock<Phantom> = LazyLock::new(|| made(1, Pair::Null));

/// Scenes of a request as `phantom` draws them.
fn with_scenes<R>(seed: u64, pair: Pair, f: impl Fn(TrueMap<'_>) -> R) -> R {
    let request = PhantomRequest { seed, pair, drawn: Drawn::Lesion, size: Size::Standard };
    let anatomy = Anatomy::new(seed);
    let lesions = Lesions::new(seed, &anatomy);
    let [t0, t1] = scenes(request, &anatomy, &lesions, &mut stream(seed, Purpose::Motion));
    f(TrueMap { t0: &t0, t1: &t1 })
}

#[test]
fn the_same_seed_gives_the_same_pair_at_any_number_of_threads() {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert!(alone.install(|| made(1, Pair::Serial)) == *SERIAL);
}

#[test]
fn another_seed_has_other_lesions() {
    let other = Anatomy::new(2);
    let (a, b) = (Lesions::new(1, &Anatomy::new(1)), Lesions::new(2, &other));
    assert!((a.shrinking_at - b.shrinking_at).norm() > 1.0);
    assert!((a.stable_at - b.stable_at).norm() > 1.0);
    assert!((a.shrinking.lump.volume_mm3() / b.shrinking.lump.volume_mm3() - 1.0).abs() > 1e-3);
    let local = nalgebra::Vector3::new(1.0, 2.0, 3.0);
    assert!((a.shrinking.over(0.0, local) - b.shrinking.over(0.0, local)).abs() > 0.1);
}

#[test]
fn lesion_masks_have_the_volume_of_the_lesion() {
    let lesion = &SERIAL.truth.lesion;
    assert!((lesion.baseline_voxels_ml / lesion.baseline_ml - 1.0).abs() < 3e-3);
    assert!((lesion.followup_voxels_ml / lesion.followup_ml - 1.0).abs() < 3e-3);
    assert!((-1.0..-0.6).contains(&lesion.log_ratio), "{}", lesion.log_ratio);
}

#[test]
fn the_stable_lesion_keeps_its_volume() {
    let ratio = SERIAL.t1.labelled_ml(Label::LesionStable) / SERIAL.t0.labelled_ml(Label::LesionStable);
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

#[test]
fn every_label_is_present_at_both_visits_and_clear_of_the_last_slices() {
    fn check<F: Frame>(scan: &Scan<F>) {
        let [columns, rows, slices] = scan.labels.grid().dims();
        for label in Label::AT_BASELINE {
            assert!(scan.labelled_ml(label) > 5.0, "{label:?}");
            for k in [0, slices - 1] {
                let outermost = (0..rows).flat_map(|j| (0..columns).map(move |i| (i, j)));
                let mut cut = outermost.filter(|&(i, j)| scan.labels.at(i, j, k) == label.number());
                assert_eq!(cut.next(), None, "{label:?}");
            }
        }
    }
    check(&SERIAL.t0);
    check(&SERIAL.t1);
    check(&NULL.t0);
    check(&NULL.t1);
}

#[test]
fn away_from_the_changed_lesion_the_followup_is_the_baseline_through_the_map() {
    for pair in [Pair::Serial, Pair::Null] {
        with_scenes(3, pair, |map| {
            let mut random = stream(3, Purpose::Landmarks);
            let (fixed, moving) = (
                grid(&mut random, Storage::LpsOblique, Size::Standard),
                grid(&mut random, Storage::RasAligned, Size::Standard),
            );
            for mark in map.landmarks(&mut random, &fixed, &moving) {
                let (p, q) = (mark.fixed.point(), mark.moving.point());
                assert!((map.t1.intensity(p) - map.t0.intensity(q)).abs() < 1e-6);
                assert_eq!(map.t1.label(p), map.t0.label(q));
            }
        });
    }
}

#[test]
fn the_map_has_an_inverse_and_nowhere_squeezes_much() {
    for seed in 0..5 {
        with_scenes(seed, Pair::Serial, |map| {
            let grid: crate::geometry::Grid<Fixed> =
                grid(&mut stream(seed, Purpose::Motion), Storage::RasAligned, Size::Standard);
            for offset in (0..grid.len()).step_by(1013) {
                let p = grid.centre_of(grid.voxel(offset));
                let in_body = map.t0.motion.in_body(map.apply(p).point());
                assert!((map.t1.motion.in_scan(in_body) - p.point()).norm() < 1e-8);
            }
            let [low, high] = map.jacobian_range(&grid);
            assert!(low > 0.5 && high < 1.6, "{low} to {high}");
        });
    }
}

#[test]
fn the_stable_lesion_does_not_deform() {
    with_scenes(1, Pair::Serial, |map| {
        let lesions = map.t1.lesions;
        let reach = lesions.stable.lump.reach_mm();
        for q in shape::around(lesions.stable_at, reach, 64) {
            let p = map.t1.motion.in_scan(q);
            assert!((map.t1.motion.jacobian(p) - 1.0).abs() < 1e-12);
        }
    });
}

#[test]
fn landmarks_agree_with_the_displacement_field() {
    let field = &SERIAL.truth.displacement;
    let grid = field.grid();
    assert!(SERIAL.truth.landmarks.len() >= 100);
    for mark in &SERIAL.truth.landmarks {
        let index = grid.index_of(mark.fixed).point();
        let (low, t) = (index.map(f64::floor), index - index.map(f64::floor));
        let mut u = nalgebra::Vector3::zeros();
        for corner in 0..8_usize {
            let bit = |a: usize| corner >> a & 1;
            let weight: f64 = (0..3).map(|a| if bit(a) == 1 { t[a] } else { 1.0 - t[a] }).product();
            let [i, j, k] = std::array::from_fn(|a| low[a] as usize + bit(a));
            u += nalgebra::Vector3::from(field.at(i, j, k).map(f64::from)) * weight;
        }
        let arrived = crate::geometry::World::<Moving>::from_point(mark.fixed.point() + u);
        assert!(arrived.distance(mark.moving) < 0.05);
    }
}

#[test]
fn noise_has_its_spread_and_differs_between_visits() {
    let residue = |image: &[f32], clean: &[f32]| -> Vec<f64> {
        image.iter().zip(clean).filter(|(_, c)| **c > -900.0).map(|(i, c)| f64::from(i - c)).collect()
    };
    let a = residue(SERIAL.t0.image.values(), SERIAL.t0.noise_free.values());
    let b = residue(SERIAL.t1.image.values(), SERIAL.t1.noise_free.values());
    for r in [&a, &b] {
        let mean = r.iter().sum::<f64>() / r.len() as f64;
        let sd = (r.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / r.len() as f64).sqrt();
        assert!(mean.abs() < 0.2 && (sd / NOISE_HU - 1.0).abs() < 0.02, "{mean} {sd}");
    }
    let product = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>();
    let correlation = product / (NOISE_HU * NOISE_HU * a.len().min(b.len()) as f64);
    assert!(correlation.abs() < 0.02, "{correlation}");
    assert!(SERIAL.t0.image.values().iter().all(|v| v.fract() == 0.0 && (-1024.0..=3071.0).contains(v)));
}

#[test]
fn a_null_pair_moves_rigidly_within_five_degrees_and_changes_nothing() {
    assert_eq!(NULL.truth.jacobian, [1.0, 1.0]);
    assert_eq!(NULL.truth.lesion.log_ratio, 0.0);
    for seed in 0..50 {
        with_scenes(seed, Pair::Null, |map| {
            for scene in [map.t0, map.t1] {
                let turned = scene.motion.turn(nalgebra::Vector3::x());
                let tilt = turned.x.clamp(-1.0, 1.0).acos().to_degrees();
                assert!(tilt <= 5.0, "{tilt}");
                assert!(scene.changed.is_none());
            }
            let p = crate::geometry::World::<Fixed>::new(10.0, 20.0, 30.0);
            assert!(map.apply(p).distance(crate::geometry::World::from_point(p.point())) > 1e-3);
        });
    }
}

#[test]
fn both_visits_of_null_pairs_are_draws_of_one_distribution() {
    let (mut larger, mut further, n) = (0, 0, 400);
    for seed in 0..n {
        let anatomy = Anatomy::new(0);
        let lesions = Lesions::new(0, &anatomy);
        let request = PhantomRequest { seed, pair: Pair::Null, drawn: Drawn::Lesion, size: Size::Standard };
        let mut random = stream(seed, Purpose::Motion);
        let [a, b] = scenes(request, &anatomy, &lesions, &mut random);
        let turn = |s: &Scene<'_>| s.motion.turn(nalgebra::Vector3::x()).x;
        larger += u64::from(turn(&a) < turn(&b));
        let [g0, g1] = [(); 2].map(|()| grid::<Fixed>(&mut random, Storage::RasAligned, Size::Standard));
        let first = |g: &crate::geometry::Grid<Fixed>| g.world_of(Index::new(0.0, 0.0, 0.0)).point().x;
        further += u64::from(first(&g0) < first(&g1));
    }
    // Binomial of 400 fair coins: four standard deviations are 40.
    assert!(larger.abs_diff(n / 2) < 40 && further.abs_diff(n / 2) < 40, "{larger} {further}");
}

#[test]
fn what_is_drawn_at_followup_is_what_was_asked_for() {
    let drawn = |drawn| {
        let pair = Phantom { request: PhantomRequest { drawn, ..SERIAL.request }, ..SERIAL.clone() };
        pair.drawn_at_followup()
    };
    assert_eq!(drawn(Drawn::None), None);
    assert_eq!(drawn(Drawn::All), Some(SERIAL.t1.labels.clone()));
    let lesion = drawn(Drawn::Lesion).unwrap();
    assert!(lesion.values().iter().all(|&v| v <= 1) && lesion.values().contains(&1));
}
