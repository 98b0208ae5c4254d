//! What transformix says, and what is refused.

use nalgebra::{Matrix3, Matrix4, Point3, Rotation3, Vector3};

use super::read::parse;
use super::*;
use crate::diagnose::Diagnose as _;
use crate::geometry::{Fixed, Grid, World};
use crate::transform::{Chain, Lattice, Part, PointMap as _, Rigid, Spline, Transform};

/// An oblique, flipped grid.
fn grid() -> Grid<Fixed> {
    let turn = Rotation3::from_euler_angles(0.3, -0.2, 1.1);
    let linear = turn.matrix() * Matrix3::from_diagonal(&Vector3::new(-2.0, 2.0, 3.0));
    let mut affine = Matrix4::identity();
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::new(30.0, -80.0, 12.0));
    Grid::new([21, 25, 14], affine).unwrap()
}

fn chain() -> Chain {
    let lattice = Lattice::covering(&grid(), [12.0, 13.0, 14.0]);
    let n = lattice.len();
    let wave = |s: f64| (0..n).map(|i| 3.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
    let rigid = Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
    let spline = Some(Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)]));
    Transform { rigid, spline }.into()
}

#[test]
fn a_chain_comes_back_from_its_files_with_the_fixed_grid() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain().then(chain());
    let files = texts(&chain, &grid(), "T.txt").unwrap();
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["T.1.txt", "T.2.txt", "T.3.txt", "T.txt"]);
    for file in &files {
        std::fs::write(folder.path().join(&file.name), &file.text).unwrap();
    }
    let read = read_chain(&folder.path().join("T.txt")).unwrap();
    let again = read.grid.unwrap();
    assert!(again.corner_gap_mm(&grid()).unwrap() < 1e-9);
    for offset in (0..grid().len()).step_by(7) {
        let p = grid().centre_of(grid().voxel(offset));
        assert!(chain.apply(p).distance(read.chain.apply(p)) < 1e-9);
    }
}

#[test]
fn a_chain_that_does_nothing_is_a_file_too() {
    let files = texts(&Chain::default(), &grid(), "T.txt").unwrap();
    assert_eq!(files.len(), 1);
    let part = parse(&files[0].text).unwrap().part;
    assert!(matches!(part, Some(super::read::Part::Rigid(rigid)) if rigid == Rigid::identity()));
}

#[test]
fn rigid_kinds_are_read_and_others_refused_by_name() {
    let text = |kind: &str, numbers: &str| {
        format!("(Transform \"{kind}\")\n(TransformParameters {numbers})\n(CenterOfRotationPoint 10 20 30)\n")
    };
    let rigid = |kind: &str, numbers: &str| match parse(&text(kind, numbers)).unwrap().part {
        Some(super::read::Part::Rigid(rigid)) => rigid,
        other => panic!("{other:?}"),
    };
    // A quarter turn about z by each kind: LPS (11, 20, 30) lies 1 before the centre along x, and goes along y.
    let quarter = std::f64::consts::FRAC_PI_2;
    let half = libm::sin(quarter / 2.0);
    for motion in [
        rigid("EulerTransform", &format!("0 0 {quarter} 1 2 3")),
        rigid("AffineTransform", "0 -1 0 1 0 0 0 0 1 1 2 3"),
        rigid("SimilarityTransform", &format!("0 0 {half} 1 2 3 1")),
    ] {
        let q = motion.apply(World::new(-11.0, -20.0, 30.0)).point();
        assert!((q - Point3::new(-11.0, -23.0, 33.0)).norm() < 1e-9, "{q}");
    }
    let fault = |kind: &str, numbers: &str| parse(&text(kind, numbers)).unwrap_err();
    assert_eq!(fault("AffineTransform", "1.1 0 0 0 1 0 0 0 1 1 2 3").code(), "E-ELASTIX-RIGID");
    assert_eq!(fault("SimilarityTransform", "0 0 0 1 2 3 1.05").code(), "E-ELASTIX-RIGID");
    assert!(fault("AffineLogTransform", "1").to_string().contains("AffineLogTransform"));
    assert_eq!(fault("EulerTransform", "0 0 0 1 2").code(), "E-ELASTIX-TEXT");
}

#[test]
fn settings_that_change_what_the_numbers_mean_are_refused() {
    let euler =
        "(Transform \"EulerTransform\")\n(TransformParameters 0 0 0 1 2 3)\n(CenterOfRotationPoint 0 0 0)\n";
    for line in [
        "(UseDirectionCosines \"false\")",
        "(UseBinaryFormatForTransformationParameters \"true\")",
        "(FixedImageDimension 2)",
        "(InitialTransformParametersFileName \"a.txt\")\n(HowToCombineTransforms \"Add\")",
    ] {
        assert_eq!(parse(&format!("{euler}{line}\n")).unwrap_err().code(), "E-ELASTIX-SETTING", "{line}");
    }
    // Without an initial transform there is nothing to combine.
    assert!(parse(&format!("{euler}(HowToCombineTransforms \"Add\")\n")).is_ok());
}

#[test]
fn files_that_name_each_other_or_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let euler = |initial: &str| {
        format!(
            "(Transform \"EulerTransform\")\n(TransformParameters 0 0 0 1 2 3)\n(CenterOfRotationPoint 0 0 0)\n\
             (InitialTransformParameterFileName \"{initial}\")\n"
        )
    };
    for (name, initial) in [("a.txt", "b.txt"), ("b.txt", "a.txt"), ("c.txt", "d.txt")] {
        std::fs::write(folder.path().join(name), euler(initial)).unwrap();
    }
    for name in ["a.txt", "c.txt"] {
        assert_eq!(read_chain(&folder.path().join(name)).unwrap_err().code(), "E-ELASTIX-INITIAL", "{name}");
    }
}

#[test]
fn a_field_is_no_elastix_file() {
    let zero = crate::volume::Volume::filled(grid(), [0.0_f32; 3]);
    let chain = chain().then_field(crate::transform::Field::new(zero));
    assert!(matches!(chain.parts().last(), Some(Part::Field(_))));
    assert_eq!(texts(&chain, &grid(), "T.txt").unwrap_err(), ElastixFault::Field);
}
