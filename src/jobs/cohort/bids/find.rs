//! The sessions of a data set, with their images and masks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::BidsFault;
use crate::io::stem;

/// Folders of a session that hold no scans of structure.
const NO_SCANS: [&str; 9] = ["func", "fmap", "eeg", "meg", "ieeg", "beh", "motion", "nirs", "micr"];

/// A session of a subject.
#[derive(Clone, Debug)]
pub struct Session {
    /// `sub-01`.
    pub subject: String,
    /// `ses-1`; none where the subject has no sessions.
    pub name: Option<String>,
    /// The subject's folder.
    pub subject_folder: PathBuf,
    /// The session's folder, which is the subject's where there are no sessions.
    pub folder: PathBuf,
    images: Vec<PathBuf>,
    masks: Vec<PathBuf>,
}

impl Session {
    /// Subject and session in one word.
    pub fn place(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.subject),
            None => self.subject.clone(),
        }
    }

    /// How a file's name ends: what stands after subject and session.
    fn ending(&self, file: &Path) -> String {
        let stem = stem(file);
        let rest = stem.strip_prefix(&self.subject).unwrap_or(&stem).trim_start_matches('_');
        let rest = self.name.as_ref().and_then(|name| rest.strip_prefix(name.as_str())).unwrap_or(rest);
        rest.trim_start_matches('_').to_owned()
    }
}

/// All sessions, subject by subject.
pub fn sessions(root: &Path) -> Result<Vec<Session>, BidsFault> {
    let derivatives = root.join("derivatives");
    let pipelines = if derivatives.is_dir() { folders(&derivatives, "")? } else { Vec::new() };
    let mut sessions = Vec::new();
    for subject_folder in folders(root, "sub-")? {
        let subject = name_of(&subject_folder);
        let mut folders_of_subject: Vec<(Option<String>, PathBuf)> =
            folders(&subject_folder, "ses-")?.into_iter().map(|f| (Some(name_of(&f)), f)).collect();
        if folders_of_subject.is_empty() {
            folders_of_subject.push((None, subject_folder.clone()));
        }
        for (name, folder) in folders_of_subject {
            let (mut images, mut masks) = scans(&folder)?;
            if masks.is_empty() {
                for pipeline in &pipelines {
                    let beside = pipeline.join(&subject);
                    let of_session = name.as_ref().map_or_else(|| beside.clone(), |name| beside.join(name));
                    if of_session.is_dir() {
                        masks.extend(scans(&of_session)?.1);
                    }
                }
            }
            images.sort();
            masks.sort();
            let (subject, subject_folder) = (subject.clone(), subject_folder.clone());
            sessions.push(Session { subject, name, subject_folder, folder, images, masks });
        }
    }
    if sessions.is_empty() { Err(BidsFault::NoSubjects(root.to_owned())) } else { Ok(sessions) }
}

/// A session with its image and its mask.
pub type Chosen = (Session, PathBuf, Option<PathBuf>);

/// Chooses the image and the mask of each session by how their names end; a session that has none is left out.
pub fn choose(
    sessions: &[Session],
    suffix: Option<&str>,
    mask: Option<&str>,
    left_out: &mut Vec<String>,
) -> Result<Vec<Chosen>, BidsFault> {
    check_ending(sessions, "--suffix", suffix, |s| &s.images)?;
    check_ending(sessions, "--mask", mask, |s| &s.masks)?;
    let mut chosen = Vec::new();
    for session in sessions {
        let place = session.place();
        let images: Vec<&PathBuf> = session.images.iter().filter(|p| ends_so(p, suffix)).collect();
        let image = match images.as_slice() {
            [only] => *only,
            [] => {
                left_out.push(format!("{place}: no image"));
                continue;
            }
            many => {
                let endings = endings(sessions, |s| &s.images);
                return Err(BidsFault::ManyImages { place, count: many.len(), endings });
            }
        };
        // A mask that goes by the name of another image was drawn on that one.
        let is_others = |p: &Path| session.images.iter().any(|other| other != image && names(p, other));
        let wanted = |p: &&PathBuf| ends_so(p, mask) && (names(p, image) || !is_others(p));
        let masks: Vec<&PathBuf> = session.masks.iter().filter(wanted).collect();
        let of_image: Vec<&PathBuf> = masks.iter().copied().filter(|p| is_of(p, image)).collect();
        let mask = match (masks.as_slice(), of_image.as_slice()) {
            (_, [only]) | ([only], _) => Some((*only).clone()),
            ([], _) => None,
            (many, _) => {
                let endings = endings(sessions, |s| &s.masks);
                return Err(BidsFault::ManyMasks { place, count: many.len(), endings });
            }
        };
        // Data sets that are fetched on demand hold links into the void.
        if let Some(absent) = std::iter::once(image).chain(&mask).find(|p| !p.exists()) {
            left_out.push(format!("{place}: the content of {} was not fetched", name_of(absent)));
            continue;
        }
        chosen.push((session.clone(), image.clone(), mask));
    }
    Ok(chosen)
}

