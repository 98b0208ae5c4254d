//! Which files of a visit are what (docs/files.md, A visit folder).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dicom::is_dicom;
use super::names::check_name;
use super::visit_fault::VisitFault;
use super::visit_toml::read_visit_file;
use super::{DicomImage, IoError, MaskPath, PetValues, ReadOptions, read_scan};
use crate::geometry::GridMatch;
use crate::record::Units;
use crate::visit::{VisitFile, units_of_word};
use crate::volume::Volume;

/// More different values than this are no mask that is told by its content.
const FEW_VALUES: usize = 64;

/// The files of one visit, chosen but not read.
#[derive(Clone, Debug, Default)]
pub struct VisitFiles {
    /// The visit's own description, where there is one.
    pub description: Option<VisitFile>,
    /// The scan: a file, or the folder or list of a DICOM series.
    pub image: PathBuf,
    /// The series, where it is one.
    pub series: Option<Arc<DicomImage>>,
    /// RTSTRUCT and SEG files that were found beside the series and are its masks.
    pub companions: Vec<PathBuf>,
    /// The label map, RTSTRUCT or SEG, with the region that is meant of it.
    pub label_map: Option<PathBuf>,
    /// Binary files of one structure each, named by the file.
    pub structures: Vec<PathBuf>,
    /// Names of labels from `dseg.tsv`.
    pub label_names: BTreeMap<u32, String>,
    /// `visit.toml` and `dseg.tsv`, where they were read.
    pub described_by: Vec<PathBuf>,
    /// Whether a mask was given whose regions have names of their own: the labels that `visit.toml` numbers are
    /// those of another mask.
    pub named_elsewhere: bool,
    /// What was decided, in sentences.
    pub notes: Vec<String>,
}

impl VisitFiles {
    /// Takes a mask that was given: a folder of structures named by their files, or a label map with the table of
    /// names beside it. `visit` is the visit's folder, whose own table goes with its own description.
    pub fn take_mask(&mut self, given: &Path, visit: Option<&Path>) -> Result<(), IoError> {
        let file = MaskPath::of(given).file;
        if file.is_dir() {
            self.structures = structure_files(&file)?;
            self.named_elsewhere = true;
            if self.structures.is_empty() {
                self.label_map = Some(given.to_owned());
            }
            return Ok(());
        }
        self.label_map = Some(given.to_owned());
        if file.exists() && is_dicom(&file)? {
            self.named_elsewhere = true;
            return Ok(());
        }
        if visit.is_some_and(|visit| same_file(visit, folder_of(&file))) {
            return Ok(());
        }
        if let Some(tsv) = table_beside(&file)? {
            self.label_names = read_dseg(&tsv)?;
            self.described_by.push(tsv);
            self.named_elsewhere = true;
        }
        Ok(())
    }

    /// Takes the image, and, where it is a DICOM series, what lies beside it as its masks, unless there are others.
    fn take_image(&mut self, image: PathBuf, options: &ReadOptions) -> Result<(), IoError> {
        match DicomImage::of(&image, &self.read_as(options))? {
            Some(series) => self.take_series(series),
            None => self.image = image,
        }
        Ok(())
    }

    fn take_series(&mut self, series: DicomImage) {
        let described = self.description.iter().flat_map(|d| &d.roi).any(|roi| roi.mask.is_some());
        if self.label_map.is_none() && self.structures.is_empty() && !described {
            self.companions = series.companions().iter().map(|companion| companion.path.clone()).collect();
            match series.strangers() {
                0 => {}
                1 => self.notes.push(
                    "1 RTSTRUCT or SEG is of another frame of reference than the images, and not used."
                        .into(),
                ),
                n => self.notes.push(format!(
                    "{n} RTSTRUCT or SEG are of another frame of reference than the images, and not used."
                )),
            }
        }
        series.path().clone_into(&mut self.image);
        self.series = Some(Arc::new(series));
    }

    /// How the series is chosen and read: as the visit's own file says, else as it is asked for.
    fn read_as(&self, options: &ReadOptions) -> ReadOptions {
        let said = self.description.as_ref();
        let units = said.and_then(|d| units_of_word(d.units.as_deref()?));
        ReadOptions {
            pet: match units {
                Some(Units::BqMl) => PetValues::Raw,
                Some(Units::Suv) => PetValues::Suv,
                _ => options.pet,
            },
            ..options.with_series(said.and_then(|d| d.series.as_deref()))
        }
    }
}

/// The files of a mask that is given: those of a folder of one file per structure, else itself.
pub fn mask_files(given: &Path) -> Result<Vec<PathBuf>, IoError> {
    let structures = if given.is_dir() { structure_files(given)? } else { Vec::new() };
    Ok(if structures.is_empty() { vec![given.to_owned()] } else { structures })
}

