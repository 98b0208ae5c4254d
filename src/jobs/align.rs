//! The alignment of one follow-up with the baseline, wherever it comes from.

use crate::geometry::{Fixed, Moving};
use crate::io::landmarks::Landmark;
use crate::labels::Mask;
use crate::propagate;
use crate::record::{Modality, Qa, Units};
use crate::register::initial::{InitialStart, InitialUse, undone};
use crate::register::qa::round_trip::{self, OtherWay};
use crate::register::qa::{self, QaInput, QaThresholds, RivalStart, TurnedStart};
use crate::register::settings::{FollowSettings, RegisterSettings};
use crate::register::starts::LEAST_OVERLAP;
use crate::register::{self, Contrast, Given, RegionsLeftOut, RegisterError, Registered, Stage};
use crate::transform::{Chain, Transform};
use crate::visit::Visit;
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

impl Pair {
    /// The scans of two visits.
    pub fn of(moving: &Visit, fixed: &Visit) -> Self {
        Self { fixed: fixed.image.clone().in_frame(), moving: moving.image.clone().in_frame() }
    }
}

/// Whether an alignment is checked by going another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checking {
    /// It is not.
    #[default]
    OneWay,
    /// Each pair is registered the other way round too, and each follow-up to the one before.
    BothWays,
}

impl Checking {
    /// By other ways where that is asked for.
    pub fn asked(both_ways: bool) -> Self {
        if both_ways { Self::BothWays } else { Self::OneWay }
    }
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
    /// What became of the starts that were given, where starts were searched.
    pub initial: Vec<InitialStart>,
}

/// Regions of a pair, of its lesions as a rule, which must not pull.
#[derive(Debug)]
pub struct Lesions {
    moving: Option<Mask<Moving>>,
    fixed: Option<Mask<Fixed>>,
}

impl Lesions {
    /// Of each scan as one mask; `None` where there is none.
    pub fn new(moving: Option<Mask>, fixed: Option<Mask>) -> Self {
        Self { moving: moving.map(|m| m.in_frame()), fixed: fixed.map(|m| m.in_frame()) }
    }

    /// The moving scan's.
    pub fn moving(&self) -> Option<&Mask<Moving>> {
        self.moving.as_ref()
    }

    /// What is given of two visits: units, contrast, and these regions, left out.
    pub fn given(&self, moving: &Visit, fixed: &Visit) -> Given<'_> {
        // Bounds in Hounsfield units hold where both scans have them.
        let units = if moving.units == fixed.units { fixed.units } else { Units::Arbitrary };
        Given {
            contrast: contrast(moving.modality, fixed.modality),
            left_out: RegionsLeftOut {
                moving_lesion: self.moving.as_ref(),
                fixed_lesion: self.fixed.as_ref(),
            },
            ..Given::of(units)
        }
    }
}

/// Whether two scans show tissue alike: scans of one modality do.
fn contrast(moving: Modality, fixed: Modality) -> Contrast {
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
    let told = |stage| told(stage, "", &share, progress);
    let found = register::register(&pair.fixed, &pair.moving, given, settings, &told)?;
    tell(&found);
    Ok(Aligned {
        rival: found.starts.rival(),
        turned: found.starts.turned(),
        initial: found.initial,
        rigid: found.rigid,
        previous_level: Some(found.previous_level),
        transform: found.transform,
        followed: found.followed,
        followed_previous: found.followed_previous,
    })
}

/// The same pair registered the other way round: a map of baseline points to follow-up points. Settings, what is left
/// out and what is given are the same; nothing of what was found is used, for it is to be checked.
pub fn back(
    pair: &Pair,
    given: &Given,
    settings: &RegisterSettings,
    progress: &dyn Progress,
    share: std::ops::Range<f64>,
) -> Result<Transform, RegisterError> {
    let (fixed, moving) = (pair.moving.clone().in_frame::<Fixed>(), pair.fixed.clone().in_frame::<Moving>());
    // The margin belongs to the baseline's lesion, in whichever scan it is left out.
    let margin = settings.lesion_margin_mm;
    let fixed_lesion = given.left_out.moving_lesion.map(|m| m.dilated(margin).in_frame::<Fixed>());
    let moving_lesion = given.left_out.fixed_lesion.map(Mask::in_frame::<Moving>);
    let initial: Vec<Chain> = given.initial.iter().map(|map| undone(map, pair.fixed.grid())).collect();
    let other = Given {
        left_out: RegionsLeftOut {
            moving_lesion: moving_lesion.as_ref(),
            fixed_lesion: fixed_lesion.as_ref(),
        },
        initial: &initial,
        ..*given
    };
    other_way(&Pair { fixed, moving }, &other, settings, "back: ", progress, share)
}

/// A registration that is made to check another one: its whole transform. No lesion is followed.
pub fn other_way(
    pair: &Pair,
    given: &Given,
    settings: &RegisterSettings,
    which: &str,
    progress: &dyn Progress,
    share: std::ops::Range<f64>,
) -> Result<Transform, RegisterError> {
    let follow = FollowSettings { levels: Vec::new(), ..settings.follow.clone() };
    let settings = RegisterSettings { follow, ..settings.clone() };
    let told = |stage| told(stage, which, &share, progress);
    register::register(&pair.fixed, &pair.moving, given, &settings, &told).map(|found| found.transform)
}

/// Tells a stage of a registration that is a share of the whole job.
fn told(stage: Stage, which: &str, share: &std::ops::Range<f64>, progress: &dyn Progress) {
    let (name, done) = match stage {
        Stage::Starts => ("rigid starts".to_owned(), 0.0),
        Stage::Rigid => ("rigid motion".to_owned(), 0.1),
        Stage::Spline { level, of } => {
            // Levels grow in cost as their voxels shrink.
            let before = (level as f64 - 1.0) / of as f64;
            (format!("deformation, level {level} of {of}"), 0.2 + 0.6 * before * before)
        }
        Stage::Follow => ("following the lesion's border".to_owned(), 0.9),
        Stage::Hold => ("holding the lesion rigid".to_owned(), 0.9),
    };
    progress.stage(&format!("{which}{name}"), share.start + (share.end - share.start) * done);
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

/// What a person is told of a start that they gave.
pub fn start_told(start: &InitialStart) -> String {
    match start.used {
        InitialUse::NotTried => format!(
            "The start of --initial was not used: it lays {:.0} % of the follow-up's body inside the baseline scan (at \
             least {:.0} % is asked).",
            100.0 * start.overlap,
            100.0 * LEAST_OVERLAP
        ),
        InitialUse::Outdone => {
            "The start of --initial was tried; from another start the scans came out more alike.".into()
        }
        InitialUse::Rigid => "The rigid alignment began from the start of --initial.".into(),
        InitialUse::Bent => "The deformation began from the start of --initial.".into(),
    }
}

/// Adds to the findings how far the body misses on its way to the baseline and back.
pub fn compare_with_way_back(
    qa: &mut Qa,
    pair: &Pair,
    there: &Transform,
    back: &Result<Transform, RegisterError>,
    thresholds: &QaThresholds,
) {
    match back {
        Ok(back) => {
            let points = qa::body_points(&pair.fixed);
            qa.both_ways_mm = propagate::there_and_back(&points, there, back, pair.moving.grid());
            let miss = qa.both_ways_mm.and_then(|m| round_trip::reason(OtherWay::Back, None, &m, thresholds));
            if let Some(reason) = miss {
                round_trip::add(qa, reason);
            }
        }
        Err(error) => round_trip::add(qa, round_trip::no_way(OtherWay::Back, error)),
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
