//! Features of images and masks, without visits: one image, or a batch of any length.
//!
//! All images are measured by the same settings: one sampling decided over all their headers, one meaning of their
//! intensities. A row of a batch that fails is listed and does not end the others.

mod batch;
mod error;
mod plan;
mod request;
mod rows;
mod told;
mod write;

use std::path::PathBuf;

pub use error::ExtractError;
pub use request::{ExtractRequest, LabelChoice, Layout, Names, Scope};

use super::run::{self, Clock, RunFile, allowed_over};
use super::{Failure, Progress};
use crate::store::OutputFolder;
use batch::Work;
use plan::Plan;
use told::Told;

/// How an extraction ended.
#[derive(Debug)]
pub struct Done {
    /// Folder of the result.
    pub out: PathBuf,
    /// At most ten lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// Number of rows that failed.
    pub failed: usize,
}

/// Does what is asked.
pub fn extract(request: &ExtractRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    let mut clock = Clock::start();
    progress.stage("reading headers", 0.0);
    let work = Work::of(request)?;
    let plan = Plan::new(request, &work)?;
    let existing = allowed_over(&request.out, &plan.fingerprint, request.existing);
    let folder = OutputFolder::begin(&request.out, existing)?;
    clock.lap("planning");

    let mut measured = rows::measure(&work, &plan, progress);
    if !work.is_batch() && !measured.failed.is_empty() {
        return Err(measured.failed.swap_remove(0).failure);
    }
    clock.lap("measuring");

    progress.stage("writing", 0.95);
    write::tables(&folder, request, &work, &plan, &measured)?;
    clock.lap("writing");
    let told = Told { request, work: &work, plan: &plan, measured: &measured };
    let record = RunFile {
        schema: 1,
        program: "delta".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        notice: "Research use only; not a medical device.".into(),
        fingerprint: plan.fingerprint.clone(),
        measurement: plan.measurement.clone(),
        measurement_hash: plan.hash.clone(),
        registration_hash: String::new(),
        alignment: std::collections::BTreeMap::new(),
        in_trouble: Vec::new(),
        inputs: plan.inputs.clone(),
        request: plan::described(request),
        notes: told.notes(),
        outputs: std::collections::BTreeMap::new(),
    };
    run::provenance(&folder, &plan.protocol.resolved(&plan.measurement), record, &clock.stop())?;
    folder.publish()?;
    Ok(Done {
        summary: told.summary(),
        json: told.json(),
        failed: measured.failed.len(),
        out: request.out.clone(),
    })
}
