//! Perturbed copies of a scan: each parameter does what its name says, on phantoms and on real scans.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::reference;

use delta_radiomics::features::settings::{
    DEFINITIONS, Dimension, Discretise, Intensity, Interpolation, Normalise, Resegment, ResolvedMeasurement,
    ResolvedSampling, Selection,
};
use delta_radiomics::features::{Measured, measure};
use delta_radiomics::geometry::Grid;
use delta_radiomics::image::noise::{Noise, sigma_of};
use delta_radiomics::io::{ReadOptions, VisitSource, read_visit};
use delta_radiomics::labels::Mask;
use delta_radiomics::record::{Outcome, Units};
use delta_radiomics::stability::perturb::band::{NoiseLimit, noise_of};
use delta_radiomics::stability::perturb::draws::plan;
use delta_radiomics::stability::perturb::{Perturbation, PerturbedRow, perturb};
use delta_radiomics::volume::Volume;

fn settings(spacing_mm: [Option<f64>; 3], discretise: Discretise) -> ResolvedMeasurement {
    ResolvedMeasurement {
        sampling: ResolvedSampling {
            spacing_mm,
            dimension: Dimension::Volume,
            slice_axis: None,
            interpolation: Interpolation::Linear,
            mask_threshold: 0.5,
        },
        intensity: Intensity { units: None, normalise: Normalise::None, round_hu: false },
        resegment: Resegment::default(),
        discretise,
        definitions: DEFINITIONS,
    }
}

fn asked(count: u32, chain: &str) -> Perturbation {
    Perturbation { count, chain: chain.parse().unwrap(), seed: 20 }
}

fn value(measured: &Measured, feature: &str) -> f64 {
    match measured.outcome(feature, None).unwrap() {
        Outcome::Value(value) => value,
        other => panic!("{feature}: {other:?}"),
    }
}

/// A scan, its region, and how it is measured.
struct Case {
    image: Volume<f32>,
    mask: Mask,
    settings: ResolvedMeasurement,
}

impl Case {
    fn plain(&self) -> Measured {
        measure(&self.image, Units::Arbitrary, &self.mask, &self.settings, &Selection::default()).unwrap()
    }
    fn perturbed(&self, count: u32, chain: &str) -> Vec<PerturbedRow> {
        let asked = asked(count, chain);
        perturb(&self.image, Units::Arbitrary, &[&self.mask], &self.settings, &Selection::default(), &asked)
            .unwrap()
    }
}

/// A ball of 9 mm on a smooth slope, around a voxel.
fn ball(centre: [usize; 3]) -> Case {
    let grid = Grid::axis_aligned([44, 42, 30], [1.0, 1.0, 1.5], [0.0; 3]).unwrap();
    let from_centre = |o: usize| {
        let v = grid.voxel(o);
        let spacing = [1.0, 1.0, 1.5];
        [0, 1, 2].map(|a| (v[a] as f64 - centre[a] as f64) * spacing[a])
    };
    let mask = Mask::from_fn(grid.clone(), |o| from_centre(o).iter().map(|d| d * d).sum::<f64>() < 81.0);
    let intensity = |o: usize| {
        let [x, y, z] = from_centre(o);
        (100.0 + 0.4 * x * y + z * z) as f32
    };
    let image = Volume::new(grid.clone(), (0..grid.len()).map(intensity).collect());
    Case { image, mask, settings: settings([Some(1.0); 3], Discretise::of_number(16)) }
}

#[test]
fn a_scan_that_lies_whole_voxels_elsewhere_has_the_same_perturbed_values() {
    // Three, two and four voxels of 1, 1 and 1.5 mm: whole voxels of the new grid too.
    let (one, other) = (ball([20, 20, 13]), ball([23, 18, 17]));
    for chain in ["T", "R", "V", "TRV"] {
        for (a, b) in one.perturbed(3, chain).iter().zip(other.perturbed(3, chain)) {
            assert_eq!(a.measured.voxels, b.measured.voxels, "{chain}");
            for feature in ["morph_volume", "morph_area_mesh", "stat_mean", "stat_var"] {
                let (a, b) = (value(&a.measured, feature), value(&b.measured, feature));
                assert!((a - b).abs() <= 1e-4 * a.abs(), "{chain} {feature}: {a} {b}");
            }
        }
    }
}

