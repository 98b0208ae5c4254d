//! A folder of results that appears whole under its name, or not at all.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{StoreError, fault};

/// What to do where the result's folder exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse to touch it.
    Keep,
    /// Replace it once the new result is complete.
    Replace,
}

/// A result under construction: a sibling `NAME.partial-PID` that [`OutputFolder::publish`] renames to `NAME`.
///
/// Dropped before that, it is removed. The folder itself is locked, under either name, as long as the run lives: a
/// partial folder whose lock is free belongs to a run that died, and the next run to the same name removes it.
#[derive(Debug)]
pub struct OutputFolder {
    target: PathBuf,
    partial: PathBuf,
    existing: Existing,
    published: bool,
    lock: Option<File>,
}

impl OutputFolder {
    /// Starts a result that will be `target`.
    pub fn begin(target: &Path, existing: Existing) -> Result<Self, StoreError> {
        if existing == Existing::Keep && is_occupied(target) {
            return Err(StoreError::Occupied(target.to_owned()));
        }
        let parent = parent_of(target);
        fs::create_dir_all(&parent).map_err(StoreError::at(&parent))?;
        remove_orphans(target, &parent)?;
        let partial = parent.join(partial_name(target, &std::process::id().to_string()));
        let lock = loop {
            fs::create_dir(&partial).map_err(StoreError::at(&partial))?;
            let Ok(lock) = File::open(&partial) else { continue };
            lock.lock().map_err(StoreError::at(&partial))?;
            // Between making and locking it, another run may have taken it for that of a dead one.
            if partial.exists() {
                break lock;
            }
        };
        Ok(Self { target: target.to_owned(), partial, existing, published: false, lock: Some(lock) })
    }

    /// Where a file of the result is to be written; makes its folder.
    pub fn file(&self, name: &str) -> Result<PathBuf, StoreError> {
        let path = self.partial.join(name);
        let folder = parent_of(&path);
        fs::create_dir_all(&folder).map_err(StoreError::at(&folder))?;
        Ok(path)
    }

    /// The folder under construction.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Makes everything durable and gives the result its name, in one step.
    pub fn publish(mut self) -> Result<(), StoreError> {
        sync_tree(&self.partial)?;
        self.rename()?;
        self.published = true;
        sync_folder(&parent_of(&self.target))
    }

