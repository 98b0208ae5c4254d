//! Label maps and binary files into regions on the image's grid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use delta_dicom::Fault;
use thiserror::Error;

use super::axis_order::AxisOrder;
use super::dicom::{check_object, is_dicom, object_in, read_object, refusal};
use super::names::NameFault;
use super::{IoError, MaskPath, ReadOptions, Scan, Space, read_grid, read_label_map, stem};
use crate::diagnose::Diagnose;
use crate::geometry::{Grid, GridMatch};
use crate::labels::Mask;
use crate::record::RoiRole;
use crate::visit::Tracking;
use crate::volume::Volume;

/// More labels than this are an image.
const MOST_LABELS: usize = 4096;

/// Why a mask is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MaskFault {
    /// No voxel has a label.
    #[error("the mask is empty: no voxel is above zero")]
    Empty,
    /// So many different values that it is no label map.
    #[error("the mask has more than {MOST_LABELS} different labels")]
    Many,
    /// A label that is asked for is not there.
    #[error("no voxel has label {wanted} ({name}; present: {present})")]
    Label {
        /// The label.
        wanted: u32,
        /// Name of the region.
        name: String,
        /// Labels that are there.
        present: String,
    },
    /// `FILE:ROI` asks for what a label map does not have.
    #[error("no voxel has the label {wanted:?} (present: {present})")]
    NoLabel {
        /// What was asked for.
        wanted: String,
        /// Labels that are there.
        present: String,
    },
    /// A file of one structure holds several labels.
    #[error("a file of one structure holds one label above zero, this one holds {present}")]
    NotBinary {
        /// Labels that are there.
        present: String,
    },
    /// Mask and image lie on different grids.
    #[error("the mask lies on another grid than its image: {mask}; the image: {image}")]
    Grid {
        /// The mask's geometry.
        mask: String,
        /// The image's geometry.
        image: String,
    },
    /// The image has no data inside a region.
    #[error("the image has no data (NaN) at {count} voxels of region {roi}")]
    NoData {
        /// Name of the region.
        roi: String,
        /// Number of its voxels without data.
        count: usize,
    },
    /// The file's name cannot be a region's name.
    #[error("the file's name cannot be a region's name: {0}")]
    Name(NameFault),
}

impl Diagnose for MaskFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "E-MASK-EMPTY",
            Self::Many => "E-MASK-MANY",
            Self::Label { .. } | Self::NoLabel { .. } => "E-MASK-LABEL",
            Self::NotBinary { .. } => "E-MASK-BINARY",
            Self::Grid { .. } => "E-MASK-GRID",
            Self::NoData { .. } => "E-MASK-NAN",
            Self::Name(_) => "E-NAME",
        }
    }
    fn hint(&self) -> String {
        match self {
            Self::Empty => {
                "Leave the mask out, or, where a region is known to be gone, list it as absent in visit.toml.".into()
            }
            Self::Many => "This looks like a scan: were image and mask exchanged?".into(),
            Self::Label { .. } => {
                "Correct the label in visit.toml, or list the region as absent if it is gone.".into()
            }
            Self::NoLabel { .. } => "Regions of a label map are asked for by label: FILE:1.".into(),
            Self::NotBinary { .. } => {
                "Give a map of several labels as the visit's mask, and name its labels in visit.toml.".into()
            }
            Self::Grid { .. } => {
                "Resample the mask onto the image's grid (nearest neighbour), or give the image it was drawn on.".into()
            }
            Self::NoData { .. } => {
                "Cut the region to where the scan has data, or fill the gap before; nothing is guessed here.".into()
            }
            Self::Name(_) => "Rename the file; letters, digits, blanks, - and _ are safe.".into(),
        }
    }
}

/// Whether a mask's grid is its image's; a fault with both geometries where it is not.
pub fn compare_grids(mask: &Grid, image: &Grid) -> Result<GridMatch, MaskFault> {
    match image.compare(mask) {
        GridMatch::Different => {
            Err(MaskFault::Grid { mask: geometry_words(mask), image: geometry_words(image) })
        }
        accepted => Ok(accepted),
    }
}

/// The same for a mask of a DICOM series, whose array may run the other way: converters turn it about. A mask of a NIfTI
/// file has no reason to do so, and a damaged header may.
pub fn compare_to_series(mask: &Grid, series: &Grid) -> Result<GridMatch, MaskFault> {
    let turned = AxisOrder::between(mask, series).map(|order| order.grid(mask));
    compare_grids(turned.as_ref().unwrap_or(mask), series)
}

