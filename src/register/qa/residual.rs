//! Does the baseline fit better a little way off? A search around the result, place by place.
//!
//! Global correlation hardly sees an organ that lies 8 mm off. So at many places of the body with contrast a small
//! cube of the follow-up is compared with the baseline at the result and at shifts around it; a place is misplaced
//! where a shift of at least [`FAR_MM`] raises the local correlation by more than [`GAIN`]. The gain keeps out places
//! that look alike along a border, where every shift along it is as good as none.

use nalgebra::Vector3;

use super::sample::Sample;
use crate::geometry::{Fixed, Moving, World};
use crate::numeric::quantile::ascending;
use crate::numeric::sum::blocks;

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

/// Fewer places say nothing.
const LEAST_PLACES: usize = 10;

/// What the search found at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The middle of the cube in the follow-up.
    pub fixed: World<Fixed>,
    /// Where the result puts it.
    pub moved: World<Moving>,
    /// Local correlation there.
    pub here: f64,
    /// The highest local correlation at a shift of at least [`FAR_MM`].
    pub elsewhere: f64,
    /// That shift in mm.
    pub shift: Vector3<f64>,
}

impl Place {
    /// Whether a shift makes it clearly more alike.
    pub fn is_misplaced(&self) -> bool {
        self.elsewhere > self.here + GAIN
    }
}

/// The places with contrast that the baseline sees.
pub fn places(sample: &Sample) -> Vec<Place> {
    let cubes = cubes(sample);
    let shifts = shifts();
    let chunks: Vec<&[Cube]> = cubes.chunks(16).collect();
    blocks(chunks.len(), |n| {
        chunks[n].iter().filter_map(|c| searched(sample, c, &shifts)).collect::<Vec<Place>>()
    })
    .concat()
}

/// Share of the places that fit better elsewhere; `None` where there are too few.
pub fn misplaced_share(places: &[Place]) -> Option<f64> {
    let found = places.iter().filter(|p| p.is_misplaced()).count();
    (places.len() >= LEAST_PLACES).then(|| found as f64 / places.len() as f64)
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
    let tried = shifts.iter().filter_map(|s| alike(sample, cube, *s).map(|there| (there, *s)));
    // The first of equals, so that the choice does not depend on the order of the work.
    let (elsewhere, shift) =
        tried.fold((-1.0, Vector3::zeros()), |best, now| if now.0 > best.0 { now } else { best });
    Some(Place {
        fixed: sample.points[cube.middle],
        moved: sample.moved[cube.middle],
        here,
        elsewhere,
        shift,
    })
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
