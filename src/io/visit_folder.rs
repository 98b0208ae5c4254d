//! A visit in: a folder, or an image file with a mask beside it, read and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::masks::{MaskFault, MaskTarget, check_data, list_labels, read_companion, read_regions};
use super::modality::may_be;
use super::names::{check_name, shown_path};
use super::visit_fault::VisitFault;
use super::visit_files::{VisitFiles, files_of_image, find_files, stem};
use super::visit_toml::{check_rois, modality, units, when};
use super::{
    DicomImage, IoError, MaskPath, MaskRegions, ReadOptions, SeriesFacts, Space, read_grid, read_scan,
};
use crate::diagnose::nearest;
use crate::geometry::{Grid, GridMatch};
use crate::labels::Mask;
use crate::record::{Flag, Flags, MaskSource, Modality, RoiRole, Units};
use crate::visit::{Acquisition, Declared, RoiEntry, Structure, Tracking, Visit, VisitFile, When};

/// Where a visit is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisitSource {
    /// A visit folder, or an image file.
    pub path: PathBuf,
    /// A label map, or a folder of one file per structure, that is used instead of the folder's own masks.
    pub mask: Option<PathBuf>,
    /// Which DICOM series is meant, where there are several; goes before what is asked for all visits.
    pub series: Option<String>,
    /// Regions that are described elsewhere than in `visit.toml` (a manifest's names and roles).
    pub rois: Vec<RoiEntry>,
}

impl VisitSource {
    /// A visit folder or an image file, nothing else said.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
    /// An image file and its mask.
    pub fn with_mask(path: impl Into<PathBuf>, mask: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mask: Some(mask.into()), ..Self::default() }
    }
}

/// Reads and checks a visit. A bare one is [`Declared::Not`], until
/// [`settle_modality`](super::settle_modality) has seen all visits of the run.
pub fn read_visit(source: &VisitSource, options: &ReadOptions) -> Result<Visit, IoError> {
    let files = choose_files(source, options)?;
    let mut scan = match &files.series {
        Some(series) => series.scan()?,
        None => read_scan(&files.image, options)?,
    };
    let description = files.description.clone().unwrap_or_default();
    check_rois(&source.rois).map_err(|fault| IoError::visit(&source.path, fault))?;
    // What a manifest says goes before what the visit's own file says of the same region, and a mask that is given
    // replaces the files that it names.
    let replaced = |r: &RoiEntry| {
        let same = |s: &RoiEntry| s.name == r.name || s.label.is_some_and(|l| Some(l) == r.label);
        source.rois.iter().any(same) || (source.mask.is_some() && r.mask.is_some())
    };
    let mut rois = source.rois.clone();
    rois.extend(description.roi.iter().filter(|r| !replaced(r)).cloned().map(|mut roi| {
        roi.label = roi.label.filter(|_| !files.named_elsewhere);
        roi
    }));
    let mut notes = files.notes.clone();
    notes.append(&mut scan.notes);

    let mut regions = Regions {
        structures: Vec::new(),
        tracking: BTreeMap::new(),
        target: scan.target(),
        rois,
        absent: description.absent.clone(),
        flags: Flags::default(),
        notes,
        files: vec![files.image.clone()],
    };
    regions.read_all(source, &files, options)?;
    regions.check(source)?;
    for structure in &regions.structures {
        check_data(&scan.volume, &structure.name, &structure.mask)
            .map_err(|fault| IoError::mask(&files.image, fault))?;
    }
    if description.spacing_estimated {
        regions.flags.raise(Flag::SpacingEstimated);
        regions.notes.push("The spacing is a guess: sizes in millimetres are not to be trusted.".into());
    }
    regions.files.extend(files.described_by.clone());
    let fault = |fault| IoError::visit(&source.path.join("visit.toml"), fault);
    let Regions { structures, tracking, absent, flags, notes, files: read, .. } = regions;
    let Meant { modality, units, declared, acquisition } =
        Meant::of(&description, files.description.is_some(), scan.header.series()).map_err(fault)?;
    let scanned = files.series.as_ref().map_or(When::Unknown, |series| series.when());
    Ok(Visit {
        subject: description.subject.clone(),
        name: visit_name(source, description.visit.clone())?,
        when: match when(&description).map_err(fault)? {
            When::Unknown => scanned,
            said => said,
        },
        modality,
        units,
        declared,
        acquisition,
        image: scan.volume,
        structures,
        tracking,
        absent,
        accept_contours: description.accept_contours,
        flags,
        notes,
        files: read,
    })
}

