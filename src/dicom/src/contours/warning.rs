//! What is to be said of a region that was filled.

use std::fmt;

/// What a user should know of a region that was filled.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Image or contours do not say of what frame of reference they are: taken for the same.
    FrameUnknown,
    /// The contours are said to be of another frame of reference, in which this very series is listed: some programs
    /// give it a name of their own. Taken for the same.
    FrameRenamed,
    /// Contours above or below all slices: left out.
    Beyond {
        /// How many.
        contours: usize,
    },
    /// Contours that reach over the image's border within a slice: cut there.
    Cut {
        /// How many.
        contours: usize,
    },
    /// Contours that lie between slices: filled on the nearest one.
    BetweenSlices {
        /// How many.
        contours: usize,
        /// The farthest from its slice, in millimetres.
        farthest_mm: f64,
    },
    /// Contours whose points leave their common plane: flattened.
    Uneven {
        /// How many.
        contours: usize,
        /// The farthest point from the plane, in millimetres.
        farthest_mm: f64,
    },
    /// Points, open lines and contours of fewer than three points: they enclose nothing.
    Open {
        /// How many.
        contours: usize,
    },
    /// Contours of another number of points than they say.
    Miscounted {
        /// How many.
        contours: usize,
    },
    /// Slices on which contours cross each other: what they share is outside.
    Overlap {
        /// How many.
        slices: usize,
    },
    /// Slices without a contour between slices that have one: as with contours drawn on every second slice.
    Gaps {
        /// How many.
        slices: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameUnknown => {
                f.write_str("image or contours do not name their frame of reference; taken for the same")
            }
            Self::FrameRenamed => f.write_str(
                "the contours give another name to their frame of reference and list this series in it; taken for the same",
            ),
            Self::Beyond { contours } => write!(f, "contours outside of all slices, left out: {contours}"),
            Self::Cut { contours } => write!(f, "contours cut at the border of the image: {contours}"),
            Self::BetweenSlices { contours, farthest_mm } => {
                write!(f, "contours between slices, filled on the nearest: {contours}, at most {farthest_mm:.2} mm off")
            }
            Self::Uneven { contours, farthest_mm } => {
                write!(f, "contours that are not plane, flattened: {contours}, at most {farthest_mm:.2} mm off")
            }
            Self::Open { contours } => write!(f, "points and open lines, which enclose nothing: {contours}"),
            Self::Miscounted { contours } => {
                write!(f, "contours of another number of points than they say: {contours}")
            }
            Self::Overlap { slices } => {
                write!(f, "slices on which contours cross; what they share counts as outside: {slices}")
            }
            Self::Gaps { slices } => write!(f, "slices without a contour between slices that have one: {slices}"),
        }
    }
}

/// Counts that become warnings.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) frame: Option<Warning>,
    pub(super) beyond: usize,
    pub(super) cut: usize,
    pub(super) between: (usize, f64),
    pub(super) uneven: (usize, f64),
    pub(super) open: usize,
    pub(super) miscounted: usize,
    pub(super) overlap: usize,
    pub(super) gaps: usize,
}

impl Notes {
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let far = |(contours, farthest_mm): (usize, f64)| (contours > 0).then_some((contours, farthest_mm));
        let some = |n: usize| (n > 0).then_some(n);
        [
            self.frame.clone(),
            some(self.beyond).map(|contours| Warning::Beyond { contours }),
            some(self.cut).map(|contours| Warning::Cut { contours }),
            far(self.between).map(|(contours, farthest_mm)| Warning::BetweenSlices { contours, farthest_mm }),
            far(self.uneven).map(|(contours, farthest_mm)| Warning::Uneven { contours, farthest_mm }),
            some(self.open).map(|contours| Warning::Open { contours }),
            some(self.miscounted).map(|contours| Warning::Miscounted { contours }),
            some(self.overlap).map(|slices| Warning::Overlap { slices }),
            some(self.gaps).map(|slices| Warning::Gaps { slices }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
