//! `delta phantom --cohort N`: a study of phantom patients whose truth is known.
//!
//! Of N patients a third respond by shrinking, a third by texture alone, a third do not (`roles.rs`). Each is a body of
//! its own with its own lesions, scanned at two visits or three (`patient.rs`), and has an outcome (`outcomes.rs`).
//! What a patient's scans hold depends on the seed, the patient's number, and the role; not on how many others there
//! are. Patients are made one by one on each thread, so memory does not grow with N.

mod outcomes;
mod patient;
mod roles;
mod tables;

#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::patient::{Patient, Record};
use self::roles::{Role, roles};
use super::scan::Size;
use crate::jobs::{Failure, Progress};
use crate::store::{Existing, OutputFolder};

/// Which cohort is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CohortRequest {
    /// Decides everything that is random.
    pub seed: u64,
    /// How many patients.
    pub patients: NonZeroUsize,
    /// How many voxels their scans have.
    pub size: Size,
}

/// Makes a cohort and writes it to the folder `out`, whole or not at all: the patients' visits, `manifest.csv` for
/// `delta cohort`, `outcomes.csv` for a statistician, and `truth.csv`. The same request gives the same bytes at any
/// number of threads.
pub fn make(
    request: &CohortRequest,
    out: &Path,
    existing: Existing,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let folder = OutputFolder::begin(out, existing)?;
    let roles = roles(request.seed, request.patients.get());
    let records = make_patients(request, &roles, &folder, progress)?;
    tables::write(&records, &folder)?;
    folder.publish()?;
    Ok(())
}

/// Makes all patients side by side: each worker takes the next one until there is none.
///
/// A worker has threads of its own. In a common pool, a thread that waits for the slices of one patient would begin
/// another patient meanwhile, and one more within that.
fn make_patients(
    request: &CohortRequest,
    roles: &[Role],
    folder: &OutputFolder,
    progress: &dyn Progress,
) -> Result<Vec<Record>, Failure> {
    let threads = rayon::current_num_threads();
    let workers = threads.min(roles.len());
    let next = AtomicUsize::new(0);
    let work = |worker: usize| -> Result<Vec<(usize, Record)>, Failure> {
        let own = threads / workers + usize::from(worker < threads % workers);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(own).build();
        let pool = pool.map_err(|error| Failure::surroundings("E-THREADS", &error))?;
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(&role) = roles.get(index) else { return Ok(made) };
            let patient = Patient::new(request.seed, index, role);
            progress.stage(patient.subject(), index as f64 / roles.len() as f64);
            let written = pool.install(|| patient.write(request.size, folder));
            // Nothing of it will be kept: the others need not go on.
            written.inspect_err(|_| next.store(roles.len(), Ordering::Relaxed))?;
            made.push((index, patient.into_record()));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        let ended = running
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.collect::<Result<Vec<_>, Failure>>()
    })?
    .concat();
    made.sort_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, record)| record).collect())
}
