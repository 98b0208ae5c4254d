//! `delta contours`: masks on a DICOM series as RTSTRUCT or SEG.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::Output;
use super::reading::ReadingArgs;
use crate::io::ObjectKind;
use crate::jobs::Failure;
use crate::jobs::contours::{self, ContoursRequest};

/// Write masks on a DICOM series as RTSTRUCT or SEG
///
/// Masks are NIfTI label maps on the series' grid, RTSTRUCT or SEG, or one of their regions (FILE:ROI). Regions are
/// named as their file names them, else by the table dseg.tsv beside it, else by the file and the label.
///
/// An RTSTRUCT holds outlines along the edges of voxels, which planning systems edit; a SEG holds the voxels
/// themselves. Both are read back here as the very same voxels. A region's Tracking UID is made of the patient and the
/// region's name, so that it is the same at every date; one that a mask was read with is kept.
///
/// The file carries the patient's and the study's modules of the series, because an archive files it by them.
/// --pseudonym puts another name in their place, and leaves out every identifier, date and UID of the series.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta contours ct_t1 mask.nii.gz --as rtstruct --out lesion.dcm\n  \
    delta contours ct_t1 delta_t0_t1/masks/t1_followed.nii.gz --as seg --out followed.dcm --pseudonym P001")]
pub struct ContoursArgs {
    /// The DICOM series that the masks lie on: a folder, a file of many frames, or a list of files
    #[arg(value_name = "SERIES")]
    series_path: PathBuf,
    /// Masks on it
    #[arg(value_name = "MASK", required = true)]
    masks: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE.dcm")]
    out: PathBuf,
    /// In which form
    #[arg(long = "as", value_enum)]
    form: FormOut,
    /// What stands for the patient, instead of who it is
    #[arg(long, value_name = "NAME")]
    pseudonym: Option<String>,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// The form of contours that are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormOut {
    /// An RT structure set: outlines
    Rtstruct,
    /// A segmentation: voxels
    Seg,
}

/// Runs the job and says how it ended.
pub fn contours(args: ContoursArgs, output: &Output) -> Result<ExitCode, Failure> {
    let request = ContoursRequest {
        series: args.series_path,
        masks: args.masks,
        out: args.out,
        kind: match args.form {
            FormOut::Rtstruct => ObjectKind::Rtstruct,
            FormOut::Seg => ObjectKind::Seg,
        },
        pseudonym: args.pseudonym,
        reading: args.reading.options(args.series),
        existing: output.existing(),
    };
    let bar = output.bar();
    let done = contours::contours(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &request.out, &done.json);
    Ok(ExitCode::SUCCESS)
}
