//! Files that replace those of a folder together.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{StoreError, fault};

/// Files under construction that will stand in a folder among others: written beside them, in a folder of its own,
/// and put in their places only when all are complete. Each place changes in one step, from the old file to the whole
/// new one.
///
/// Whoever stages files in a folder holds its lock: what an earlier, killed run left is removed.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    folder: PathBuf,
}

impl Staging {
    /// Starts files for `target`, in its subfolder `name`.
    pub fn begin(target: &Path, name: &str) -> Result<Self, StoreError> {
        let folder = target.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(StoreError::at(&folder))?;
        }
        fs::create_dir(&folder).map_err(StoreError::at(&folder))?;
        Ok(Self { target: target.to_owned(), folder })
    }

    /// Where a file is to be written.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts the files in their places. Those of `owned` that were not written are removed from the target: they are of
    /// an earlier time.
    pub fn publish(self, owned: &[String]) -> Result<(), StoreError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(StoreError::at(&self.folder))? {
            names.push(entry.map_err(StoreError::at(&self.folder))?.file_name());
        }
        names.sort();
        for name in &names {
            let path = self.folder.join(name);
            fault::step();
            File::open(&path).and_then(|f| f.sync_all()).map_err(StoreError::at(&path))?;
        }
        for name in owned.iter().filter(|name| !names.iter().any(|n| n.as_os_str() == name.as_str())) {
            let path = self.target.join(name);
            if path.exists() {
                fs::remove_file(&path).map_err(StoreError::at(&path))?;
            }
        }
        for name in &names {
            let path = self.target.join(name);
            fault::step();
            fs::rename(self.folder.join(name), &path).map_err(StoreError::at(&path))?;
        }
        fault::step();
        File::open(&self.target).and_then(|f| f.sync_all()).map_err(StoreError::at(&self.target))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing better can be done in a destructor: the next run removes what is left.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_replace_the_old_ones_together_and_stale_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).ok();
        for name in ["a.csv", "old.csv", "other.txt"] {
            fs::write(dir.path().join(name), "before").unwrap();
        }
        let staging = Staging::begin(dir.path(), ".tables").unwrap();
        fs::write(staging.file("a.csv"), "after").unwrap();
        assert_eq!(read("a.csv").as_deref(), Some("before"));
        staging.publish(&["a.csv".into(), "old.csv".into()]).unwrap();
        assert_eq!(read("a.csv").as_deref(), Some("after"));
        assert_eq!((read("old.csv"), read("other.txt").as_deref()), (None, Some("before")));
        assert!(!dir.path().join(".tables").exists());
    }

    #[test]
    fn what_is_dropped_or_was_left_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".tables")).unwrap();
        fs::write(dir.path().join(".tables/half.csv"), "a,").unwrap();
        let staging = Staging::begin(dir.path(), ".tables").unwrap();
        assert!(!staging.file("half.csv").exists());
        fs::write(staging.file("a.csv"), "after").unwrap();
        drop(staging);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
