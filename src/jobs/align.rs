//! The alignment of one follow-up with the baseline, wherever it comes from.

use crate::geometry::{Fixed, Moving};
use crate::labels::Mask;
use crate::register::settings::RegisterSettings;
use crate::register::{self, Ambiguity, RegionsLeftOut, Stage};
use crate::transform::Transform;
use crate::volume::Volume;

use super::{Failure, Progress};

/// Two scans seen as a pair.
#[derive(Debug)]
pub struct Pair {
    /// The follow-up.
    pub fixed: Volume<f32, Fixed>,
    /// The baseline.
    pub moving: Volume<f32, Moving>,
}

/// Transforms of a pair.
#[derive(Clone, Debug)]
pub struct Aligned {
    /// The rigid part alone.
    pub rigid: Transform,
    /// After the last but one level; `None` where the alignment comes from an earlier result.
    pub previous_level: Option<Transform>,
    /// The whole: what carries contours.
    pub transform: Transform,
    /// Refined around the lesion: what follows it.
    pub followed: Option<Transform>,
    /// The best two rigid starts, where they were searched.
    pub ambiguity: Option<Ambiguity>,
    /// Whether a start turned by 180 degrees fits better than any that may be applied.
    pub turned_wins: bool,
    /// Whether both scans are the same, voxel for voxel.
    pub identical: bool,
}

/// Registers a pair; `share` is the part of the whole job that this is.
pub fn register(
    pair: &Pair,
    moving_lesion: Option<&Mask<Moving>>,
    fixed_lesion: Option<&Mask<Fixed>>,
    settings: &RegisterSettings,
    progress: &dyn Progress,
    share: std::ops::Range<f64>,
) -> Result<Aligned, Failure> {
    let width = share.end - share.start;
    let told = |stage: Stage| {
        let (name, done) = match stage {
            Stage::Starts => ("rigid starts".to_owned(), 0.0),
            Stage::Rigid => ("rigid motion".to_owned(), 0.1),
            Stage::Spline { level, of } => {
                // Levels grow in cost as their voxels shrink.
                let before = (level as f64 - 1.0) / of as f64;
                (format!("deformation, level {level} of {of}"), 0.2 + 0.6 * before * before)
            }
            Stage::Follow => ("following the lesion's border".to_owned(), 0.9),
        };
        progress.stage(&name, share.start + width * done);
    };
    let left_out = RegionsLeftOut { moving_lesion, fixed_lesion };
    let found = register::register(&pair.fixed, &pair.moving, left_out, settings, &told)?;
    let best = found.starts.tried.first().map_or(-1.0, |s| s.correlation);
    Ok(Aligned {
        turned_wins: !found.identical && found.starts.turned_correlation > best,
        rigid: found.rigid,
        previous_level: Some(found.previous_level),
        transform: found.transform,
        followed: found.followed,
        ambiguity: found.starts.ambiguity,
        identical: found.identical,
    })
}

/// stub
pub fn assess(_: &Pair, _: &Aligned, _: &str, _: &[crate::io::landmarks::Landmark], _: &crate::register::qa::QaThresholds) -> crate::record::Qa { todo!() }
