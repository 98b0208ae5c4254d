//! Does the baseline fit better a little way off? A search around the result, place by place.
//!
//! Global correlation hardly sees an organ that lies 8 mm off. So at many places of the body with contrast a small
//! cube of the follow-up is compared with the baseline at the result and at shifts around it; a place is misplaced
//! where a shift of at least [`FAR_MM`] raises the local correlation by more than [`GAIN`]. The gain keeps out places
//! that look alike along a border, where every shift along it is as good as none.
//!
//! The same places tell how much of the body moved as one, and by how much it was stretched: trimmed fits, which an
//! organ that moves by itself cannot pull.

use nalgebra::{Point3, Vector3};

use super::fit::{Motion, trimmed};
use super::sample::Sample;
use crate::geometry::World;
use crate::numeric::quantile::ascending;
use crate::numeric::sum::blocks;
use crate::record::PlacesQa;

/// Half of a cube's side, in voxels of the sample: cubes of 20 mm at 4 mm.
const HALF: usize = 2;
/// Voxels between the middles of cubes.
const STRIDE: usize = 4;
/// Cubes that are looked at, at most: evenly chosen among those with contrast.
const CUBES: usize = 400;
/// Length of a step of the search in mm.
const STEP_MM: f64 = 3.0;
/// How far the search goes, in mm.
pub const REACH_MM: f64 = 12.0;
/// Shifts below this length (mm) are within what a coarse cube can tell.
pub const FAR_MM: f64 = 4.0;
/// How much more alike a shifted cube must be.
const GAIN: f64 = 0.1;

/// A place this near (mm) to where one rigid body would be belongs to it: less than a voxel of the sample.
pub const WITHIN_MM: f64 = 3.0;

/// Fewer places say nothing.
const LEAST_PLACES: usize = 10;

/// What the search found at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    /// The middle of the cube in the follow-up.
    fixed: Point3<f64>,
    /// Where the result puts it.
    moved: Point3<f64>,
    /// Whether a shift makes it clearly more alike.
    misplaced: bool,
}

/// The places with contrast that the baseline sees, as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Places {
    /// How many.
    count: usize,
    /// Share that fits clearly better elsewhere; `None` where too few were looked at.
    pub misplaced: Option<f64>,
    /// Share that the result moves as the one rigid body that most of them form, within [`WITHIN_MM`].
    pub one_body: Option<f64>,
    /// Smallest and largest stretch of the affine map that most of them agree on.
    pub scale: Option<[f64; 2]>,
}

impl Places {
    /// Looks at the places of a sample.
    pub fn of(sample: &Sample) -> Self {
        let (cubes, shifts) = (cubes(sample), shifts());
        let chunks: Vec<&[Cube]> = cubes.chunks(16).collect();
        let all = blocks(chunks.len(), |n| {
            chunks[n].iter().filter_map(|c| searched(sample, c, &shifts)).collect::<Vec<Place>>()
        })
        .concat();
        let share = |found: usize| found as f64 / all.len() as f64;
        let pairs: Vec<_> = all.iter().map(|p| (p.fixed, p.moved)).collect();
        let body = trimmed(&pairs, Motion::Rigid);
        Self {
            count: all.len(),
            misplaced: (all.len() >= LEAST_PLACES).then(|| share(all.iter().filter(|p| p.misplaced).count())),
            one_body: body
                .map(|f| share(pairs.iter().filter(|(p, q)| (f.apply(*p) - q).norm() <= WITHIN_MM).count())),
            scale: trimmed(&pairs, Motion::Affine).map(|f| f.stretches()),
        }
    }

    /// For the record; `None` where too few places were looked at.
    pub fn record(&self) -> Option<PlacesQa> {
        Some(PlacesQa {
            looked_at: self.count,
            misplaced_fraction: self.misplaced?,
            one_body_fraction: self.one_body?,
            scale: self.scale?,
        })
    }
}

/// Values of the follow-up around a place, and where the result puts them.
struct Cube {
    values: Vec<f64>,
    places: Vec<usize>,
    /// The place in the middle.
    middle: usize,
    spread: f64,
}

