//! Where voxels lie: sform, qform, and what to do when they disagree.

use nalgebra::{Matrix3, Matrix4, Quaternion, Rotation3, UnitQuaternion, Vector3};
use serde::Serialize;

use super::fault::NiftiFault;
use super::header::Header;
use crate::geometry::{GeometryError, Grid, Own};
use crate::io::NiftiForm;

/// Corners further apart than this share of the smallest spacing make sform and qform a contradiction
/// (docs/method.md, Frames): float32 quaternions near 180 degrees alone put corners up to 0.2 mm apart.
const FORMS_TOLERANCE: f64 = 0.25;

/// Which of the header's orientations counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FormUsed {
    /// Method 3: the affine.
    Sform,
    /// Method 2: quaternion, spacing and offset.
    Qform,
    /// Method 1: the spacing alone.
    Pixdim,
}

/// A grid as a header gives it.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The grid.
    pub grid: Grid,
    /// Which orientation it rests on.
    pub form: FormUsed,
    /// Largest distance of corresponding corners between sform and qform, where both are set.
    pub gap_mm: Option<f64>,
    /// What was decided, in sentences.
    pub notes: Vec<String>,
}

/// The grid of a header with `dims` voxels.
pub fn place(header: &Header, dims: [usize; 3], choice: Option<NiftiForm>) -> Result<Placement, NiftiFault> {
    let spacing = spacing(header)?;
    let (unit_mm, mut notes) = unit_mm(header);
    let scaled = |m: Matrix4<f64>| {
        let mut scale = Matrix4::identity() * unit_mm;
        scale[(3, 3)] = 1.0;
        scale * m
    };
    let (has_s, has_q) = (header.sform_code > 0, header.qform_code > 0);
    let wants = match (has_s, has_q, choice) {
        (true, true, Some(NiftiForm::Qform)) | (false, true, _) => FormUsed::Qform,
        (true, _, _) => FormUsed::Sform,
        (false, false, _) => FormUsed::Pixdim,
    };
    let affine = match wants {
        FormUsed::Sform => sform(header)?,
        FormUsed::Qform => qform(header, spacing)?,
        FormUsed::Pixdim => {
            notes.push(
                "The header sets neither sform nor qform: axes are taken as right, anterior, superior from the \
                 first voxel (NIfTI method 1), so left and right are not known."
                    .into(),
            );
            Matrix4::from_diagonal(&Vector3::from(spacing).push(1.0))
        }
    };
    let grid = grid(dims, scaled(affine))?;
    let gap_mm = match (has_s && has_q, choice) {
        (true, None) => Some(forms_gap(header, spacing, &grid, &scaled)?),
        // The user has decided: no gap is a contradiction any more.
        (true, Some(_)) | (false, _) => None,
    };
    if wants == FormUsed::Sform && !has_q {
        let columns = grid.spacing();
        if (0..3).any(|a| (columns[a] - unit_mm * spacing[a]).abs() > 0.01 * columns[a]) {
            notes.push(format!(
                "The header's pixdim {spacing:?} differs from the spacing of its sform {columns:?}: the sform counts."
            ));
        }
    }
    Ok(Placement { grid, form: wants, gap_mm, notes })
}

/// Distance between the corners by sform and by qform, refused where it is a contradiction.
fn forms_gap(
    header: &Header,
    spacing: [f64; 3],
    by_sform: &Grid,
    scaled: &impl Fn(Matrix4<f64>) -> Matrix4<f64>,
) -> Result<f64, NiftiFault> {
    let by_qform = grid(by_sform.dims(), scaled(qform(header, spacing)?))?;
    let smallest = by_sform.spacing().into_iter().chain(by_qform.spacing()).fold(f64::INFINITY, f64::min);
    // Both grids have the same dimensions, so there always is a gap.
    let gap_mm = by_sform.corner_gap_mm(&by_qform).unwrap_or(f64::INFINITY);
    if gap_mm > FORMS_TOLERANCE * smallest {
        return Err(NiftiFault::Forms { gap_mm, percent: 100.0 * gap_mm / smallest });
    }
    Ok(gap_mm)
}

/// A grid, with parallel axes told apart from a tilt.
fn grid(dims: [usize; 3], affine: Matrix4<f64>) -> Result<Grid<Own>, NiftiFault> {
    match Grid::new(dims, affine) {
        Err(GeometryError::Shear { a, b, degrees }) if !(1.0..=179.0).contains(&degrees) => {
            Err(NiftiFault::Singular(a, b))
        }
        other => Ok(other?),
    }
}

