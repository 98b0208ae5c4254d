//! Facts about a path without computing anything: what `delta inspect` prints.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::masks::{geometry_words, orientation_word, split_labels};
use super::visit_folder::choose_files;
use super::{
    Format, Header, IoError, ReadOptions, VisitSource, nifti, read_label_map, read_scan, read_visit,
    settle_modality,
};
use crate::diagnose::Diagnose;
use crate::geometry::Grid;
use crate::numeric::sum::ordered_sum;
use crate::record::{MaskSource, Modality, RoiRole, Units};
use crate::volume::Volume;

/// More labels than this are not listed for a scan.
const MOST_LISTED: usize = 64;

/// What is known about a path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// Version of this record's form.
    pub schema: u32,
    /// The path as given.
    pub path: String,
    /// The image and the masks of a visit, or the one file.
    pub files: Vec<FileFacts>,
    /// The visit, where it is accepted.
    pub visit: Option<VisitFacts>,
    /// What would be refused, each once.
    pub problems: Vec<Problem>,
}

/// A visit as a run would take it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VisitFacts {
    /// Subject, where declared.
    pub subject: Option<String>,
    /// Name.
    pub name: String,
    /// Modality, declared or assumed.
    pub modality: Modality,
    /// Units, declared or assumed.
    pub units: Units,
    /// Regions.
    pub regions: Vec<RegionFacts>,
    /// Regions known to be gone.
    pub absent: Vec<String>,
    /// Flags that its rows would carry.
    pub flags: Vec<String>,
    /// What was assumed, in sentences.
    pub notes: Vec<String>,
}

/// A region of a visit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionFacts {
    /// Name.
    pub name: String,
    /// Role, where declared.
    pub role: Option<RoiRole>,
    /// Where its contour comes from.
    pub mask_source: MaskSource,
    /// Number of voxels.
    pub voxels: usize,
    /// Their volume in millilitres.
    pub volume_ml: f64,
}

/// What a file is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// The scan.
    Image,
    /// A label map or a structure.
    Mask,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileFacts {
    /// Its path.
    pub path: String,
    /// What it is used as.
    pub used_as: Use,
    /// What its header says, where it has one.
    pub header: Option<Header>,
    /// Its grid, where it is accepted.
    pub grid: Option<GridFacts>,
    /// Its values, where they are accepted.
    pub values: Option<ValueFacts>,
    /// Labels above zero, where it is a label map.
    pub labels: Vec<LabelFacts>,
}

/// A grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GridFacts {
    /// Voxels along each array axis.
    pub dims: [usize; 3],
    /// Spacing along each array axis in mm.
    pub spacing_mm: [f64; 3],
    /// Where the array axes run to (`LPS`).
    pub orientation: String,
    /// Largest angle in degrees between an array axis and its anatomical axis.
    pub oblique_degrees: f64,
    /// Centre of the first voxel, RAS.
    pub first_voxel_mm: [f64; 3],
    /// All this in one line.
    pub words: String,
}

/// Values of a scan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueFacts {
    /// Smallest; `None` where there are no data.
    pub min: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Number of voxels without data.
    pub nan_count: usize,
    /// Whether all values are whole.
    pub whole: bool,
}

/// A label of a label map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelFacts {
    /// The label.
    pub label: u32,
    /// Number of voxels.
    pub voxels: usize,
    /// Their volume in millilitres.
    pub volume_ml: f64,
}

/// Something that would be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its code.
    pub code: String,
    /// The file it is about.
    pub path: String,
    /// What is wrong.
    pub fact: String,
    /// What to do about it.
    pub hint: String,
}

/// Looks at a visit folder or a file. What is wrong is among the facts, so this does not fail.
pub fn inspect(source: &VisitSource, options: &ReadOptions) -> Inspection {
    let mut found = Inspection {
        schema: 1,
        path: words(&source.path),
        files: Vec::new(),
        visit: None,
        problems: Vec::new(),
    };
    match choose_files(source, options) {
        Err(error) => found.problem(&error),
        Ok(files) => {
            found.file(&files.image, Use::Image, options);
            let described = files.description.iter().flat_map(|d| &d.roi).filter_map(|r| r.mask.as_ref());
            let own = described.map(|file| source.path.join(file));
            for mask in files.label_map.iter().cloned().chain(own).chain(files.structures.iter().cloned()) {
                found.file(&mask, Use::Mask, options);
            }
        }
    }
    match read_visit(source, options) {
        Err(error) => found.problem(&error),
        Ok(visit) => {
            let mut visits = [visit];
            settle_modality(&mut visits, None, None);
            let [visit] = visits;
            found.visit = Some(VisitFacts {
                regions: visit.structures.iter().map(RegionFacts::of).collect(),
                flags: visit.flags.iter().map(ToString::to_string).collect(),
                subject: visit.subject,
                name: visit.name,
                modality: visit.modality,
                units: visit.units,
                absent: visit.absent,
                notes: visit.notes,
            });
        }
    }
    found
}

