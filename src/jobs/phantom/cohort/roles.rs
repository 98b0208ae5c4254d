//! Who of a cohort is what.

use super::super::draw::{Purpose, stream};
use super::super::scan::NOISE_HU;

/// How the lesion of a patient answers to treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Response {
    /// It shrinks, and what is left looks as before.
    Shrinking,
    /// It keeps size and shape and becomes patchier.
    Texture,
    /// It stays as it is.
    None,
}

impl Response {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shrinking, Self::Texture, Self::None];

    /// Its word in `truth.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shrinking => "shrinking",
            Self::Texture => "texture",
            Self::None => "none",
        }
    }
}

/// Where a patient is scanned, at all visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// The site of less noise.
    A,
    /// Another scanner: more noise, another kernel.
    B,
}

impl Site {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Its word in the manifest and in `visit.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
    /// The reconstruction kernel.
    pub fn kernel(self) -> &'static str {
        match self {
            Self::A => "B30f",
            Self::B => "FC13",
        }
    }
    /// Standard deviation of the noise.
    pub fn noise_hu(self) -> f64 {
        match self {
            Self::A => NOISE_HU,
            Self::B => 1.25 * NOISE_HU,
        }
    }
}

/// What is out of the ordinary with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// Nothing: two visits with two lesions each.
    Usual,
    /// A third visit, at which the change has gone on.
    ThreeVisits,
    /// The second lesion is gone at follow-up.
    LesionAbsent,
    /// A third lesion has grown by the follow-up.
    LesionNew,
    /// The follow-up's image ends in the middle of its voxels.
    BadFile,
    /// The follow-up comes months late.
    LateFollowup,
}

impl Course {
    /// Its word in `truth.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::ThreeVisits => "three_visits",
            Self::LesionAbsent => "lesion_absent",
            Self::LesionNew => "lesion_new",
            Self::BadFile => "bad_file",
            Self::LateFollowup => "late_followup",
        }
    }
}

/// What a patient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// How the lesion answers.
    pub response: Response,
    /// Where it is scanned.
    pub site: Site,
    /// What is out of the ordinary.
    pub course: Course,
}

/// Cohorts of at least so many patients have one of each special course.
const ALL_COURSES_FROM: usize = 6;
/// One of so many patients has three visits. No multiple of three, so that these are of every kind of response.
const THREE_VISITS_EVERY: usize = 7;

/// The roles of `n` patients: responses in thirds and sites in halves, both exact up to rounding, and sites even within
/// each kind of response. Who is what is drawn by seed.
pub fn roles(seed: u64, n: usize) -> Vec<Role> {
    let mut dealt: Vec<Role> = (0..n)
        .map(|k| Role {
            response: Response::ALL[k % 3],
            // Three is odd: every third patient is at the other site.
            site: Site::ALL[k % 2],
            course: match k {
                0 if n >= ALL_COURSES_FROM => Course::LesionAbsent,
                1 if n >= ALL_COURSES_FROM => Course::BadFile,
                2 if n >= ALL_COURSES_FROM => Course::LesionNew,
                5 if n >= ALL_COURSES_FROM => Course::LateFollowup,
                k if k % THREE_VISITS_EVERY == 3 => Course::ThreeVisits,
                _ => Course::Usual,
            },
        })
        .collect();
    stream(seed, Purpose::Roles).shuffle(&mut dealt);
    dealt
}
