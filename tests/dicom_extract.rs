//! `delta extract` on series of a hospital with their RTSTRUCT, against the same scans and masks as another program
//! converted them to NIfTI.
//!
//! What is compared are a CT and a PET (SUV) of one sarcoma and the contour of each, converted by MIRP. The masks agree in
//! every voxel (17,090 and 555), so do the scans but for the last digit, and no feature may be apart by more than 1e-6. What
//! is left has two causes:
//! - A NIfTI header holds its affine in single precision (0.97656202 for 0.976562 mm, 3.26999998 for 3.27): sizes, areas
//!   and places differ, by up to 4.2e-8. The CT's intensities are whole numbers and the same, and so is all that is counted
//!   or summed of them.
//! - The PET was converted in single precision, the slope first and then the product; here the product is made in double
//!   precision and rounded once. A quarter of the voxels (9,777 of 38,880) differ, by one unit of the last digit (1.2e-7),
//!   and means and moments by up to 2.9e-8. No voxel changes its grey level.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{expect, reference, rows};
use delta_radiomics::io::{ReadOptions, Scan, read_regions, read_scan};
use delta_radiomics::labels::Mask;

/// Voxels where two scans or masks of one size are not the same, and the largest difference.
struct Apart {
    voxels: usize,
    /// Relative.
    most: f32,
    mask: usize,
}

fn read(image: &Path, mask: &Path) -> (Scan, Mask) {
    let options = ReadOptions::default();
    let scan = read_scan(image, &options).unwrap();
    let regions = read_regions(mask, scan.target(), &options).unwrap();
    let mask = regions.by_label.into_values().next().unwrap();
    (scan, mask)
}

fn compare((ours, drawn): &(Scan, Mask), (theirs, mask): &(Scan, Mask)) -> Apart {
    let gap = ours.volume.grid().corner_gap_mm(theirs.volume.grid()).unwrap();
    assert!(gap < 1e-4, "corners are {gap} mm apart");
    let pairs = ours.volume.values().iter().zip(theirs.volume.values());
    let apart: Vec<f32> =
        pairs.filter(|(a, b)| a != b).map(|(a, b)| (a - b).abs() / a.abs().max(b.abs())).collect();
    Apart {
        voxels: apart.len(),
        most: apart.iter().copied().fold(0.0, f32::max),
        mask: drawn.count() + mask.count() - 2 * drawn.overlap(mask),
    }
}

#[test]
fn a_series_with_its_contours_has_the_features_of_its_conversion() {
    let Some(reference) = reference() else { return };
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    for (name, roi, meant) in [
        ("ct", "GTV_Mass_CT", ["--modality", "CT", "--units", "HU"]),
        ("pet", "GTV_Mass_PET", ["--modality", "PT", "--units", "SUV"]),
    ] {
        let series = reference.join(format!("dicom/data/{name}_sts002"));
        let (image, object) = (series.join("image"), series.join("rtstruct/RS.dcm"));
        let nifti = reference.join(format!("images/sts002_{name}"));
        let (theirs, mask) = (nifti.join("image.nii.gz"), nifti.join("mask.nii.gz"));
        let apart = compare(&read(&image, &object), &read(&theirs, &mask));
        println!(
            "{name}: {} voxels of the scan differ, relatively by at most {:.1e}; {} of the mask",
            apart.voxels, apart.most, apart.mask
        );
        assert_eq!(apart.mask, 0);
        assert!(apart.most < 1.2e-7 && (name != "ct" || apart.voxels == 0));

        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (image, object) = (text(&image), format!("{}:{roi}", text(&object)));
        expect(here, &["extract", &image, &object, "--out", "dicom", "--force"], 0);
        let (theirs, mask) = (text(&theirs), text(&mask));
        let converted = ["extract", &theirs, &mask, "--out", "nifti", "--force"];
        expect(here, &[&converted[..], &meant].concat(), 0);
        let [ours, theirs] = ["dicom", "nifti"].map(|out| values(&here.join(out).join("features.csv")));
        assert!(ours.keys().eq(theirs.keys()) && ours.len() > 150);
        let (mut farthest, mut same) = ((0.0, String::new()), 0);
        for (key, [value, reason]) in &ours {
            let [other, why] = &theirs[key];
            assert_eq!(reason, why, "{key}");
            if value == other {
                same += 1;
                continue;
            }
            let [a, b]: [f64; 2] = [value, other].map(|text| text.parse().unwrap());
            let relative = (a - b).abs() / a.abs().max(b.abs());
            if relative > farthest.0 {
                farthest = (relative, format!("{key}: {a} and {b}"));
            }
        }
        println!("{name}: {same} of {} the same, farthest {:.1e}, {}", ours.len(), farthest.0, farthest.1);
        assert!(farthest.0 < 1e-6, "{name}: {}", farthest.1);
    }
}

/// Value and reason by feature and aggregation.
fn values(csv: &Path) -> BTreeMap<String, [String; 2]> {
    let row = |row: BTreeMap<String, String>| {
        let key = format!("{} {}", row["feature"], row["aggregation"]);
        (key, [row["value"].clone(), row["reason"].clone()])
    };
    rows(csv).into_iter().map(row).collect()
}
