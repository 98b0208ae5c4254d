//! The error that a job ends with: any room's error, rendered once.

use std::fmt;

use serde::Serialize;

use crate::diagnose::{Diagnose, Exit};

/// Why a job ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A stable code such as `E-NIFTI-TRUNCATED`.
    pub code: String,
    /// File and fact.
    pub fact: String,
    /// The way on.
    pub hint: String,
    /// Kind of the exit code.
    #[serde(skip)]
    pub exit: Exit,
}

impl Failure {
    /// A defect of the program.
    pub fn defect(code: &str, error: &dyn std::error::Error) -> Self {
        Self {
            code: code.to_owned(),
            fact: error.to_string(),
            hint: "This is a defect of the program: please report it with the command.".to_owned(),
            exit: Exit::Defect,
        }
    }

    /// An error of the surroundings.
    pub fn surroundings(code: &str, error: &dyn std::error::Error) -> Self {
        Self {
            code: code.to_owned(),
            fact: error.to_string(),
            hint: "Check memory, disk and limits of this machine.".to_owned(),
            exit: Exit::Surroundings,
        }
    }
}

impl<E: Diagnose> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: error.code().to_owned(),
            fact: error.to_string(),
            hint: error.hint(),
            exit: error.exit(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.code, self.fact)?;
        if !self.fact.ends_with(['.', '?', '!']) {
            f.write_str(".")?;
        }
        write!(f, " {}", self.hint)
    }
}
