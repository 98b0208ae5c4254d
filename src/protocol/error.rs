//! Why a protocol is refused.

use crate::diagnose::Diagnose;
use crate::record::Units;

/// Why a protocol is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// Neither a built-in protocol nor a file.
    #[error("there is no protocol {name}")]
    Name {
        /// What was asked for.
        name: String,
        /// The built-in one that was probably meant.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no TOML.
    #[error("{file}, line {line}: {fact}")]
    Syntax {
        /// The file.
        file: String,
        /// Line.
        line: usize,
        /// What is wrong.
        fact: String,
    },
    /// A later version of the form.
    #[error("{file}: schema {found} is newer than this program, which reads schema 1")]
    Schema {
        /// The file.
        file: String,
        /// Its version.
        found: i64,
    },
    /// A key that nothing reads.
    #[error("{file}, line {line}: unknown key `{key}`")]
    Key {
        /// The file.
        file: String,
        /// Line.
        line: usize,
        /// The key.
        key: String,
        /// The known key that was probably meant.
        nearest: Option<String>,
    },
    /// A value that cannot be.
    #[error("{file}, line {line}: {fact}")]
    Value {
        /// The file.
        file: String,
        /// Line.
        line: usize,
        /// What is wrong.
        fact: String,
        /// What would be right.
        hint: String,
    },
    /// The scans are in other units than the protocol's numbers.
    #[error("protocol {protocol} is made for {wanted}, and the scan's units are {found}")]
    Units {
        /// The protocol.
        protocol: String,
        /// The units that it is made for.
        wanted: Units,
        /// Those of the scan.
        found: Units,
    },
}

impl Diagnose for ProtocolError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "E-PROTOCOL-NAME",
            Self::File { .. } => "E-PROTOCOL-FILE",
            Self::Syntax { .. } => "E-PROTOCOL-SYNTAX",
            Self::Schema { .. } => "E-PROTOCOL-SCHEMA",
            Self::Key { .. } => "E-PROTOCOL-KEY",
            Self::Value { .. } => "E-PROTOCOL-VALUE",
            Self::Units { .. } => "E-PROTOCOL-UNITS",
        }
    }

    fn hint(&self) -> String {
        let start = "`delta protocol show ct` prints one to start from.";
        match self {
            Self::Name { nearest: Some(word), .. } | Self::Key { nearest: Some(word), .. } => {
                format!("Did you mean `{word}`?")
            }
            Self::Name { nearest: None, .. } => {
                "Name a file (`my.toml`) or one of those that `delta protocol list` shows.".into()
            }
            Self::File { .. } | Self::Key { nearest: None, .. } => start.into(),
            Self::Syntax { .. } => format!("The file has to be TOML. {start}"),
            Self::Schema { found, .. } => format!("Use a version of delta that reads schema {found}."),
            Self::Value { hint, .. } => hint.clone(),
            Self::Units { wanted, .. } => format!(
                "If the scan is in {wanted}, say so: `units = \"{wanted}\"` in visit.toml, or --units {wanted}. Else \
                 choose another --protocol, such as generic."
            ),
        }
    }
}
