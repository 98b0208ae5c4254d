//! Test only: what must hold for every feature, in one loop over the registry.

use nalgebra::Matrix4;

use super::reference::{all_aggregations, plain_settings};
use crate::features::registry::{Extent, FeatureInfo, FeatureUnit, IntensityMeaning, OffsetResponse};
use crate::features::settings::{Dimension, Discretise, Interpolation, Resegment, ResolvedMeasurement};
use crate::features::{FeatureError, Measured, Selection, measure, registry};
use crate::geometry::Grid;
use crate::labels::Mask;
use crate::record::{Aggregation, Family, Flag, Outcome, Reason, Units};
use crate::volume::Volume;

fn everything() -> Selection {
    Selection { aggregations: all_aggregations(), ..Selection::default() }
}

/// Pseudo-random numbers from 0 to 1, the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn grid(dims: [usize; 3], spacing: [f64; 3]) -> Grid {
    Grid::axis_aligned(dims, spacing, [-7.0, 11.0, 2.0]).unwrap()
}

fn all_of(image: &Volume<f32>, mask: &Mask, settings: &ResolvedMeasurement) -> Measured {
    measure(image, Units::Suv, mask, settings, &everything()).unwrap()
}

/// A smooth texture on a lumpy region, skewed so that most voxels are in the first bin.
fn lesion() -> (Volume<f32>, Mask) {
    let g = grid([16, 14, 12], [1.0, 1.0, 2.5]);
    let mut noise = Noise(3);
    let raw: Vec<f64> = (0..g.len()).map(|_| noise.next()).collect();
    let values = (0..g.len())
        .map(|o| {
            let smooth = (raw[o] + raw[(o + 1) % g.len()] + raw[(o + 16) % g.len()]) / 3.0;
            (smooth * smooth * smooth * smooth * 20.0) as f32
        })
        .collect();
    let mask = Mask::from_fn(g.clone(), |o| {
        let [i, j, k] = g.voxel(o).map(|n| n as f64);
        let (x, y, z) = (i - 7.0, j - 6.5, (k - 5.0) * 1.3);
        x * x + y * y * 1.4 + z * z + 3.0 * (i * 0.9).sin() < 30.0
    });
    (Volume::new(g, values), mask)
}

/// A scan with so many voxels more on every side.
fn in_the_middle((image, mask): &(Volume<f32>, Mask), margin: usize) -> (Volume<f32>, Mask) {
    let old = image.grid();
    let g = grid(old.dims().map(|n| n + 2 * margin), old.spacing());
    let there = |o: usize| {
        let voxel: [Option<usize>; 3] = g.voxel(o).map(|n| n.checked_sub(margin));
        let inside = (0..3).all(|a| voxel[a].is_some_and(|n| n < old.dims()[a]));
        inside.then(|| voxel.map(|n| n.unwrap_or(0)))
    };
    let value = |o: usize| there(o).map_or(1.0, |[i, j, k]| image.at(i, j, k));
    let values = (0..g.len()).map(value).collect();
    (Volume::new(g.clone(), values), Mask::from_fn(g.clone(), |o| there(o).is_some_and(|v| mask.contains(v))))
}

/// Every row's tag and aggregation beside both outcomes.
fn pairs<'a>(a: &'a Measured, b: &'a Measured) -> impl Iterator<Item = (String, Outcome, Outcome)> + 'a {
    a.values.iter().zip(&b.values).map(|(a, b)| {
        assert_eq!(a.key, b.key);
        (format!("{} {}", a.key.feature, a.key.aggregation_word()), a.outcome, b.outcome)
    })
}

fn close(a: Outcome, b: Outcome, relative: f64) -> bool {
    match (a.value(), b.value()) {
        (Some(a), Some(b)) => (a - b).abs() <= relative * a.abs().max(b.abs()) + 1e-12,
        _ => a == b,
    }
}

