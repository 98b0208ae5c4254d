//! `delta cohort manifest`: a BIDS data set as a manifest.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::output::Output;
use crate::jobs::Failure;
use crate::jobs::cohort::bids::{BidsImport, BidsRequest, import};
use crate::record::Modality;
use crate::visit::modality_of_word;

/// So many reasons are printed; `--json` prints all.
const SHOWN: usize = 10;

/// Write the manifest of a data set in the Brain Imaging Data Structure (BIDS)
///
/// Sessions become visits. Masks (_mask, _dseg) are looked for beside the scans, then below derivatives/. Dates come
/// from *_scans.tsv or sub-*_sessions.tsv; the baseline is the first session by date, or by name where dates are
/// missing. What is left out is said.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta cohort manifest data --suffix T1w --mask desc-lesion_mask")]
pub struct ManifestArgs {
    /// The data set: the folder that holds sub-01, sub-02 and so on
    #[arg(value_name = "BIDS_DIR")]
    folder: PathBuf,
    /// The manifest; its paths are relative to its folder
    #[arg(long, value_name = "CSV", default_value = "manifest.csv")]
    out: PathBuf,
    /// How names of images end (T1w, ct, run-1_T1w), where a session has several
    #[arg(long, value_name = "ENDING")]
    suffix: Option<String>,
    /// How names of masks end (desc-lesion_mask, dseg), where a session has several
    #[arg(long, value_name = "ENDING")]
    mask: Option<String>,
    /// Modality (CT, MR, PT, NM, OT) of the images; by default anat is MR, ct CT, pet PT
    #[arg(long, value_name = "M", value_parser = modality)]
    modality: Option<Modality>,
}

/// Runs the job and says how it ended.
pub fn manifest(args: ManifestArgs, output: &Output) -> Result<ExitCode, Failure> {
    let ManifestArgs { folder, out, suffix, mask, modality } = args;
    let request = BidsRequest { folder, out, suffix, mask, modality, existing: output.existing() };
    let imported = import(&request)?;
    let short = imported.manifest.display().to_string();
    output.result(&words(&imported), &short, &serde_json::json!(imported));
    Ok(ExitCode::SUCCESS)
}

fn words(imported: &BidsImport) -> String {
    let BidsImport { manifest, subjects, visits, masks, dates, left_out, notes } = imported;
    let mut text =
        format!("Subjects: {subjects}; visits: {visits}, with a mask {masks}, with a date {dates}.\n");
    for note in notes {
        let _ = writeln!(text, "{note}"); // writing to a text does not fail
    }
    if !left_out.is_empty() {
        let _ = writeln!(text, "Left out: {}.", left_out.len());
    }
    for reason in left_out.iter().take(SHOWN) {
        let _ = writeln!(text, "  {reason}");
    }
    if left_out.len() > SHOWN {
        let _ = writeln!(text, "  and {} more (--json lists all)", left_out.len() - SHOWN);
    }
    let _ = write!(
        text,
        "{}\nNext: delta cohort run {} --out STUDY --check",
        manifest.display(),
        manifest.display()
    );
    text
}

fn modality(given: &str) -> Result<Modality, String> {
    modality_of_word(given).ok_or_else(|| "known: CT, MR, PT (or PET), NM (or SPECT), OT".to_owned())
}
