//! Real scans: what is read agrees with what is known of them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use common::reference;

use delta_radiomics::geometry::{Fixed, World};
use delta_radiomics::io::landmarks::read_landmarks;
use delta_radiomics::io::{
    ReadOptions, VisitSource, looks_like_ct, read_displacement, read_label_map, read_scan, read_visit,
};
use delta_radiomics::volume::Volume;
use nalgebra::Vector3;

#[test]
fn contours_of_real_scans_have_their_known_numbers_of_voxels() {
    let Some(folder) = reference() else { return };
    // Counts from the table that comes with the images.
    let known = [
        ("brain1", 4137),
        ("breast1", 143),
        ("prostate_phantom", 168),
        ("sts001_ct", 117_145),
        ("sts001_mr", 117_145),
        ("sts001_pet", 5095),
        ("sts002_ct", 17_090),
        ("sts002_pet", 555),
        ("sts003_mr", 25_693),
    ];
    for (name, voxels) in known {
        let visit =
            read_visit(&VisitSource::new(folder.join("images").join(name)), &ReadOptions::default()).unwrap();
        assert_eq!(visit.structures[0].mask.count(), voxels, "{name}");
        assert_eq!(looks_like_ct(&visit.image), name.ends_with("_ct"), "{name}");
    }
}

/// A field's vector at a point, by linear interpolation; `None` outside.
fn displacement(field: &Volume<[f32; 3], Fixed>, p: World<Fixed>) -> Option<Vector3<f64>> {
    let index = field.grid().index_of(p);
    if !field.grid().holds(index) {
        return None;
    }
    let (dims, at) = (field.grid().dims(), index.point());
    let base: [usize; 3] = std::array::from_fn(|a| (at[a] as usize).min(dims[a] - 2));
    let mut u = Vector3::zeros();
    for corner in 0..8 {
        let step: [usize; 3] = std::array::from_fn(|a| corner >> a & 1);
        let weight: f64 = (0..3)
            .map(|a| {
                let t = at[a] - base[a] as f64;
                if step[a] == 1 { t } else { 1.0 - t }
            })
            .product();
        let vector = field.at(base[0] + step[0], base[1] + step[1], base[2] + step[2]);
        u += Vector3::from(vector.map(f64::from)) * weight;
    }
    Some(u)
}

#[test]
fn true_displacements_carry_fixed_landmarks_to_moving_ones() {
    let Some(folder) = reference() else { return };
    for pair in ["kt_ct_thorax_lidc0314", "kt_ct_liver_crlm1004", "kt_mr_brain_oasis", "kt_pet_sts001"] {
        let pair = folder.join("registration").join(pair);
        let field =
            read_displacement(&pair.join("truth_displacement.nii.gz"), &ReadOptions::default()).unwrap();
        let landmarks = read_landmarks(&pair.join("landmarks.csv")).unwrap();
        assert_eq!(landmarks.len(), 400);
        let (mut sum, mut used, mut still) = (0.0, 0, 0.0);
        for l in &landmarks {
            let Some(u) = displacement(&field, l.fixed) else { continue };
            sum += (l.fixed.point() + u - l.moving.point()).norm();
            still += (l.fixed.point() - l.moving.point()).norm();
            used += 1;
        }
        let (error, before) = (sum / f64::from(used), still / f64::from(used));
        println!(
            "{}: {error:.4} mm with the field, {before:.2} mm without, {used} landmarks",
            pair.display()
        );
        // The stored field is coarse, so a little is lost between its points; a wrong sign would double `before`.
        assert!(used > 380 && error < 0.3 && before > 2.0, "{}: {error} {before} {used}", pair.display());
    }
}

#[test]
fn every_real_scan_and_label_map_is_accepted() {
    let Some(folder) = reference() else { return };
    let mut read = 0;
    for pair in std::fs::read_dir(folder.join("registration")).unwrap() {
        let pair = pair.unwrap().path();
        for name in ["fixed", "moving"] {
            let (image, labels) =
                (pair.join(format!("{name}.nii.gz")), pair.join(format!("{name}_labels.nii.gz")));
            if image.is_file() {
                let scan = read_scan(&image, &ReadOptions::default()).unwrap();
                assert!(scan.notes.is_empty(), "{:?}", scan.notes);
                read += 1;
            }
            if labels.is_file() {
                let labels = read_label_map(&labels, &ReadOptions::default()).unwrap().volume;
                assert!(labels.values().iter().any(|&l| l > 0));
                read += 1;
            }
        }
    }
    assert!(read >= 30, "{read} files");
}
