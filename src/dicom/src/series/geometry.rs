//! From slices to a grid, or the reason why they make none.
//!
//! Slices are ordered by their position along the normal of the slices, row direction times column direction
//! (PS3.3 C.7.6.2.1.1); the step between them is (last position - first position) / (n - 1). File names, Instance
//! Number, Slice Location, Slice Thickness and Spacing Between Slices say nothing about distances: all of them are
//! wrong in files of clinics.

use std::fmt;

use super::slice::{Place, Slice};
use crate::FaultKind::NoVolume;
use crate::grid::{cross, dot, norm};
use crate::{Fault, Grid};

/// Slices nearer than this are at one place, in millimetres.
const SAME_PLACE: f64 = 1e-3;
/// The largest share of the median by which a gap may leave it. Real PET has gaps of 3.19, 3.27 and 3.29 mm.
const GAP_TOLERANCE: f64 = 0.05;
/// The same, from which on uneven gaps are worth a word.
const GAP_WORD: f64 = 0.025;
/// The angle from which on a step that is not across the slices is called a tilt, in degrees.
const TILT_WORD: f64 = 0.1;

/// A grid, and how even its slices are.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometry {
    /// The grid.
    pub grid: Grid,
    /// Smallest, median and largest distance between neighbours along the normal, in millimetres.
    pub gaps: [f64; 3],
    /// Angle between the step from slice to slice and the normal, in degrees. Gantry tilt makes it; the tag of that
    /// name is not asked, for it may be zero or signed either way.
    pub shear_degrees: f64,
    /// Farthest that a slice lies from its place on the grid, in millimetres.
    pub residual_mm: f64,
}

/// What a reader should know of a series that is used nevertheless.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The same image is there more than once; so many files are not used.
    Repeated {
        /// Files too many.
        files: usize,
    },
    /// The step between slices is not across them: the grid is sheared.
    Tilt {
        /// Angle in degrees.
        degrees: f64,
    },
    /// Gaps are uneven within the tolerance.
    Uneven {
        /// Smallest, median and largest gap in millimetres.
        gaps: [f64; 3],
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { files: 1 } => f.write_str("1 file holds an image that another one holds too"),
            Self::Repeated { files } => write!(f, "{files} files hold images that others hold too"),
            Self::Tilt { degrees } => {
                write!(f, "slices are tilted: the step between them is {degrees:.1} degrees off their normal")
            }
            Self::Uneven { gaps: [least, median, most] } => write!(
                f,
                "slices are {} to {} mm apart (median {})",
                decimals(*least),
                decimals(*most),
                decimals(*median)
            ),
        }
    }
}

impl Geometry {
    /// Of slices that are in order along the normal and have all the same orientation, size and spacing.
    ///
    /// # Errors
    /// `NoVolume`, naming positions in millimetres along the normal.
    pub(super) fn of(slices: &[Slice]) -> Result<Self, Fault> {
        let places: Vec<Place> = slices.iter().filter_map(|slice| slice.place).collect();
        if places.len() < slices.len() {
            return Err(Fault::of(NoVolume, without_place(slices.len() - places.len(), slices.len())));
        }
        let ([first, .., last], Some(slice)) = (places.as_slice(), slices.first()) else {
            return Err(Fault::of(NoVolume, "one slice only: how far apart slices are is not known"));
        };
        let n = normal(first);
        let along: Vec<f64> = places.iter().map(|place| dot(n, place.position)).collect();
        let gaps = even(&along)?;
        let steps = (places.len() - 1) as f64;
        let across: [f64; 3] =
            std::array::from_fn(|axis| (last.position[axis] - first.position[axis]) / steps);
        let grid = Grid {
            size: [slice.size[0], slice.size[1], places.len()],
            origin: first.position,
            steps: [
                first.along_row.map(|v| v * first.spacing[1]),
                first.along_column.map(|v| v * first.spacing[0]),
                across,
            ],
        };
        let residual_mm = straight(&places, &grid, n, gaps[1])?;
        let shear_degrees = norm(cross(across, n)).atan2(dot(across, n).abs()).to_degrees();
        Ok(Self { grid, gaps, shear_degrees, residual_mm })
    }