#[test]
fn a_region_grows_by_the_share_that_was_drawn() {
    for spacing in [[Some(1.0); 3], [Some(0.6), Some(0.8), Some(2.0)], [None; 3]] {
        let mut case = ball([20, 20, 13]);
        case.settings.sampling.spacing_mm = spacing;
        let before = case.plain().voxels.morphological as f64;
        let draws = plan(&asked(8, "TRV"));
        let grown = |count: usize, before: f64, growth: f64| {
            assert!((count as f64 - before * (1.0 + growth)).abs() <= 0.5, "{growth}: {count} of {before}");
        };
        for (row, draw) in case.perturbed(8, "V").iter().zip(&draws) {
            grown(row.measured.voxels.morphological, before, draw.growth.unwrap());
        }
        // The same draws move the grid whether the region grows on it or not.
        let moved = case.perturbed(8, "TR");
        for ((row, before), draw) in case.perturbed(8, "TRV").iter().zip(&moved).zip(&draws) {
            let before = before.measured.voxels.morphological as f64;
            grown(row.measured.voxels.morphological, before, draw.growth.unwrap());
        }
    }
}

#[test]
fn a_ball_that_is_turned_or_shifted_stays_a_ball() {
    let case = ball([20, 20, 13]);
    let plain = case.plain();
    for chain in ["R", "T", "TR"] {
        for row in case.perturbed(6, chain) {
            // Of the ball as drawn; half voxels at its surface all count where the grid meets its voxels.
            let drawn = 1000.0 * case.mask.volume_ml();
            let volume = value(&row.measured, "morph_vol_approx");
            assert!((volume / drawn - 1.0).abs() < 0.05, "{chain}: {volume} of {drawn}");
            for feature in ["morph_area_mesh", "stat_mean"] {
                let (a, b) = (value(&plain, feature), value(&row.measured, feature));
                assert!((b / a - 1.0).abs() < 0.05, "{chain} {feature}: {a} {b}");
            }
        }
    }
}

#[test]
fn noise_is_as_strong_as_the_images_own() {
    let mut case = ball([20, 20, 13]);
    case.settings.sampling.spacing_mm = [None; 3];
    case.image = case.image.map(|_| 50.0);
    Noise { sigma: 8.0, seed: 3 }.add(0, case.image.values_mut());
    let before = value(&case.plain(), "stat_var");
    for row in case.perturbed(5, "N") {
        let added = value(&row.measured, "stat_var") - before;
        assert!((added / 64.0 - 1.0).abs() < 0.25, "{added} was added to {before}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads_and_perturbations() {
    let case = ball([20, 20, 13]);
    let with = |threads: usize, count: u32, chain: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| case.perturbed(count, chain))
    };
    for chain in ["NTRV", "V"] {
        let (one, two) = (with(1, 4, chain), with(2, 4, chain));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert_eq!(one[..3], with(2, 3, chain)[..]);
        assert!(one.windows(2).all(|w| w[0].measured != w[1].measured));
    }
}

#[test]
fn regions_of_one_scan_come_in_order_and_an_empty_one_has_its_rows_too() {
    let case = ball([20, 20, 13]);
    let empty = Mask::from_offsets(case.image.grid().clone(), &[]);
    for chain in ["NTRV", "V"] {
        let masks = [&case.mask, &empty];
        let selection = Selection::default();
        let rows =
            perturb(&case.image, Units::Arbitrary, &masks, &case.settings, &selection, &asked(2, chain))
                .unwrap();
        let order: Vec<(u32, usize)> = rows.iter().map(|r| (r.perturbation, r.mask)).collect();
        assert_eq!(order, [(1, 0), (1, 1), (2, 0), (2, 1)]);
        assert_eq!(rows[1].measured.values.len(), rows[0].measured.values.len());
    }
}

/// A real scan of the reference data, where there are any.
fn real(name: &str, spacing: f64, discretise: Discretise) -> Option<Case> {
    let visit =
        read_visit(&VisitSource::new(reference()?.join("images").join(name)), &ReadOptions::default())
            .unwrap();
    let mask = visit.structures[0].mask.clone();
    Some(Case { image: visit.image, mask, settings: settings([Some(spacing); 3], discretise) })
}

