//! What is printed, and where.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use super::Common;
use super::progress::Bar;
use crate::jobs::Failure;
use crate::store::Existing;

/// How the user wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Prose,
    Quiet,
    Json,
}

/// The program's voice: results on standard output, progress and errors on standard error.
#[derive(Debug)]
pub struct Output {
    style: Style,
    progress: bool,
    existing: Existing,
}

impl Output {
    /// A voice as the common options ask.
    pub fn new(common: &Common) -> Self {
        let style = match (common.quiet, common.json) {
            (true, _) => Style::Quiet,
            (_, true) => Style::Json,
            _ => Style::Prose,
        };
        let progress = !common.no_progress && style == Style::Prose;
        let existing = if common.force { Existing::Replace } else { Existing::Keep };
        Self { style, progress, existing }
    }

    /// What happens to an existing result.
    pub fn existing(&self) -> Existing {
        self.existing
    }

    /// A progress bar, which stays silent where it is not wanted or standard error is no terminal.
    pub fn bar(&self) -> Bar {
        if self.progress { Bar::shown() } else { Bar::hidden() }
    }

    /// Says how a job ended: prose, the short form for `--quiet`, or a JSON object.
    pub fn result(&self, prose: &str, short: &str, json: &serde_json::Value) {
        match self.style {
            Style::Prose => say(prose.trim_end()),
            Style::Quiet => say(short),
            Style::Json => say(&json.to_string()),
        }
    }

    /// Says how a job ended that wrote a folder, which is the short form: a script goes on from there.
    pub fn folder(&self, prose: &str, folder: &Path, json: &serde_json::Value) {
        self.result(prose, &folder.display().to_string(), json);
    }

    /// Says what went wrong and gives the exit code.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        if self.style == Style::Json {
            say(&serde_json::json!({ "error": failure }).to_string());
        }
        eprintln!("{failure}");
        super::exit_code(failure.exit)
    }
}

/// Prints a line on standard output. A reader that closes it early (`delta features list | head`) has seen enough.
fn say(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        assert!(error.kind() == ErrorKind::BrokenPipe, "standard output: {error}");
    }
}
