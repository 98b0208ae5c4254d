//! Can this alignment be trusted?

use serde::{Deserialize, Serialize};

/// The `[qa]` section of a protocol: thresholds of the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QaThresholds {}
