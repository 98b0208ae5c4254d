//! The manifest of a data set as a file.

use std::path::Path;

use super::tables::Participants;
use super::{BidsFault, BidsVisit};
use crate::jobs::Failure;
use crate::jobs::cohort::imported::{holder, line, seen_from};
use crate::store::write_text;

/// Writes a manifest whose paths are relative to its folder.
pub fn write(out: &Path, visits: &[BidsVisit], participants: &Participants) -> Result<(), Failure> {
    let holder = holder(out);
    let columns: Vec<&'static str> =
        Participants::COLUMNS.into_iter().filter(|column| participants.has(column)).collect();
    let has_modality = visits.iter().any(|v| v.modality.is_some());
    let mut header = vec!["subject", "visit", "date", "image", "mask", "baseline"];
    header.extend(has_modality.then_some("modality"));
    header.extend(&columns);
    let mut text = line(header.iter().map(|name| (*name).to_owned()));
    for visit in visits {
        let mask = visit.mask.as_deref().map(|mask| from(holder, mask)).transpose()?;
        let mut cells = vec![
            visit.subject.clone(),
            visit.visit.clone(),
            visit.date.clone().unwrap_or_default(),
            from(holder, &visit.image)?,
            mask.unwrap_or_default(),
            visit.is_baseline.to_string(),
        ];
        if has_modality {
            cells.push(visit.modality.map_or_else(String::new, |m| m.to_string()));
        }
        let of_subject = |column: &&'static str| participants.of(&visit.subject, column).unwrap_or_default();
        cells.extend(columns.iter().map(|column| of_subject(column).to_owned()));
        text.push_str(&line(cells));
    }
    write_text(out, &text)?;
    Ok(())
}

fn from(holder: &Path, file: &Path) -> Result<String, BidsFault> {
    seen_from(holder, file).map_err(|(path, error)| BidsFault::File { path, error })
}
