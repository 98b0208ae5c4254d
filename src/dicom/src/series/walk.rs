//! Files of folders.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Fault, FaultKind};

/// Folders inside folders; archives nest four or five.
const DEPTH: usize = 32;

/// All files of what was given: files as they are, folders with what is inside them. Hidden files and folders are left
/// out, and links to folders are not followed, for they may lead in circles. Sorted, each once.
///
/// # Errors
/// `Unreadable`.
pub fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for path in given {
        let unreadable = |error: std::io::Error| unreadable(path, &error);
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            folder(path, DEPTH, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn folder(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if depth == 0 {
        return Err(
            Fault::of(FaultKind::Unreadable, format!("folders are nested deeper than {DEPTH}")).at(path)
        );
    }
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        if entry.file_name().as_encoded_bytes().first() == Some(&b'.') {
            continue;
        }
        let (inside, kind) = (entry.path(), entry.file_type().map_err(|error| unreadable(path, &error))?);
        if kind.is_dir() {
            folder(&inside, depth - 1, found)?;
        } else if kind.is_file() || inside.is_file() {
            found.push(inside);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::of(FaultKind::Unreadable, error.kind().to_string()).at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_at_any_depth_and_hidden_ones_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        for name in ["b/c/2", "1", ".hidden", "b/3"] {
            fs::write(root.join(name), "").unwrap();
        }
        let found = files(&[root.to_owned(), root.join("1")]).unwrap();
        assert_eq!(found, ["1", "b/3", "b/c/2"].map(|name| root.join(name)));
        let absent = files(&[root.join("absent")]).unwrap_err();
        assert_eq!(absent.kind, FaultKind::Unreadable);
    }
}
