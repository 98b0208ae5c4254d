//! A folder in the Brain Imaging Data Structure as a cohort's manifest (BIDS 1.10: sub-LABEL, ses-LABEL, one folder
//! per kind of scan, masks as `_mask` or `_dseg` beside the scans or below `derivatives/`).

mod fault;
mod find;
mod tables;
mod write;

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

pub use fault::BidsFault;
use find::{Session, choose};
use tables::{Participants, date_of};

use super::imported::Imported;
use crate::io::check_name;
use crate::jobs::Failure;
use crate::record::Modality;
use crate::store::{Existing, StoreError};

/// What is asked.
#[derive(Clone, Debug)]
pub struct BidsRequest {
    /// The data set: the folder that holds `sub-*`.
    pub folder: PathBuf,
    /// The manifest that is written.
    pub out: PathBuf,
    /// How the names of the images end before `.nii.gz` (`T1w`, `run-1_T1w`), where a session has several.
    pub suffix: Option<String>,
    /// How the names of the masks end (`desc-lesion_mask`), where a session has several.
    pub mask: Option<String>,
    /// Modality of all images; by default that of the folder (`anat`: MR, `ct`: CT, `pet`: PT).
    pub modality: Option<Modality>,
    /// What happens to an existing manifest.
    pub existing: Existing,
}

/// One visit of the manifest.
#[derive(Clone, Debug)]
pub struct BidsVisit {
    subject: String,
    visit: String,
    date: Option<String>,
    image: PathBuf,
    mask: Option<PathBuf>,
    is_baseline: bool,
    modality: Option<Modality>,
}

/// Whether a folder is such a data set: it holds a folder `sub-*`.
pub fn is_bids(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("sub-") && entry.path().is_dir())
}

/// Writes the manifest of a data set.
pub fn import(request: &BidsRequest) -> Result<Imported, Failure> {
    if request.existing == Existing::Keep && request.out.exists() {
        return Err(StoreError::Occupied(request.out.clone()).into());
    }
    let mut left_out = Vec::new();
    let mut notes = Vec::new();
    let sessions = find::sessions(&request.folder)?;
    let chosen = choose(&sessions, request.suffix.as_deref(), request.mask.as_deref(), &mut left_out)?;
    let mut visits: Vec<BidsVisit> = Vec::new();
    let mut by_name: Vec<String> = Vec::new();
    for of_subject in chosen.chunk_by(|a, b| a.0.subject == b.0.subject) {
        let subject = &of_subject[0].0.subject;
        if of_subject.iter().all(|(_, _, mask)| mask.is_none()) {
            left_out.push(format!("{subject}: no session has a mask"));
            continue;
        }
        let mut of_subject = of_subject
            .iter()
            .map(|(session, image, mask)| visit(request, session, image, mask.as_deref()))
            .collect::<Result<Vec<_>, _>>()?;
        if order(&mut of_subject) == Order::ByName && of_subject.len() > 1 {
            by_name.push(subject.clone());
        }
        visits.extend(of_subject);
    }
    if visits.is_empty() {
        return Err(
            BidsFault::Nothing { folder: request.folder.clone(), left_out: left_out.join("; ") }.into()
        );
    }
    if !by_name.is_empty() {
        notes.push(format!(
            "Without dates of all sessions, the baseline is the first by name, and days are unknown: {}.",
            listed(&by_name)
        ));
    }
    let participants = Participants::read(&request.folder)?;
    write::write(&request.out, &visits, &participants)?;
    Ok(Imported {
        manifest: request.out.clone(),
        subjects: visits.iter().filter(|v| v.is_baseline).count(),
        visits: visits.len(),
        masks: visits.iter().filter(|v| v.mask.is_some()).count(),
        dates: visits.iter().filter(|v| v.date.is_some()).count(),
        left_out,
        notes,
    })
}

fn visit(
    request: &BidsRequest,
    session: &Session,
    image: &Path,
    mask: Option<&Path>,
) -> Result<BidsVisit, BidsFault> {
    // A subject without sessions has one visit.
    let visit = session.name.clone().unwrap_or_else(|| "t0".to_owned());
    for name in [&session.subject, &visit] {
        check_name(name).map_err(|fault| BidsFault::Name { name: name.clone(), fault })?;
    }
    Ok(BidsVisit {
        subject: session.subject.clone(),
        visit,
        date: date_of(session, image)?,
        image: image.to_owned(),
        mask: mask.map(Path::to_owned),
        is_baseline: false,
        modality: request.modality.or_else(|| modality_of(image)),
    })
}

/// How the visits of a subject were put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    ByDate,
    ByName,
}

/// Puts the visits of a subject in order; the first is the baseline. Dates count where all have one: with some alone,
/// nobody could say where the others belong.
fn order(visits: &mut [BidsVisit]) -> Order {
    let by_name = |a: &BidsVisit, b: &BidsVisit| natural(&a.visit, &b.visit);
    let order = if visits.iter().all(|v| v.date.is_some()) { Order::ByDate } else { Order::ByName };
    match order {
        Order::ByDate => visits.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| by_name(a, b))),
        Order::ByName => {
            visits.sort_by(by_name);
            for visit in visits.iter_mut() {
                visit.date = None;
            }
        }
    }
    if let Some(first) = visits.first_mut() {
        first.is_baseline = true;
    }
    order
}

/// The order of names in which `ses-2` goes before `ses-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let parts = |name: &str| -> Vec<(bool, usize, String)> {
        let is_digit = |c: &char| c.is_ascii_digit();
        let letters: Vec<char> = name.chars().collect();
        letters
            .chunk_by(|a, b| is_digit(a) == is_digit(b))
            .map(|run| {
                let text: String = run.iter().collect();
                let digits = text.trim_start_matches('0');
                // Numbers compare by length, then digit by digit.
                if is_digit(&run[0]) { (false, digits.len(), digits.to_owned()) } else { (true, 0, text) }
            })
            .collect()
    };
    parts(a).cmp(&parts(b)).then_with(|| a.cmp(b))
}

/// The modality that the kind of a scan tells.
fn modality_of(image: &Path) -> Option<Modality> {
    let stem = crate::io::stem(image).to_lowercase();
    let folder = image.parent()?.file_name()?.to_string_lossy().to_lowercase();
    match stem.rsplit('_').next() {
        Some("ct") => Some(Modality::Ct),
        Some("pet") => Some(Modality::Pt),
        _ => match folder.as_str() {
            "anat" | "dwi" | "perf" => Some(Modality::Mr),
            "ct" => Some(Modality::Ct),
            "pet" => Some(Modality::Pt),
            _ => None,
        },
    }
}

/// The first five of a list, and how many more there are.
pub fn listed(names: &[String]) -> String {
    let shown = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}

#[cfg(test)]
mod tests;