/// The names of a label map's labels in the table beside it, where there is one.
pub fn label_names(mask: &Path) -> Result<BTreeMap<u32, String>, IoError> {
    let file = MaskPath::of(mask).file;
    if is_dicom(&file)? {
        return Ok(BTreeMap::new());
    }
    table_beside(&file)?.map_or_else(|| Ok(BTreeMap::new()), |tsv| read_dseg(&tsv))
}

fn table_beside(mask: &Path) -> Result<Option<PathBuf>, IoError> {
    let folder = folder_of(mask);
    if folder.is_dir() { Ok(dseg_table(&list(folder)?, Some(mask))) } else { Ok(None) }
}

/// The folder of a file; the working folder where none is named.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// The files of an image that is given without a folder of a visit.
pub fn files_of_image(
    image: &Path,
    mask: Option<&Path>,
    options: &ReadOptions,
) -> Result<VisitFiles, IoError> {
    let mut files = VisitFiles::default();
    if let Some(mask) = mask {
        files.take_mask(mask, None)?;
    }
    files.take_image(image.to_owned(), options)?;
    Ok(files)
}

/// Chooses the files of a visit folder. A mask that is `given` replaces the folder's own masks, and is no image.
pub fn find_files(folder: &Path, given: Option<&Path>, options: &ReadOptions) -> Result<VisitFiles, IoError> {
    let mut files = VisitFiles::default();
    let toml = folder.join("visit.toml");
    if toml.is_file() {
        files.description = Some(read_visit_file(&toml)?);
        files.described_by.push(toml.clone());
    }
    let listing = list(folder)?;
    let description = files.description.clone().unwrap_or_default();
    let named = |key, file: &Option<String>| match file {
        None => Ok(None),
        Some(file) if MaskPath::of(&folder.join(file)).file.exists() => Ok(Some(folder.join(file))),
        Some(file) => Err(IoError::visit(&toml, VisitFault::MissingFile { key, file: file.clone() })),
    };
    let image = named("image", &description.image)?;
    let mask = named("mask", &description.mask)?;
    let mut own_masks = Vec::new();
    for roi in &description.roi {
        own_masks.extend(named("mask", &roi.mask)?);
    }
    let free: Vec<PathBuf> =
        unnamed(&listing, &own_masks, given).filter(|p| Some(*p) != image.as_ref()).cloned().collect();
    if let Some(given) = given {
        files.take_mask(given, Some(folder))?;
    } else {
        files.label_map = match mask {
            Some(mask) => Some(mask),
            None => one_mask(folder, free.iter().filter(|p| is_mask_name(p)))?,
        };
        files.structures = list_structures(folder)?;
        files.structures.retain(|path| !own_masks.contains(path));
    }
    let candidates: Vec<PathBuf> =
        free.into_iter().filter(|p| Some(p) != files.label_map.as_ref() && !is_mask_name(p)).collect();
    match image {
        Some(image) => files.take_image(image, options)?,
        None if candidates.is_empty() => match DicomImage::find(folder, &files.read_as(options))? {
            Some(series) => files.take_series(series),
            None => return Err(IoError::visit(folder, VisitFault::NoImage(contents_words(&listing).into()))),
        },
        None => choose_image(folder, &candidates, &mut files, options)?,
    }
    let tsv = dseg_table(&listing, files.label_map.as_deref());
    if let (Some(tsv), true, false) = (tsv, files.label_map.is_some(), files.named_elsewhere) {
        files.label_names = read_dseg(&tsv)?;
        files.described_by.push(tsv);
    }
    Ok(files)
}

/// The DICOM series of a source, where it is one, chosen as [`find_files`] and [`files_of_image`] do; no other file is
/// read than `visit.toml`.
pub fn series_of(
    path: &Path,
    given: Option<&Path>,
    options: &ReadOptions,
) -> Result<Option<DicomImage>, IoError> {
    if !path.is_dir() {
        return DicomImage::of(path, options);
    }
    let toml = path.join("visit.toml");
    let description = if toml.is_file() { Some(read_visit_file(&toml)?) } else { None };
    let files = VisitFiles { description, ..VisitFiles::default() };
    let options = files.read_as(options);
    let said = files.description.unwrap_or_default();
    if let Some(image) = said.image {
        return DicomImage::of(&path.join(image), &options);
    }
    let masks: Vec<PathBuf> = said
        .roi
        .into_iter()
        .filter_map(|roi| roi.mask)
        .chain(said.mask)
        .map(|file| path.join(file))
        .collect();
    let is_scan = unnamed(&list(path)?, &masks, given).any(|file| !is_mask_name(file));
    if is_scan { Ok(None) } else { DicomImage::find(path, &options) }
}