/// A path as text for a record.
fn words(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl RegionFacts {
    fn of(structure: &crate::visit::Structure) -> Self {
        Self {
            name: structure.name.clone(),
            role: structure.role,
            mask_source: structure.source,
            voxels: structure.mask.count(),
            volume_ml: structure.mask.volume_ml(),
        }
    }
}

impl Inspection {
    fn problem(&mut self, error: &IoError) {
        let problem = Problem {
            code: error.code().into(),
            path: words(error.path()),
            fact: error.fact(),
            hint: error.hint(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn file(&mut self, path: &Path, used_as: Use, options: &ReadOptions) {
        let mut facts = FileFacts {
            path: words(path),
            used_as,
            header: None,
            grid: None,
            values: None,
            labels: Vec::new(),
        };
        // A header may be readable where the voxels are not.
        if Format::of(path).is_ok_and(|f| f == Format::Nifti)
            && let Ok((header, grid)) = nifti::read_header(path, options.nifti_form)
        {
            facts.header = Some(Header::Nifti(header));
            facts.grid = grid.map(|g| GridFacts::of(&g));
        }
        match used_as {
            Use::Image => match read_scan(path, options) {
                Ok(scan) => {
                    let values = ValueFacts::of(&scan.volume);
                    if values.whole && values.nan_count == 0 && values.min >= Some(0.0) {
                        facts.labels = few_labels(&scan.volume);
                    }
                    (facts.header, facts.values) = (Some(scan.header), Some(values));
                }
                Err(error) => self.problem(&error),
            },
            Use::Mask => match read_label_map(path, options) {
                Ok(map) => {
                    match split_labels(&map.volume, map.volume.grid()) {
                        Ok(regions) => {
                            facts.labels = regions
                                .iter()
                                .map(|(&label, m)| LabelFacts {
                                    label,
                                    voxels: m.count(),
                                    volume_ml: m.volume_ml(),
                                })
                                .collect();
                        }
                        Err(fault) => self.problem(&IoError::mask(path, fault)),
                    }
                    facts.header = Some(Header::Nifti(map.header));
                }
                Err(error) => self.problem(&error),
            },
        }
        self.files.push(facts);
    }
}

/// Labels of a scan that may be a label map; none where it has many values.
fn few_labels(volume: &Volume<f32>) -> Vec<LabelFacts> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for &value in volume.values().iter().filter(|v| **v > 0.0) {
        *counts.entry(value as u32).or_default() += 1;
        if counts.len() > MOST_LISTED {
            return Vec::new();
        }
    }
    let ml = volume.grid().voxel_volume() / 1000.0;
    counts
        .into_iter()
        .map(|(label, voxels)| LabelFacts { label, voxels, volume_ml: voxels as f64 * ml })
        .collect()
}

impl GridFacts {
    fn of(grid: &Grid) -> Self {
        let (axes, directions) = (grid.anatomical_axes(), grid.directions());
        let cosines = (0..3).map(|axis| directions[(axis, axes[axis])].abs().min(1.0));
        let first = grid.centre_of([0; 3]).point();
        Self {
            dims: grid.dims(),
            spacing_mm: grid.spacing(),
            orientation: orientation_word(grid),
            oblique_degrees: cosines.fold(1.0, f64::min).acos().to_degrees(),
            first_voxel_mm: [first.x, first.y, first.z],
            words: geometry_words(grid),
        }
    }
}

impl ValueFacts {
    fn of(volume: &Volume<f32>) -> Self {
        let values: Vec<f64> =
            volume.values().iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
        let mean = (!values.is_empty()).then(|| ordered_sum(&values) / values.len() as f64);
        Self {
            min: values.iter().copied().min_by(f64::total_cmp),
            max: values.iter().copied().max_by(f64::total_cmp),
            mean,
            nan_count: volume.values().len() - values.len(),
            whole: values.iter().all(|v| v.fract() == 0.0),
        }
    }
}
