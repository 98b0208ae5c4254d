//! `[[region]]`: a region made from another one.

use serde::{Deserialize, Serialize};

/// A shell around the border of another region, or a core inside it, measured like any region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Name of the region that it is made from.
    pub of: String,
    /// Distance of its inner border from that region's in mm, outwards positive; without one everything up to the
    /// outer border belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner_mm: Option<f64>,
    /// Distance of its outer border from that region's in mm, outwards positive.
    pub outer_mm: f64,
    /// Name of a region that it must not leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}
