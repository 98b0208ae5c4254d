//! `delta protocol`: settings that come with the program, and checks of one's own.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output::Output;
use crate::jobs::Failure;
use crate::protocol::{self, Protocol};

/// List, show or check protocols
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  delta protocol show ct > my.toml\n  delta protocol check my.toml")]
pub struct ProtocolArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The built-in protocols
    List,
    /// The text of a protocol, with the reason of each value
    Show {
        /// Name of a built-in protocol, or a file
        name: String,
    },
    /// Whether a file is a sound protocol
    Check {
        /// File
        file: String,
    },
}

/// Prints what is asked.
pub fn protocol(args: ProtocolArgs, output: &Output) -> Result<ExitCode, Failure> {
    match args.what {
        What::List => {
            let known = protocol::list();
            let lines: Vec<String> = known.iter().map(|(n, p)| format!("{n:<8} {p}")).collect();
            let names: Vec<&str> = known.iter().map(|(n, _)| *n).collect();
            let json = serde_json::json!({ "protocols": names });
            output.result(&lines.join("\n"), &names.join("\n"), &json);
        }
        What::Show { name } => {
            let text = protocol::show(&name)?;
            output.result(&text, &text, &serde_json::json!({ "name": name, "text": text }));
        }
        What::Check { file } => {
            // A protocol that does not hold is what this verb is there to find: exit code 4.
            if let Err(error) = Protocol::load(&file) {
                output.failure(&error.into());
                return Ok(ExitCode::from(4));
            }
            output.result(
                &format!("{file} holds."),
                "ok",
                &serde_json::json!({ "file": file, "holds": true }),
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
