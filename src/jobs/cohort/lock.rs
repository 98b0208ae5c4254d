//! Who may write in a study folder: one run of the whole study, or several runs of shards.
//!
//! Locks are the system's own (`flock`), on empty files below `.locks/`: the system frees them when a process dies, so
//! that a killed run blocks nobody.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StudyError;
use super::request::Shard;
use super::state::{PATIENTS, STATES};
use crate::store::{StoreError, remove_partials};

/// Folder of the locks in a study; no hash covers it.
pub const LOCKS: &str = ".locks";

/// The right to write in a study folder, as long as it lives.
#[derive(Debug)]
pub struct StudyLock {
    /// Locked files, freed when they are dropped.
    _held: Vec<File>,
}

/// Who else may work in the folder at the same time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    WithOthers,
}

impl StudyLock {
    /// The whole study, alone: no other run writes there. Held by another, this is refused at once. What dead runs
    /// left half-written is cleared away, that of shards too, which never are alone.
    pub fn whole(study: &Path) -> Result<Self, StudyError> {
        let alone = Self { _held: vec![take(study, "study", Sharing::Alone)?] };
        for folder in [study.to_owned(), study.join(STATES), study.join(PATIENTS)] {
            remove_partials(&folder)?;
        }
        Ok(alone)
    }

    /// One shard: other shards may work beside it, the same shard of another process may not.
    pub fn shard(study: &Path, shard: Shard) -> Result<Self, StudyError> {
        let beside = take(study, "study", Sharing::WithOthers)?;
        let name = format!("shard-{}-of-{}", shard.index(), shard.count());
        Ok(Self { _held: vec![beside, take(study, &name, Sharing::Alone)?] })
    }

    /// The right to write the study's settings, which shards that start together wait for.
    pub fn settings(study: &Path) -> Result<Self, StudyError> {
        let (file, path) = open(study, "settings")?;
        file.lock().map_err(StoreError::at(&path))?;
        Ok(Self { _held: vec![file] })
    }
}

fn take(study: &Path, name: &str, sharing: Sharing) -> Result<File, StudyError> {
    let (file, path) = open(study, name)?;
    let taken = match sharing {
        Sharing::Alone => file.try_lock(),
        Sharing::WithOthers => file.try_lock_shared(),
    };
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StudyError::Locked { study: study.to_owned(), part: name.to_owned() })
        }
        Err(TryLockError::Error(source)) => Err(StoreError::System { path, source }.into()),
    }
}

fn open(study: &Path, name: &str) -> Result<(File, PathBuf), StudyError> {
    let folder = study.join(LOCKS);
    fs::create_dir_all(&folder).map_err(StoreError::at(&folder))?;
    let path = folder.join(name);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(StoreError::at(&path))?;
    Ok((file, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn the_whole_study_has_one_run() {
        let dir = tempfile::tempdir().unwrap();
        let held = StudyLock::whole(dir.path()).unwrap();
        assert!(matches!(StudyLock::whole(dir.path()), Err(StudyError::Locked { .. })));
        assert!(matches!(StudyLock::shard(dir.path(), shard("1/2")), Err(StudyError::Locked { .. })));
        drop(held);
        StudyLock::whole(dir.path()).unwrap();
    }

    #[test]
    fn shards_work_side_by_side_and_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let first = StudyLock::shard(dir.path(), shard("1/2")).unwrap();
        let _second = StudyLock::shard(dir.path(), shard("2/2")).unwrap();
        assert!(StudyLock::shard(dir.path(), shard("1/2")).is_err());
        assert!(StudyLock::whole(dir.path()).is_err());
        drop(first);
        StudyLock::shard(dir.path(), shard("1/2")).unwrap();
    }
}