#[test]
fn every_feature_gives_a_row_and_never_a_number_that_is_none() {
    let g = grid([5, 4, 3], [1.0, 1.0, 2.0]);
    let image = Volume::new(g.clone(), (0..60).map(|o| ((o * 37) % 11) as f32).collect());
    let regions = [
        Mask::from_offsets(g.clone(), &[]),
        Mask::from_offsets(g.clone(), &[31]),
        Mask::from_offsets(g.clone(), &[31, 32]),
        Mask::from_offsets(g.clone(), &[0, 59]),
        Mask::from_offsets(g.clone(), &[5, 6, 7, 8]),
        Mask::from_fn(g.clone(), |o| g.voxel(o)[2] == 1),
        Mask::from_fn(g.clone(), |_| true),
    ];
    let rows: usize = registry::FAMILIES
        .iter()
        .map(|f| {
            let features = registry::all().filter(|i| i.family == *f).count();
            features * registry::aggregations(*f).len().max(1)
        })
        .sum();
    for (n, mask) in regions.iter().enumerate() {
        for discretise in [Discretise::of_size(0.7, 0.0), Discretise::of_number(8)] {
            for range in [None, Some([3.0, 5.0]), Some([90.0, 99.0])] {
                let mut settings = plain_settings();
                settings.discretise = discretise;
                settings.resegment = Resegment { range, sigma: Some(3.0) };
                let measured = all_of(&image, mask, &settings);
                assert_eq!(measured.values.len(), rows);
                for v in &measured.values {
                    assert!(v.outcome.value().is_none_or(f64::is_finite), "region {n}: {v:?}");
                }
            }
        }
    }
}

#[test]
fn an_empty_region_says_so_in_every_row() {
    let (image, mask) = lesion();
    let empty = Mask::from_offsets(mask.grid().clone(), &[]);
    for v in all_of(&image, &empty, &plain_settings()).values {
        assert_eq!(v.outcome, Outcome::Undefined(Reason::EmptyRoi), "{}", v.key.feature);
    }
    // All intensities out of range: the outline stays.
    let mut settings = plain_settings();
    settings.resegment.range = Some([1e6, 2e6]);
    let measured = all_of(&image, &mask, &settings);
    assert_eq!((measured.voxels.intensity, measured.voxels.morphological), (0, mask.count()));
    assert!(measured.outcome("morph_volume", None).unwrap().value().is_some());
    for tag in ["morph_com", "morph_integ_int", "stat_mean", "ih_mode"] {
        assert_eq!(measured.outcome(tag, None), Some(Outcome::Undefined(Reason::EmptyRoi)), "{tag}");
    }
}

#[test]
fn one_voxel_has_a_volume_no_axes_and_no_neighbours() {
    let (image, mask) = lesion();
    let voxel = Mask::from_offsets(mask.grid().clone(), &[mask.offsets().next().unwrap()]);
    let measured = all_of(&image, &voxel, &plain_settings());
    let value = |tag| measured.outcome(tag, None).unwrap();
    assert!(close(value("morph_volume"), Outcome::Value(2.5 / 6.0), 1e-12));
    assert_eq!(value("morph_diam"), Outcome::Value(2.5));
    assert_eq!(value("morph_pca_maj_axis"), Outcome::Value(0.0));
    assert_eq!(value("morph_pca_elongation"), Outcome::Undefined(Reason::RoiTooSmall));
    assert_eq!((value("stat_var"), value("stat_kurt")), (Outcome::Value(0.0), Outcome::Value(0.0)));
    let of_neighbours = [Family::new("cm"), Family::new("ngt")];
    for v in measured.values.iter().filter(|v| of_neighbours.contains(&v.key.family)) {
        assert_eq!(v.outcome, Outcome::Undefined(Reason::NoNeighbours), "{}", v.key.feature);
    }
    // It depends on itself.
    let dependence = measured.outcome("ngl_hde", Some(Aggregation::ThreeD));
    assert_eq!(dependence, Some(Outcome::Value(1.0)));
    // A run of one voxel in every direction.
    for aggregation in registry::aggregations(Family::new("rlm")) {
        for (tag, expected) in [("rlm_lre", 1.0), ("rlm_r_perc", 1.0), ("rlm_rl_var", 0.0)] {
            let outcome = measured.outcome(tag, Some(*aggregation));
            assert_eq!(outcome, Some(Outcome::Value(expected)), "{tag} {aggregation}");
        }
    }
}

