//! `delta phantom`: a pair of scans whose truth is known, or a cohort of patients.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::Output;
use crate::jobs::Failure;
use crate::jobs::phantom::cohort::{self, CohortRequest};
use crate::jobs::phantom::{self, Drawn, Pair, PhantomRequest, Size};

/// Make a pair of scans whose truth is known, or a cohort
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta phantom demo --seed 7\n  \
    delta run --baseline demo/t0 --followup demo/t1 --landmarks demo/truth/landmarks.csv\n  \
    delta phantom study --cohort 24 --size small\n  \
    delta cohort run study/manifest.csv --out study_measured\n\n\
    A cohort is OUT/manifest.csv, OUT/outcomes.csv, OUT/truth.csv and OUT/patients/: a third of the patients\n\
    respond by shrinking, a third by texture alone, a third do not; from six patients on one has a lesion\n\
    that is gone, one a new lesion, one a damaged file, one a late follow-up.")]
pub struct PhantomArgs {
    /// Folder of the pair or the cohort
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Another seed, another patient or other patients
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A patient under treatment, or two scans of an unchanged one
    #[arg(long, value_enum, default_value = "serial")]
    pair: PairChoice,
    /// The contours that are drawn at follow-up
    #[arg(long, value_enum, default_value = "lesion")]
    drawn: DrawnChoice,
    /// So many patients with outcomes, instead of a pair
    #[arg(long, value_name = "N", conflicts_with_all = ["pair", "drawn"])]
    cohort: Option<NonZeroUsize>,
    /// Small: half the voxels along each axis at twice the spacing
    #[arg(long, value_enum, default_value = "standard")]
    size: SizeChoice,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PairChoice {
    Serial,
    Null,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DrawnChoice {
    All,
    Lesion,
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SizeChoice {
    Standard,
    Small,
}

impl SizeChoice {
    fn size(self) -> Size {
        match self {
            Self::Standard => Size::Standard,
            Self::Small => Size::Small,
        }
    }
}

/// Runs the job and says how it ended.
pub fn phantom(args: &PhantomArgs, output: &Output) -> Result<ExitCode, Failure> {
    let prose = match args.cohort {
        Some(patients) => make_cohort(args, patients, output)?,
        None => make_pair(args, output)?,
    };
    output.folder(&prose, &args.out, &serde_json::json!({ "out": args.out }));
    Ok(ExitCode::SUCCESS)
}

fn make_cohort(args: &PhantomArgs, patients: NonZeroUsize, output: &Output) -> Result<String, Failure> {
    let request = CohortRequest { seed: args.seed, patients, size: args.size.size() };
    cohort::make(&request, &args.out, output.existing(), &output.bar())?;
    let out = args.out.display();
    Ok(format!(
        "A cohort of {patients} with seed {} is in {out}: manifest.csv, outcomes.csv, truth.csv and patients/.\nNext: delta cohort run {out}/manifest.csv --out {out}_measured",
        request.seed
    ))
}

fn make_pair(args: &PhantomArgs, output: &Output) -> Result<String, Failure> {
    let request = PhantomRequest {
        seed: args.seed,
        pair: match args.pair {
            PairChoice::Serial => Pair::Serial,
            PairChoice::Null => Pair::Null,
        },
        drawn: match args.drawn {
            DrawnChoice::All => Drawn::All,
            DrawnChoice::Lesion => Drawn::Lesion,
            DrawnChoice::None => Drawn::None,
        },
        size: args.size.size(),
    };
    phantom::make(&request, &args.out, output.existing())?;
    let out = args.out.display();
    Ok(format!(
        "A {} pair with seed {} is in {out}: t0/, t1/ and truth/.\nNext: delta run --baseline {out}/t0 --followup {out}/t1 --landmarks {out}/truth/landmarks.csv",
        request.pair.word(),
        request.seed
    ))
}
