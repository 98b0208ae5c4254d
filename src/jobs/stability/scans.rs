//! The scans of one subject: read, named by their repeats, and described as the manifest says.

use super::manifest::Entry;
use super::plan::Said;
use crate::io::{describe_intensities, read_visit, settle_modality};
use crate::jobs::Failure;
use crate::visit::{Visit, decide_roles};

/// Reads the repeats of a subject.
pub fn read(subject: &[Entry], said: &Said) -> Result<Vec<Visit>, Failure> {
    let mut visits = Vec::new();
    for entry in subject {
        let mut visit = read_visit(&entry.source, &said.options)?;
        visit.name.clone_from(&entry.repeat);
        visit.subject = Some(entry.subject.clone());
        describe_intensities(&mut visit, entry.modality, entry.units);
        visits.push(visit);
    }
    settle_modality(&mut visits, said.modality, said.units);
    decide_roles(&mut visits, None);
    Ok(visits)
}
