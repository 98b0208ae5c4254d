//! What became of a data set when its manifest was written.

use std::path::{Component, Path, PathBuf};

use serde::Serialize;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The manifest.
    pub manifest: PathBuf,
    /// Number of subjects.
    pub subjects: usize,
    /// Number of visits.
    pub visits: usize,
    /// Number of visits with a mask.
    pub masks: usize,
    /// Number of visits with a date.
    pub dates: usize,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// What was assumed, and what is left to do.
    pub notes: Vec<String>,
}

/// A row of RFC 4180.
pub fn line(cells: impl IntoIterator<Item = String>) -> String {
    let quoted = |cell: String| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// The folder that a manifest lies in.
pub fn holder(manifest: &Path) -> &Path {
    match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A file as seen from a folder. Links are followed on the way to the file's folder and not at the file itself, whose
/// own name may be one into a store of contents. An error names the path that could not be followed.
pub fn seen_from(holder: &Path, file: &Path) -> Result<String, (PathBuf, std::io::Error)> {
    let whole = |path: &Path| path.canonicalize().map_err(|error| (path.to_owned(), error));
    let holder = whole(holder)?;
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => whole(folder)?,
        _ => whole(Path::new("."))?,
    };
    let common = holder.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let mut relative = PathBuf::new();
    for _ in holder.components().skip(common) {
        relative.push("..");
    }
    relative.extend(folder.components().skip(common));
    relative.extend(file.file_name());
    let words: Vec<String> = relative
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    Ok(words.join("/"))
}