    /// What is worth a word.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let [least, median, most] = self.gaps;
        let mut warnings = Vec::new();
        if self.shear_degrees > TILT_WORD {
            warnings.push(Warning::Tilt { degrees: self.shear_degrees });
        }
        if (most - median).max(median - least) > GAP_WORD * median {
            warnings.push(Warning::Uneven { gaps: self.gaps });
        }
        warnings
    }
}

/// The unit vector across a slice.
pub(super) fn normal(place: &Place) -> [f64; 3] {
    let n = cross(place.along_row, place.along_column);
    let length = norm(n);
    n.map(|v| v / length)
}

/// Whether two neighbours in order lie at one place.
pub(super) fn at_one_place(along: &[f64]) -> bool {
    along.windows(2).any(|pair| pair[1] - pair[0] < SAME_PLACE)
}

/// That there is no position to sort by.
pub(super) fn without_place(without: usize, of: usize) -> String {
    let slices = match (without, of) {
        (1, 1) => "the image has no".to_owned(),
        (without, of) if without == of => format!("none of {of} slices has"),
        _ => format!("{without} of {of} slices lack"),
    };
    format!("{slices} Image Position (Patient), Image Orientation (Patient) and Pixel Spacing")
}

/// Smallest, median and largest gap.
fn even(along: &[f64]) -> Result<[f64; 3], Fault> {
    let refuse = |fact: String| Err(Fault::of(NoVolume, fact));
    let gaps: Vec<f64> = along.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let twice: Vec<usize> = (0..gaps.len()).filter(|at| gaps[*at] < SAME_PLACE).collect();
    if let Some(at) = twice.first() {
        let place = decimals(along[*at]);
        return refuse(if twice.len() == gaps.len() {
            format!("all {} slices lie at one position, {place} mm along the normal", along.len())
        } else {
            let further = further(twice.len() - 1);
            format!("two different slices lie at one position, {place} mm along the normal{further}")
        });
    }
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    let odd: Vec<usize> =
        (0..gaps.len()).filter(|at| (gaps[*at] - median).abs() > GAP_TOLERANCE * median).collect();
    if let Some(at) = odd.first() {
        return refuse(format!(
            "slices are {} mm apart, but {} mm lie between those at {} and {} mm along the normal{} (distances from {} \
             to {} mm)",
            decimals(median),
            decimals(gaps[*at]),
            decimals(along[*at]),
            decimals(along[*at + 1]),
            further(odd.len() - 1),
            decimals(sorted[0]),
            decimals(sorted[sorted.len() - 1]),
        ));
    }
    Ok([sorted[0], median, sorted[sorted.len() - 1]])
}

fn further(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and so in 1 more place".to_owned(),
        count => format!(", and so in {count} more places"),
    }
}

/// The farthest that a slice lies from its place; refused from half a voxel on, for its voxels would be a neighbour's.
fn straight(places: &[Place], grid: &Grid, n: [f64; 3], gap: f64) -> Result<f64, Fault> {
    let mut farthest: f64 = 0.0;
    for (k, place) in places.iter().enumerate() {
        let expected = grid.point([0.0, 0.0, k as f64]);
        let off: [f64; 3] = std::array::from_fn(|axis| place.position[axis] - expected[axis]);
        let across = dot(off, n);
        let inside: [f64; 3] = std::array::from_fn(|axis| off[axis] - across * n[axis]);
        if across.abs() > gap / 2.0 || norm(inside) > place.spacing[0].min(place.spacing[1]) / 2.0 {
            return Err(Fault::of(
                NoVolume,
                format!(
                    "the slice at {} mm along the normal lies {} mm from its place on a regular grid",
                    decimals(dot(n, place.position)),
                    decimals(norm(off))
                ),
            ));
        }
        farthest = farthest.max(norm(off));
    }
    Ok(farthest)
}

/// A number with at most three decimals.
pub(crate) fn decimals(value: f64) -> String {
    let text = format!("{value:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}
