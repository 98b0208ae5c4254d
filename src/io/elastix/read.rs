//! Transforms in, with those that they name.

use std::path::{Path, PathBuf};

use nalgebra::{Matrix3, Matrix4, Vector3};

use super::ElastixFault;
use super::entries::Entries;
use crate::geometry::{Fixed, Grid};
use crate::io::IoError;
use crate::io::itk::ItkFault;
use crate::io::itk::lps::{self, EulerOrder, LpsLattice, flip};
use crate::transform::{Chain, Rigid, Spline};

/// More files than this are no chain that anyone made.
const MOST_FILES: usize = 64;

/// The numbers of a transform.
const PARAMETERS: &str = "TransformParameters";

/// Where there is no initial transform.
pub(super) const NO_INITIAL: &str = "NoInitialTransform";

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ElastixTransform {
    /// All transforms, those that are named first.
    pub chain: Chain,
    /// Where the fixed image lies, as the last file says.
    pub grid: Option<Grid<Fixed>>,
}

/// One file.
#[derive(Debug)]
pub(super) struct OneFile {
    pub part: Option<Part>,
    pub initial: Option<PathBuf>,
    pub grid: Option<Grid<Fixed>>,
}

#[derive(Debug)]
pub(super) enum Part {
    Rigid(Rigid),
    Spline(Spline),
}

/// Whether a text is a transform of elastix: one of its lines starts with `(Transform`.
pub fn looks_like(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("(Transform "))
}

/// Reads a file and those that it names, which are looked for from its own folder, then from the current one.
pub fn read_chain(path: &Path) -> Result<ElastixTransform, IoError> {
    let refuse = |fault| IoError::Elastix { path: path.to_owned(), fault };
    let last = parse(&text_of(path).map_err(|e| IoError::file(path, e))?).map_err(refuse)?;
    let grid = last.grid.clone();
    let mut read = vec![path.to_owned()];
    let mut parts = vec![last.part];
    let mut next = last.initial;
    while let Some(named) = next {
        let file = find(&named, read.last().map_or(path, PathBuf::as_path));
        if read.contains(&file) || read.len() >= MOST_FILES {
            return Err(refuse(ElastixFault::Loop(named)));
        }
        let unread = |error: String| refuse(ElastixFault::Initial { path: named.clone(), error });
        let one = parse(&text_of(&file).map_err(|e| unread(e.to_string()))?);
        let one = one.map_err(|fault| unread(fault.to_string()))?;
        parts.push(one.part);
        next = one.initial;
        read.push(file);
    }
    let chain = parts.into_iter().rev().flatten().fold(Chain::default(), |chain, part| match part {
        Part::Rigid(rigid) => chain.then_rigid(rigid),
        Part::Spline(spline) => chain.then_spline(spline),
    });
    Ok(ElastixTransform { chain, grid })
}

fn text_of(path: &Path) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// A named file beside the one that names it, else as it is named.
fn find(named: &Path, by: &Path) -> PathBuf {
    let beside = by.parent().map_or_else(|| named.to_owned(), |folder| folder.join(named));
    if beside.exists() { beside } else { named.to_owned() }
}

/// Reads the text of one file.
pub(super) fn parse(text: &str) -> Result<OneFile, ElastixFault> {
    let entries = Entries::parse(text)?;
    for key in ["FixedImageDimension", "MovingImageDimension"] {
        if let Some(value) = entries.word(key).filter(|v| *v != "3") {
            return Err(ElastixFault::Setting { key, value: value.to_owned() });
        }
    }
    let switches = [
        ("UseDirectionCosines", "false"),
        ("UseBinaryFormatForTransformationParameters", "true"),
        ("UseCyclicTransform", "true"),
    ];
    for (key, unread) in switches {
        if let Some(value) = entries.word(key).filter(|v| *v == unread) {
            return Err(ElastixFault::Setting { key, value: value.to_owned() });
        }
    }
    let names = ["InitialTransformParameterFileName", "InitialTransformParametersFileName"];
    let initial = names.iter().find_map(|key| entries.word(key)).filter(|name| *name != NO_INITIAL);
    if initial.is_some() {
        let key = "HowToCombineTransforms";
        if let Some(value) = entries.word(key).filter(|v| *v != "Compose") {
            return Err(ElastixFault::Setting { key, value: value.to_owned() });
        }
    }
    Ok(OneFile { part: part(&entries)?, initial: initial.map(PathBuf::from), grid: grid(&entries)? })
}