/// The files of a source: those of its folder, with the masks that the source names put in their place.
pub fn choose_files(source: &VisitSource, options: &ReadOptions) -> Result<VisitFiles, IoError> {
    let (given, options) = (source.mask.as_deref(), options.with_series(source.series.as_deref()));
    if source.path.is_dir() {
        find_files(&source.path, given, &options)
    } else {
        files_of_image(&source.path, given, &options)
    }
}

/// The files that a source is read from.
#[derive(Clone, Debug)]
pub struct SourceFiles {
    /// The scan: a file, or what a DICOM series is found in.
    pub image: PathBuf,
    /// The series, where it is one.
    pub series: Option<Arc<DicomImage>>,
    /// Label maps, RTSTRUCT or SEG, or one file per structure, without those that were found beside the series.
    pub masks: Vec<PathBuf>,
    /// Whether masks were found beside the series.
    pub companions: bool,
    /// `visit.toml` and the tables of label names.
    pub described_by: Vec<PathBuf>,
    /// What `visit.toml` holds, where there is one.
    pub(super) description: Option<VisitFile>,
}

impl SourceFiles {
    /// Where the image's voxels lie, by its header alone.
    pub fn grid(&self, options: &ReadOptions) -> Result<Grid, IoError> {
        match &self.series {
            Some(series) => series.grid(),
            None => read_grid(&self.image, options),
        }
    }

    /// Where contours and segments are looked up, where the image is a DICOM series.
    pub fn space(&self) -> Result<Option<Space>, IoError> {
        self.series.as_ref().map(|series| series.space()).transpose()
    }

    /// Whether there are masks, given or found.
    pub fn has_mask(&self) -> bool {
        self.companions || !self.masks.is_empty()
    }

    /// All of them, the image first; a series and what is beside it is what it was found in.
    pub fn all(self) -> Vec<PathBuf> {
        let masks = self.masks.iter().map(|mask| MaskPath::of(mask).file.into_owned());
        std::iter::once(self.image).chain(masks).chain(self.described_by).collect()
    }
}

/// The files that a source is read from, without reading more than its description.
pub fn source_files(source: &VisitSource, options: &ReadOptions) -> Result<SourceFiles, IoError> {
    let files = choose_files(source, options)?;
    let mut masks: Vec<PathBuf> = files.label_map.iter().cloned().collect();
    // A mask that is given replaces those that the visit's own file names.
    if source.mask.is_none() {
        let named = files.description.iter().flat_map(|d| &d.roi).filter_map(|roi| roi.mask.as_ref());
        masks.extend(named.map(|file| source.path.join(file)));
    }
    masks.extend(files.structures);
    Ok(SourceFiles {
        image: files.image,
        series: files.series,
        masks,
        companions: !files.companions.is_empty(),
        described_by: files.described_by,
        description: files.description,
    })
}

/// What a mask's own file says of a region.
struct Told {
    role: Option<RoiRole>,
    source: MaskSource,
    tracking: Option<Tracking>,
}

impl Told {
    fn of(regions: &MaskRegions, label: u32) -> Self {
        Self {
            role: regions.roles.get(&label).copied(),
            // What a run carried and a person gave back was edited, or looked at and left.
            source: if regions.carried.contains(&label) { MaskSource::Edited } else { MaskSource::Drawn },
            tracking: regions.tracking.get(&label).cloned(),
        }
    }
}

/// The regions of a visit while they are put together.
struct Regions<'a> {
    structures: Vec<Structure>,
    tracking: BTreeMap<String, Tracking>,
    target: MaskTarget<'a>,
    rois: Vec<RoiEntry>,
    absent: Vec<String>,
    flags: Flags,
    notes: Vec<String>,
    files: Vec<PathBuf>,
}

