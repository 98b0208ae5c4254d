//! The command line: raw arguments in, one call of a job, errors with their hints and an exit code out.
//!
//! One file per verb. Nothing is computed here.

mod cohort;
mod contours;
mod extract;
mod features;
mod inspect;
mod noise;
mod output;
mod phantom;
mod progress;
mod protocol;
mod reading;
mod register;
mod run;
mod selftest;
mod stability;
mod stability_plan;
mod transform;
mod verify;
mod words;

use std::process::ExitCode;

use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::diagnose::Exit;
use crate::jobs::Failure;
use output::Output;

/// Did this lesion change by more than two scans of an unchanged patient would differ?
///
/// delta registers serial scans, carries the segmentation across visits, measures IBSI features at each visit on
/// its own image, and holds every change against the noise of repeated scans.
#[derive(Debug, Parser)]
#[command(name = "delta", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done; 2 command line; 3 input refused; 4 a check did not hold; \
    5 done, but some regions or rows failed; 6 surroundings (disk, locks); 7 done, but the alignment failed its checks; \
    1 a defect of the program.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

/// Options of every verb.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Common {
    /// Number of threads (default: all); results do not depend on it
    #[arg(short = 'j', long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Replace an existing result
    #[arg(long, global = true)]
    force: bool,
    /// Print only where the result is
    #[arg(long, global = true, conflicts_with = "json")]
    quiet: bool,
    /// Say more on standard error; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print one JSON object instead of prose
    #[arg(long, global = true)]
    json: bool,
    /// No progress bar
    #[arg(long, global = true)]
    no_progress: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(Box<run::RunArgs>),
    Cohort(cohort::CohortArgs),
    Register(register::RegisterArgs),
    Extract(Box<extract::ExtractArgs>),
    Contours(Box<contours::ContoursArgs>),
    Inspect(inspect::InspectArgs),
    Phantom(phantom::PhantomArgs),
    Protocol(protocol::ProtocolArgs),
    Features(features::FeaturesArgs),
    Selftest(selftest::SelftestArgs),
    Stability(Box<stability::StabilityArgs>),
    Transform(Box<transform::TransformArgs>),
    Verify(verify::VerifyArgs),
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let matches = with_notice(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let output = Output::new(&cli.common);
    init_log(cli.common.verbose);
    let threads = usize::from(cli.common.threads.unwrap_or(0));
    let pool = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool,
        Err(error) => return output.failure(&Failure::surroundings("E-THREADS", &error)),
    };
    let done = pool.install(|| match cli.verb {
        Verb::Run(args) => run::run(*args, &output),
        Verb::Cohort(args) => cohort::cohort(args, &output),
        Verb::Register(args) => register::register(args, &output),
        Verb::Extract(args) => extract::extract(*args, &output),
        Verb::Contours(args) => contours::contours(*args, &output),
        Verb::Inspect(args) => Ok(inspect::inspect(args, &output)),
        Verb::Phantom(args) => phantom::phantom(&args, &output),
        Verb::Protocol(args) => protocol::protocol(args, &output),
        Verb::Features(args) => features::features(args, &output),
        Verb::Stability(args) => stability::stability(*args, &output),
        Verb::Transform(args) => transform::transform(*args, &output),
        Verb::Selftest(args) => selftest::selftest(args, &output),
        Verb::Verify(args) => verify::verify(&args, &output),
    });
    match done {
        Ok(code) => code,
        Err(failure) => output.failure(&failure),
    }
}

/// The command with what it must not be used for at the end of its help, and so its verbs.
fn with_notice(command: Command) -> Command {
    let notice = "Research use only; not a medical device.";
    let help = match command.get_after_help() {
        Some(help) => format!("{help}\n\n{notice}"),
        None => notice.to_owned(),
    };
    command.after_help(help).mut_subcommands(with_notice)
}

fn init_log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).without_time().init();
}

/// The process's exit code for an error.
fn exit_code(exit: Exit) -> ExitCode {
    ExitCode::from(match exit {
        Exit::Defect => 1,
        Exit::Usage => 2,
        Exit::Input => 3,
        Exit::Check => 4,
        Exit::Surroundings => 6,
    })
}
