//! `delta transform`: a transform, ours or another program's, put to use.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::output::Output;
use super::reading::ReadingArgs;
use crate::io::points::Side;
use crate::jobs::Failure;
use crate::jobs::transform::{self as job, Between, Done, Given};

/// Apply, invert, compose or convert a transform of delta, ITK or elastix
///
/// Read are ITK's .tfm, elastix's TransformParameters.txt and NIfTI displacement fields, told by their content.
/// A transform takes a point of the fixed scan (follow-up) to the same tissue in the moving scan (baseline); images and
/// labels go the other way, from the moving scan onto the fixed grid, with that same transform.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  delta transform points aligned/transforms/fixed_to_moving_bspline.tfm --points \
    landmarks.csv --out moved.csv\n  delta transform mask TransformParameters.1.txt --mask t0/mask.nii.gz --fixed \
    t1/image.nii.gz --out carried.nii.gz\n  delta transform compose aligned/transforms/fixed_to_moving_bspline.tfm \
    --fixed t1/image.nii.gz --out TransformParameters.txt"
)]
pub struct TransformArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Points(PointsArgs),
    Image(ImageArgs),
    Mask(MaskArgs),
    Jacobian(JacobianArgs),
    Invert(InvertArgs),
    Compose(ComposeArgs),
}

/// Options that all share.
#[derive(Debug, Args)]
struct CommonArgs {
    /// The fixed scan (follow-up) or any file on its grid; elastix files and displacement fields say it themselves
    #[arg(long, value_name = "IMG")]
    fixed: Option<PathBuf>,
    /// The result
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Which DICOM series is meant, where there are several: its label as listed, or its modality
    #[arg(long, value_name = "LABEL")]
    series: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
}

impl CommonArgs {
    fn given(self, transform: PathBuf, moving: Option<PathBuf>, output: &Output) -> Given {
        Given {
            transform,
            fixed: self.fixed,
            moving,
            out: self.out,
            reading: self.reading.options(self.series),
            existing: output.existing(),
        }
    }
}

/// Take points of the fixed scan to the moving scan, or back
///
/// Columns id, fixed_x, fixed_y, fixed_z (or x, y, z), RAS millimetres; a column frame may say lps. The result has both
/// scans' points. Points that lie where only an exchanged frame would put them are told.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta transform points T.tfm --points landmarks.csv --out moved.csv --inverse"
)]
struct PointsArgs {
    /// The transform
    #[arg(value_name = "T")]
    transform: PathBuf,
    /// Table of points
    #[arg(long, value_name = "CSV")]
    points: PathBuf,
    /// Take points of the moving scan to the fixed one; the result says how near each was found
    #[arg(long)]
    inverse: bool,
    /// The moving scan (baseline), to tell whether frames look exchanged
    #[arg(long, value_name = "IMG")]
    moving: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Pull the moving scan onto the fixed grid, to look at
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta transform image T.tfm --moving t0/image.nii.gz --fixed t1/image.nii.gz --out \
    t0_on_t1.nii.gz"
)]
struct ImageArgs {
    /// The transform
    #[arg(value_name = "T")]
    transform: PathBuf,
    /// The moving scan (baseline)
    #[arg(long, value_name = "IMG")]
    moving: PathBuf,
    /// How it is read between its voxels
    #[arg(long, value_enum, default_value = "linear")]
    interpolation: BetweenChoice,
    /// What stands where it has no data (default: NaN)
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    fill: Option<f32>,
    #[command(flatten)]
    common: CommonArgs,
}

/// How an image is read between its voxels.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum BetweenChoice {
    /// Trilinear
    Linear,
    /// Interpolating cubic B-spline
    Cubic,
}

/// Pull labels of the moving scan onto the fixed grid, as `delta run` carries them
///
/// Labels stay the integers they are; regions that lose more than the transform takes from them are told, and one that
/// vanishes makes the exit code 5.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta transform mask T.tfm --mask t0/mask.nii.gz --fixed t1/image.nii.gz --out \
    t1_carried.nii.gz"
)]
struct MaskArgs {
    /// The transform
    #[arg(value_name = "T")]
    transform: PathBuf,
    /// A mask of the moving scan: label map, RTSTRUCT or SEG; FILE:ROI takes one region
    #[arg(long, value_name = "MASK")]
    mask: PathBuf,
    /// The moving scan, where the mask is an RTSTRUCT or a SEG
    #[arg(long, value_name = "IMG")]
    moving: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Map the determinant of the Jacobian (not its logarithm) on the fixed grid, and count folds
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta transform jacobian T.tfm --fixed t1/image.nii.gz --out jacobian.nii.gz"
)]
struct JacobianArgs {
    /// The transform
    #[arg(value_name = "T")]
    transform: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// Write the inverse: as a displacement field on the moving grid, with its residual; of a rigid motion in any format
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  delta transform invert T.tfm --moving t0/image.nii.gz --out t0_to_t1.nii.gz"
)]
struct InvertArgs {
    /// The transform
    #[arg(value_name = "T")]
    transform: PathBuf,
    /// The moving scan (baseline), on whose grid the inverse is written
    #[arg(long, value_name = "IMG")]
    moving: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Write A after B (after C ...); with one transform, convert its format
///
/// The name's ending says the format: .tfm (ITK), .txt (elastix, one file per part) or .nii.gz (displacement field on
/// the fixed grid). Rigid motions and splines stay what they are in the first two.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta transform compose t1_to_t0.tfm t2_to_t1.tfm --out t2_to_t0.tfm")]
struct ComposeArgs {
    /// The transform that acts last
    #[arg(value_name = "A")]
    transform: PathBuf,
    /// Those before it; the last of them acts first, on points of the fixed scan
    #[arg(value_name = "B")]
    before: Vec<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs the job and says how it ended.
pub fn transform(args: TransformArgs, output: &Output) -> Result<ExitCode, Failure> {
    let done = match args.what {
        What::Points(args) => {
            let side = if args.inverse { Side::Moving } else { Side::Fixed };
            job::points(&args.common.given(args.transform, args.moving, output), &args.points, side)?
        }
        What::Image(args) => {
            let between = match args.interpolation {
                BetweenChoice::Linear => Between::Linear,
                BetweenChoice::Cubic => Between::Cubic,
            };
            let given = args.common.given(args.transform, Some(args.moving), output);
            job::image(&given, between, args.fill)?
        }
        What::Mask(args) => job::mask(&args.common.given(args.transform, args.moving, output), &args.mask)?,
        What::Jacobian(args) => job::jacobian(&args.common.given(args.transform, None, output))?,
        What::Invert(args) => job::invert(&args.common.given(args.transform, args.moving, output))?,
        What::Compose(args) => job::compose(&args.common.given(args.transform, None, output), &args.before)?,
    };
    let Done { summary, json, out, is_partial } = done;
    output.folder(&summary, &out, &json);
    Ok(ExitCode::from(if is_partial { 5 } else { 0 }))
}