/// The regions of a mask on its image's grid.
#[derive(Clone, Debug)]
pub struct MaskRegions {
    /// The region of each label above zero; none where the mask is empty.
    pub by_label: BTreeMap<u32, Mask>,
    /// Names that the file itself gives, by label: those of an RTSTRUCT or a SEG.
    pub names: BTreeMap<u32, String>,
    /// Roles that the file itself gives.
    pub roles: BTreeMap<u32, RoiRole>,
    /// What regions are tracked as over time, where the file says it.
    pub tracking: BTreeMap<u32, Tracking>,
    /// Regions of which the file says that they were carried from another visit: a person gives back what a run made.
    pub carried: BTreeSet<u32>,
    /// How well the mask's grid is the image's.
    pub grid: GridMatch,
    /// What should be known of them, in sentences.
    pub notes: Vec<String>,
}

impl MaskRegions {
    /// Regions that have no more than their labels.
    pub fn new(by_label: BTreeMap<u32, Mask>, grid: GridMatch) -> Self {
        Self {
            by_label,
            names: BTreeMap::new(),
            roles: BTreeMap::new(),
            tracking: BTreeMap::new(),
            carried: BTreeSet::new(),
            grid,
            notes: Vec::new(),
        }
    }

    /// What a region is called where nobody else names it: as the file does; by the file, where it is the only region of
    /// a label map; else by the file and its label.
    pub fn name_of(&self, label: u32, path: &Path) -> String {
        let stem = || stem(&MaskPath::of(path).file);
        match self.names.get(&label) {
            Some(own) => own.clone(),
            None if self.by_label.len() == 1 => stem(),
            None => format!("{}_{label}", stem()),
        }
    }
}

/// The image that masks are read onto.
#[derive(Clone, Copy, Debug)]
pub struct MaskTarget<'a> {
    /// Its grid.
    pub grid: &'a Grid,
    /// Where contours and segments are looked up, where it is a DICOM series.
    pub space: Option<&'a Space>,
}

impl Scan {
    /// The scan as masks are read onto it.
    pub fn target(&self) -> MaskTarget<'_> {
        MaskTarget { grid: self.volume.grid(), space: self.space.as_deref() }
    }
}

/// Reads a mask that must lie on its image's grid: a label map, or an RTSTRUCT or SEG (or a folder with one) in its
/// frame of reference. `FILE:ROI` takes one of its regions.
pub fn read_regions(
    path: &Path,
    image: MaskTarget<'_>,
    options: &ReadOptions,
) -> Result<MaskRegions, IoError> {
    let MaskPath { file, roi } = MaskPath::of(path);
    if is_dicom(&file)? {
        return read_companion(&file, &object_in(&file)?, roi, image);
    }
    let map = read_label_map(&file, options)?;
    let refuse = |fault| IoError::mask(&file, fault);
    let of_mask = map.volume.grid();
    let order =
        image.space.and_then(|_| AxisOrder::between(of_mask, image.grid)).filter(|order| !order.is_same());
    let (grid, labels) = match order {
        Some(order) => (compare_to_series(of_mask, image.grid).map_err(refuse)?, order.volume(&map.volume)),
        None => (compare_grids(of_mask, image.grid).map_err(refuse)?, map.volume),
    };
    let mut by_label = split_labels(&labels, image.grid).map_err(refuse)?;
    if let Some(roi) = roi {
        let present = list_labels(by_label.keys());
        let label = roi.trim().parse().ok();
        by_label.retain(|of, _| Some(*of) == label);
        if by_label.is_empty() {
            return Err(refuse(MaskFault::NoLabel { wanted: roi.to_owned(), present }));
        }
    }
    Ok(MaskRegions::new(by_label, grid))
}

/// Whether a mask belongs to its image, by headers alone: a label map lies on the image's grid; an RTSTRUCT or a SEG is in
/// its frame of reference and holds the region that is asked for. Of a mask whose image is not known, whether it can be
/// read.
pub fn check_mask(path: &Path, image: Option<MaskTarget<'_>>, options: &ReadOptions) -> Result<(), IoError> {
    let MaskPath { file, roi } = MaskPath::of(path);
    if is_dicom(&file)? {
        let object = object_in(&file)?;
        return image
            .map_or(Ok(()), |image| on_space(&file, image, |space| check_object(&object, roi, space)));
    }
    let grid = read_grid(&file, options)?;
    if let Some(image) = image {
        let compare = if image.space.is_some() { compare_to_series } else { compare_grids };
        compare(&grid, image.grid).map_err(|fault| IoError::mask(&file, fault))?;
    }
    Ok(())
}

