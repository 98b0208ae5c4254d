//! The manifest: which scans repeat which.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::condition;
use super::error::StabilityFault;
use crate::io::{MaskPath, VisitSource, check_name};
use crate::jobs::sheet::{FileColumns, SheetFault, UserTable, modality_words, unit_words};
use crate::record::{Modality, RepeatKind, Units};
use crate::visit::{modality_of_word, units_of_word};

/// One row: a scan of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Row in the manifest; the first below the header is 1.
    pub row: usize,
    /// Subject.
    pub subject: String,
    /// Name of the repeat.
    pub repeat: String,
    /// What was repeated.
    pub kind: RepeatKind,
    /// The files.
    pub source: VisitSource,
    /// Modality, where the manifest says it.
    pub modality: Option<Modality>,
    /// Units, where the manifest says them.
    pub units: Option<Units>,
}

/// The repeats of one subject, in the order of the manifest.
pub type Subject = Vec<Entry>;

/// A manifest that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The file.
    pub path: PathBuf,
    /// Subjects in the order of their names; what was repeated is the same for all scans of one entry.
    pub subjects: Vec<Subject>,
}

/// How many repeats a subject must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLeast {
    /// Repeats are compared.
    TwoRepeats,
    /// Each scan is perturbed.
    OneScan,
}

impl Manifest {
    /// Reads a manifest.
    pub fn read(path: &Path, condition: Option<&str>, at_least: AtLeast) -> Result<Self, StabilityFault> {
        let table = UserTable::read(path)?;
        let counts = condition::chosen(path, &conditions(&table)?, condition)?;
        let entries = entries(&table)?;
        let entries: Vec<Entry> = entries.into_iter().zip(counts).filter(|e| e.1).map(|e| e.0).collect();
        for entry in &entries {
            check_files(path, entry)?;
        }
        let mut by_subject: BTreeMap<(String, RepeatKind), Subject> = BTreeMap::new();
        for entry in entries {
            by_subject.entry((entry.subject.clone(), entry.kind)).or_default().push(entry);
        }
        for subject in by_subject.values() {
            check_repeats(path, subject, at_least)?;
        }
        Ok(Self { path: path.to_owned(), subjects: by_subject.into_values().collect() })
    }

    /// All its scans.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.subjects.iter().flatten()
    }
}

/// The column `condition`, empty where it is missing.
pub fn conditions(table: &UserTable) -> Result<Vec<Option<String>>, StabilityFault> {
    Ok(table.cells("condition")?.unwrap_or_else(|| vec![None; table.rows()]))
}

/// The columns that are read.
const COLUMNS: [&str; 12] = [
    "subject",
    "repeat",
    "repeat_kind",
    "condition",
    "visit_folder",
    "image",
    "mask",
    "series",
    "modality",
    "units",
    "rois",
    "roles",
];

fn entries(table: &UserTable) -> Result<Vec<Entry>, StabilityFault> {
    table.check_columns(&COLUMNS)?;
    let path = &table.path;
    let (subjects, repeats) = (table.filled("subject")?, table.filled("repeat")?);
    let kinds = table.repeat_kinds()?;
    let modalities = table.words("modality", &modality_words(), modality_of_word)?;
    let units = table.words("units", &unit_words(), units_of_word)?;
    let files = FileColumns::of(table)?;
    let mut entries = Vec::new();
    for n in 0..table.rows() {
        let row = n + 1;
        for (column, name) in [("subject", &subjects[n]), ("repeat", &repeats[n])] {
            check_name(name).map_err(|fault| SheetFault::Name {
                path: path.clone(),
                row,
                column,
                name: name.clone(),
                fault,
            })?;
        }
        entries.push(Entry {
            row,
            subject: subjects[n].clone(),
            repeat: repeats[n].clone(),
            kind: kinds[n].unwrap_or(RepeatKind::Scan),
            source: files.source(row)?,
            modality: modalities[n],
            units: units[n],
        });
    }
    Ok(entries)
}