/// The shifts that are tried.
fn shifts() -> Vec<Vector3<f64>> {
    let steps = (REACH_MM / STEP_MM) as isize;
    let range = move || -steps..=steps;
    range()
        .flat_map(|z| {
            range().flat_map(move |y| range().map(move |x| Vector3::new(x as f64, y as f64, z as f64)))
        })
        .map(|v| v * STEP_MM)
        .filter(|v| v.norm() >= FAR_MM && v.norm() <= REACH_MM + 1e-9)
        .collect()
}

/// The half of the cubes with the larger spread, thinned.
fn cubes(sample: &Sample) -> Vec<Cube> {
    let grid = sample.body.grid();
    // The place of each body voxel in the sample's lists.
    let mut number = vec![None; grid.len()];
    for (n, offset) in sample.body.offsets().enumerate() {
        number[offset] = Some(n);
    }
    let middles = sample.body.voxels().filter(|v| v.iter().all(|c| c % STRIDE == STRIDE / 2));
    let mut all: Vec<Cube> = middles
        .filter_map(|middle| {
            let around = neighbours(middle, grid.dims());
            let full = around.len();
            let places: Vec<usize> =
                around.into_iter().filter_map(|[i, j, k]| number[grid.offset(i, j, k)]).collect();
            let [i, j, k] = middle;
            let middle = number[grid.offset(i, j, k)]?;
            (3 * places.len() >= 2 * full).then(|| Cube::new(sample, places, middle))
        })
        .collect();
    let spreads = ascending(all.iter().map(|c| c.spread).collect());
    let Some(&median) = spreads.get(spreads.len() / 2) else { return Vec::new() };
    all.retain(|c| c.spread >= median && c.spread > 0.0);
    let stride = all.len().div_ceil(CUBES).max(1);
    all.into_iter().step_by(stride).collect()
}

impl Cube {
    fn new(sample: &Sample, places: Vec<usize>, middle: usize) -> Self {
        let values: Vec<f64> = places.iter().map(|&n| sample.fixed[n]).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        Self { values, places, middle, spread }
    }
}

/// The voxels of the cube around a voxel that lie on the grid.
fn neighbours(middle: [usize; 3], dims: [usize; 3]) -> Vec<[usize; 3]> {
    let range = |a: usize| middle[a].saturating_sub(HALF)..(middle[a] + HALF + 1).min(dims[a]);
    range(2).flat_map(|k| range(1).flat_map(move |j| range(0).map(move |i| [i, j, k]))).collect()
}

/// Looks around one cube; `None` where the baseline does not see it.
fn searched(sample: &Sample, cube: &Cube, shifts: &[Vector3<f64>]) -> Option<Place> {
    let here = alike(sample, cube, Vector3::zeros())?;
    // Above this nothing can be more alike by the gain.
    let misplaced = here <= 1.0 - GAIN
        && shifts.iter().any(|s| alike(sample, cube, *s).is_some_and(|there| there > here + GAIN));
    let (fixed, moved) = (sample.points[cube.middle].point(), sample.moved[cube.middle].point());
    Some(Place { fixed, moved, misplaced })
}

/// Correlation of a cube with the baseline at a shift; zero where the baseline is flat, `None` where part is unseen.
fn alike(sample: &Sample, cube: &Cube, shift: Vector3<f64>) -> Option<f64> {
    let grid = sample.moving.grid();
    let (mut m1, mut mm, mut fm, mut f1, mut ff) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (&n, &f) in cube.places.iter().zip(&cube.values) {
        let q = World::from_point(sample.moved[n].point() + shift);
        let m = sample.moving.linear(grid.index_of(q))?;
        m1 += m;
        mm += m * m;
        fm += f * m;
        f1 += f;
        ff += f * f;
    }
    let n = cube.values.len() as f64;
    let (vf, vm) = (ff - f1 * f1 / n, mm - m1 * m1 / n);
    if vf <= 1e-9 * ff || vm <= 1e-9 * mm {
        return Some(0.0);
    }
    Some((fm - f1 * m1 / n) / (vf * vm).sqrt())
}
