//! The content of a patient's files, by hash; and whether it is still that when the patient's turn comes.

use std::path::{Path, PathBuf};

use super::error::StudyError;
use crate::jobs::run::{KnownHashes, Stamp, hash_input};
use crate::store::StoreError;

/// Files that were hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hashed {
    files: Vec<HashedFile>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct HashedFile {
    path: PathBuf,
    sha256: String,
    stamp: Stamp,
}

impl Hashed {
    /// Hashes files.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<Self, StudyError> {
        let hashed = files.into_iter().map(|path| {
            // The stamp first: a change while the file is read is seen later.
            let stamp = stamp(path)?;
            let sha256 = hash_input(path).map_err(|error| match error {
                StoreError::System { path, source } => StudyError::Input { path, source },
                other => other.into(),
            })?;
            Ok(HashedFile { path: path.clone(), sha256, stamp })
        });
        Ok(Self { files: hashed.collect::<Result<_, StudyError>>()? })
    }

    /// Whether no file changed since.
    pub fn still_holds(&self) -> Result<bool, StudyError> {
        for file in &self.files {
            if stamp(&file.path)? != file.stamp {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The hashes by path, for a run that refuses what changes under its hands.
    pub fn known(&self) -> KnownHashes {
        let mut known = KnownHashes::default();
        for HashedFile { path, sha256, stamp } in &self.files {
            known.insert_stamped(path.clone(), sha256.clone(), stamp.clone());
        }
        known
    }
}

fn stamp(path: &Path) -> Result<Stamp, StudyError> {
    Stamp::of(path).map_err(|source| StudyError::Input { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_and_a_loss_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.nii");
        std::fs::write(&file, "one").unwrap();
        let hashed = Hashed::of([&file]).unwrap();
        assert!(hashed.still_holds().unwrap());
        std::fs::write(&file, "longer").unwrap();
        assert!(!hashed.still_holds().unwrap());
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(hashed.still_holds(), Err(StudyError::Input { .. })));
        assert!(Hashed::of([&file]).is_err());
    }
}