#[test]
fn a_flat_region_has_no_spread_and_a_correlation_of_one() {
    let (image, mask) = lesion();
    let flat = image.map(|_| 3.7_f32);
    for discretise in [Discretise::of_size(1.0, 0.0), Discretise::of_number(32)] {
        let mut settings = plain_settings();
        settings.discretise = discretise;
        let measured = all_of(&flat, &mask, &settings);
        let expect = |tag: &str, aggregation, outcome| {
            assert_eq!(measured.outcome(tag, aggregation), Some(outcome), "{tag}");
        };
        for tag in ["stat_var", "stat_skew", "stat_kurt", "stat_cov", "ih_entropy", "ih_var"] {
            expect(tag, None, Outcome::Value(0.0));
        }
        for aggregation in registry::aggregations(Family::new("cm")) {
            for tag in ["cm_contrast", "cm_joint_entr", "cm_clust_prom", "cm_info_corr2"] {
                expect(tag, Some(*aggregation), Outcome::Value(0.0));
            }
            expect("cm_corr", Some(*aggregation), Outcome::Value(1.0));
            expect("cm_info_corr1", Some(*aggregation), Outcome::Undefined(Reason::SingleGreyLevel));
        }
    }
}

#[test]
fn an_offset_of_whole_bins_changes_what_the_registry_says_it_changes() {
    let (image, mask) = lesion();
    let mut settings = plain_settings();
    settings.discretise = Discretise::of_size(0.5, 0.0);
    let before = all_of(&image, &mask, &settings);
    let after = all_of(&image.map(|v| v + 4.0), &mask, &settings);
    for (name, a, b) in pairs(&before, &after) {
        let info = registry::find(name.split(' ').next().unwrap()).unwrap();
        match info.offset {
            OffsetResponse::Invariant => assert!(close(a, b, 2e-6), "{name}: {a:?} {b:?}"),
            OffsetResponse::Shifts => assert!(!close(a, b, 1e-4), "{name}: {a:?} {b:?}"),
        }
    }
}

#[test]
fn what_needs_no_meaning_of_intensities_is_left_alone_by_any_scale_and_shift() {
    let (image, mask) = lesion();
    let before = all_of(&image, &mask, &plain_settings());
    let after = all_of(&image.map(|v| 3.0 * v + 7.0), &mask, &plain_settings());
    for (name, a, b) in pairs(&before, &after) {
        let info = registry::find(name.split(' ').next().unwrap()).unwrap();
        if info.intensities == IntensityMeaning::Irrelevant {
            assert!(close(a, b, 1e-5), "{name}: {a:?} {b:?}");
        }
    }
}