/// A sarcoma on CT and a breast lesion on MR.
fn real_cases() -> Option<[(&'static str, Case); 2]> {
    let ct = real("sts002_ct", 2.0, Discretise::of_size(25.0, -1000.0))?;
    let mr = real("breast1", 1.0, Discretise::of_number(32))?;
    Some([("sts002_ct", ct), ("breast1", mr)])
}

#[test]
fn each_parameter_does_what_its_name_says_on_a_real_ct_and_a_real_mr() {
    let Some(cases) = real_cases() else { return };
    for (name, case) in cases {
        let plain = case.plain();
        let before = plain.voxels.morphological as f64;
        let sigma = sigma_of(&case.image, case.image.grid().anatomical_axes()[2]);
        eprintln!("{name}: {before} voxels, noise {sigma:.3}, variance {:.1}", value(&plain, "stat_var"));
        assert!(sigma > 0.0);
        for chain in ["N", "T", "R", "V", "NTRV"] {
            let (rows, draws) = (case.perturbed(5, chain), plan(&asked(5, chain)));
            let moved = (chain == "NTRV").then(|| case.perturbed(5, "NTR"));
            for (n, (row, draw)) in rows.iter().zip(draws).enumerate() {
                let counted = |rows: &Vec<PerturbedRow>| rows[n].measured.voxels.morphological as f64;
                let before = moved.as_ref().map_or(before, counted);
                let (count, growth) = (row.measured.voxels.morphological as f64, draw.growth.unwrap_or(0.0));
                let (slack, moved) = match chain {
                    "N" => (0.0, value(&row.measured, "stat_var") - value(&plain, "stat_var")),
                    "V" | "NTRV" => (0.5, value(&row.measured, "stat_mean") - value(&plain, "stat_mean")),
                    // A small lesion's voxels come and go at its surface.
                    _ => {
                        (0.08 * before, value(&row.measured, "morph_volume") - value(&plain, "morph_volume"))
                    }
                };
                eprintln!("{name} {chain}: growth {growth:+.4}, {count} voxels, moved by {moved:+.3}");
                assert!(
                    (count - before * (1.0 + growth)).abs() <= slack,
                    "{name} {chain}: {count} of {before}"
                );
                assert!(moved != 0.0, "{name} {chain}");
            }
            let noise = noise_of(&rows, 0);
            assert_eq!(noise.len(), plain.values.len());
            for (key, noise) in &noise {
                let Some(noise) = noise else { continue };
                let limit = NoiseLimit::between(*noise, *noise);
                assert!(limit.limit.is_finite() && limit.df > 0.0 && noise.df == 4.0, "{}", key.feature);
                let of_shape = key.feature.starts_with("morph_vol") && !key.feature.contains("dens");
                assert!(chain != "N" || !of_shape || noise.wsd == 0.0, "{}", key.feature);
            }
        }
    }
}

fn cpu_seconds() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// Largest resident memory of this process so far, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// `cargo test --release --test perturbed_scans -- --ignored --nocapture`: CPU and wall seconds of each perturbation, in
/// plain extractions, and peak memory after 5 and after 40 perturbations.
#[test]
#[ignore = "a measurement, not a test"]
fn what_perturbations_cost() {
    for (name, spacing, discretise) in [
        ("breast1", 1.0, Discretise::of_number(32)),
        ("sts002_ct", 2.0, Discretise::of_size(25.0, -1000.0)),
        ("sts002_ct", 1.0, Discretise::of_size(25.0, -1000.0)),
        ("sts001_mr", 1.0, Discretise::of_number(32)),
    ] {
        let Some(case) = real(name, spacing, discretise) else { return };
        let timed = |work: &dyn Fn()| {
            let (cpu, wall) = (cpu_seconds(), Instant::now());
            work();
            (cpu_seconds() - cpu, wall.elapsed().as_secs_f64())
        };
        case.plain();
        let repeats = 5;
        let plain = timed(&|| (0..repeats).for_each(|_| drop(case.plain())));
        let plain = (plain.0 / f64::from(repeats), plain.1 / f64::from(repeats));
        let voxels = case.plain().voxels.intensity;
        println!(
            "{name} {spacing} mm, {voxels} voxels: plain {:.4} s CPU, {:.4} s wall, {:.0} MB",
            plain.0,
            plain.1,
            peak_mb()
        );
        for chain in ["V", "T", "NT", "NTV", "NTRV"] {
            for count in [5, 40] {
                let took = timed(&|| drop(case.perturbed(count, chain)));
                let each = f64::from(count);
                println!(
                    "  {chain:4} {count:2}: {:.2} CPU, {:.2} wall extractions each, peak {:.0} MB",
                    took.0 / each / plain.0,
                    took.1 / each / plain.1,
                    peak_mb()
                );
            }
        }
    }
}
