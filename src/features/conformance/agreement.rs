//! Test only: agreement with the standard's phantoms and with another implementation of the standard.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::reference::{all_aggregations, csv, folder, plain_settings, scan};
use crate::features::ibsi::{
    CONFIGURATIONS, Configuration, Phantom, Row, Table, compare, configuration, digital_phantom,
};
use crate::features::registry::Standing;
use crate::features::settings::{BinCount, Discretise, Normalise, VolumeBins};
use crate::features::{Measured, Selection, measure, prepare_image, registry};
use crate::geometry::Own;
use crate::image::normalise::{Normalisation, body};
use crate::image::resample::Resampling;
use crate::labels::Mask;
use crate::record::{Aggregation, Family, Outcome, Units};
use crate::volume::Volume;

/// How many rows of registered features were compared; fails with all that disagree.
fn agreeing(configuration: &Configuration, image: &Volume<f32>, mask: &Mask, table: &Table) -> usize {
    let measured = configuration.measure(image, mask).unwrap();
    let compared = compare(configuration, &measured, table);
    let wrong: Vec<_> = compared.iter().filter(|c| !c.verdict.holds()).collect();
    assert!(wrong.is_empty(), "{} of {} wrong\n{wrong:#?}", wrong.len(), compared.len());
    compared.len()
}

/// How many rows of a configuration there should be.
fn expected(configuration: &Configuration, table: &Table) -> usize {
    table.of(configuration.name).filter(|r| r.published.is_some()).count()
}

fn published() -> Option<(PathBuf, Table)> {
    let ibsi = folder()?.join("ibsi");
    let table = Table::parse(&std::fs::read_to_string(ibsi.join("reference_values.csv")).unwrap()).unwrap();
    Some((ibsi, table))
}

fn everything() -> Selection {
    Selection { aggregations: all_aggregations(), ..Selection::default() }
}

#[test]
fn the_digital_phantom_has_the_standards_values_in_every_aggregation() {
    let (image, mask) = digital_phantom();
    let (phantom, table) = (configuration("phantom").unwrap(), Table::of_the_digital_phantom());
    assert_eq!(agreeing(phantom, &image, &mask, &table), expected(phantom, &table));
}

#[test]
fn the_program_carries_the_digital_phantom_as_it_was_published() {
    let Some((ibsi, table)) = published() else { return };
    let read = scan(ibsi.join("digital_phantom_image.nii.gz"), ibsi.join("digital_phantom_mask.nii.gz"));
    assert_eq!(digital_phantom(), read);
    let of_the_phantom: Vec<_> = table.of("phantom").cloned().collect();
    assert_eq!(Table::of_the_digital_phantom().rows(), of_the_phantom);
}

#[test]
fn the_registry_and_the_standard_list_the_same_features() {
    let table = Table::of_the_digital_phantom();
    let standing = |r: &Row| match r.published {
        Some(_) => Standing::Referenced,
        None => Standing::WithoutReference,
    };
    let published: BTreeMap<&str, Standing> =
        table.rows().iter().map(|r| (r.feature.as_str(), standing(r))).collect();
    let of_the_standard = registry::all().filter(|f| f.standing != Standing::Own);
    let registered: BTreeMap<&str, Standing> = of_the_standard.map(|f| (f.tag, f.standing)).collect();
    assert_eq!(registered, published);
}

#[test]
fn the_ct_phantom_has_the_standards_values_in_all_five_configurations() {
    let Some((ibsi, table)) = published() else { return };
    let (image, mask) = scan(ibsi.join("ct_phantom_image.nii.gz"), ibsi.join("ct_phantom_mask.nii.gz"));
    for config in CONFIGURATIONS.iter().filter(|c| c.phantom == Phantom::Ct) {
        assert_eq!(agreeing(config, &image, &mask, &table), expected(config, &table), "{}", config.name);
    }
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
        settings.discretise = Discretise::of_size(25.0, -1000.0);
    } else {
        settings.discretise = Discretise::of_number(32);
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
    // The other implementation gives what the standard gives for a volume, and no more.
    let in_volume = expected(configuration("C").unwrap(), &published().unwrap().1);
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
        // Theirs of Moran's I and Geary's C are of a sample of the pairs.
        assert_eq!(compared, in_volume - 2, "{case}");
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
