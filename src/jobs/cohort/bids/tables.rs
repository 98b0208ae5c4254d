//! The tables of a data set: dates of sessions and scans, sites and groups of participants.

use std::collections::BTreeMap;
use std::path::Path;

use super::BidsFault;
use super::find::Session;
use crate::io::date_of_text;

/// A table separated by tabs: its header and its rows.
struct Tsv {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Tsv {
    /// Reads a table that may be missing.
    fn read(path: &Path) -> Result<Option<Self>, BidsFault> {
        if !path.is_file() {
            return Ok(None);
        }
        let fault = |error| BidsFault::File { path: path.to_owned(), error };
        let text = std::fs::read_to_string(path).map_err(fault)?;
        let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
        let cells = |line: &str| line.split('\t').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let header = lines.next().map(cells).unwrap_or_default();
        Ok(Some(Self { header, rows: lines.map(cells).collect() }))
    }

    /// The cell of a column in the row whose `key` column holds a name; `n/a` is no value.
    fn find(&self, key: &str, is: impl Fn(&str) -> bool, column: &str) -> Option<&str> {
        let place = |name: &str| self.header.iter().position(|h| h == name);
        let (key, column) = (place(key)?, place(column)?);
        let row = self.rows.iter().find(|row| row.get(key).is_some_and(|cell| is(cell)))?;
        row.get(column).map(String::as_str).filter(|cell| !cell.is_empty() && *cell != "n/a")
    }
}

/// The date of a session's image: by the table of scans, else by the table of sessions.
pub fn date_of(session: &Session, image: &Path) -> Result<Option<String>, BidsFault> {
    let subject = &session.subject;
    let prefix = session.name.as_ref().map_or_else(|| subject.clone(), |name| format!("{subject}_{name}"));
    let scans = Tsv::read(&session.folder.join(format!("{prefix}_scans.tsv")))?;
    let relative = image.strip_prefix(&session.folder).unwrap_or(image);
    let is_image = |cell: &str| Path::new(cell) == relative;
    let of_scan = scans.as_ref().and_then(|t| t.find("filename", is_image, "acq_time"));
    if let Some(date) = of_scan.and_then(date_in) {
        return Ok(Some(date));
    }
    let sessions = Tsv::read(&session.subject_folder.join(format!("{subject}_sessions.tsv")))?;
    let is_session = |cell: &str| session.name.as_deref() == Some(cell);
    let of_session = sessions.as_ref().and_then(|t| t.find("session_id", is_session, "acq_time"));
    Ok(of_session.and_then(date_in))
}

/// The date of `2024-03-01T10:15:00`.
fn date_in(time: &str) -> Option<String> {
    let date = time.split(['T', ' ']).next()?;
    date_of_text(date).map(|_| date.to_owned())
}

/// Sites and groups by subject, from `participants.tsv`.
pub struct Participants {
    cells: BTreeMap<(String, &'static str), String>,
}

impl Participants {
    /// The columns that a manifest takes over.
    pub const COLUMNS: [&'static str; 2] = ["site", "group"];

    /// Reads the table of a data set, which may be missing.
    pub fn read(root: &Path) -> Result<Self, BidsFault> {
        let mut cells = BTreeMap::new();
        if let Some(table) = Tsv::read(&root.join("participants.tsv"))? {
            let place = table.header.iter().position(|h| h == "participant_id");
            for subject in table.rows.iter().filter_map(|row| row.get(place?)) {
                for column in Self::COLUMNS {
                    if let Some(cell) = table.find("participant_id", |id| id == subject, column) {
                        cells.insert((subject.clone(), column), cell.to_owned());
                    }
                }
            }
        }
        Ok(Self { cells })
    }

    /// What the table says of a subject.
    pub fn of(&self, subject: &str, column: &'static str) -> Option<&str> {
        self.cells.get(&(subject.to_owned(), column)).map(String::as_str)
    }

    /// Whether it says it of anybody.
    pub fn has(&self, column: &'static str) -> bool {
        self.cells.keys().any(|(_, c)| *c == column)
    }
}
