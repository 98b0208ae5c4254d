//! `delta extract`: features of images and masks.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::Output;
use super::reading::ReadingArgs;
use crate::jobs::Failure;
use crate::jobs::extract::{self, ExtractRequest, LabelChoice, Layout, Names, Scope};
use crate::jobs::run::TableFormat;

/// Measure the regions of an image, or of a table of images
///
/// Every label of a mask is a region, named by the file and the label (a mask with one label: by the file). All
/// images are measured by the same settings: where the protocol leaves the spacing open, it is decided once over
/// the headers of all.
///
/// A batch is a CSV as PyRadiomics takes it, with the columns Image and Mask and optionally Label, and Series where
/// an Image is a folder of several DICOM series; other columns are copied in front of the result, paths are relative
/// to the table's folder. A row that fails is listed in failures.csv and ends no other (exit code 5). Rows on the
/// same image should follow each other: it is then read once.
///
/// --names pyradiomics gives PyRadiomics' name (original_glcm_Contrast) to every feature whose definition is the
/// same, and leaves the standard's tag to the others: kurtosis (theirs is not less 3), axis lengths (theirs divide by
/// n, the standard by n - 1), and what only the standard has. The numbers are ours: PyRadiomics starts its bins at
/// floor(min / w) w of each region, so features of absolute grey levels (those that `delta features show` says change
/// when a constant is added) agree only if the protocol's lower_bound is that value; it rounds no CT and resamples
/// otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  delta extract image.nii.gz mask.nii.gz\n  \
    delta extract ct.nii.gz gtv.nii.gz liver.nii.gz --protocol ct --layout wide\n  \
    delta extract --batch lesions.csv --names pyradiomics --layout wide --out features")]
pub struct ExtractArgs {
    /// Image
    #[arg(value_name = "IMG", required_unless_present = "batch", conflicts_with = "batch")]
    image: Option<PathBuf>,
    /// Masks on its grid: label maps, or one file per region
    #[arg(value_name = "MASK", required_unless_present = "batch")]
    masks: Vec<PathBuf>,
    /// Table with the columns Image, Mask and optionally Label
    #[arg(long, value_name = "CSV")]
    batch: Option<PathBuf>,
    /// The label to measure, or all
    #[arg(long, value_name = "N|all", default_value = "all", value_parser = label)]
    label: LabelChoice,
    /// Built-in protocol or a protocol file (default: by modality)
    #[arg(long, value_name = "NAME|FILE")]
    protocol: Option<String>,
    /// Modality of the images (CT, MR, PT, NM, OT); CT is recognised
    #[arg(long, value_name = "M")]
    modality: Option<String>,
    /// Units of the images (HU, SUV, Bq/mL, kBq/mL, mm2/s, arbitrary)
    #[arg(long, value_name = "U")]
    units: Option<String>,
    /// Whose names the features have
    #[arg(long, value_enum, default_value = "ibsi")]
    names: NamesChoice,
    /// One row per region and feature, or one per region
    #[arg(long, value_enum, default_value = "long")]
    layout: LayoutChoice,
    /// Folder of the result
    #[arg(long, value_name = "FOLDER", default_value = "delta_extract")]
    out: PathBuf,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Write the table as Parquet too
    #[arg(long)]
    parquet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NamesChoice {
    Ibsi,
    Pyradiomics,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LayoutChoice {
    Long,
    Wide,
}

fn label(word: &str) -> Result<LabelChoice, String> {
    LabelChoice::from_word(word).ok_or_else(|| "give a whole number above zero, or all".into())
}

/// Runs the job and says how it ended.
pub fn extract(args: ExtractArgs, output: &Output) -> Result<ExitCode, Failure> {
    let scope = match (args.batch, args.image) {
        (Some(table), _) => Scope::Batch(table),
        // The command line is not accepted without an image or a table.
        (None, image) => Scope::One { image: image.unwrap_or_default(), masks: args.masks },
    };
    let request = ExtractRequest {
        scope,
        label: args.label,
        out: args.out,
        protocol: args.protocol,
        modality: args.modality,
        units: args.units,
        names: match args.names {
            NamesChoice::Ibsi => Names::Ibsi,
            NamesChoice::Pyradiomics => Names::Pyradiomics,
        },
        layout: match args.layout {
            LayoutChoice::Long => Layout::Long,
            LayoutChoice::Wide => Layout::Wide,
        },
        tables: if args.parquet { TableFormat::CsvAndParquet } else { TableFormat::Csv },
        reading: args.reading.options(args.series),
        existing: output.existing(),
    };
    let bar = output.bar();
    let done = extract::extract(&request, &bar)?;
    drop(bar);
    output.folder(&done.summary, &done.out, &done.json);
    Ok(ExitCode::from(if done.failed > 0 { 5 } else { 0 }))
}
