//! Transforms out.

use std::fmt::Write as _;

use nalgebra::Vector3;

use super::ElastixFault;
use super::read::NO_INITIAL;
use crate::geometry::{Fixed, Grid};
use crate::io::itk::lps::{self, LpsLattice, flip};
use crate::transform::{Chain, Part, Rigid, Spline};

/// A file to be written beside others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A chain as files that name each other, the one that acts first comes first; the last is called `name`.
///
/// For `T.txt` the others are `T.1.txt`, `T.2.txt`, ... `grid` is that of the fixed image, which every file names.
/// A displacement field is refused.
pub fn texts(chain: &Chain, grid: &Grid<Fixed>, name: &str) -> Result<Vec<TextFile>, ElastixFault> {
    let identity = Rigid::identity();
    let mut parts = chain.parts();
    if parts.is_empty() {
        parts.push(Part::Rigid(&identity));
    }
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    let mut files: Vec<TextFile> = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let initial = files.last().map_or(NO_INITIAL, |file| file.name.as_str());
        let text = text(*part, initial, grid)?;
        let own = if n + 1 == parts.len() { name.to_owned() } else { format!("{stem}.{}.txt", n + 1) };
        files.push(TextFile { name: own, text });
    }
    Ok(files)
}

/// One file: of points in LPS, as elastix has them.
fn text(part: Part<'_>, initial: &str, grid: &Grid<Fixed>) -> Result<String, ElastixFault> {
    let mut lines = Lines(
        "// Takes a point of the fixed image to the same tissue in the moving image (LPS, mm).\n".to_owned(),
    );
    match part {
        Part::Rigid(_) => lines.words("Transform", &["EulerTransform"]),
        Part::Spline(_) => lines.words("Transform", &["BSplineTransform"]),
        Part::Field(_) => return Err(ElastixFault::Field),
    }
    let parameters: Vec<f64> = match part {
        Part::Rigid(rigid) => euler(rigid),
        Part::Spline(spline) => lps::coefficients(spline).collect(),
        Part::Field(_) => Vec::new(),
    };
    lines.counts("NumberOfParameters", &[parameters.len()]);
    lines.numbers("TransformParameters", parameters);
    lines.words("InitialTransformParameterFileName", &[initial]);
    lines.words("HowToCombineTransforms", &["Compose"]);
    lines.fixed_image(grid);
    match part {
        Part::Rigid(_) => {
            lines.numbers("CenterOfRotationPoint", [0.0; 3]);
            lines.words("ComputeZYX", &["false"]);
        }
        Part::Spline(spline) => lines.lattice(spline),
        Part::Field(_) => {}
    }
    lines.resampling();
    Ok(lines.0)
}

/// Three angles and a shift about the origin.
fn euler(rigid: &Rigid) -> Vec<f64> {
    let (rotation, shift) = lps::rotation_and_shift(rigid);
    lps::euler_angles(&rotation).into_iter().chain(shift.iter().copied()).collect()
}

/// The text of a file, line by line. Writing to a String cannot fail.
struct Lines(String);

impl Lines {
    fn words(&mut self, key: &str, values: &[&str]) {
        let quoted: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
        let _ = writeln!(self.0, "({key} {})", quoted.join(" "));
    }
    fn counts(&mut self, key: &str, values: &[usize]) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let _ = writeln!(self.0, "({key} {})", values.join(" "));
    }
    fn numbers(&mut self, key: &str, values: impl IntoIterator<Item = f64>) {
        let _ = write!(self.0, "({key}");
        for value in values {
            // Adding zero turns -0 into 0; the shortest form reads back to the same f64.
            let _ = write!(self.0, " {:?}", value + 0.0);
        }
        self.0.push_str(")\n");
    }

    fn fixed_image(&mut self, grid: &Grid<Fixed>) {
        let origin = flip() * grid.centre_of([0; 3]).point().coords;
        let directions = flip() * grid.directions();
        self.counts("FixedImageDimension", &[3]);
        self.counts("MovingImageDimension", &[3]);
        self.words("FixedInternalImagePixelType", &["float"]);
        self.words("MovingInternalImagePixelType", &["float"]);
        self.counts("Size", &grid.dims());
        self.counts("Index", &[0, 0, 0]);
        self.numbers("Spacing", grid.spacing());
        self.numbers("Origin", origin.iter().copied());
        // nalgebra stores columns one after the other, and so does elastix.
        self.numbers("Direction", directions.iter().copied());
        self.words("UseDirectionCosines", &["true"]);
    }

    fn lattice(&mut self, spline: &Spline) {
        let LpsLattice { first, spacing_mm, directions, .. } = LpsLattice::of(spline.lattice());
        let first: Vector3<f64> = first;
        self.counts("GridSize", &spline.lattice().dims());
        self.counts("GridIndex", &[0, 0, 0]);
        self.numbers("GridSpacing", spacing_mm);
        self.numbers("GridOrigin", first.iter().copied());
        self.numbers("GridDirection", directions.iter().copied());
        self.counts("BSplineTransformSplineOrder", &[3]);
        self.words("UseCyclicTransform", &["false"]);
    }

    fn resampling(&mut self) {
        self.words("ResampleInterpolator", &["FinalBSplineInterpolator"]);
        self.counts("FinalBSplineInterpolationOrder", &[1]);
        self.words("Resampler", &["DefaultResampler"]);
        self.counts("DefaultPixelValue", &[0]);
        self.words("ResultImageFormat", &["nii.gz"]);
        self.words("ResultImagePixelType", &["float"]);
        self.words("CompressResultImage", &["true"]);
    }
}