/// Whether a mask goes by the name of an image: `X_T1w_mask`, or `X_mask` for `X_T1w`.
fn is_of(mask: &Path, image: &Path) -> bool {
    let (of_mask, of_image) = (stem(mask), stem(image));
    let entities = of_image.rsplit_once('_').map_or(of_image.as_str(), |(entities, _)| entities);
    let own = of_mask
        .strip_prefix(entities)
        .is_some_and(|rest| rest.starts_with('_') && rest.matches('_').count() == 1);
    own || names(mask, image)
}

/// Whether a mask's name goes on from the whole name of an image.
fn names(mask: &Path, image: &Path) -> bool {
    stem(mask).strip_prefix(&stem(image)).is_some_and(|rest| rest.starts_with('_'))
}

fn ends_so(file: &Path, ending: Option<&str>) -> bool {
    let stem = stem(file);
    ending.is_none_or(|ending| stem == ending || stem.ends_with(&format!("_{ending}")))
}

fn check_ending(
    sessions: &[Session],
    option: &'static str,
    asked: Option<&str>,
    of: fn(&Session) -> &Vec<PathBuf>,
) -> Result<(), BidsFault> {
    match asked {
        Some(_) if sessions.iter().flat_map(of).any(|file| ends_so(file, asked)) => Ok(()),
        Some(asked) => {
            Err(BidsFault::NoEnding { option, asked: asked.to_owned(), endings: endings(sessions, of) })
        }
        None => Ok(()),
    }
}

/// How names end, and in how many files.
fn endings(sessions: &[Session], of: fn(&Session) -> &Vec<PathBuf>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for session in sessions {
        for file in of(session) {
            *counts.entry(session.ending(file)).or_default() += 1;
        }
    }
    let words: Vec<String> = counts.iter().map(|(ending, n)| format!("{ending} ({n})")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Images and masks of a session: NIfTI files in its folders, told apart by name.
fn scans(session: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BidsFault> {
    let mut all = nifti(session)?;
    for folder in folders(session, "")? {
        let name = name_of(&folder);
        if !NO_SCANS.contains(&name.as_str()) && !name.starts_with("ses-") {
            all.extend(nifti(&folder)?);
        }
    }
    Ok(all.into_iter().partition(|file| !is_mask(file)))
}

fn is_mask(file: &Path) -> bool {
    let stem = stem(file);
    stem.ends_with("_mask") || stem.ends_with("_dseg")
}

fn nifti(folder: &Path) -> Result<Vec<PathBuf>, BidsFault> {
    let is_nifti = |path: &PathBuf| stem(path).len() < name_of(path).len() && !path.is_dir();
    Ok(entries(folder)?.into_iter().filter(is_nifti).collect())
}

fn folders(folder: &Path, start: &str) -> Result<Vec<PathBuf>, BidsFault> {
    let wanted = |path: &PathBuf| path.is_dir() && name_of(path).starts_with(start);
    Ok(entries(folder)?.into_iter().filter(wanted).collect())
}

/// What a folder holds, in the order of the names, without what is hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BidsFault> {
    let fault = |error| BidsFault::File { path: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if !name_of(&path).starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