/// The transform of a file; `None` for an identity.
fn part(entries: &Entries) -> Result<Option<Part>, ElastixFault> {
    let kind = entries.word("Transform").ok_or(ElastixFault::Missing("Transform"))?;
    let centre = || -> Result<Vector3<f64>, ElastixFault> {
        Ok(entries.needed::<3>("CenterOfRotationPoint", "three numbers")?.into())
    };
    let rigid = |rotation: Matrix3<f64>, centre: Vector3<f64>, shift: &[f64]| {
        Some(Part::Rigid(lps::rigid(rotation, centre, shift)))
    };
    Ok(match kind {
        "TranslationTransform" => {
            let shift = entries.needed::<3>(PARAMETERS, "three numbers")?;
            rigid(Matrix3::identity(), Vector3::zeros(), &shift)
        }
        "EulerTransform" => {
            let numbers = entries.needed::<6>(PARAMETERS, "six numbers")?;
            let is_zyx = entries.word("ComputeZYX") == Some("true");
            let order = if is_zyx { EulerOrder::Zyx } else { EulerOrder::Zxy };
            rigid(lps::euler(&numbers[..3], order), centre()?, &numbers[3..])
        }
        "AffineTransform" => {
            let numbers = entries.needed::<12>(PARAMETERS, "twelve numbers")?;
            let matrix = lps::rotation_near(&Matrix3::from_row_slice(&numbers[..9]));
            rigid(matrix.ok_or(ItkFault::NotRigid)?, centre()?, &numbers[9..])
        }
        "SimilarityTransform" => {
            let numbers = entries.needed::<7>(PARAMETERS, "seven numbers")?;
            let matrix = lps::rotation_near(&(lps::versor(&numbers[..3]) * numbers[6]));
            rigid(matrix.ok_or(ItkFault::NotRigid)?, centre()?, &numbers[3..6])
        }
        "BSplineTransform" => Some(Part::Spline(spline(entries)?)),
        _ => return Err(ElastixFault::Type(kind.to_owned())),
    })
}

fn spline(entries: &Entries) -> Result<Spline, ElastixFault> {
    let key = "BSplineTransformSplineOrder";
    if let Some(value) = entries.word(key).filter(|v| *v != "3") {
        return Err(ElastixFault::Setting { key, value: value.to_owned() });
    }
    let spacing_mm = entries.needed::<3>("GridSpacing", "three numbers")?;
    let directions = directions(entries, "GridDirection")?;
    let index = Vector3::from(entries.optional::<3>("GridIndex", "three numbers")?.unwrap_or([0.0; 3]));
    let origin = Vector3::from(entries.needed::<3>("GridOrigin", "three numbers")?);
    let lattice = LpsLattice {
        size: entries.needed::<3>("GridSize", "three numbers")?,
        first: origin + directions * index.component_mul(&Vector3::from(spacing_mm)),
        spacing_mm,
        directions,
    };
    let numbers = entries.numbers(PARAMETERS)?;
    let numbers = numbers.ok_or(ElastixFault::Missing(PARAMETERS))?;
    Ok(lattice.spline(&numbers)?)
}

/// Axes as columns; files hold them column by column. Without them they are those of LPS.
fn directions(entries: &Entries, key: &'static str) -> Result<Matrix3<f64>, ElastixFault> {
    let numbers = entries.optional::<9>(key, "nine numbers")?;
    Ok(numbers.map_or_else(Matrix3::identity, |n| Matrix3::from_column_slice(&n)))
}

/// Where the fixed image lies; `None` where the file does not say.
fn grid(entries: &Entries) -> Result<Option<Grid<Fixed>>, ElastixFault> {
    let Some(size) = entries.optional::<3>("Size", "three numbers")? else { return Ok(None) };
    let mut dims = [0; 3];
    for (dim, size) in dims.iter_mut().zip(size) {
        if size.fract() != 0.0 || !(1.0..=1e6).contains(&size) {
            return Err(ElastixFault::Value { key: "Size", expected: "three numbers of voxels" });
        }
        *dim = size as usize;
    }
    let spacing = Vector3::from(entries.needed::<3>("Spacing", "three numbers")?);
    let origin = Vector3::from(entries.needed::<3>("Origin", "three numbers")?);
    let index = Vector3::from(entries.optional::<3>("Index", "three numbers")?.unwrap_or([0.0; 3]));
    let linear = directions(entries, "Direction")? * Matrix3::from_diagonal(&spacing);
    let mut affine = Matrix4::identity();
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&(flip() * linear));
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&(flip() * (origin + linear * index)));
    Ok(Some(Grid::new(dims, affine)?))
}
