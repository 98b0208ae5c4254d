//! `delta cohort manifest`: folders of scans as a manifest.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::output::Output;
use crate::jobs::Failure;
use crate::jobs::cohort::bids::{self, BidsRequest, is_bids};
use crate::jobs::cohort::folders::{self, FoldersRequest};
use crate::jobs::cohort::imported::Imported;
use crate::record::Modality;
use crate::visit::modality_of_word;

/// So many reasons are printed; `--json` prints all.
const SHOWN: usize = 10;

/// Write the manifest of folders of DICOM, or of a data set in the Brain Imaging Data Structure (BIDS)
///
/// Folders of DICOM: one for each patient, in it one for each visit, in that the series, however deep. Names come from
/// the folders; visits whose folders are named by dates or UIDs are called t0, t1 and so on by the dates of their scans.
/// The earliest is the baseline. No date is written: `delta cohort run` takes days from the files. Where a visit has
/// several series, the column series is left to fill.
///
/// BIDS: sessions become visits. Masks (_mask, _dseg) are looked for beside the scans, then below derivatives/. Dates
/// come from *_scans.tsv or sub-*_sessions.tsv; the baseline is the first session by date, or by name where dates are
/// missing. What is left out is said.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta cohort manifest patients --series CT\n  \
    delta cohort manifest data --suffix T1w --mask desc-lesion_mask")]
pub struct ManifestArgs {
    /// The folder that holds the patients' folders (BIDS: sub-01, sub-02 and so on)
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The manifest; its paths are relative to its folder
    #[arg(long, value_name = "CSV", default_value = "manifest.csv")]
    out: PathBuf,
    /// DICOM: which series is meant, where a visit has several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["suffix", "mask", "modality"])]
    series: Option<String>,
    /// BIDS: how names of images end (T1w, ct, run-1_T1w), where a session has several
    #[arg(long, value_name = "ENDING")]
    suffix: Option<String>,
    /// BIDS: how names of masks end (desc-lesion_mask, dseg), where a session has several
    #[arg(long, value_name = "ENDING")]
    mask: Option<String>,
    /// BIDS: modality (CT, MR, PT, NM, OT) of the images; by default anat is MR, ct CT, pet PT
    #[arg(long, value_name = "M", value_parser = modality)]
    modality: Option<Modality>,
}

/// Runs the job and says how it ended.
pub fn manifest(args: ManifestArgs, output: &Output) -> Result<ExitCode, Failure> {
    let ManifestArgs { folder, out, series, suffix, mask, modality } = args;
    let existing = output.existing();
    let of_bids = suffix.is_some() || mask.is_some() || modality.is_some();
    let imported = if of_bids || (series.is_none() && is_bids(&folder)) {
        bids::import(&BidsRequest { folder, out, suffix, mask, modality, existing })?
    } else {
        folders::import(&FoldersRequest { folder, out, series, existing })?
    };
    let short = imported.manifest.display().to_string();
    output.result(&words(&imported), &short, &serde_json::json!(imported));
    Ok(ExitCode::SUCCESS)
}

fn words(imported: &Imported) -> String {
    let Imported { manifest, subjects, visits, masks, dates, left_out, notes } = imported;
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
