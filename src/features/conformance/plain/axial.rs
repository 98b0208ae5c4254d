//! Test only: the longest axial diameter by a look at all pairs of vertices, on regions that lie as scans do.

use nalgebra::{Matrix3, Matrix4, Rotation3, Vector3};

use super::morphology::{regions, vertices};
use crate::features::conformance::reference::{csv, folder, plain_settings, scan};
use crate::features::discretise::Levels;
use crate::features::registry::morphology::Shape;
use crate::features::registry::{Definition, Morph};
use crate::features::roi::{Block, Roi};
use crate::features::settings::{Dimension, ResolvedMeasurement};
use crate::features::{Selection, measure};
use crate::geometry::{Grid, Index, Own};
use crate::labels::Mask;
use crate::record::{Aggregation, Outcome, Units};
use crate::volume::Volume;

const TAG: &str = "morph_diam_axial";

/// The largest distance of two vertices in one of the `planes` across an axis.
fn longest_in(block: &Block, across: usize, planes: Planes) -> f64 {
    let slice = |p: &Vector3<f64>| p[across] / block.spacing_mm[across];
    let counts =
        |p: &Vector3<f64>| planes == Planes::AndBetween || (slice(p) - slice(p).round()).abs() < 0.25;
    let mut vertices: Vec<_> = vertices(block).into_iter().filter(counts).collect();
    vertices.sort_by(|p, q| slice(p).total_cmp(&slice(q)));
    let mut longest = 0.0_f64;
    for of_slice in vertices.chunk_by(|p, q| (slice(p) - slice(q)).abs() < 0.25) {
        for p in of_slice {
            longest = of_slice.iter().map(|q| (p - q).norm()).fold(longest, f64::max);
        }
    }
    longest
}

/// Where vertices lie.
#[derive(Clone, Copy, PartialEq)]
enum Planes {
    /// Through centres of voxels.
    OfCentres,
    /// Those, and half way between them, where voxels of two slices have vertices.
    AndBetween,
}

fn longest(block: &Block, across: usize) -> f64 {
    longest_in(block, across, Planes::OfCentres)
}

/// By tag.
pub fn values(block: &Block, _: &Levels, _: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    vec![(TAG, longest(block, 2))]
}

#[test]
fn regions_of_many_forms_have_the_plain_axial_diameter_across_either_axis() {
    for (n, block) in regions().iter().enumerate() {
        for across in [1, 2] {
            let shape = Shape::of(block, across).unwrap();
            let value = |tag: &str| {
                let feature = Morph::FEATURES.iter().find(|f| f.info.tag == tag).unwrap();
                (feature.value)(&shape).value().unwrap()
            };
            let plain = longest(block, across);
            assert!(
                (value(TAG) - plain).abs() < 1e-12 * plain,
                "region {n}, {across}: {} {plain}",
                value(TAG)
            );
            assert!(value(TAG) <= value("morph_diam") * (1.0 + 1e-12), "region {n}");
        }
    }
}

/// A grid of 40 voxels a side whose array axes run along the columns of `directions`.
fn grid(directions: Matrix3<f64>, spacing_mm: [f64; 3]) -> Grid<Own> {
    let mut affine = Matrix4::identity();
    for a in 0..3 {
        affine.fixed_view_mut::<3, 1>(0, a).copy_from(&(directions.column(a) * spacing_mm[a]));
    }
    let middle = affine * Vector3::repeat(19.5).push(1.0);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&-middle.fixed_rows::<3>(0));
    Grid::new([40; 3], affine).unwrap()
}

/// An ellipsoid of 12 x 20 x 30 mm (right, anterior, superior) around the origin.
fn ellipsoid(grid: &Grid<Own>) -> (Volume<f32, Own>, Mask<Own>) {
    let inside = |o: usize| {
        let [i, j, k] = grid.voxel(o).map(|n| n as f64);
        let p = grid.world_of(Index::new(i, j, k)).point();
        (p[0] / 6.0).powi(2) + (p[1] / 10.0).powi(2) + (p[2] / 15.0).powi(2) <= 1.0
    };
    let mask = Mask::from_fn(grid.clone(), inside);
    (Volume::new(grid.clone(), vec![1.0; 64000]), mask)
}

