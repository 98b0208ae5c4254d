//! The figures that are known of an alignment, and which way each of them is bad.

use crate::record::{Qa, QaVerdict};
use crate::report::wording::{fixed, percent};

use super::order::margin;

/// A figure of an alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How far similarity lies above chance.
    Similarity,
    /// Share of the body inside the other field of view.
    Overlap,
    /// Share of the body that is folded.
    Folds,
    /// Change of volume in the extreme hundredths of the body.
    Jacobian,
    /// How far the way back misses.
    Inverse,
    /// How far the body moves after the rigid stage.
    Displacement,
    /// Spread of the border of regions.
    Border,
    /// Agreement of the contours of a region.
    Dice,
}

impl Measure {
    /// All, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Similarity,
        Self::Overlap,
        Self::Folds,
        Self::Jacobian,
        Self::Inverse,
        Self::Displacement,
        Self::Border,
        Self::Dice,
    ];

    /// Head of its column.
    pub fn short(self) -> &'static str {
        match self {
            Self::Similarity => "Similarity above chance",
            Self::Overlap => "Overlap",
            Self::Folds => "Folds",
            Self::Jacobian => "Jacobian, 1st to 99th percentile",
            Self::Inverse => "Inverse residual, mm",
            Self::Displacement => "Displace\u{ad}ment, mm",
            Self::Border => "Border uncertainty, mm",
            Self::Dice => "Dice, lowest",
        }
    }

    /// What its axis says, with its unit.
    pub fn axis(self) -> &'static str {
        match self {
            Self::Similarity => "share of the way from chance to identity",
            Self::Overlap => "share of the follow-up's body, %",
            Self::Folds => "share of the body that is folded, %",
            Self::Jacobian => "greatest change of volume in 1 % of the body, times",
            Self::Inverse => "mean distance missed on the way back, mm",
            Self::Displacement => "95th percentile after the rigid stage, mm",
            Self::Border => "most uncertain region, mm",
            Self::Dice => "Dice of the contours of the worst region",
        }
    }

    /// Heading of its plot.
    pub fn title(self) -> &'static str {
        match self {
            Self::Similarity => "Similarity above chance",
            Self::Overlap => "Overlap of the scans",
            Self::Folds => "Folds",
            Self::Jacobian => "Change of volume (Jacobian)",
            Self::Inverse => "Inverse residual",
            Self::Displacement => "Displacement",
            Self::Border => "Border uncertainty",
            Self::Dice => "Agreement of contours",
        }
    }

    /// Where to look.
    pub fn caption(self) -> &'static str {
        match self {
            Self::Similarity => {
                "Look at the left: at 0 the scans are no more alike than when they are shifted at random."
            }
            Self::Overlap => "Look at the left: there a part of the body has nothing to be compared with.",
            Self::Folds => {
                "Everything to the right of 0 is tissue folded onto itself, which no real motion does."
            }
            Self::Jacobian => {
                "Look at the right: tissue that swells or shrinks by so much is rarely real. 1 is no change."
            }
            Self::Inverse => {
                "Look at the right: there the transform cannot be undone, and contours cannot be trusted."
            }
            Self::Displacement => "Look at the right: so far the body hardly moves between two scans.",
            Self::Border => {
                "Look at the right: there the carried border depends on how finely the scans were aligned."
            }
            Self::Dice => {
                "Look at the left: there two contours of one region (drawn, followed or carried) disagree."
            }
        }
    }

    /// The figure as a number on its axis; `None` where it is not known.
    pub fn value(self, qa: &Qa) -> Option<f64> {
        let value = match self {
            Self::Similarity => margin(&qa.similarity)?,
            Self::Overlap => 100.0 * qa.overlap_fraction,
            Self::Folds => 100.0 * qa.jacobian.folded_fraction,
            Self::Jacobian => qa.jacobian.p99.max(1.0 / qa.jacobian.p01.max(0.01)).min(100.0),
            // What rounding leaves is no finding.
            Self::Inverse => (qa.inverse_residual_mm.mean * 1000.0).round() / 1000.0,
            Self::Displacement => qa.displacement_mm.p95,
            Self::Border => {
                qa.rois.iter().filter_map(|roi| roi.border_uncertainty_mm).max_by(f64::total_cmp)?
            }
            Self::Dice => {
                qa.rois.iter().flat_map(|roi| &roi.agreement).map(|a| a.dice).min_by(f64::total_cmp)?
            }
        };
        value.is_finite().then_some(value)
    }

    /// An axis from zero reaches at least so far, so that nothing looks large that is not.
    pub fn least_reach(self) -> f64 {
        match self {
            Self::Folds | Self::Inverse => 0.1,
            Self::Displacement | Self::Border | Self::Similarity => 1.0,
            Self::Overlap | Self::Dice | Self::Jacobian => 0.0,
        }
    }

    /// The figure, turned so that more is worse.
    pub fn badness(self, qa: &Qa) -> Option<f64> {
        let value = self.value(qa)?;
        Some(match self {
            Self::Similarity | Self::Overlap | Self::Dice => -value,
            _ => value,
        })
    }

    /// The figure in a table; empty where it is not known.
    pub fn words(self, qa: &Qa) -> String {
        let Some(value) = self.value(qa) else { return String::new() };
        match self {
            // Good alignments lie close together: a third digit tells them apart.
            Self::Similarity => fixed(value, 3),
            Self::Dice | Self::Border | Self::Inverse => fixed(value, 2),
            Self::Overlap => percent(qa.overlap_fraction),
            Self::Folds if value > 0.0 && value < 0.05 => "< 0.05 %".into(),
            Self::Folds => percent(qa.jacobian.folded_fraction),
            Self::Jacobian => {
                format!("{} to {}", fixed(qa.jacobian.p01, 2), fixed(qa.jacobian.p99, 2))
            }
            Self::Displacement => fixed(value, 1),
        }
    }

    /// The gravest finding against the alignment that this figure is part of.
    pub fn finding(self, qa: &Qa) -> Option<QaVerdict> {
        gravest(qa, |code| Self::of_code(code) == Some(self))
    }

    /// The figure that a finding rests on.
    fn of_code(code: &str) -> Option<Self> {
        match code {
            "constant" | "identical" | "similarity" | "chance" | "misplaced" => Some(Self::Similarity),
            "overlap" => Some(Self::Overlap),
            "folds" => Some(Self::Folds),
            "volume_change" | "scale" => Some(Self::Jacobian),
            "inverse" => Some(Self::Inverse),
            "displacement" => Some(Self::Displacement),
            _ => None,
        }
    }
}

/// The gravest finding that rests on none of the figures (landmarks, an ambiguous start), and its codes in words.
pub fn other_findings(qa: &Qa) -> Option<(QaVerdict, String)> {
    let is_other = |code: &str| Measure::of_code(code).is_none();
    let codes: Vec<String> =
        qa.reasons.iter().filter(|r| is_other(&r.code)).map(|r| r.code.replace('_', " ")).collect();
    gravest(qa, is_other).map(|verdict| (verdict, codes.join(", ")))
}

fn gravest(qa: &Qa, counts: impl Fn(&str) -> bool) -> Option<QaVerdict> {
    qa.reasons.iter().filter(|r| counts(&r.code)).map(|r| r.verdict).max()
}
