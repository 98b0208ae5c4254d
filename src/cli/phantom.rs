//! `delta phantom`: a pair of scans whose truth is known.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::output::Output;
use crate::jobs::Failure;
use crate::jobs::phantom::{self, Drawn, Pair, PhantomRequest};

/// Make a pair of scans whose truth is known
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta phantom demo --seed 7\n  \
    delta run --baseline demo/t0 --followup demo/t1 --landmarks demo/truth/landmarks.csv")]
pub struct PhantomArgs {
    /// Folder of the pair
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Another seed, another patient
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A patient under treatment, or two scans of an unchanged one
    #[arg(long, value_enum, default_value = "serial")]
    pair: PairChoice,
    /// The contours that are drawn at follow-up
    #[arg(long, value_enum, default_value = "lesion")]
    drawn: DrawnChoice,
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

/// Runs the job and says how it ended.
pub fn phantom(args: &PhantomArgs, output: &Output) -> Result<ExitCode, Failure> {
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
    };
    phantom::make(&request, &args.out, output.existing())?;
    let out = args.out.display();
    let prose = format!(
        "A {} pair with seed {} is in {out}: t0/, t1/ and truth/.\nNext: delta run --baseline {out}/t0 --followup {out}/t1 --landmarks {out}/truth/landmarks.csv",
        request.pair.word(),
        request.seed
    );
    output.result(&prose, &out.to_string(), &serde_json::json!({ "out": args.out }));
    Ok(ExitCode::SUCCESS)
}