/// Reads an RTSTRUCT or a SEG onto an image; `given` is the path that errors name, the file or the folder that it was
/// found in.
pub fn read_companion(
    given: &Path,
    object: &Path,
    roi: Option<&str>,
    image: MaskTarget<'_>,
) -> Result<MaskRegions, IoError> {
    on_space(given, image, |space| read_object(object, roi, space))
}

/// Does something where contours and segments of an image are looked up.
fn on_space<T>(
    given: &Path,
    image: MaskTarget<'_>,
    act: impl FnOnce(&Space) -> Result<T, Fault>,
) -> Result<T, IoError> {
    let of_grid;
    let space = if let Some(space) = image.space {
        space
    } else {
        of_grid = Space::of_grid(image.grid).map_err(|fault| IoError::geometry(given, fault))?;
        &of_grid
    };
    act(space).map_err(|fault| refusal(given, fault))
}

/// The region of each label above zero, on the image's grid.
pub fn split_labels(labels: &Volume<u32>, image: &Grid) -> Result<BTreeMap<u32, Mask>, MaskFault> {
    let mut voxels: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (offset, &label) in labels.values().iter().enumerate() {
        if label > 0 {
            voxels.entry(label).or_default().push(offset);
            if voxels.len() > MOST_LABELS {
                return Err(MaskFault::Many);
            }
        }
    }
    Ok(voxels
        .into_iter()
        .map(|(label, offsets)| (label, Mask::from_offsets(image.clone(), &offsets)))
        .collect())
}

/// Refuses a region where the image has no data.
pub fn check_data(image: &Volume<f32>, roi: &str, mask: &Mask) -> Result<(), MaskFault> {
    match mask.offsets().filter(|&o| image.values()[o].is_nan()).count() {
        0 => Ok(()),
        count => Err(MaskFault::NoData { roi: roi.to_owned(), count }),
    }
}

/// Labels as a list for a sentence.
pub fn list_labels<'a>(labels: impl IntoIterator<Item = &'a u32>) -> String {
    let words: Vec<String> = labels.into_iter().map(ToString::to_string).collect();
    match words.len() {
        0 => "none".into(),
        n if n > 20 => format!("{}, ... ({n} labels)", words[..20].join(", ")),
        _ => words.join(", "),
    }
}

/// A grid in a sentence: dimensions, spacing, first voxel and orientation.
pub fn geometry_words(grid: &Grid) -> String {
    let ([x, y, z], [a, b, c]) = (grid.dims(), grid.spacing());
    let first = grid.centre_of([0; 3]).point();
    format!(
        "{x} x {y} x {z} voxels of {a:.4} x {b:.4} x {c:.4} mm, {}, first at ({:.2}, {:.2}, {:.2})",
        orientation_word(grid),
        first.x,
        first.y,
        first.z
    )
}

/// Where the array axes run to, in three letters (`LPS`: to the left, to the back, to the head).
pub fn orientation_word(grid: &Grid) -> String {
    let anatomical = grid.anatomical_axes();
    let directions = grid.directions();
    let mut letters = ['?'; 3];
    for (axis, pair) in [['R', 'L'], ['A', 'P'], ['S', 'I']].into_iter().enumerate() {
        let array = anatomical[axis];
        letters[array] = pair[usize::from(directions[(axis, array)] < 0.0)];
    }
    letters.iter().collect()
}

#[cfg(test)]
mod tests {
    use nalgebra::Matrix4;

    use super::*;

    #[test]
    fn orientation_is_told_by_array_axis() {
        let mut affine = Matrix4::zeros();
        affine[(2, 0)] = -2.0; // first array axis runs to the feet
        affine[(0, 1)] = -1.0;
        affine[(1, 2)] = 1.0;
        affine[(3, 3)] = 1.0;
        assert_eq!(orientation_word(&Grid::new([2, 2, 2], affine).unwrap()), "ILA");
    }

    #[test]
    fn labels_are_told_apart() {
        let grid = Grid::axis_aligned([2, 2, 2], [1.0; 3], [0.0; 3]).unwrap();
        let labels = Volume::new(grid.clone(), vec![0, 7, 7, 0, 2, 0, 0, 7]);
        let regions = split_labels(&labels, &grid).unwrap();
        assert_eq!(list_labels(regions.keys()), "2, 7");
        assert_eq!(regions[&7].offsets().collect::<Vec<_>>(), [1, 2, 7]);
    }
}
