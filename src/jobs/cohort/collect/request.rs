//! Which tables of a study are asked for.

/// Which tables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// One row per value.
    Long,
    /// And one row per lesion, with deltas on this scale.
    LongAndWide(DeltaScale),
}

/// The scale of a wide table's deltas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeltaScale {
    /// Follow-up minus baseline.
    #[default]
    Absolute,
    /// That, divided by the baseline.
    Relative,
    /// Natural logarithm of follow-up over baseline.
    LogRatio,
}

impl DeltaScale {
    /// Its column in `deltas.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Relative => "relative",
            Self::LogRatio => "log_ratio",
        }
    }

    /// The column that says why there is no value.
    pub(super) fn column_of_reasons(self) -> &'static str {
        match self {
            Self::Absolute => "reason",
            Self::Relative => "relative_status",
            Self::LogRatio => "log_ratio_status",
        }
    }
}
