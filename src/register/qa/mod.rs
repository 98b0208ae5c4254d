//! Can this alignment be trusted?
//!
//! Similarity alone cannot tell: on a pair with a wrong spacing programs reach a fair correlation at 11 to 16 mm of
//! error. So the result is compared with chance alignments of the same pair, searched around for a better fit place by
//! place, the map itself is looked at (folds, volumes, scale, inverse), and landmarks speak last where there are some.
//! Each finding has a reason in words.

mod deformation;
mod judge;
mod residual;
pub mod round_trip;
mod sample;
mod similarity;
#[cfg(test)]
mod tests;
mod thresholds;

pub use sample::body_points;
pub use thresholds::QaThresholds;

use crate::geometry::{Fixed, Moving, World};
use crate::record::Qa;
use crate::transform::Transform;
use crate::volume::Volume;

/// Two rigid starts that ended at different places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RivalStart {
    /// Distance in mm at the body's centre.
    pub distance_mm: f64,
    /// Angle between them in degrees.
    pub angle_degrees: f64,
    /// How much worse the second scored, as a share of the winner's score.
    pub gap: f64,
}

/// A start that is turned by 180 degrees or mirrored: tried to detect a wrong header, never applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TurnedStart {
    /// How alike it makes the scans by the metric of the rigid stage; larger is better.
    pub likeness: f64,
    /// The same of the best ordinary start.
    pub ordinary: f64,
}

/// What is judged.
#[derive(Clone, Debug)]
pub struct QaInput<'a> {
    /// `t1 -> t0`: fixed and moving visit.
    pub pair: &'a str,
    /// The follow-up. NaN is no data.
    pub fixed: &'a Volume<f32, Fixed>,
    /// The baseline. NaN is no data.
    pub moving: &'a Volume<f32, Moving>,
    /// The result of the rigid stage.
    pub rigid: &'a Transform,
    /// The result.
    pub transform: &'a Transform,
    /// The same anatomy in both scans, where somebody marked it.
    pub landmarks: &'a [(World<Fixed>, World<Moving>)],
    /// The best rigid start that ended elsewhere.
    pub rival: Option<RivalStart>,
    /// The best start that was turned.
    pub turned: Option<TurnedStart>,
}

/// Judges an alignment. The same input gives the same bytes at any number of threads.
pub fn assess(input: &QaInput, thresholds: &QaThresholds) -> Qa {
    let sample = sample::Sample::of(input);
    let similarity = similarity::measure(&sample, input);
    let map = deformation::measure(&sample, input);
    let landmarks = deformation::landmark_errors(input.transform, input.landmarks);
    let identical = sample::identical(input.fixed, input.moving);
    let facts = judge::Facts {
        constant: sample.constant,
        identical,
        overlap: sample.overlap,
        similarity: &similarity,
        map: &map,
        misplaced: residual::misplaced_share(&sample),
        landmarks: landmarks.as_ref(),
        rival: input.rival,
        turned: input.turned,
    };
    let reasons = judge::reasons(&facts, thresholds);
    Qa {
        pair: input.pair.to_owned(),
        verdict: judge::verdict(&reasons),
        reasons,
        similarity: similarity.record,
        overlap_fraction: sample.overlap,
        jacobian: map.jacobian,
        inverse_residual_mm: map.inverse_mm,
        displacement_mm: map.displacement_mm,
        tre_mm: landmarks,
        both_ways_mm: None,
        loop_mm: None,
        // The regions are looked at by who carries them.
        rois: Vec::new(),
    }
}