    fn rename(&self) -> Result<(), StoreError> {
        fault::step();
        if !self.target.exists() {
            return fs::rename(&self.partial, &self.target).map_err(StoreError::at(&self.target));
        }
        if self.existing == Existing::Keep && is_occupied(&self.target) {
            return Err(StoreError::Occupied(self.target.clone()));
        }
        exchange(&self.partial, &self.target)?;
        fault::step();
        // The new result stands; what was there before now lies under the partial name, where nobody's lock keeps
        // another run from clearing it away first.
        match fs::remove_dir_all(&self.partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::at(&self.partial)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        self.lock.take();
        if !self.published {
            // Nothing better can be done in a destructor: the next run removes what is left.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// Swaps two folders: in one step where the file system can, else in two renames.
fn exchange(new: &Path, old: &Path) -> Result<(), StoreError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let aside = parent_of(old).join(partial_name(old, "replaced"));
    fs::rename(old, &aside).map_err(StoreError::at(old))?;
    fs::rename(new, old).map_err(StoreError::at(old))?;
    fs::rename(&aside, new).map_err(StoreError::at(&aside))
}

fn is_occupied(target: &Path) -> bool {
    match fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => target.exists(),
    }
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn partial_name(target: &Path, suffix: &str) -> OsString {
    let mut name = target.file_name().map_or_else(|| OsString::from("delta"), OsString::from);
    name.push(".partial-");
    name.push(suffix);
    name
}

/// Removes partial folders of runs that died; refuses where one is alive.
fn remove_orphans(target: &Path, parent: &Path) -> Result<(), StoreError> {
    let prefix = partial_name(target, "");
    for entry in fs::read_dir(parent).map_err(StoreError::at(parent))? {
        let entry = entry.map_err(StoreError::at(parent))?;
        if !entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            continue;
        }
        // Gone in the meantime: another run cleans up too.
        let Ok(lock) = File::open(entry.path()) else { continue };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(target.to_owned())),
            Err(TryLockError::Error(source)) => {
                return Err(StoreError::System { path: entry.path(), source });
            }
        }
        match fs::remove_dir_all(entry.path()) {
            // Published, or removed by another run, since it was opened.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::at(&entry.path())(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes what dead processes left half-written directly in a folder: partial folders whose lock is free, and partial
/// files. For whoever alone may write there; a folder that does not exist has none.
pub fn remove_partials(folder: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::at(folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(StoreError::at(folder))?;
        if !entry.file_name().to_string_lossy().contains(".partial-") {
            continue;
        }
        let path = entry.path();
        if !path.is_dir() {
            fs::remove_file(&path).map_err(StoreError::at(&path))?;
        } else if File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok()) {
            fs::remove_dir_all(&path).map_err(StoreError::at(&path))?;
        }
    }
    Ok(())
}

/// Removes a folder of results: its name is gone at once, so that nobody takes a half of it for the whole.
pub fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    let aside = parent_of(folder).join(partial_name(folder, &std::process::id().to_string()));
    fs::rename(folder, &aside).map_err(StoreError::at(folder))?;
    fs::remove_dir_all(&aside).map_err(StoreError::at(&aside))
}

fn sync_tree(folder: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(StoreError::at(folder))? {
        let path = entry.map_err(StoreError::at(folder))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            fault::step();
            File::open(&path).and_then(|f| f.sync_all()).map_err(StoreError::at(&path))?;
        }
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    fault::step();
    File::open(folder).and_then(|f| f.sync_all()).map_err(StoreError::at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(target: &Path, existing: Existing, content: &str) -> OutputFolder {
        let folder = OutputFolder::begin(target, existing).unwrap();
        fs::write(folder.file("sub/value.txt").unwrap(), content).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_appears_whole_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        let folder = start(&target, Existing::Keep, "1");
        assert!(!target.exists());
        folder.publish().unwrap();
        assert_eq!(names(dir.path()), ["out"]);
        assert_eq!(names(&target), ["sub"]);
    }

    #[test]
    fn a_dropped_result_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(start(&dir.path().join("out"), Existing::Keep, "1"));
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn other_content_is_kept_unless_it_is_to_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        start(&target, Existing::Keep, "old").publish().unwrap();
        assert!(matches!(OutputFolder::begin(&target, Existing::Keep), Err(StoreError::Occupied(_))));
        start(&target, Existing::Replace, "new").publish().unwrap();
        assert_eq!(fs::read_to_string(target.join("sub/value.txt")).unwrap(), "new");
        assert_eq!(names(dir.path()), ["out"]);
    }

    #[test]
    fn partials_of_the_dead_are_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("P1.partial-1")).unwrap();
        fs::write(dir.path().join("a.csv.partial-1"), "a,").unwrap();
        fs::write(dir.path().join("a.csv"), "a,b").unwrap();
        let alive = start(&dir.path().join("P2"), Existing::Keep, "1");
        remove_partials(dir.path()).unwrap();
        remove_partials(&dir.path().join("nowhere")).unwrap();
        alive.publish().unwrap();
        assert_eq!(names(dir.path()), ["P2", "a.csv"]);
    }

    #[test]
    fn orphans_are_removed_and_living_runs_respected() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        let orphan = dir.path().join("out.partial-1");
        fs::create_dir(&orphan).unwrap();
        fs::write(orphan.join("half.csv"), "a,b").unwrap();
        let alive = start(&target, Existing::Keep, "1");
        assert!(!orphan.exists());
        assert!(matches!(OutputFolder::begin(&target, Existing::Keep), Err(StoreError::Locked(_))));
        alive.publish().unwrap();
    }
}
