//! How two scans were made differently.

/// What is known about one item of two acquisitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcquisitionFinding {
    /// They differ by more than is tolerated.
    Differs,
    /// It is not stated for both visits.
    Unknown,
    /// They do not differ by more than is tolerated.
    Same,
}

/// One item of the acquisition at two visits, worded for a reader.
#[derive(Clone, Debug, PartialEq)]
pub struct AcquisitionItem {
    /// Key of the item in `visit.toml` (`slice_thickness_mm`).
    pub item: &'static str,
    /// What the item is called on the page, with its unit.
    pub name: &'static str,
    /// As stated for the baseline.
    pub baseline: Option<String>,
    /// As stated for the follow-up.
    pub followup: Option<String>,
    /// Largest difference that is tolerated, for numbers.
    pub tolerance: Option<f64>,
    /// What follows.
    pub finding: AcquisitionFinding,
}
