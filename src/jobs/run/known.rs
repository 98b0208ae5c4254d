//! Input files that were hashed before the run, and whether they are still what was hashed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::error::RunError;
use crate::io::content_files;
use crate::store::{self, StoreError};

/// Lengths and times of the last change: where all stay, the content is taken to have stayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<(u64, Option<SystemTime>)>);

impl Stamp {
    /// That of an input as it is now: a file, or all files of a DICOM series, in whatever order.
    pub fn of(input: &Path) -> std::io::Result<Self> {
        let one = |file: &PathBuf| {
            let facts = std::fs::metadata(file)?;
            Ok((facts.len(), facts.modified().ok()))
        };
        let mut stamps = content_files(input)?.iter().map(one).collect::<std::io::Result<Vec<_>>>()?;
        stamps.sort_unstable();
        Ok(Self(stamps))
    }
}

/// SHA-256 of an input: of the file, or over those of all files of a DICOM series. Their names and order are no part of
/// it, and errors name the input alone: a file that was found in it may have a telling name.
pub fn hash_input(input: &Path) -> Result<String, StoreError> {
    let files = content_files(input).map_err(StoreError::at(input))?;
    let hash = |file: &PathBuf| {
        store::hash_file(file).map_err(|error| match error {
            StoreError::System { source, .. } => StoreError::System { path: input.to_owned(), source },
            other => other,
        })
    };
    match files.as_slice() {
        [only] => hash(only),
        many => {
            let mut hashes: Vec<String> = many.par_iter().map(hash).collect::<Result<_, _>>()?;
            hashes.sort_unstable();
            Ok(store::hash_bytes(hashes.concat().as_bytes()))
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    sha256: String,
    /// None where nobody looks whether the file stays as it was.
    stamp: Option<Stamp>,
}

/// SHA-256 of files whose content was hashed before the run, by the path that the run reads them from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownHashes(BTreeMap<PathBuf, Known>);

impl KnownHashes {
    /// The hash of a file: known, or made now.
    pub fn of(&self, file: &Path) -> Result<String, StoreError> {
        match self.0.get(file) {
            Some(known) => Ok(known.sha256.clone()),
            None => hash_input(file),
        }
    }

    /// Adds what is known of a file.
    pub fn insert(&mut self, file: PathBuf, sha256: String) {
        self.0.insert(file, Known { sha256, stamp: None });
    }

    /// Adds what is known of a file that had this stamp before it was hashed.
    pub fn insert_stamped(&mut self, file: PathBuf, sha256: String, stamp: Stamp) {
        self.0.insert(file, Known { sha256, stamp: Some(stamp) });
    }

    /// Refuses files that are gone or changed since they were hashed. Asked once they were read: a result must not
    /// stand under the hash of another content, nor a file that was away for a moment count as a faulty one.
    pub fn check_unchanged(&self) -> Result<(), RunError> {
        for (path, known) in &self.0 {
            let Some(stamp) = &known.stamp else { continue };
            match Stamp::of(path) {
                Ok(now) if now == *stamp => {}
                Ok(_) => return Err(RunError::Changed { path: path.clone() }),
                Err(source) => return Err(RunError::Gone { path: path.clone(), source }),
            }
        }
        Ok(())
    }
}

impl FromIterator<(PathBuf, String)> for KnownHashes {
    fn from_iter<I: IntoIterator<Item = (PathBuf, String)>>(files: I) -> Self {
        let mut known = Self::default();
        files.into_iter().for_each(|(file, sha256)| known.insert(file, sha256));
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Diagnose, Exit};

    #[test]
    fn files_that_changed_or_went_are_refused_and_others_are_nobodys_concern() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("image.nii");
        std::fs::write(&file, "one").unwrap();
        let mut known: KnownHashes = [(dir.path().join("never"), "ab".to_owned())].into_iter().collect();
        known.insert_stamped(file.clone(), "cd".into(), Stamp::of(&file).unwrap());
        known.check_unchanged().unwrap();
        std::fs::write(&file, "longer").unwrap();
        let changed = known.check_unchanged().unwrap_err();
        assert!(matches!(&changed, RunError::Changed { path } if *path == file));
        std::fs::remove_file(&file).unwrap();
        let gone = known.check_unchanged().unwrap_err();
        assert!(matches!(&gone, RunError::Gone { path, .. } if *path == file));
        assert_eq!((changed.exit(), gone.exit()), (Exit::Surroundings, Exit::Surroundings));
    }
}