fn check_files(path: &Path, entry: &Entry) -> Result<(), StabilityFault> {
    for file in std::iter::once(&entry.source.path).chain(&entry.source.mask) {
        if !MaskPath::of(file).file.exists() {
            return Err(StabilityFault::MissingFile {
                path: path.to_owned(),
                row: entry.row,
                file: file.clone(),
            });
        }
    }
    Ok(())
}

/// Each repeat once, and enough of them.
fn check_repeats(path: &Path, subject: &[Entry], at_least: AtLeast) -> Result<(), StabilityFault> {
    for (n, entry) in subject.iter().enumerate() {
        if let Some(first) = subject[..n].iter().find(|e| e.repeat == entry.repeat) {
            return Err(StabilityFault::Duplicate {
                path: path.to_owned(),
                first: first.row,
                second: entry.row,
                what: format!("subject {}, repeat {}", entry.subject, entry.repeat),
            });
        }
    }
    match subject {
        [only] if at_least == AtLeast::TwoRepeats => Err(StabilityFault::OneRepeat {
            path: path.to_owned(),
            who: format!("subject {}", only.subject),
            repeat: only.repeat.clone(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RoiRole;

    fn read(text: &str) -> Result<Manifest, StabilityFault> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manifest.csv");
        std::fs::write(&path, text).unwrap();
        for name in ["a", "b", "c"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Manifest::read(&path, None, AtLeast::TwoRepeats)
    }

    #[test]
    fn scans_are_put_together_by_subject_and_by_what_was_repeated() {
        let manifest = read(
            "subject,repeat,visit_folder,rois,roles,repeat_kind\n\
             P2,1,a,1=gtv;2=liver,1=lesion,scan\nP2,2,b,,,scan\nP1,x,a,,,rater\nP1,y,c,,,rater\n",
        )
        .unwrap();
        let shape: Vec<_> =
            manifest.subjects.iter().map(|s| (s[0].subject.as_str(), s[0].kind, s.len())).collect();
        assert_eq!(shape, [("P1", RepeatKind::Rater, 2), ("P2", RepeatKind::Scan, 2)]);
        let rois = &manifest.subjects[1][0].source.rois;
        assert_eq!((rois[0].name.as_str(), rois[0].role), ("gtv", Some(RoiRole::Lesion)));
        assert_eq!((rois[1].name.as_str(), rois[1].label, rois[1].role), ("liver", Some(2), None));
    }

    #[test]
    fn what_is_no_repeat_is_refused() {
        let head = "subject,repeat,visit_folder\n";
        let refused = |rows: &str| read(&format!("{head}{rows}")).unwrap_err();
        assert!(matches!(refused("P,1,a\nP,1,b\n"), StabilityFault::Duplicate { first: 1, second: 2, .. }));
        assert!(matches!(refused("P,1,a\n"), StabilityFault::OneRepeat { .. }));
        assert!(matches!(refused("P,1,a\nP,2,z\n"), StabilityFault::MissingFile { row: 2, .. }));
        assert!(matches!(
            refused("P,1,a\n,2,b\n"),
            StabilityFault::Sheet(SheetFault::EmptyCell { row: 2, .. })
        ));
        assert!(matches!(refused("P<b>,1,a\n"), StabilityFault::Sheet(SheetFault::Name { .. })));
        let error = read("subject,repeat,visit_folder,roles\nP,1,a,1=organs\nP,2,b,\n").unwrap_err();
        assert!(matches!(error, StabilityFault::Sheet(SheetFault::Word { column: "roles", .. })));
        let error = read("subject,repeat,visit_folder,rois\nP,1,a,lesion\nP,2,b,\n").unwrap_err();
        assert!(matches!(error, StabilityFault::Sheet(SheetFault::Labels { .. })));
        assert!(matches!(
            read("subject,repeat\nP,1\n"),
            Err(StabilityFault::Sheet(SheetFault::Column { .. }))
        ));
        assert!(matches!(
            read("subject,repeat,image\nP,1,a\n"),
            Err(StabilityFault::Sheet(SheetFault::Column { .. }))
        ));
    }
}