impl Regions<'_> {
    fn read_all(
        &mut self,
        source: &VisitSource,
        files: &VisitFiles,
        options: &ReadOptions,
    ) -> Result<(), IoError> {
        if let Some(path) = &files.label_map {
            let regions = self.read_map(path, options)?;
            self.take_labels(path, regions, &files.label_names)?;
        } else if !files.companions.is_empty() {
            self.read_companions(files)?;
        } else if let Some(roi) = self.rois.iter().find(|r| {
            r.label.is_some()
                && !self.absent.contains(&r.name)
                && !files.structures.iter().any(|p| stem(p) == r.name)
        }) {
            let fault =
                VisitFault::Roi { name: roi.name.clone(), problem: "it has a label, and there is no mask" };
            return Err(IoError::visit(&source.path, fault));
        }
        // Files of regions are relative to the visit's folder, or given as they are beside an image file.
        let base = if source.path.is_dir() { source.path.as_path() } else { Path::new("") };
        for roi in self.rois.clone() {
            if let Some(file) = &roi.mask {
                self.read_structure(&base.join(file), roi.name.clone(), Some(&roi), options)?;
            }
        }
        for path in &files.structures {
            let name = stem(path);
            check_name(&name).map_err(|fault| IoError::mask(path, MaskFault::Name(fault)))?;
            let roi = self.rois.iter().find(|r| r.name == name).cloned();
            self.read_structure(path, name, roi.as_ref(), options)?;
        }
        Ok(())
    }

    /// What RTSTRUCT and SEG files hold that were found beside the series. Labels are the numbers of one of them.
    fn read_companions(&mut self, files: &VisitFiles) -> Result<(), IoError> {
        if let (true, Some(roi)) = (files.companions.len() > 1, self.rois.iter().find(|r| r.label.is_some()))
        {
            let problem =
                "it has a label, and there are several RTSTRUCT or SEG files: give mask = \"FILE:ROI\"";
            return Err(IoError::visit(&files.image, VisitFault::Roi { name: roi.name.clone(), problem }));
        }
        for path in &files.companions {
            let regions = read_companion(&files.image, path, None, self.target)?;
            self.take_labels(&files.image, regions, &BTreeMap::new())?;
        }
        Ok(())
    }

    /// All labels of a map; a label that is asked for must be there.
    fn take_labels(
        &mut self,
        path: &Path,
        mut regions: MaskRegions,
        names: &BTreeMap<u32, String>,
    ) -> Result<(), IoError> {
        self.notes.append(&mut regions.notes);
        let wanted: Vec<RoiEntry> = self.rois.iter().filter(|r| r.label.is_some()).cloned().collect();
        let by_label = std::mem::take(&mut regions.by_label);
        if by_label.is_empty() && self.absent.is_empty() {
            return Err(IoError::mask(path, MaskFault::Empty));
        }
        for roi in &wanted {
            // Filtered above: a label is there.
            let label = roi.label.unwrap_or_default();
            if !by_label.contains_key(&label) && !self.absent.contains(&roi.name) {
                let present = list_labels(by_label.keys());
                let fault = MaskFault::Label { wanted: label, name: roi.name.clone(), present };
                return Err(IoError::mask(path, fault));
            }
        }
        let names = if regions.names.is_empty() { names } else { &regions.names };
        for (label, mask) in by_label {
            let roi = wanted.iter().find(|r| r.label == Some(label));
            let name = roi.map(|r| r.name.clone()).or_else(|| names.get(&label).cloned());
            let name = name.unwrap_or_else(|| label.to_string());
            let roi = self.rois.iter().find(|r| r.name == name).cloned();
            let told = Told::of(&regions, label);
            self.add(name, roi.as_ref(), told, mask);
        }
        Ok(())
    }

    /// One structure of a file of its own.
    fn read_structure(
        &mut self,
        path: &Path,
        name: String,
        roi: Option<&RoiEntry>,
        options: &ReadOptions,
    ) -> Result<(), IoError> {
        let mut regions = self.read_map(path, options)?;
        self.notes.append(&mut regions.notes);
        let present = list_labels(regions.by_label.keys());
        match (regions.by_label.len(), regions.by_label.pop_first()) {
            (1, Some((label, mask))) => self.add(name, roi, Told::of(&regions, label), mask),
            (0, _) if self.absent.contains(&name) => {}
            (0, _) => return Err(IoError::mask(path, MaskFault::Empty)),
            _ => return Err(IoError::mask(path, MaskFault::NotBinary { present })),
        }
        Ok(())
    }

    /// A mask on the image's grid, split.
    fn read_map(&mut self, path: &Path, options: &ReadOptions) -> Result<MaskRegions, IoError> {
        let regions = read_regions(path, self.target, options)?;
        if regions.grid == GridMatch::Tolerated {
            self.flags.raise(Flag::GridTolerance);
            self.notes.push(format!(
                "The grid of mask {} differs from its image's by 1 to 10 % of a voxel: the image's counts.",
                stem(path)
            ));
        }
        self.files.push(MaskPath::of(path).file.into_owned());
        Ok(regions)
    }

    /// Adds a region with what is said of it, by the visit before its own file.
    fn add(&mut self, name: String, roi: Option<&RoiEntry>, told: Told, mask: Mask) {
        let source = roi.and_then(|r| r.mask_source).unwrap_or(told.source);
        if let Some(tracking) = told.tracking {
            self.tracking.insert(name.clone(), tracking);
        }
        self.structures.push(Structure { name, role: roi.and_then(|r| r.role).or(told.role), source, mask });
    }

    /// Names are there once, and what is absent has no voxels; what is described has voxels or is absent.
    fn check(&self, source: &VisitSource) -> Result<(), IoError> {
        let known =
            |name: &String| self.absent.contains(name) || self.structures.iter().any(|s| s.name == *name);
        if let Some(roi) = self.rois.iter().find(|r| r.label.is_none() && r.mask.is_none() && !known(&r.name))
        {
            let problem = "it has neither label nor mask, and no region of the visit's mask is called so";
            return Err(IoError::visit(&source.path, VisitFault::Roi { name: roi.name.clone(), problem }));
        }
        for (n, structure) in self.structures.iter().enumerate() {
            let name = &structure.name;
            if self.structures[..n].iter().any(|earlier| earlier.name == *name) {
                let fault = VisitFault::Roi {
                    name: name.clone(),
                    problem: "two masks, or two RTSTRUCT or SEG files, have this name; give the one that is meant as FILE or FILE:ROI",
                };
                return Err(IoError::visit(&source.path, fault));
            }
            if self.absent.contains(name) {
                return Err(IoError::visit(&source.path, VisitFault::AbsentDrawn(name.clone())));
            }
        }
        Ok(())
    }
}

