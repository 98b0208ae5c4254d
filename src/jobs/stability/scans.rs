//! The scans of one subject: read, named by their repeats, and described as the manifest says.

use super::manifest::Entry;
use super::plan::Said;
use crate::io::{looks_like_ct, meaning_of, read_visit, settle_modality};
use crate::jobs::Failure;
use crate::record::Flag;
use crate::visit::{Declared, Visit, decide_roles};

/// Reads the repeats of a subject.
pub fn read(subject: &[Entry], said: &Said) -> Result<Vec<Visit>, Failure> {
    let mut visits = Vec::new();
    for entry in subject {
        let mut visit = read_visit(&entry.source, &said.options)?;
        visit.name.clone_from(&entry.repeat);
        visit.subject = Some(entry.subject.clone());
        describe(&mut visit, entry);
        visits.push(visit);
    }
    settle_modality(&mut visits, said.modality, said.units);
    decide_roles(&mut visits, None);
    Ok(visits)
}

/// What the manifest says of a scan goes before everything else.
fn describe(visit: &mut Visit, entry: &Entry) {
    if entry.modality.is_none() && entry.units.is_none() {
        return;
    }
    if visit.declared == Declared::ByFile {
        visit.modality = entry.modality.unwrap_or(visit.modality);
        visit.units = entry.units.unwrap_or(visit.units);
        return;
    }
    let meaning = meaning_of(entry.modality, entry.units, looks_like_ct(&visit.image));
    if meaning.assumed_hu {
        visit.flags.raise(Flag::AssumedHu);
    }
    visit.notes.extend(meaning.note.map(Into::into));
    (visit.modality, visit.units) = (meaning.modality, meaning.units);
    visit.declared = Declared::ByFile;
}
