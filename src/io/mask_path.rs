//! `FILE:ROI`: one region of a file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A mask as a user names it: a file or folder, and which of its regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskPath<'a> {
    /// The file or folder.
    pub file: Cow<'a, Path>,
    /// Name, number, label or Tracking UID of the region; none for all.
    pub roi: Option<&'a str>,
}

impl<'a> MaskPath<'a> {
    /// Takes a path apart: all of it where it exists, else the shortest part before a colon that does. What exists in
    /// no way is a path.
    ///
    /// ```
    /// use delta_radiomics::io::MaskPath;
    /// use std::path::Path;
    /// let mask = MaskPath::of(Path::new("Cargo.toml:GTV: left"));
    /// assert_eq!((&*mask.file, mask.roi), (Path::new("Cargo.toml"), Some("GTV: left")));
    /// assert_eq!(MaskPath::of(Path::new("nowhere:GTV")).roi, None);
    /// ```
    pub fn of(path: &'a Path) -> Self {
        let whole = Self { file: Cow::Borrowed(path), roi: None };
        let Some(text) = path.to_str() else { return whole };
        if path.exists() {
            return whole;
        }
        let parts = text.match_indices(':').map(|(at, _)| (&text[..at], &text[at + 1..]));
        let found = parts.filter(|(file, _)| !file.is_empty()).find(|(file, _)| Path::new(file).exists());
        found.map_or(whole, |(file, roi)| Self { file: Cow::Owned(PathBuf::from(file)), roi: Some(roi) })
    }
}
