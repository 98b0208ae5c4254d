//! What a visit's own file says of it, without reading its scan.

use super::visit_folder::VisitSource;
use super::visit_toml::{days_since_1970, modality, read_visit_file, units, when};
use super::{IoError, VisitFault};
use crate::record::{Modality, Units};
use crate::visit::When;

/// What `visit.toml` says of a visit.
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
        subject: file.subject,
    }))
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
