//! What a visit says of itself, without its voxels: by `visit.toml`, and by its DICOM series.

use super::visit_files::series_of;
use super::visit_folder::{Meant, SourceFiles, VisitSource};
use super::visit_toml::{days_since_1970, modality, read_visit_file, units, when};
use super::{IoError, ReadOptions, VisitFault};
use crate::record::{Modality, Units};
use crate::visit::{Declared, When};

/// What a visit says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitSaid {
    /// Subject.
    pub subject: Option<String>,
    /// When the scan was made.
    pub when: When,
    /// Modality.
    pub modality: Modality,
    /// Units.
    pub units: Units,
    /// Who says so.
    pub declared: Declared,
}

/// What a visit's own file says; none for an image file, or a folder without `visit.toml`.
pub fn read_said(source: &VisitSource) -> Result<Option<VisitSaid>, IoError> {
    let path = source.path.join("visit.toml");
    if !path.is_file() {
        return Ok(None);
    }
    let file = read_visit_file(&path)?;
    let fault = |fault: VisitFault| IoError::visit(&path, fault);
    Ok(Some(VisitSaid {
        when: when(&file).map_err(fault)?,
        modality: modality(&file).map_err(fault)?,
        units: units(&file).map_err(fault)?,
        declared: Declared::ByFile,
        subject: file.subject,
    }))
}

/// When a scan was made by the dates of its DICOM series; unknown where it is none. What is no DICOM is not looked into.
pub fn scanned(source: &VisitSource, options: &ReadOptions) -> Result<When, IoError> {
    let options = options.with_series(source.series.as_deref());
    match series_of(&source.path, source.mask.as_deref(), &options) {
        Ok(series) => Ok(series.map_or(When::Unknown, |series| series.when())),
        Err(error @ IoError::Dicom { .. }) => Err(error),
        // Whoever reads it will say what is wrong with it.
        Err(_) => Ok(When::Unknown),
    }
}

impl SourceFiles {
    /// What `visit.toml` and the series say of the visit, as reading it would find; none where there is neither.
    pub fn said(&self) -> Result<Option<VisitSaid>, IoError> {
        if self.description.is_none() && self.series.is_none() {
            return Ok(None);
        }
        let facts = self.series.as_ref().map(|series| series.facts()).transpose()?;
        let file = self.description.clone().unwrap_or_default();
        // What cannot be used is in the file, which then is the first of those that describe.
        let fault = |fault| IoError::visit(self.described_by.first().unwrap_or(&self.image), fault);
        let meant = Meant::of(&file, self.description.is_some(), facts.as_ref()).map_err(fault)?;
        Ok(Some(VisitSaid {
            when: match (when(&file).map_err(fault)?, &self.series) {
                (When::Unknown, Some(series)) => series.when(),
                (said, _) => said,
            },
            modality: meant.modality,
            units: meant.units,
            declared: meant.declared,
            subject: file.subject,
        }))
    }
}

/// The day of a date as `2024-03-01`; none where the text is no date, or has a time of day.
///
/// ```
/// use delta_radiomics::io::date_of_text;
/// use delta_radiomics::visit::When;
/// assert_eq!(date_of_text("1970-01-02"), Some(When::Date(1)));
/// assert_eq!(date_of_text("02.01.1970"), None);
/// ```
pub fn date_of_text(text: &str) -> Option<When> {
    let time: toml::value::Datetime = text.parse().ok()?;
    match (time.date, time.time) {
        (Some(date), None) => {
            Some(When::Date(days_since_1970(i64::from(date.year), date.month.into(), date.day.into())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        assert!(date_of_text("2024-02-29").is_some());
        for bad in
            ["2023-02-29", "2024-13-01", "01.03.2024", "2024-3-1", "2024-03-01T10:00:00", "10:00:00", ""]
        {
            assert_eq!(date_of_text(bad), None, "{bad}");
        }
    }
}
