//! The alignment of one follow-up with the baseline, wherever it comes from.

use crate::geometry::{Fixed, Moving};
use crate::io::landmarks::Landmark;
use crate::record::{Modality, Qa};
use crate::register::qa::{self, QaInput, QaThresholds, RivalStart, TurnedStart};
use crate::register::settings::RegisterSettings;
use crate::register::{self, Contrast, Given, Registered, Stage};
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
    /// That, after its last but one level.
    pub followed_previous: Option<Transform>,
    /// The best rigid start that ended elsewhere, where starts were searched.
    pub rival: Option<RivalStart>,
    /// The best start that was turned by 180 degrees, where starts were searched.
    pub turned: Option<TurnedStart>,
}

/// Whether two scans show tissue alike: scans of one modality do.
pub fn contrast(moving: Modality, fixed: Modality) -> Contrast {
    if moving == fixed { Contrast::Same } else { Contrast::Other }
}

/// Registers a pair; `share` is the part of the whole job that this is.
pub fn register(
    pair: &Pair,
    given: &Given,
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
    let found = register::register(&pair.fixed, &pair.moving, given, settings, &told)?;
    tell(&found);
    Ok(Aligned {
        rival: found.starts.rival(),
        turned: found.starts.turned(),
        rigid: found.rigid,
        previous_level: Some(found.previous_level),
        transform: found.transform,
        followed: found.followed,
        followed_previous: found.followed_previous,
    })
}

/// Says in the log how the registration went (`-v`).
fn tell(found: &Registered) {
    for start in &found.starts.tried {
        let cost = start.fit.as_ref().map_or_else(String::new, |fit| format!(", cost {:.4}", fit.cost));
        tracing::debug!(
            "start {}: overlap {:.2}, likeness {:.3}{cost}",
            start.name,
            start.likeness.overlap,
            start.likeness.score
        );
    }
    for log in &found.levels {
        tracing::info!(
            "level {} / {} mm: cost {:.5} -> {:.5}, {} evaluations",
            log.level.voxel_mm,
            log.level.lattice_mm,
            log.before,
            log.after,
            log.evaluations
        );
    }
}

/// Judges an alignment.
pub fn assess(
    pair: &Pair,
    aligned: &Aligned,
    name: &str,
    landmarks: &[Landmark],
    thresholds: &QaThresholds,
) -> Qa {
    let landmarks: Vec<_> = landmarks.iter().map(|l| (l.fixed, l.moving)).collect();
    let input = QaInput {
        pair: name,
        fixed: &pair.fixed,
        moving: &pair.moving,
        rigid: &aligned.rigid,
        transform: &aligned.transform,
        landmarks: &landmarks,
        rival: aligned.rival,
        turned: aligned.turned,
    };
    qa::assess(&input, thresholds)
}