/// The NIfTI files of a folder that nobody named as masks.
fn unnamed<'a>(
    listing: &'a [PathBuf],
    masks: &'a [PathBuf],
    given: Option<&'a Path>,
) -> impl Iterator<Item = &'a PathBuf> {
    let is_given = move |p: &Path| given.is_some_and(|g| g == p || same_file(g, p));
    listing.iter().filter(move |p| is_nifti_name(p) && !masks.contains(p) && !is_given(p))
}

/// The image among files that are no masks by name: `image.nii.gz`, the only one, or, of two without any
/// description, the one that is no label map by content.
fn choose_image(
    folder: &Path,
    candidates: &[PathBuf],
    files: &mut VisitFiles,
    options: &ReadOptions,
) -> Result<(), IoError> {
    let bare = files.description.is_none() && files.label_map.is_none() && files.structures.is_empty();
    let usual = candidates.iter().find(|p| stem(p).eq_ignore_ascii_case("image"));
    if let (true, [a, b]) = (bare, candidates)
        && let Some((image, mask)) = told_by_content(a, b, usual, options)?
    {
        files.notes.push(format!(
            "{} holds few whole values and lies on the grid of {}: taken as its mask.",
            file_name(&mask),
            file_name(&image)
        ));
        (files.image, files.label_map) = (image, Some(mask));
        return Ok(());
    }
    match (usual, candidates) {
        (Some(image), _) => {
            let others: Vec<String> =
                candidates.iter().filter(|p| *p != image).map(|p| file_name(p)).collect();
            if !others.is_empty() {
                files.notes.push(format!(
                    "{} is the image; not used: {}.",
                    file_name(image),
                    others.join(", ")
                ));
            }
            files.image.clone_from(image);
            Ok(())
        }
        (None, [only]) => {
            files.image.clone_from(only);
            Ok(())
        }
        (None, many) => {
            let names: Vec<String> = many.iter().map(|p| file_name(p)).collect();
            Err(IoError::visit(folder, VisitFault::ManyImages(names.join(", "))))
        }
    }
}

/// Image and mask of two files on one grid, where exactly one has few whole non-negative values.
fn told_by_content(
    a: &Path,
    b: &Path,
    usual: Option<&PathBuf>,
    options: &ReadOptions,
) -> Result<Option<(PathBuf, PathBuf)>, IoError> {
    let (first, second) = (read_scan(a, options)?.volume, read_scan(b, options)?.volume);
    if first.grid().compare(second.grid()) == GridMatch::Different {
        return Ok(None);
    }
    let chosen = match (looks_like_labels(&first), looks_like_labels(&second)) {
        (true, false) => (b.to_owned(), a.to_owned()),
        (false, true) => (a.to_owned(), b.to_owned()),
        _ => return Ok(None),
    };
    Ok(Some(chosen).filter(|(image, _)| usual.is_none_or(|u| u == image)))
}

/// Whether all values are whole, not negative and few, with a background.
fn looks_like_labels(volume: &Volume<f32>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    for &value in volume.values() {
        if value.is_nan() || value < 0.0 || value.fract() != 0.0 {
            return false;
        }
        if seen.insert(value.to_bits()) && seen.len() > FEW_VALUES {
            return false;
        }
    }
    seen.contains(&0) && seen.len() > 1
}

/// The label map among files that are masks by name: `mask.nii.gz` itself, else the only one.
fn one_mask<'a>(folder: &Path, masks: impl Iterator<Item = &'a PathBuf>) -> Result<Option<PathBuf>, IoError> {
    let masks: Vec<&PathBuf> = masks.collect();
    match masks.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).clone())),
        many => {
            let names: Vec<String> = many.iter().map(|p| file_name(p)).collect();
            Err(IoError::visit(folder, VisitFault::ManyMasks(names.join(", "))))
        }
    }
}

