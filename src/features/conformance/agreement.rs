//! Test only: agreement with the standard's phantoms and with another implementation of the standard.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::reference::{all_aggregations, bin_number, bin_size, csv, folder, plain_settings, scan};
use crate::features::registry::Standing;
use crate::features::settings::{
    BinCount, Interpolation, Normalise, Resegment, ResolvedMeasurement, VolumeBins,
};
use crate::features::{Measured, Selection, measure, prepare_image, registry};
use crate::geometry::Own;
use crate::image::normalise::{Normalisation, body};
use crate::image::resample::Resampling;
use crate::record::{Aggregation, Family, Outcome, Units};

/// A published value.
struct Reference {
    feature: String,
    aggregation: Option<Aggregation>,
    value: f64,
    tolerance: f64,
}

/// The standard's rows of a configuration for the families that are measured.
fn listed<'a>(rows: &'a [Vec<String>], config: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
    let measured = |family: &str| Family::from_word(family).is_some_and(|f| registry::FAMILIES.contains(&f));
    rows.iter().filter(move |r| r[0] == config && r[1] == "feature" && measured(&r[2]))
}

/// Those with a value.
fn references(rows: &[Vec<String>], config: &str) -> Vec<Reference> {
    listed(rows, config)
        .filter(|r| r[8] == "reference")
        .map(|r| Reference {
            feature: r[3].clone(),
            aggregation: Aggregation::from_word(&r[4]),
            value: r[6].parse().unwrap(),
            tolerance: r[7].parse().unwrap(),
        })
        .collect()
}

fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap()
}

