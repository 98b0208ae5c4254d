//! `delta phantom`: a pair of scans whose truth is known, because it was made.
//!
//! A trunk with organs is a continuous function of the point (`anatomy.rs`); two lesions lie in it (`lesion.rs`).
//! Each visit sees it through a motion (`motion.rs`) on a grid of its own (`scan.rs`): no volume is ever resampled.
//!
//! | pair | baseline | follow-up |
//! |---|---|---|
//! | `serial` | as drawn, grid along the scanner's axes | posed and breathing deeper, oblique grid; one lesion shrunken and patchier |
//! | `null` | random pose | another random pose; nothing changed |

mod anatomy;
pub mod cohort;
mod draw;
mod lesion;
mod motion;
mod scan;
mod shape;
mod texture;
mod truth;
mod visit;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;

use self::anatomy::Anatomy;
use self::draw::{Purpose, stream};
use self::lesion::Lesions;
use self::motion::{Deformation, Motion};
use self::scan::{Scene, Storage, faithful_grid, grid, scan};
use self::truth::TrueMap;
use crate::geometry::{Fixed, Moving};
use crate::jobs::Failure;
use crate::numeric::random::Random;
use crate::store::{Existing, OutputFolder};
use crate::volume::Volume;

pub use self::scan::{Label, NOISE_HU, Scan, Size};
pub use self::truth::{Landmark, LesionTruth};

/// What happens between the visits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pair {
    /// One lesion shrinks and changes texture; the body moves and deforms.
    #[default]
    Serial,
    /// Nothing: the same body, laid down twice.
    Null,
}

impl Pair {
    /// Its word on the command line and in `truth.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Null => "null",
        }
    }
    /// Days between the visits: eight weeks of treatment, or the day after.
    pub fn days(self) -> f64 {
        match self {
            Self::Serial => 56.0,
            Self::Null => 1.0,
        }
    }
}

/// What is drawn at follow-up. At baseline all is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// Lesions and organs.
    All,
    /// The shrinking lesion.
    #[default]
    Lesion,
    /// Nothing: the visit has no mask.
    None,
}

impl Drawn {
    /// The labels that are drawn.
    pub fn labels(self) -> &'static [Label] {
        match self {
            Self::All => &Label::AT_BASELINE,
            Self::Lesion => &[Label::Lesion],
            Self::None => &[],
        }
    }
}

/// Which pair is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PhantomRequest {
    /// Decides everything that is random.
    pub seed: u64,
    /// What happens between the visits.
    pub pair: Pair,
    /// What is drawn at follow-up.
    pub drawn: Drawn,
    /// How many voxels.
    pub size: Size,
}

/// A pair and its truth. The shrinking lesion is [`Label::Lesion`].
#[derive(Clone, Debug, PartialEq)]
pub struct Phantom {
    /// What it was made from.
    pub request: PhantomRequest,
    /// Baseline.
    pub t0: Scan<Moving>,
    /// Follow-up; its labels are the truth, of which [`Drawn::labels`] are given away.
    pub t1: Scan<Fixed>,
    /// What is known.
    pub truth: Truth,
}

/// What is known of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// From each voxel centre of the follow-up to the same tissue at baseline, in mm, RAS.
    pub displacement: Volume<[f32; 3], Fixed>,
    /// Smallest and largest Jacobian determinant of that map over the voxel centres.
    pub jacobian: [f64; 2],
    /// Corresponding points.
    pub landmarks: Vec<Landmark>,
    /// Volumes of the shrinking lesion.
    pub lesion: LesionTruth,
}

/// Around the stable lesion, this much more tissue keeps its shape too.
const STILL_MARGIN_MM: f64 = 5.0;

/// Makes a pair and writes it to the folder `out`, whole or not at all.
pub fn make(request: &PhantomRequest, out: &Path, existing: Existing) -> Result<(), Failure> {
    // Begun before the work, so that an occupied folder is refused at once.
    let folder = OutputFolder::begin(out, existing)?;
    write::write(&phantom(*request), &folder)?;
    folder.publish()?;
    Ok(())
}

/// Makes a pair. The same request gives the same bytes at any number of threads.
pub fn phantom(request: PhantomRequest) -> Phantom {
    let PhantomRequest { seed, size, .. } = request;
    let anatomy = Anatomy::new(seed);
    let lesions = Lesions::new(seed, &anatomy);
    let mut random = stream(seed, Purpose::Motion);
    let [s0, s1] = scenes(request, &anatomy, &lesions, &mut random);
    let (g0, g1) = match request.pair {
        Pair::Serial => (
            faithful_grid(&mut random, Storage::RasAligned, size, &s0),
            faithful_grid(&mut random, Storage::LpsOblique, size, &s1),
        ),
        Pair::Null => {
            (grid(&mut random, Storage::RasAligned, size), grid(&mut random, Storage::RasAligned, size))
        }
    };
    let t0 = scan(&s0, &g0, NOISE_HU, &mut stream(seed, Purpose::BaselineNoise));
    let t1 = scan(&s1, &g1, NOISE_HU, &mut stream(seed, Purpose::FollowupNoise));
    let map = TrueMap { t0: &s0, t1: &s1 };
    let truth = Truth {
        displacement: map.displacement(&g1),
        jacobian: map.jacobian_range(&g1),
        landmarks: map.landmarks(&mut stream(seed, Purpose::Landmarks), &g1, &g0),
        lesion: LesionTruth::new(map, &t0, &t1),
    };
    Phantom { request, t0, t1, truth }
}

/// The body as it lies in the scanner at baseline and at follow-up.
fn scenes<'a>(
    request: PhantomRequest,
    anatomy: &'a Anatomy,
    lesions: &'a Lesions,
    random: &mut Random,
) -> [Scene<'a>; 2] {
    let scene = |motion| Scene::unchanged(anatomy, lesions, motion);
    match request.pair {
        Pair::Serial => {
            let later = scene(later_motion(random, lesions)).with(lesions.shrunken(request.seed));
            [scene(Motion::none()), later]
        }
        // Both visits are draws of one distribution: either could have been the baseline.
        Pair::Null => [(); 2].map(|()| scene(Motion::random_pose(random, 5.0, 3.0))),
    }
}

/// Weeks later: the body is laid down anew and breathes deeper. The stable lesion keeps its shape.
fn later_motion(random: &mut Random, lesions: &Lesions) -> Motion {
    let still = lesions.stable.lump.reach_mm() + STILL_MARGIN_MM;
    let pose = Motion::random_pose(random, 4.0, 6.0);
    pose.deformed(Deformation::new(random), lesions.stable_at, still)
}

impl Phantom {
    /// The follow-up's mask as it is given away; `None` where nothing is drawn.
    pub fn drawn_at_followup(&self) -> Option<Volume<u32, Fixed>> {
        let drawn = self.request.drawn.labels();
        (!drawn.is_empty()).then(|| self.t1.only(drawn))
    }
}