/// Files of a folder in the order of their names, without hidden ones.
fn list(folder: &Path) -> Result<Vec<PathBuf>, IoError> {
    let read = std::fs::read_dir(folder).map_err(|e| IoError::file(folder, e))?;
    let mut files = Vec::new();
    for entry in read {
        let path = entry.map_err(|e| IoError::file(folder, e))?.path();
        if path.is_file() && !file_name(&path).starts_with('.') {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// NIfTI files of the folder `masks/`, where there is one.
fn list_structures(folder: &Path) -> Result<Vec<PathBuf>, IoError> {
    let masks = folder.join("masks");
    if masks.is_dir() { structure_files(&masks) } else { Ok(Vec::new()) }
}

/// NIfTI files of a folder of one file per structure.
fn structure_files(folder: &Path) -> Result<Vec<PathBuf>, IoError> {
    Ok(list(folder)?.into_iter().filter(|p| is_nifti_name(p)).collect())
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file's name without `.nii`, `.nii.gz` or `.dcm`.
pub fn stem(path: &Path) -> String {
    let name = file_name(path);
    let lower = name.to_ascii_lowercase();
    let cut = [".nii.gz", ".nii", ".dcm"].into_iter().find(|end| lower.ends_with(end)).map_or(0, str::len);
    name[..name.len() - cut].to_owned()
}

fn is_nifti_name(path: &Path) -> bool {
    let lower = file_name(path).to_ascii_lowercase();
    [".nii", ".nii.gz"].iter().any(|ending| lower.ends_with(ending))
}

fn is_mask_name(path: &Path) -> bool {
    let lower = stem(path).to_ascii_lowercase();
    lower == "mask" || lower == "dseg" || lower.ends_with("_dseg") || lower.ends_with("_mask")
}

fn contents_words(listing: &[PathBuf]) -> &'static str {
    if listing.is_empty() { "it is empty" } else { "no file is called .nii or .nii.gz, and none is DICOM" }
}

/// The table of label names: beside the label map under its own name, else `dseg.tsv`, else the only one.
fn dseg_table(listing: &[PathBuf], label_map: Option<&Path>) -> Option<PathBuf> {
    let tables: Vec<&PathBuf> = listing
        .iter()
        .filter(|p| {
            let lower = file_name(p).to_ascii_lowercase();
            lower == "dseg.tsv" || lower.ends_with("_dseg.tsv")
        })
        .collect();
    let own = label_map.map(|p| format!("{}.tsv", stem(p)));
    let by_name = |name: &str| tables.iter().find(|p| file_name(p).eq_ignore_ascii_case(name));
    own.as_deref()
        .and_then(by_name)
        .or_else(|| by_name("dseg.tsv"))
        .or(if tables.len() == 1 { tables.first() } else { None })
        .map(|p| (*p).clone())
}

/// Reads a BIDS `dseg.tsv`: label by `index`, name by `name`, further columns ignored.
pub fn read_dseg(path: &Path) -> Result<BTreeMap<u32, String>, IoError> {
    let text = std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => IoError::visit(path, VisitFault::Text),
        _ => IoError::file(path, e),
    })?;
    parse_dseg(&text).map_err(|fault| IoError::visit(path, fault))
}

fn parse_dseg(text: &str) -> Result<BTreeMap<u32, String>, VisitFault> {
    let fault = |line: usize, problem| VisitFault::Dseg { line: line + 1, problem };
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    let (_, header) = lines.next().ok_or(fault(0, "the table is empty"))?;
    let column = |name: &str| header.split('\t').position(|h| h.trim().eq_ignore_ascii_case(name));
    let index = column("index").ok_or(fault(0, "there is no column index"))?;
    let name = column("name").ok_or(fault(0, "there is no column name"))?;
    let mut names = BTreeMap::new();
    for (n, line) in lines {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |c: usize| cells.get(c).copied().ok_or(fault(n, "the line is too short"));
        let label = cell(index)?.parse::<u32>().map_err(|_| fault(n, "index is no whole number"))?;
        let word = cell(name)?;
        if label == 0 {
            continue;
        }
        check_name(word).map_err(|fault| VisitFault::Name { what: "region", name: word.into(), fault })?;
        if names.insert(label, word.to_owned()).is_some() {
            return Err(fault(n, "the index is given twice"));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lose_their_ending() {
        assert_eq!(stem(Path::new("a/gtv 1.nii.gz")), "gtv 1");
        assert_eq!(stem(Path::new("a/GTV.NII")), "GTV");
        assert!(is_mask_name(Path::new("sub-01_dseg.nii.gz")) && !is_mask_name(Path::new("masked.nii")));
    }

    #[test]
    fn label_names_come_from_a_table() {
        let names =
            parse_dseg("index\tcolor\tname\n0\t#000\tbackground\n1\t#f00\tlesion\n3\t#0f0\tliver\n").unwrap();
        assert_eq!(names, BTreeMap::from([(1, "lesion".into()), (3, "liver".into())]));
        assert!(parse_dseg("index\tname\n1\t<b>\n").is_err());
        assert!(parse_dseg("index\tname\n1\ta\n1\tb\n").is_err());
        assert!(parse_dseg("label\tname\n1\ta\n").is_err());
    }
}