fn axial(image: &Volume<f32, Own>, mask: &Mask<Own>, settings: &ResolvedMeasurement) -> f64 {
    match measure(image, Units::Arbitrary, mask, settings, &Selection::default()).unwrap().outcome(TAG, None)
    {
        Some(Outcome::NotStandardised(value)) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_ellipsoid_has_its_axial_diameter_however_its_scan_is_stored() {
    let [x, y, z] = [Vector3::x(), Vector3::y(), Vector3::z()];
    for [a, b, c] in [[x, y, z], [z, -x, y], [y, -z, x], [-x, -y, z]] {
        let spacing = [a, b, c].map(|d| if d.z == 0.0 { 0.75 } else { 1.5 });
        let (image, mask) = ellipsoid(&grid(Matrix3::from_columns(&[a, b, c]), spacing));
        let thick = |slice_axis| {
            let mut settings = plain_settings();
            settings.sampling.dimension = Dimension::InPlane;
            settings.sampling.slice_axis = Some(slice_axis);
            settings
        };
        for settings in [plain_settings(), thick(0), thick(1), thick(2)] {
            let found = axial(&image, &mask, &settings);
            assert!((found - 20.0).abs() < 0.75, "{a} {b} {c}: {found}, the height is 30");
        }
    }
}

#[test]
fn on_an_oblique_grid_the_slices_are_those_nearest_to_axial() {
    // Tilted by 20 degrees about the left-right axis: a slice through the middle sees
    // 1 / sqrt(cos^2 / 10^2 + sin^2 / 15^2) mm to either side.
    let tilt = 20.0_f64.to_radians();
    let turn = Rotation3::from_axis_angle(&Vector3::x_axis(), tilt).into_inner();
    let (image, mask) = ellipsoid(&grid(turn, [0.9; 3]));
    let expected = 2.0 / ((tilt.cos() / 10.0).powi(2) + (tilt.sin() / 15.0).powi(2)).sqrt();
    let found = axial(&image, &mask, &plain_settings());
    assert!((found - expected).abs() < 0.9, "{found} {expected}");
}

/// PyRadiomics' diameter in a plane is of the same vertices, but also of planes half way between two slices, where it
/// measures from a voxel of one to a voxel of the other: it is never the smaller one.
#[test]
fn real_scans_have_the_slice_diameter_of_pyradiomics_less_what_lies_between_slices() {
    let Some(shared) = folder() else { return };
    let (mut compared, mut equal) = (0, 0);
    for row in csv(shared.join("reference/pyradiomics_default.csv")) {
        let images = shared.join("images").join(&row[0]);
        if row[1] != "original_shape_Maximum2DDiameterSlice" || row[0].ends_with("_ct") {
            continue;
        }
        let (image, mask) = scan(images.join("image.nii.gz"), images.join("mask.nii.gz"));
        let roi = Roi::new(&image, &mask, &plain_settings()).unwrap();
        if image.grid().anatomical_axes()[2] != 2 {
            continue;
        }
        let (ours, theirs) = (axial(&image, &mask, &plain_settings()), row[2].parse::<f64>().unwrap());
        let plain = longest_in(roi.outline(), 2, Planes::AndBetween);
        println!("{}: {ours} within a slice, {plain} with what lies between, {theirs} theirs", row[0]);
        assert!((plain - theirs).abs() < 1e-6 * theirs, "{}: {plain} {theirs}", row[0]);
        assert!(ours < theirs * (1.0 + 1e-6), "{}: {ours} {theirs}", row[0]);
        compared += 1;
        equal += usize::from((ours - theirs).abs() < 1e-6 * theirs);
    }
    println!("{equal} of {compared} equal");
    assert!(compared >= 3, "{compared}");
}
