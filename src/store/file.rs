//! One file that appears whole under its name, or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Existing, StoreError, fault};

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
        check_free(target, existing)?;
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let partial = target.with_file_name(format!(".partial-{}-{name}", std::process::id()));
        Ok(Self { target: target.to_owned(), partial, existing })
    }

    /// Where it is to be written.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Makes it durable and gives it its name, in one step.
    pub fn publish(self) -> Result<(), StoreError> {
        let published = File::open(&self.partial).and_then(|file| file.sync_all()).and_then(|()| {
            fault::step();
            rename(&self.partial, &self.target, self.existing)
        });
        published.map_err(|source| match (source.kind(), self.existing) {
            (io::ErrorKind::AlreadyExists, Existing::Keep) => StoreError::Exists(self.target.clone()),
            _ => StoreError::System { path: self.target.clone(), source },
        })
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // Where it was published there is nothing left.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Refuses a name that something has already, unless it is a file that is to be replaced: before there is anything to
/// write.
pub fn check_free(path: &Path, existing: Existing) -> Result<(), StoreError> {
    // A folder is never replaced by a file.
    let is_kept = existing == Existing::Keep && path.symlink_metadata().is_ok();
    if is_kept || path.is_dir() { Err(StoreError::Exists(path.to_owned())) } else { Ok(()) }
}

/// Writes a file beside its place, makes it durable and gives it its name in one step.
pub fn write_file(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), StoreError> {
    let file = OutputFile::begin(path, existing)?;
    fs::write(file.path(), bytes).map_err(StoreError::at(path))?;
    file.publish()
}

/// Where nothing is to be replaced, a file that came to its place meanwhile stays, if the file system can do that.
fn rename(partial: &Path, path: &Path, existing: Existing) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if existing == Existing::Replace {
        return fs::rename(partial, path);
    }
    match renameat_with(CWD, partial, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(error) if error == rustix::io::Errno::EXIST => Err(error.into()),
        Err(_) => fs::rename(partial, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_unless_it_is_to_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.dcm");
        write_file(&path, b"one", Existing::Keep).unwrap();
        assert!(matches!(write_file(&path, b"two", Existing::Keep), Err(StoreError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_file(&path, b"two", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(write_file(&dir.path().join("nowhere/a"), b"", Existing::Keep).is_err());
        assert!(write_file(dir.path(), b"", Existing::Replace).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing_and_one_that_came_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("t.nii.gz");
        let file = OutputFile::begin(&target, Existing::Keep).unwrap();
        fs::write(file.path(), "half").unwrap();
        assert!(file.path().to_string_lossy().ends_with(".nii.gz"));
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let file = OutputFile::begin(&target, Existing::Keep).unwrap();
        fs::write(file.path(), "whole").unwrap();
        fs::write(&target, "another").unwrap();
        assert!(matches!(file.publish(), Err(StoreError::Exists(_))));
        assert_eq!(fs::read_to_string(&target).unwrap(), "another");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
