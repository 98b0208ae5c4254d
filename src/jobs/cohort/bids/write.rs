//! The manifest of a data set as a file.

use std::path::{Component, Path, PathBuf};

use super::tables::Participants;
use super::{BidsFault, BidsVisit};
use crate::jobs::Failure;
use crate::store::write_text;

/// Writes a manifest whose paths are relative to its folder.
pub fn write(out: &Path, visits: &[BidsVisit], participants: &Participants) -> Result<(), Failure> {
    let holder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
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

/// A row of RFC 4180.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let quoted = |cell: String| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// A file as seen from a folder. Links are followed on the way to the file's folder and not at the file itself, whose
/// own name may be one into a store of contents.
fn from(holder: &Path, file: &Path) -> Result<String, BidsFault> {
    let whole =
        |path: &Path| path.canonicalize().map_err(|error| BidsFault::File { path: path.to_owned(), error });
    let holder = whole(holder)?;
    let folder = file.parent().map(whole).transpose()?.unwrap_or_default();
    let common = holder.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let mut relative = PathBuf::new();
    for _ in holder.components().skip(common) {
        relative.push("..");
    }
    relative.extend(folder.components().skip(common));
    relative.extend(file.file_name());
    let words: Vec<String> = relative
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    Ok(words.join("/"))
}
