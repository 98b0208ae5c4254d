//! Facts about a path without computing anything: what `delta inspect` prints.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::dicom::{SeriesListed, list_series};
use super::masks::{geometry_words, orientation_word, read_companion, split_labels};
use super::visit_files::VisitFiles;
use super::visit_folder::choose_files;
use super::{
    Format, Header, IoError, ReadOptions, Scan, VisitSource, nifti, read_label_map, read_regions, read_scan,
    read_visit, settle_modality, shown_path,
};
use crate::diagnose::Diagnose;
use crate::geometry::Grid;
use crate::labels::Mask;
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
    /// DICOM series that are there.
    pub series: Vec<SeriesListed>,
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
    /// What it says of itself, where it can be read.
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
    /// Its name, where the file gives it one.
    pub name: Option<String>,
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
        path: shown_path(&source.path),
        series: list_series(&source.path),
        files: Vec::new(),
        visit: None,
        problems: Vec::new(),
    };
    match choose_files(source, options) {
        Err(error) => found.problem(&error),
        Ok(files) => {
            let image = found.image(&files, options);
            let described = files.description.iter().flat_map(|d| &d.roi).filter_map(|r| r.mask.as_ref());
            let own = described.map(|file| source.path.join(file));
            for mask in files.label_map.iter().cloned().chain(own).chain(files.structures.iter().cloned()) {
                found.mask(&mask, image.as_ref(), options);
            }
            for object in &files.companions {
                found.companion(&files.image, object, image.as_ref());
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
            path: shown_path(error.path()),
            fact: error.fact(),
            hint: error.hint(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The scan of a visit; none where it is refused.
    fn image(&mut self, files: &VisitFiles, options: &ReadOptions) -> Option<Scan> {
        let mut facts = FileFacts::of(&files.image, Use::Image, options);
        let read = match &files.series {
            Some(series) => series.scan(),
            None => read_scan(&files.image, options),
        };
        let scan = read.map_err(|error| self.problem(&error)).ok();
        if let Some(scan) = &scan {
            let values = ValueFacts::of(&scan.volume);
            if values.whole && values.nan_count == 0 && values.min >= Some(0.0) {
                facts.labels = few_labels(&scan.volume);
            }
            facts.grid = Some(GridFacts::of(scan.volume.grid()));
            (facts.header, facts.values) = (Some(scan.header.clone()), Some(values));
        }
        self.files.push(facts);
        scan
    }

    /// A label map, or contours or segments of the image.
    fn mask(&mut self, path: &Path, image: Option<&Scan>, options: &ReadOptions) {
        let mut facts = FileFacts::of(path, Use::Mask, options);
        let mut names = BTreeMap::new();
        // A label map has its labels even where its image is refused or lies elsewhere.
        let regions = if facts.header.is_some() {
            read_label_map(path, options).and_then(|map| {
                split_labels(&map.volume, map.volume.grid()).map_err(|fault| IoError::mask(path, fault))
            })
        } else {
            let Some(scan) = image else { return };
            read_regions(path, scan.target(), options).map(|regions| {
                names = regions.names;
                regions.by_label
            })
        };
        match regions {
            Ok(by_label) => facts.regions(&by_label, &names),
            Err(error) => self.problem(&error),
        }
        self.files.push(facts);
    }

    /// An RTSTRUCT or a SEG that was found beside a series; its own path is nobody's business.
    fn companion(&mut self, folder: &Path, object: &Path, image: Option<&Scan>) {
        let Some(scan) = image else { return };
        let mut facts = FileFacts::new(folder, Use::Mask);
        match read_companion(folder, object, None, scan.target()) {
            Ok(regions) => facts.regions(&regions.by_label, &regions.names),
            Err(error) => self.problem(&error),
        }
        self.files.push(facts);
    }
}

impl FileFacts {
    fn new(path: &Path, used_as: Use) -> Self {
        Self { path: shown_path(path), used_as, header: None, grid: None, values: None, labels: Vec::new() }
    }

    /// With what a NIfTI header says: it may be readable where the voxels are not.
    fn of(path: &Path, used_as: Use, options: &ReadOptions) -> Self {
        let mut facts = Self::new(path, used_as);
        if Format::of(path).is_ok_and(|f| f == Format::Nifti)
            && let Ok((header, grid)) = nifti::read_header(path, options.nifti_form)
        {
            facts.header = Some(Header::Nifti(header));
            facts.grid = grid.map(|g| GridFacts::of(&g));
        }
        facts
    }

    fn regions(&mut self, by_label: &BTreeMap<u32, Mask>, names: &BTreeMap<u32, String>) {
        let of = |(&label, mask): (&u32, &Mask)| LabelFacts {
            label,
            name: names.get(&label).cloned(),
            voxels: mask.count(),
            volume_ml: mask.volume_ml(),
        };
        self.labels = by_label.iter().map(of).collect();
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
        .map(|(label, voxels)| LabelFacts { label, name: None, voxels, volume_ml: voxels as f64 * ml })
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