/// What the intensities of a visit mean, and how its scan was made: what the visit's own file says goes before what the
/// scan says of itself.
pub(super) struct Meant {
    pub(super) modality: Modality,
    pub(super) units: Units,
    pub(super) declared: Declared,
    acquisition: Acquisition,
}

impl Meant {
    /// By the visit's own file, which need not be there (`described`), and by a series.
    pub(super) fn of(
        description: &VisitFile,
        described: bool,
        series: Option<&SeriesFacts>,
    ) -> Result<Self, VisitFault> {
        let (modality, units) = (modality(description)?, units(description)?);
        let acquisition = description.acquisition.clone();
        let Some(facts) = series else {
            let declared = if described { Declared::ByFile } else { Declared::Not };
            return Ok(Self { modality, units, declared, acquisition });
        };
        let said = description.units.is_some();
        if said && !may_be(facts.units, units) {
            return Err(VisitFault::Units { said: units, own: facts.units });
        }
        Ok(Self {
            modality: if description.modality.is_some() { modality } else { facts.modality },
            units: if said { units } else { facts.units },
            declared: Declared::ByScan,
            acquisition: acquisition.or(facts.acquisition.clone()),
        })
    }
}

/// A visit's name: what its file says, else the folder's name, else the image file's (`image.nii.gz` takes its
/// folder's).
fn visit_name(source: &VisitSource, declared: Option<String>) -> Result<String, IoError> {
    if let Some(name) = declared {
        return Ok(name);
    }
    let path = &source.path;
    // As it was given: what a link leads to may say who the patient is. Only `.` and `..` have no name of their own.
    let folder = |p: &Path| {
        let own = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
        own(p).or_else(|| own(&std::fs::canonicalize(p).ok()?)).unwrap_or_default()
    };
    let name = match (path.is_dir(), path.parent()) {
        (true, _) => folder(path),
        (false, Some(parent)) if stem(path) == "image" => {
            folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
        }
        (false, _) => stem(path),
    };
    // Archives name folders and files by UIDs, which must not go on from here.
    let name = if shown_path(Path::new(&name)) == name { name } else { "visit".to_owned() };
    match check_name(&name) {
        Ok(()) => Ok(name),
        Err(fault) => Err(IoError::visit(path, VisitFault::Name { what: "visit", name, fault })),
    }
}

/// Refuses names in `absent` and `accept_contours` that no visit of the run knows as a region: a misspelt name
/// there would silently change what is measured.
pub fn check_known_regions(visits: &[Visit]) -> Result<(), IoError> {
    let known: Vec<&str> = visits.iter().flat_map(|v| v.structures.iter().map(|s| s.name.as_str())).collect();
    for visit in visits {
        let lists = [("absent", &visit.absent), ("accept_contours", &visit.accept_contours)];
        for (list, name) in lists.into_iter().flat_map(|(list, names)| names.iter().map(move |n| (list, n))) {
            if !known.contains(&name.as_str()) {
                let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
                // A list can only come from a visit.toml, which then is among the files.
                let path =
                    visit.files.iter().find(|f| f.ends_with("visit.toml")).cloned().unwrap_or_default();
                return Err(IoError::visit(
                    &path,
                    VisitFault::UnknownRegion { list, name: name.clone(), nearest },
                ));
            }
        }
    }
    Ok(())
}