#[test]
fn the_order_in_which_a_scan_is_stored_changes_nothing() {
    let (image, mask) = lesion();
    let g = image.grid();
    for (order, flip) in [([2, 0, 1], [true, false, false]), ([1, 0, 2], [false, true, true])] {
        let dims = order.map(|a| g.dims()[a]);
        let old = |new: [usize; 3]| {
            let mut voxel = [0; 3];
            for a in 0..3 {
                voxel[order[a]] = if flip[a] { dims[a] - 1 - new[a] } else { new[a] };
            }
            voxel
        };
        let mut affine = Matrix4::identity();
        for a in 0..3 {
            let sign = if flip[a] { -1.0 } else { 1.0 };
            for row in 0..3 {
                affine[(row, a)] = sign * g.affine()[(row, order[a])];
            }
        }
        let first = g.centre_of(old([0, 0, 0])).point();
        for row in 0..3 {
            affine[(row, 3)] = first[row];
        }
        let stored = Grid::new(dims, affine).unwrap();
        let values = (0..stored.len()).map(|o| {
            let [i, j, k] = old(stored.voxel(o));
            image.at(i, j, k)
        });
        let stored_image = Volume::new(stored.clone(), values.collect());
        let stored_mask = Mask::from_fn(stored.clone(), |o| mask.contains(old(stored.voxel(o))));
        let mut resampled = plain_settings();
        resampled.sampling.spacing_mm = [Some(1.3); 3];
        let mut in_plane = plain_settings();
        in_plane.sampling.spacing_mm = [Some(1.5), Some(1.5), None];
        in_plane.sampling.dimension = Dimension::InPlane;
        in_plane.sampling.slice_axis = Some(2);
        let mut nearest = plain_settings();
        // Twice the spacing: every new centre lies half way between two old ones.
        nearest.sampling.spacing_mm = [Some(2.0), Some(2.0), Some(5.0)];
        nearest.sampling.interpolation = Interpolation::Nearest;
        // Interpolation runs along the stored axes one after the other and rounds to float32.
        for (settings, rounding) in
            [(plain_settings(), 1e-12), (resampled, 1e-6), (in_plane, 1e-6), (nearest, 1e-6)]
        {
            let a = all_of(&image, &mask, &settings);
            let b = all_of(&stored_image, &stored_mask, &settings);
            for (name, a, b) in pairs(&a, &b) {
                assert!(close(a, b, rounding), "{name}: {a:?} {b:?}");
            }
        }
    }
}

