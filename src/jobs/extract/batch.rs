//! What is to be measured: the rows of a batch, or the one image of a command.

use std::path::{Path, PathBuf};

use delta_table::Sheet;

use super::error::ExtractError;
use super::request::{ExtractRequest, LabelChoice, Scope};
use crate::jobs::Failure;

/// An image and what is measured on it together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The image.
    pub image: Image,
    /// Its masks.
    pub masks: Vec<PathBuf>,
    /// Which labels of them.
    pub label: LabelChoice,
}

/// An image, and which DICOM series of it is meant, where somebody says it of this one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// A file, or what a series is found in.
    pub path: PathBuf,
    /// The series' label.
    pub series: Option<String>,
}

/// A column of the user's table, with one cell per case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: Vec<Option<String>>,
}

/// Everything that is to be measured.
#[derive(Debug)]
pub struct Work {
    /// Cases in order; why there is none where a row cannot be understood.
    pub cases: Vec<Result<Case, Failure>>,
    /// Columns that go in front of what is measured; none for a single image.
    pub given: Vec<Given>,
    /// The table, where there is one.
    pub table: Option<PathBuf>,
}

impl Work {
    /// What a request asks for.
    pub fn of(request: &ExtractRequest) -> Result<Self, ExtractError> {
        match &request.scope {
            Scope::One { image, masks } => {
                let image = Image { path: image.clone(), series: None };
                let case = Case { image, masks: masks.clone(), label: request.label };
                Ok(Self { cases: vec![Ok(case)], given: Vec::new(), table: None })
            }
            Scope::Batch(table) => batch(table, request.label),
        }
    }
    /// Whether this is a batch.
    pub fn is_batch(&self) -> bool {
        self.table.is_some()
    }
    /// Cases that were understood, with their places.
    pub fn understood(&self) -> impl Iterator<Item = (usize, &Case)> {
        self.cases.iter().enumerate().filter_map(|(n, case)| Some((n, case.as_ref().ok()?)))
    }
}

/// Reads PyRadiomics' form of a batch: columns `Image` and `Mask`, optionally `Label`, and ours, `Series`; others are
/// copied.
fn batch(path: &Path, label: LabelChoice) -> Result<Work, ExtractError> {
    let refuse = |error: &dyn std::error::Error| ExtractError::batch(path, &error);
    // Beforehand, because the table's reader would word it its own way.
    std::fs::File::open(path).map_err(|e| refuse(&e))?;
    let sheet = Sheet::read_csv(path).map_err(|e| refuse(&e))?;
    let names = sheet.names();
    let named = |column: &str| {
        let exact = names.iter().find(|name| name.as_str() == column);
        exact.or_else(|| names.iter().find(|name| name.trim().eq_ignore_ascii_case(column)))
    };
    let cells = |name: &str| sheet.text(name).map_err(|e| refuse(&e));
    let needed = |column: &'static str| match named(column) {
        Some(name) => cells(name),
        None => Err(ExtractError::Column { path: path.to_owned(), column, present: names.join(", ") }),
    };
    let (images, masks) = (needed("Image")?, needed("Mask")?);
    let optional = |column| named(column).map_or_else(|| Ok(vec![None; images.len()]), |name| cells(name));
    let (labels, series) = (optional("Label")?, optional("Series")?);
    if images.is_empty() {
        return Err(ExtractError::NoRows(path.to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let case = |n: usize| {
        let row = n + 1;
        let file = |cell: &Option<String>, column| match cell.as_deref().map(str::trim) {
            None | Some("") => Err(ExtractError::EmptyCell { row, column }),
            Some(file) => Ok(folder.join(file)),
        };
        let label = match labels[n].as_deref().map(str::trim) {
            None | Some("") => label,
            Some(word) => LabelChoice::from_word(word)
                .ok_or_else(|| ExtractError::LabelCell { row, word: word.to_owned() })?,
        };
        let series = series[n].as_deref().map(str::trim).filter(|series| !series.is_empty());
        let image = Image { path: file(&images[n], "Image")?, series: series.map(str::to_owned) };
        Ok(Case { image, masks: vec![file(&masks[n], "Mask")?], label })
    };
    let given: Result<Vec<Given>, ExtractError> =
        names.iter().map(|name| Ok(Given { name: name.clone(), cells: cells(name)? })).collect();
    Ok(Work {
        cases: (0..images.len()).map(|n| case(n).map_err(ExtractError::failure)).collect(),
        given: given?,
        table: Some(path.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Work, ExtractError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("batch.csv");
        std::fs::write(&path, text).unwrap();
        let mut work = batch(&path, LabelChoice::All)?;
        for case in work.cases.iter_mut().flatten() {
            let path = &case.image.path;
            case.image.path = path.strip_prefix(dir.path()).unwrap_or(path).to_owned();
        }
        Ok(work)
    }

    #[test]
    fn rows_are_relative_to_the_table_and_other_columns_stay() {
        let work = read("ID,Image,Mask,Label,Series\nP1,a/ct.nii,a/m.nii,2,\nP2,/b,m.nii,, 3a\n").unwrap();
        let cases: Vec<&Case> = work.understood().map(|c| c.1).collect();
        let image =
            |path: &str, series: Option<&str>| Image { path: path.into(), series: series.map(str::to_owned) };
        assert_eq!((&cases[0].image, cases[0].label), (&image("a/ct.nii", None), LabelChoice::One(2)));
        assert_eq!((&cases[1].image, cases[1].label), (&image("/b", Some("3a")), LabelChoice::All));
        let names: Vec<&str> = work.given.iter().map(|g| g.name.as_str()).collect();
        assert_eq!(names, ["ID", "Image", "Mask", "Label", "Series"]);
    }

    #[test]
    fn a_row_that_cannot_be_understood_is_its_own_failure() {
        let work = read("image,mask,label\na,,\na,b,x\na,b,3.0\n").unwrap();
        let codes: Vec<Option<&str>> =
            work.cases.iter().map(|c| c.as_ref().err().map(|f| f.code.as_str())).collect();
        assert_eq!(codes, [Some("E-BATCH-CELL"), Some("E-BATCH-LABEL"), None]);
    }

    #[test]
    fn a_table_without_its_columns_or_rows_is_refused() {
        assert!(matches!(read("Image,Msk\na,b\n"), Err(ExtractError::Column { column: "Mask", .. })));
        assert!(matches!(read("Image;Mask\na;b\n"), Err(ExtractError::Column { column: "Image", .. })));
        assert!(matches!(read("Image,Mask\n"), Err(ExtractError::NoRows(_))));
    }
}