/// How many rows were compared; fails with all that disagree.
fn compare(measured: &Measured, references: &[Reference], config: &str) -> usize {
    let mut wrong = Vec::new();
    for r in references {
        let value = measured.outcome(&r.feature, r.aggregation).and_then(Outcome::value);
        // The published numbers are decimals: allow the last bit of their difference.
        let slack = 1e-9 * r.value.abs();
        if !value.is_some_and(|v| (three_digits(v) - r.value).abs() <= r.tolerance + slack) {
            wrong.push(format!(
                "{} {:?}: {value:?}, {} +- {}",
                r.feature, r.aggregation, r.value, r.tolerance
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{config}: {} of {} wrong\n{}",
        wrong.len(),
        references.len(),
        wrong.join("\n")
    );
    references.len()
}

fn everything() -> Selection {
    Selection { aggregations: all_aggregations(), ..Selection::default() }
}

#[test]
fn the_digital_phantom_has_the_standards_values_in_every_aggregation() {
    let Some(shared) = folder() else { return };
    let rows = csv(shared.join("ibsi/reference_values.csv"));
    let (image, mask) = scan(
        shared.join("ibsi/digital_phantom_image.nii.gz"),
        shared.join("ibsi/digital_phantom_mask.nii.gz"),
    );
    let measured = measure(&image, Units::Arbitrary, &mask, &plain_settings(), &everything()).unwrap();
    let compared = compare(&measured, &references(&rows, "phantom"), "phantom");
    assert_eq!(compared, referenced_rows(|_| true));
}

#[test]
fn the_registry_and_the_standard_list_the_same_features() {
    let Some(shared) = folder() else { return };
    let rows = csv(shared.join("ibsi/reference_values.csv"));
    let standing = |status: &str| match status {
        "reference" => Standing::Referenced,
        _ => Standing::WithoutReference,
    };
    let published: BTreeMap<&str, Standing> =
        listed(&rows, "phantom").map(|r| (r[3].as_str(), standing(&r[8]))).collect();
    let registered: BTreeMap<&str, Standing> = registry::all().map(|f| (f.tag, f.standing)).collect();
    assert_eq!(registered, published);
}

/// Spacings along right, anterior and superior, and the rest of a configuration of the CT phantom.
pub(super) fn configuration(config: &str) -> ResolvedMeasurement {
    let mut s = plain_settings();
    s.intensity.round_hu = true;
    s.sampling.spacing_mm = match config {
        "A" => [None; 3],
        "B" => [Some(2.0), Some(2.0), None],
        _ => [Some(2.0); 3],
    };
    s.resegment = match config {
        "A" | "B" => Resegment { range: Some([-500.0, 400.0]), sigma: None },
        "C" => Resegment { range: Some([-1000.0, 400.0]), sigma: None },
        "D" => Resegment { range: None, sigma: Some(3.0) },
        _ => Resegment { range: Some([-1000.0, 400.0]), sigma: Some(3.0) },
    };
    s.discretise = match config {
        "A" => bin_size(25.0, -500.0),
        "C" => bin_size(25.0, -1000.0),
        _ => bin_number(32),
    };
    s.discretise.ivh = match config {
        "C" => Some(VolumeBins::Width(2.5)),
        "E" => Some(VolumeBins::Count(BinCount { number: 1000 })),
        _ => None,
    };
    if config == "E" {
        s.sampling.interpolation = Interpolation::Cubic;
    }
    s
}

#[test]
fn the_ct_phantom_has_the_standards_values_in_all_five_configurations() {
    let Some(shared) = folder() else { return };
    let rows = csv(shared.join("ibsi/reference_values.csv"));
    let (image, mask) =
        scan(shared.join("ibsi/ct_phantom_image.nii.gz"), shared.join("ibsi/ct_phantom_mask.nii.gz"));
    for config in ["A", "B", "C", "D", "E"] {
        let measured = measure(&image, Units::Hu, &mask, &configuration(config), &everything()).unwrap();
        let compared = compare(&measured, &references(&rows, config), config);
        let of_config = |a: Aggregation| a.word().starts_with(if config < "C" { '2' } else { '3' });
        assert_eq!(compared, referenced_rows(of_config), "{config}");
    }
}

/// How many rows features with a reference have under these aggregations.
fn referenced_rows(wanted: impl Fn(Aggregation) -> bool) -> usize {
    let rows = |f: &registry::FeatureInfo| match registry::aggregations(f.family) {
        [] => 1,
        aggregations => aggregations.iter().filter(|a| wanted(**a)).count(),
    };
    registry::all().filter(|f| f.standing == Standing::Referenced).map(rows).sum()
}

/// Tag and aggregation of a name such as `cm_contrast_d1_3d_avg_fbn_n32`.
fn mirp_feature(name: &str) -> Option<(String, Option<Aggregation>)> {
    let bare = name.find("_fb").map_or(name, |at| &name[..at]);
    for (ending, aggregation) in [
        ("_3d_avg", Aggregation::ThreeDAvg),
        ("_3d_v_mrg", Aggregation::ThreeDComb),
        ("_d1_a0.0_3d", Aggregation::ThreeD),
        ("_3d", Aggregation::ThreeD),
    ] {
        if let Some(tag) = bare.strip_suffix(ending) {
            let tag = tag.strip_suffix("_d1").unwrap_or(tag);
            return Some((tag.to_owned(), Some(aggregation))).filter(|f| registry::find(&f.0).is_some());
        }
    }
    Some((bare.to_owned(), None)).filter(|f| registry::find(&f.0).is_some())
}

/// A real scan's region, measured with the settings of the reference.
fn real_case(shared: &Path, case: &str) -> Measured {
    let images = shared.join("images").join(case);
    let (image, mask) = scan(images.join("image.nii.gz"), images.join("mask.nii.gz"));
    let mut settings = plain_settings();
    if case.ends_with("_ct") {
        settings.resegment.range = Some([-1000.0, 3000.0]);
        settings.discretise = bin_size(25.0, -1000.0);
    } else {
        settings.discretise = bin_number(32);
    }
    // Their defaults: whole HU as they are, SUV in tenths, 1000 bins where units are arbitrary.
    settings.discretise.ivh = match case.rsplit('_').next() {
        Some("ct") => None,
        Some("pet") => Some(VolumeBins::Width(0.1)),
        _ => Some(VolumeBins::Count(BinCount { number: 1000 })),
    };
    measure(&image, Units::Arbitrary, &mask, &settings, &everything()).unwrap()
}

#[test]
fn nine_real_scans_agree_with_another_implementation() {
    let Some(shared) = folder() else { return };
    let rows = csv(shared.join("reference/mirp_base.csv"));
    let cases: BTreeSet<&str> = rows[1..].iter().map(|r| r[0].as_str()).collect();
    assert_eq!(cases.len(), 9);
    let mut wrong = Vec::new();
    for case in cases {
        let measured = real_case(&shared, case);
        let mut compared = 0;
        for row in rows.iter().filter(|r| r[0] == case) {
            let Some((feature, aggregation)) = mirp_feature(&row[1]) else { continue };
            // Theirs are of a sample of the pairs.
            if ["morph_moran_i", "morph_geary_c"].contains(&feature.as_str()) {
                continue;
            }
            compared += 1;
            let reference: f64 = row[2].parse().unwrap();
            let value = measured.outcome(&feature, aggregation).and_then(Outcome::value);
            let tolerance = match feature.as_str() {
                // Their moments are in single precision.
                "stat_skew" | "stat_kurt" | "ih_skew" | "ih_kurt" => 5e-5,
                // So is their sum of intensities: on sts001_mr it is 38165104 and not 38165103, which moves the
                // weighted centre by 2e-6 mm.
                "morph_com" => 1e-5,
                _ => 1e-6,
            };
            let agrees =
                value.is_some_and(|v| (v - reference).abs() <= tolerance * reference.abs().max(1e-9));
            if !agrees {
                wrong.push(format!("{case} {feature} {aggregation:?}: {value:?}, {reference}"));
            }
        }
        let in_space = |a: Aggregation| a.word().starts_with('3');
        // Theirs of Moran's I and Geary's C are of a sample of the pairs.
        assert_eq!(compared, referenced_rows(in_space) - 2, "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn moran_and_geary_of_nine_real_scans_are_exact() {
    let Some(shared) = folder() else { return };
    let rows = csv(shared.join("reference/moran_geary_exact.csv"));
    assert_eq!(rows.len(), 1 + 9);
    for row in &rows[1..] {
        let measured = real_case(&shared, &row[0]);
        for (tag, reference) in rows[0][1..3].iter().zip(&row[1..3]) {
            let reference: f64 = reference.parse().unwrap();
            let value = measured.outcome(tag, None).and_then(Outcome::value).unwrap();
            assert!((value / reference - 1.0).abs() < 1e-9, "{} {tag}: {value}, {reference}", row[0]);
        }
    }
}

#[test]
fn one_contour_on_two_grids_has_one_volume_and_one_area() {
    let Some(shared) = folder() else { return };
    let surface = |case: &str| {
        let images = shared.join("images").join(case);
        let (image, mask) = scan(images.join("image.nii.gz"), images.join("mask.nii.gz"));
        let mut settings = plain_settings();
        settings.sampling.spacing_mm = [Some(1.0); 3];
        let selection = Selection { families: Some(vec![Family::new("morph")]), ..Selection::default() };
        let measured = measure(&image, Units::Arbitrary, &mask, &settings, &selection).unwrap();
        ["morph_volume", "morph_area_mesh"].map(|f| measured.outcome(f, None).unwrap().value().unwrap())
    };
    for (ct, mr) in surface("sts001_ct").into_iter().zip(surface("sts001_mr")) {
        println!("CT grid {ct:.2}, MR grid {mr:.2}: {:+.4} %", 100.0 * (mr / ct - 1.0));
        assert!((mr / ct - 1.0).abs() < 0.002, "{ct} {mr}");
    }
}

#[test]
fn the_resampled_ct_phantom_has_the_standards_grid() {
    let Some(shared) = folder() else { return };
    let (_, mask) =
        scan(shared.join("ibsi/ct_phantom_image.nii.gz"), shared.join("ibsi/ct_phantom_mask.nii.gz"));
    let resampling = Resampling::<Own>::new(mask.grid(), [Some(2.0); 3]).unwrap();
    assert_eq!(resampling.target().dims(), [100, 99, 90]);
    let window = resampling.window_of(&mask);
    let count = resampling.mask(&mask, window, 0.5).iter().filter(|b| **b).count() as f64;
    assert!((count - 45985.0).abs() <= 100.0, "{count}");
}

#[test]
fn the_body_of_real_scans_is_found_around_their_lesions() {
    let Some(shared) = folder() else { return };
    for case in ["brain1", "breast1", "sts001_mr", "sts003_mr"] {
        let images = shared.join("images").join(case);
        let (image, mask) = scan(images.join("image.nii.gz"), images.join("mask.nii.gz"));
        let with = body(&image, &[]);
        let share = with.count() as f64 / image.grid().len() as f64;
        let held = with.overlap(&mask) as f64 / mask.count() as f64;
        println!("{case}: body {share:.2} of the scan, {held:.3} of the lesion inside");
        assert!((0.05..0.95).contains(&share) && held > 0.8, "{case}: {share} {held}");
        let mut settings = plain_settings();
        settings.intensity.normalise = Normalise::Body;
        let prepared = prepare_image(&image, &settings, None, &[&mask]).unwrap();
        let z = Normalisation::inside(&prepared, &body(&image, &[&mask])).unwrap();
        assert!(z.mean.abs() < 1e-4 && (z.sd - 1.0).abs() < 1e-4, "{case}: {z:?}");
    }
}
