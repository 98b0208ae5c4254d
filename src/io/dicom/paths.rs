//! What a path to DICOM stands for: a file, a folder, or a list of files.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use delta_dicom::file::File;
use delta_dicom::series::{Companion, files, look};
use delta_dicom::{Fault, FaultKind};

use super::refusal;
use crate::io::{Format, IoError};

/// A list of files is not longer than this, in bytes.
const LONGEST_LIST: u64 = 16 << 20;

/// Whether a path holds DICOM: a file of it, a list of such files, or a folder. A file without the usual preamble is
/// DICOM if it can be read as such.
pub fn is_dicom(path: &Path) -> Result<bool, IoError> {
    if path.is_dir() {
        return Ok(true);
    }
    Ok(match Format::of(path)? {
        Format::Dicom => true,
        Format::Unknown => {
            listed(path).is_some() || File::open_header(path).is_ok_and(|file| file.class().is_some())
        }
        _ => false,
    })
}

/// The files and folders that a path stands for.
pub fn given(path: &Path) -> Vec<PathBuf> {
    let list = if path.is_file() && is_list(path) { listed(path) } else { None };
    list.unwrap_or_else(|| vec![path.to_owned()])
}

/// All files that make up the content of an input: the file itself, or those that a folder or a list stands for.
pub fn content_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if path.is_file() && !is_list(path) {
        return Ok(vec![path.to_owned()]);
    }
    files(&given(path)).map_err(|fault| std::io::Error::other(fault.fact))
}

/// Whether a file is a list of DICOM files; one that cannot be read is none.
fn is_list(path: &Path) -> bool {
    Format::of(path).is_ok_and(|format| format == Format::Unknown) && listed(path).is_some()
}

/// The paths of a list: a text file with one path per line, relative to its folder. None where any of them does not
/// exist, for then it is another text.
fn listed(path: &Path) -> Option<Vec<PathBuf>> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST_LIST).read_to_string(&mut text).ok()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut paths = Vec::new();
    for line in lines {
        let one = folder.join(line);
        if line.contains('\0') || !one.exists() {
            return None;
        }
        paths.push(one);
    }
    (!paths.is_empty()).then_some(paths)
}

/// The only RTSTRUCT or SEG of a folder; the path itself where it is no folder.
pub fn object_in(path: &Path) -> Result<PathBuf, IoError> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let found = look(&[path.to_owned()]).map_err(|fault| refusal(path, fault))?;
    let refuse = |fact: String| Err(refusal(path, Fault::of(FaultKind::Region, fact)));
    match found.companions.as_slice() {
        [Companion { path, .. }] => Ok(path.clone()),
        [] => refuse("the folder holds neither NIfTI masks nor an RTSTRUCT or SEG".into()),
        many => refuse(format!("the folder holds {} RTSTRUCT or SEG files", many.len())),
    }
}
