//! What the manifests share: the files of a row, and its regions by label.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Cells, SheetFault, UserTable};
use crate::io::{VisitSource, check_name};
use crate::record::{Modality, RoiRole, Units};
use crate::visit::RoiEntry;

/// The columns that say which files a row is about.
pub struct FileColumns {
    path: PathBuf,
    /// Visit folders, where there is such a column.
    folders: Option<Cells>,
    /// Images, where there is such a column.
    images: Option<Cells>,
    masks: Option<Cells>,
    series: Option<Cells>,
    names: Option<Cells>,
    roles: Option<Cells>,
}

impl FileColumns {
    /// The columns `visit_folder`, or `image` and `mask`; a table that has both kinds says it row by row.
    pub fn of(table: &UserTable) -> Result<Self, SheetFault> {
        let columns = Self {
            path: table.path.clone(),
            folders: table.cells("visit_folder")?,
            images: table.cells("image")?,
            masks: table.cells("mask")?,
            series: table.cells("series")?,
            names: table.cells("rois")?,
            roles: table.cells("roles")?,
        };
        match (&columns.folders, &columns.images, &columns.masks) {
            (None, None, _) => Err(table.lacks("visit_folder (or image and mask)")),
            (None, Some(_), None) => Err(table.lacks("mask")),
            _ => Ok(columns),
        }
    }

    /// The files of a row (the first below the header is 1), with its regions; paths are relative to the table.
    pub fn source(&self, row: usize) -> Result<VisitSource, SheetFault> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let file = cell(self.folders.as_ref(), row).or_else(|| cell(self.images.as_ref(), row)).ok_or_else(
            || {
                let column = if self.folders.is_some() { "visit_folder" } else { "image" };
                SheetFault::EmptyCell { path: self.path.clone(), row, column: column.to_owned() }
            },
        )?;
        Ok(VisitSource {
            path: folder.join(file),
            mask: cell(self.masks.as_ref(), row).map(|mask| folder.join(mask)),
            series: cell(self.series.as_ref(), row).map(str::to_owned),
            rois: regions(&self.path, row, cell(self.names.as_ref(), row), cell(self.roles.as_ref(), row))?,
        })
    }
}

/// What stands in a row of a column that may be missing.
fn cell(cells: Option<&Cells>, row: usize) -> Option<&str> {
    cells?.get(row - 1)?.as_deref()
}

/// The words of the column `modality`.
pub fn modality_words() -> Vec<&'static str> {
    Modality::ALL.iter().map(|m| m.word()).chain(["PET", "SPECT"]).collect()
}

/// The words of the column `units`.
pub fn unit_words() -> Vec<&'static str> {
    Units::ALL.iter().map(|u| u.word()).collect()
}

/// Names and roles by label.
fn regions(
    path: &Path,
    row: usize,
    names: Option<&str>,
    roles: Option<&str>,
) -> Result<Vec<RoiEntry>, SheetFault> {
    let names = by_label(path, row, "rois", names)?;
    let roles = by_label(path, row, "roles", roles)?;
    let mut regions: BTreeMap<u32, RoiEntry> = BTreeMap::new();
    let blank = |label: u32| RoiEntry {
        label: Some(label),
        name: label.to_string(),
        role: None,
        mask: None,
        mask_source: None,
    };
    for (label, name) in names {
        regions.insert(label, RoiEntry { name, ..blank(label) });
    }
    for (label, word) in roles {
        let known = [RoiRole::Lesion, RoiRole::Organ, RoiRole::Reference];
        let role = known.into_iter().find(|r| r.word() == word);
        let words = known.map(RoiRole::word);
        let role = role.ok_or_else(|| SheetFault::word(path, row, "roles", &word, &words))?;
        regions.entry(label).or_insert_with(|| blank(label)).role = Some(role);
    }
    Ok(regions.into_values().collect())
}

/// `1=lesion;2=liver`.
fn by_label(
    path: &Path,
    row: usize,
    column: &'static str,
    cell: Option<&str>,
) -> Result<Vec<(u32, String)>, SheetFault> {
    let Some(text) = cell else { return Ok(Vec::new()) };
    let refuse = || SheetFault::Labels { path: path.to_owned(), row, column, text: text.to_owned() };
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (label, word) = part.split_once('=')?;
        let label: u32 = label.trim().parse().ok().filter(|l| *l > 0)?;
        let word = word.trim();
        (check_name(word).is_ok()).then(|| (label, word.to_owned()))
    };
    parts.map(|part| pair(part).ok_or_else(refuse)).collect()
}