/// Spacing along x, y, z; an axis that the header does not have may lack one.
fn spacing(header: &Header) -> Result<[f64; 3], NiftiFault> {
    let mut spacing = [1.0; 3];
    for axis in 1..=3 {
        let size = header.pixdim[axis];
        if size.is_finite() && size > 0.0 {
            spacing[axis - 1] = size;
        } else if axis <= header.dim[0] as usize {
            return Err(NiftiFault::Spacing { axis, spacing: size });
        }
    }
    Ok(spacing)
}

/// Millimetres per spatial unit of the header: unknown counts as millimetres.
fn unit_mm(header: &Header) -> (f64, Vec<String>) {
    match header.xyzt_units & 7 {
        1 => (1000.0, vec!["The header gives positions in metres: converted to millimetres.".into()]),
        3 => (0.001, vec!["The header gives positions in micrometres: converted to millimetres.".into()]),
        _ => (1.0, Vec::new()),
    }
}

fn sform(header: &Header) -> Result<Matrix4<f64>, NiftiFault> {
    let mut affine = Matrix4::identity();
    for (r, row) in header.srow.iter().enumerate() {
        for (c, &value) in row.iter().enumerate() {
            affine[(r, c)] = value;
        }
    }
    if affine.iter().all(|v| v.is_finite()) { Ok(affine) } else { Err(NiftiFault::NotFinite("sform")) }
}

/// `nifti1.h`, method 2.
fn qform(header: &Header, spacing: [f64; 3]) -> Result<Matrix4<f64>, NiftiFault> {
    let [b, c, d] = header.quatern;
    if !header.quatern.iter().chain(&header.qoffset).all(|v| v.is_finite()) {
        return Err(NiftiFault::NotFinite("qform"));
    }
    let rest = 1.0 - (b * b + c * c + d * d);
    // Rounding to float32 may leave the vector part a little longer than one.
    if rest < -1e-4 {
        return Err(NiftiFault::Quaternion { b, c, d });
    }
    let rotation = UnitQuaternion::from_quaternion(Quaternion::new(rest.max(0.0).sqrt(), b, c, d));
    let handedness = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let steps = Vector3::new(spacing[0], spacing[1], spacing[2] * handedness);
    Ok(assemble(rotation.to_rotation_matrix().matrix() * Matrix3::from_diagonal(&steps), header.qoffset))
}

fn assemble(linear: Matrix3<f64>, offset: [f64; 3]) -> Matrix4<f64> {
    let mut affine = Matrix4::identity();
    affine.fixed_view_mut::<3, 3>(0, 0).copy_from(&linear);
    affine.fixed_view_mut::<3, 1>(0, 3).copy_from(&Vector3::from(offset));
    affine
}

/// Writes an affine into a header as sform and, where float32 can hold it well enough, as qform too.
pub fn set_forms(header: &mut Header, affine: &Matrix4<f64>) {
    let linear: Matrix3<f64> = affine.fixed_view::<3, 3>(0, 0).into_owned();
    let mut rotation = linear;
    for axis in 0..3 {
        let length = linear.column(axis).norm();
        header.pixdim[axis + 1] = length;
        rotation.set_column(axis, &(linear.column(axis) / length));
    }
    let handedness = if rotation.determinant() < 0.0 { -1.0 } else { 1.0 };
    let third = rotation.column(2) * handedness;
    rotation.set_column(2, &third);
    let q = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(rotation));
    let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
    header.pixdim[0] = handedness;
    header.quatern = [q.i * sign, q.j * sign, q.k * sign].map(single);
    header.qoffset = std::array::from_fn(|r| single(affine[(r, 3)]));
    header.srow = std::array::from_fn(|r| std::array::from_fn(|c| single(affine[(r, c)])));
    (header.qform_code, header.sform_code) = (1, 1);
    // A quaternion in float32 can be off by more than a reader may accept; the sform alone is exact then.
    let dims = std::array::from_fn(|a| header.dim[a + 1].max(1) as usize);
    let spacing = std::array::from_fn(|a| single(header.pixdim[a + 1]));
    let gap = grid(dims, *affine).and_then(|g| forms_gap(header, spacing, &g, &|m| m));
    let smallest = spacing.into_iter().fold(f64::INFINITY, f64::min);
    if !gap.is_ok_and(|g| g < 0.1 * smallest) {
        header.qform_code = 0;
    }
}

/// Rounded as the file will hold it.
fn single(value: f64) -> f64 {
    f64::from(value as f32)
}
