//! A single file of results that appears whole under its name, or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{Existing, StoreError};

/// A file under construction: a sibling `.partial-PID-NAME`, whose ending is that of the name, for writers that go by
/// it. [`OutputFile::publish`] renames it; dropped before that, it is removed.
#[derive(Debug)]
pub struct OutputFile {
    target: PathBuf,
    partial: PathBuf,
    existing: Existing,
}

impl OutputFile {
    /// Starts a file that will be `target`; refuses where it exists and is to be kept.
    pub fn begin(target: &Path, existing: Existing) -> Result<Self, StoreError> {
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let partial = target.with_file_name(format!(".partial-{}-{name}", std::process::id()));
        let file = Self { target: target.to_owned(), partial, existing };
        file.check()?;
        if let Some(folder) = target.parent().filter(|f| *f != Path::new("")) {
            fs::create_dir_all(folder).map_err(StoreError::at(folder))?;
        }
        Ok(file)
    }

    /// Where it is to be written.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Makes it durable and gives it its name, in one step.
    pub fn publish(self) -> Result<(), StoreError> {
        self.check()?;
        File::open(&self.partial).and_then(|f| f.sync_all()).map_err(StoreError::at(&self.target))?;
        fs::rename(&self.partial, &self.target).map_err(StoreError::at(&self.target))
    }

    fn check(&self) -> Result<(), StoreError> {
        let is_kept = self.existing == Existing::Keep && self.target.exists();
        // A folder is never replaced by a file.
        if is_kept || self.target.is_dir() {
            return Err(StoreError::Exists(self.target.clone()));
        }
        Ok(())
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // Where it was published there is nothing left.
        let _ = fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new/t.nii.gz");
        let file = OutputFile::begin(&target, Existing::Keep).unwrap();
        fs::write(file.path(), "half").unwrap();
        assert!(file.path().to_string_lossy().ends_with(".nii.gz"));
        drop(file);
        assert_eq!(fs::read_dir(dir.path().join("new")).unwrap().count(), 0);
        let file = OutputFile::begin(&target, Existing::Keep).unwrap();
        fs::write(file.path(), "whole").unwrap();
        file.publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "whole");
        assert!(matches!(OutputFile::begin(&target, Existing::Keep), Err(StoreError::Exists(_))));
        assert!(OutputFile::begin(&target, Existing::Replace).is_ok());
        assert!(OutputFile::begin(dir.path(), Existing::Replace).is_err());
    }
}
