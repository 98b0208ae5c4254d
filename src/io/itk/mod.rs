//! Transforms as ITK text (`.tfm`, "Insight Transform File V1.0"): LPS, fixed to moving points.
//!
//! A rigid motion is written as an affine transform, which needs no convention of angles. A composite lists the
//! part that acts last first: ours is rigid, then spline, for `T(x) = R(x + u(x))`. An ITK B-spline's lattice is
//! given by the position of its first control, one spacing before its domain, and its coefficients are
//! displacements in LPS. Source: ITK's `itkTxtTransformIO` and `itkBSplineTransform`.

pub(super) mod lps;
mod read;
mod write;

use thiserror::Error;

use crate::diagnose::Diagnose;

pub use read::{read_chain, read_transform};
pub use write::{chain_text, write_rigid, write_spline, write_transform};

/// What every file starts with.
pub(super) const FIRST_LINE: &str = "#Insight Transform File V1.0";

const AFFINE: &str = "AffineTransform_double_3_3";
const SPLINE: &str = "BSplineTransform_double_3_3";
const COMPOSITE: &str = "CompositeTransform_double_3_3";

/// Why a transform file is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ItkFault {
    /// The first line is missing.
    #[error("this is no ITK transform text (its first line is not \"#Insight Transform File V1.0\")")]
    Magic,
    /// A line that cannot be read.
    #[error("line {0} cannot be read")]
    Line(usize),
    /// A transform that is not known.
    #[error("a {0} is neither rigid nor a cubic B-spline")]
    Type(String),
    /// A number of parameters that does not fit.
    #[error("{kind} has {found} numbers where {expected} are asked for")]
    Count {
        /// Kind of transform.
        kind: &'static str,
        /// What is asked for.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// A matrix that stretches.
    #[error("the affine transform is not rigid: it stretches, shears or mirrors")]
    NotRigid,
    /// A lattice that cannot be.
    #[error("the B-spline's lattice is impossible: {0}")]
    Lattice(&'static str),
    /// More than one spline.
    #[error("the file holds more than one B-spline")]
    TwoSplines,
    /// No transform at all.
    #[error("the file holds no transform")]
    Nothing,
    /// Something to write that such text does not hold.
    #[error("a displacement field is no transform of this text")]
    Field,
}

impl Diagnose for ItkFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Magic | Self::Line(_) | Self::Nothing => "E-TFM-TEXT",
            Self::Type(_) | Self::TwoSplines | Self::Field => "E-TFM-TYPE",
            Self::Count { .. } => "E-TFM-COUNT",
            Self::NotRigid => "E-TFM-RIGID",
            Self::Lattice(_) => "E-TFM-LATTICE",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Magic | Self::Line(_) | Self::Nothing | Self::Count { .. } => {
                "Write the transform again, for example with SimpleITK's WriteTransform to a .tfm file."
                    .into()
            }
            Self::Type(_) | Self::TwoSplines | Self::NotRigid => {
                "Read are Euler3D, VersorRigid3D, Translation, rigid Affine and one cubic BSpline, also in a \
                 Composite."
                    .into()
            }
            Self::Field => "Write a displacement field instead: name a file that ends with .nii.gz.".into(),
            Self::Lattice(_) => "The lattice needs four controls or more and orthogonal axes.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Matrix3, Point3, Rotation3, Vector3};

    use super::lps::flip;
    use super::read::{parse, spline};
    use super::write::{header, push_rigid, push_spline};
    use super::*;
    use crate::geometry::{Fixed, Grid, World};
    use crate::transform::{Chain, Lattice, PointMap as _, Rigid, Spline, Transform};

    /// An oblique, flipped grid under a rotation and a spline with a coefficient of its own at each control.
    fn wavy() -> Transform {
        let turn = Rotation3::from_euler_angles(0.3, -0.2, 1.1);
        let mut affine = nalgebra::Matrix4::identity();
        let linear = turn.matrix() * Matrix3::from_diagonal(&Vector3::new(-2.0, 2.0, 3.0));
        affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
        affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::new(30.0, -80.0, 12.0));
        let grid = Grid::<Fixed>::new([21, 25, 14], affine).unwrap();
        let lattice = Lattice::covering(&grid, [12.0, 13.0, 14.0]);
        let n = lattice.len();
        let wave = |s: f64| (0..n).map(|i| 3.0 * libm::sin(i as f64 * s)).collect::<Vec<_>>();
        let rigid =
            Rigid::about(Point3::new(3.0, 20.0, 20.0), [0.1, -0.05, 0.2], Vector3::new(4.0, -2.0, 1.0));
        Transform { rigid, spline: Some(Spline::new(lattice, [wave(0.7), wave(1.1), wave(1.9)])) }
    }

    /// Points in the lattice's domain and up to half a spacing outside it.
    fn points(spline: &Spline) -> Vec<World<Fixed>> {
        let lattice = spline.lattice();
        (0..1000)
            .map(|n| {
                let t = Vector3::from_fn(|a, _| {
                    let u = (n as f64 * [0.618_034, 0.754_878, 0.569_840][a]).fract();
                    let length = (lattice.dims()[a] - 3) as f64;
                    (u * (length + 1.0) - 0.5) * lattice.spacing_mm()[a]
                });
                World::from_point((lattice.origin() + lattice.directions() * t).into())
            })
            .collect()
    }

    #[test]
    fn a_transform_comes_back_from_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.tfm");
        let transform = wavy();
        write_transform(&path, &transform).unwrap();
        let back = read_transform(&path).unwrap();
        let (mut moved, mut still) = (0, 0);
        for p in points(transform.spline.as_ref().unwrap()) {
            assert!(transform.apply(p).distance(back.apply(p)) < 1e-9);
            let bent = transform.spline.as_ref().unwrap().displacement(p).norm();
            if bent > 0.0 { moved += 1 } else { still += 1 }
        }
        assert!(moved > 400 && still > 100, "points inside and outside: {moved}, {still}");
    }

    #[test]
    fn a_spline_after_a_rigid_motion_is_turned_into_one_before_it() {
        let (r, s) = (wavy().rigid, wavy().spline.unwrap());
        let mut text = header();
        push_spline(&mut text, 0, &s);
        push_rigid(&mut text, 1, &r);
        let read = parse(&text).unwrap().as_transform().unwrap();
        let inverse = Transform::from_rigid(r.clone());
        for q in points(&s) {
            let x = inverse.inverse(World::from_point(q.point())).point;
            let expected = q + s.displacement(q);
            assert!((read.apply(x).point() - expected.point()).norm() < 1e-9);
        }
    }

    #[test]
    fn any_number_of_parts_comes_back_from_its_text() {
        let t = wavy();
        let (rigid, bend) = (t.rigid.clone(), t.spline.clone().unwrap());
        let chain = Chain::from(t).then_spline(bend.clone()).then_rigid(rigid).then_spline(bend.clone());
        let back = parse(&chain_text(&chain).unwrap()).unwrap();
        assert_eq!(back.parts().len(), 5);
        for p in points(&bend) {
            assert!(chain.apply(p).distance(back.apply(p)) < 1e-9);
        }
        let none = parse(&chain_text(&Chain::default()).unwrap()).unwrap();
        assert_eq!(none.as_transform(), Some(Transform::identity()));
    }

    #[test]
    fn a_control_moves_its_own_point_by_eight_27ths() {
        // Checked with SimpleITK: a coefficient of 5 mm in y moves its control's position by 5 (2/3)^3.
        let mut numbers = vec![0.0; 3 * 125];
        numbers[125 + 2 + 5 * (2 + 5 * 2)] = 5.0;
        let fixed =
            [5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let spline = spline(&numbers, &fixed).unwrap();
        let u = spline.displacement(World::new(-20.0, -20.0, 20.0));
        assert!((u - Vector3::new(0.0, -5.0 * 8.0 / 27.0, 0.0)).norm() < 1e-12);
    }

    #[test]
    fn euler_angles_are_read_in_both_orders() {
        let text = |zyx: u8| {
            format!(
                "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n\
                 Parameters: 0.1 0.2 0.3 1 2 3\nFixedParameters: 10 20 30 {zyx}\n"
            )
        };
        // In LPS, by hand: x with angles about X, Y, Z around the centre.
        let expected = Rotation3::from_euler_angles(0.1, 0.2, 0.3);
        let read = parse(&text(1)).unwrap().as_transform().unwrap();
        let p = Vector3::new(-5.0, 7.0, 11.0);
        let c = Vector3::new(10.0, 20.0, 30.0);
        let lps = expected * (flip() * p - c) + c + Vector3::new(1.0, 2.0, 3.0);
        let got = read.apply(World::from_point(p.into())).point().coords;
        assert!((got - flip() * lps).norm() < 1e-12);
        assert!(
            (parse(&text(0)).unwrap().as_rigid().unwrap().rotation() - read.rigid.rotation()).norm() > 1e-3
        );
    }

    #[test]
    fn foreign_transforms_are_refused() {
        let refuse = |body: &str| parse(&format!("#Insight Transform File V1.0\n{body}")).unwrap_err().code();
        assert_eq!(parse("hello").unwrap_err(), ItkFault::Magic);
        assert_eq!(refuse(""), "E-TFM-TEXT");
        assert_eq!(
            refuse("Transform: ThinPlateSpline_double_3_3\nParameters: 1\nFixedParameters: 1\n"),
            "E-TFM-TYPE"
        );
        let stretched = "Transform: AffineTransform_double_3_3\nParameters: 1.1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n";
        assert_eq!(refuse(stretched), "E-TFM-RIGID");
        assert_eq!(refuse("Transform: AffineTransform_double_3_3\nParameters: 1 0 nan\n"), "E-TFM-TEXT");
        assert_eq!(
            refuse(
                "Transform: BSplineTransform_double_3_3\nParameters: 1\nFixedParameters: 9 9 9 0 0 0 1 1 1 1 0 0 0 1 0 0 0 1\n"
            ),
            "E-TFM-COUNT"
        );
    }
}
