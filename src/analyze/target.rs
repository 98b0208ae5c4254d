//! What is predicted.

use crate::record::analysis::TargetKind;

/// The outcome of each unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Whether it responded.
    Response(Vec<bool>),
    /// Days from the landmark to the event or the loss (above zero), and whether it was an event.
    Survival {
        /// Days.
        days: Vec<f64>,
        /// Events.
        events: Vec<bool>,
    },
}

impl Target {
    /// Which kind.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Response(_) => TargetKind::Response,
            Self::Survival { .. } => TargetKind::Survival,
        }
    }

    /// Units.
    pub fn len(&self) -> usize {
        self.happened().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Responders, or events, by unit: what folds are stratified by.
    pub fn happened(&self) -> &[bool] {
        match self {
            Self::Response(labels) => labels,
            Self::Survival { events, .. } => events,
        }
    }

    /// How many responded, or had the event.
    pub fn events(&self) -> usize {
        self.happened().iter().filter(|happened| **happened).count()
    }

    /// The outcome of some units, in the order of `rows` (which may repeat).
    #[must_use]
    pub fn of(&self, rows: &[usize]) -> Self {
        let pick = |all: &[bool]| rows.iter().map(|row| all[*row]).collect();
        match self {
            Self::Response(labels) => Self::Response(pick(labels)),
            Self::Survival { days, events } => {
                Self::Survival { days: rows.iter().map(|row| days[*row]).collect(), events: pick(events) }
            }
        }
    }
}
