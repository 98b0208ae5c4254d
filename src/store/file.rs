//! One file that appears whole under its name, or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Existing, StoreError, fault};

/// Refuses a name that something has already, unless it is to be replaced: before there is anything to write.
pub fn check_free(path: &Path, existing: Existing) -> Result<(), StoreError> {
    match existing {
        Existing::Keep if path.symlink_metadata().is_ok() => Err(StoreError::Exists(path.to_owned())),
        _ => Ok(()),
    }
}

/// Writes a file beside its place, makes it durable and gives it its name in one step.
pub fn write_file(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), StoreError> {
    check_free(path, existing)?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".partial-{}", std::process::id()));
    let partial = PathBuf::from(partial);
    let written = fs::write(&partial, bytes).and_then(|()| File::open(&partial)?.sync_all()).and_then(|()| {
        fault::step();
        rename(&partial, path, existing)
    });
    written.map_err(|source| {
        let _ = fs::remove_file(&partial); // where it was not even made
        match (source.kind(), existing) {
            (io::ErrorKind::AlreadyExists, Existing::Keep) => StoreError::Exists(path.to_owned()),
            _ => StoreError::System { path: path.to_owned(), source },
        }
    })
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
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