#[test]
fn features_of_extent_grow_with_a_region_and_its_texture_and_others_do_not() {
    // A texture that repeats itself, in a cube of two periods, in a wedge and in an angle of 8 x 6 x 3.
    let period = [16, 16, 16];
    let mut noise = Noise(11);
    let raw: Vec<f64> = (0..16 * 16 * 16).map(|_| noise.next()).collect();
    let tile = |[i, j, k]: [usize; 3]| raw[i % 16 + 16 * (j % 16 + 16 * (k % 16))];
    let texture = |v: [usize; 3]| {
        let x = (tile(v)
            + tile([v[0] + 1, v[1], v[2]])
            + tile([v[0], v[1] + 1, v[2]])
            + tile([v[0], v[1], v[2] + 1]))
            / 4.0;
        1.0 + 60.0 * x * x * x
    };
    let of_periods = |n: [usize; 3], bin: f64, inside: fn(usize, usize) -> bool| {
        let g = grid(std::array::from_fn(|a| n[a] * period[a]), [1.0; 3]);
        let image = Volume::new(g.clone(), (0..g.len()).map(|o| texture(g.voxel(o)) as f32).collect());
        let cut = |o: usize| inside(g.voxel(o)[0], g.voxel(o)[1]);
        let mut settings = plain_settings();
        settings.discretise = Discretise::of_size(bin, 0.0);
        all_of(&image, &Mask::from_fn(g.clone(), cut), &settings)
    };
    // Bins so wide that the histogram has one steepest place, not a few that chance decides between; for zones so
    // narrow that none reaches from border to border.
    let zonal = |f: Family| [Family::new("szm"), Family::new("dzm")].contains(&f);
    let mut wrong = Vec::new();
    for (bin, zones) in [(5.0, false), (0.25, true)] {
        let small = of_periods([2, 2, 2], bin, |_, _| true);
        let large = of_periods([8, 6, 3], bin, |i, j| i + j < 150);
        // A wedge fills what lies closely around it as well as a cube does; an angle does not.
        let bent = of_periods([8, 6, 3], bin, |i, j| i < 16 || j < 16);
        for ((name, a, b), (_, _, c)) in pairs(&small, &large).zip(pairs(&small, &bent)) {
            let info = registry::find(name.split(' ').next().unwrap()).unwrap();
            let agrees = match info.extent {
                _ if zonal(info.family) != zones => true,
                Extent::OfRegion => {
                    // Geary's C is near 1 where little is alike: its distance from there is what grows.
                    let none = if info.tag == "morph_geary_c" { 1.0 } else { 0.0 };
                    let [a, b, c] = [a, b, c].map(|o| o.value().map_or(o, |v| Outcome::Value(v - none)));
                    !close(a, b, 0.05) || !close(a, c, 0.05)
                }
                // The border of a region has fewer neighbours, and cuts zones, the large ones most: a small region
                // weighs it more.
                Extent::Independent => close(a, b, 0.12),
            };
            if !agrees {
                wrong.push(format!("{name}: {a:?} {b:?} {c:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_scale_with_intensities_and_lengths_as_their_units_say() {
    let (image, mask) = lesion();
    let g = image.grid();
    let mut settings = plain_settings();
    settings.discretise = Discretise::of_size(0.5, 0.0);
    let before = all_of(&image, &mask, &settings);
    settings.discretise = Discretise::of_size(1.5, 0.0);
    for length in [1.0, 2.0] {
        let mut affine = *g.affine() * length;
        affine[(3, 3)] = 1.0;
        let wide = Grid::new(g.dims(), affine).unwrap();
        let brighter = Volume::new(wide.clone(), image.values().iter().map(|v| 3.0 * v).collect());
        let wider = Mask::from_fn(wide.clone(), |o| mask.contains(wide.voxel(o)));
        let after = all_of(&brighter, &wider, &settings);
        for (name, a, b) in pairs(&before, &after) {
            let info = registry::find(name.split(' ').next().unwrap()).unwrap();
            // What reads as far as a length in mm does not scale with the image.
            if length != 1.0 && registry::describe(info.family).unwrap().reach_mm > 0.0 {
                continue;
            }
            let factor = match info.unit {
                FeatureUnit::None => 1.0,
                FeatureUnit::Mm => length,
                FeatureUnit::Mm2 => length * length,
                FeatureUnit::Mm3 => length * length * length,
                FeatureUnit::PerMm => 1.0 / length,
                FeatureUnit::Intensity | FeatureUnit::IntensityOrBin => 3.0,
                FeatureUnit::IntensitySquared => 9.0,
                FeatureUnit::IntensityMm3 => 3.0 * length * length * length,
            };
            let expected = match a {
                Outcome::Value(v) => Outcome::Value(v * factor),
                Outcome::NotStandardised(v) => Outcome::NotStandardised(v * factor),
                other => other,
            };
            // Tripled float32 intensities round apart.
            assert!(close(expected, b, 2e-6), "{name}: {expected:?} {b:?}");
        }
    }
}

#[test]
fn thick_slices_keep_the_native_outline_and_leave_three_dimensions_out() {
    let (image, mask) = lesion();
    let native = all_of(&image, &mask, &plain_settings());
    let mut settings = plain_settings();
    settings.sampling.spacing_mm = [Some(2.0), Some(2.0), None];
    settings.sampling.dimension = Dimension::InPlane;
    settings.sampling.slice_axis = Some(2);
    let measured = all_of(&image, &mask, &settings);
    assert!(measured.flags.has(&Flag::ThickSlices));
    for info in registry::all().filter(|i| i.family == Family::new("morph")) {
        assert_eq!(measured.outcome(info.tag, None), native.outcome(info.tag, None), "{}", info.tag);
    }
    assert_ne!(measured.outcome("stat_mean", None), native.outcome("stat_mean", None));
    assert_eq!(measured.outcome("cm_contrast", Some(Aggregation::ThreeDAvg)), None);
    let usual = measure(&image, Units::Suv, &mask, &settings, &Selection::default()).unwrap();
    let merged = [Aggregation::TwoHalfDAvg, Aggregation::TwoHalfD];
    let aggregations: Vec<_> = usual.values.iter().filter_map(|v| v.key.aggregation).collect();
    assert!(aggregations.iter().all(|a| merged.contains(a)));
    let with_any = |info: &&FeatureInfo| !registry::aggregations(info.family).is_empty();
    assert_eq!(aggregations.len(), registry::all().filter(with_any).count());
}

#[test]
fn what_lies_beyond_a_familys_reach_does_not_change_its_values() {
    // Cropping may not change what resampling reads.
    let (image, mask) = in_the_middle(&lesion(), 8);
    let g = image.grid();
    let mut settings = plain_settings();
    settings.sampling.spacing_mm = [Some(0.9); 3];
    for family in registry::FAMILIES {
        let selection = Selection { families: Some(vec![*family]), ..everything() };
        let of = |image: &Volume<f32>| measure(image, Units::Suv, &mask, &settings, &selection).unwrap();
        // Two voxels beyond what is read, for interpolation.
        let reach_mm = registry::describe(*family).unwrap().reach_mm;
        let reach: [usize; 3] = std::array::from_fn(|a| 2 + (reach_mm / g.spacing()[a]).ceil() as usize);
        let inside: Vec<[usize; 3]> = mask.offsets().map(|o| g.voxel(o)).collect();
        let near = |v: [usize; 3]| inside.iter().any(|m| (0..3).all(|a| v[a].abs_diff(m[a]) <= reach[a]));
        let mut changed = image.clone();
        for o in (0..g.len()).filter(|o| !near(g.voxel(*o))) {
            changed.values_mut()[o] = f32::NAN;
        }
        assert!(changed.values().iter().any(|v| v.is_nan()));
        assert_eq!(of(&changed), of(&image), "{family}");
    }
}

#[test]
fn only_families_that_reach_beyond_a_region_read_what_lies_there() {
    let (image, mask) = lesion();
    let mut changed = image.clone();
    for o in (0..changed.values().len()).filter(|o| !mask.contains(image.grid().voxel(*o))) {
        changed.values_mut()[o] = f32::NAN;
    }
    let (before, after) =
        (all_of(&image, &mask, &plain_settings()), all_of(&changed, &mask, &plain_settings()));
    for (a, b) in before.values.iter().zip(&after.values) {
        let reaches = registry::describe(a.key.family).unwrap().reach_mm > 0.0;
        assert_eq!(a != b, reaches, "{}", a.key.feature);
    }
}

#[test]
fn settings_that_cannot_be_measured_are_refused() {
    let (image, mask) = lesion();
    let refused = |change: fn(&mut ResolvedMeasurement)| {
        let mut settings = plain_settings();
        change(&mut settings);
        measure(&image, Units::Suv, &mask, &settings, &Selection::default()).unwrap_err()
    };
    assert_eq!(refused(|s| s.discretise.size = Some(0.0)), FeatureError::Setting("discretise.size"));
    assert_eq!(
        refused(|s| s.discretise = Discretise::of_number(0)),
        FeatureError::Setting("discretise.number")
    );
    assert!(matches!(refused(|s| s.sampling.spacing_mm = [Some(-1.0); 3]), FeatureError::Spacing(_)));
    assert!(matches!(refused(|s| s.sampling.spacing_mm = [Some(1e-3); 3]), FeatureError::TooFine { .. }));
    let elsewhere = Mask::from_offsets(grid([16, 14, 12], [1.0, 1.0, 2.0]), &[3]);
    let other = measure(&image, Units::Suv, &elsewhere, &plain_settings(), &Selection::default());
    assert_eq!(other.unwrap_err(), FeatureError::Grids);
}

#[test]
fn very_many_grey_levels_need_no_more_memory_than_voxels() {
    let g = grid([20, 20, 20], [1.0; 3]);
    let mut noise = Noise(5);
    let image = Volume::new(g.clone(), (0..g.len()).map(|_| (noise.next() * 4e9) as f32).collect());
    let measured = all_of(&image, &Mask::from_fn(g, |_| true), &plain_settings());
    assert!(measured.values.iter().all(|v| v.outcome.value().is_some()));
}
