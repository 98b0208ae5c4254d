//! Ways in which a scan reaches a registration spoilt: its header, its slices, its values. All random numbers have a
//! fixed seed.

use delta_radiomics::geometry::{Frame, Grid, Moving, World};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::volume::Volume;
use nalgebra::{Matrix3, Matrix4, Vector3};

/// A scan as it was read.
pub type Scan = Volume<f32, Moving>;

/// The header says that a world point `middle + linear (p - middle)` is where `p` is.
fn with_header(scan: &Scan, linear: &Matrix3<f64>, shift: Vector3<f64>) -> Scan {
    let middle = scan.grid().middle().point().coords;
    let mut change = Matrix4::identity();
    change.fixed_view_mut::<3, 3>(0, 0).copy_from(linear);
    change.fixed_view_mut::<3, 1>(0, 3).copy_from(&(middle - linear * middle + shift));
    let grid = Grid::new(scan.grid().dims(), change * scan.grid().affine());
    // Neither a reflection nor a scale makes a grid singular.
    scan.on(grid.expect("the axes stay independent"))
}

fn diagonal(values: [f64; 3]) -> Matrix3<f64> {
    Matrix3::from_diagonal(&Vector3::from(values))
}

/// Left and right exchanged (axis 0), front and back (1), head and feet (2).
pub fn mirrored(scan: &Scan, axis: usize) -> Scan {
    let mut signs = [1.0; 3];
    signs[axis] = -1.0;
    with_header(scan, &diagonal(signs), Vector3::zeros())
}

/// Half a turn about a world axis.
pub fn turned(scan: &Scan, axis: usize) -> Scan {
    let mut signs = [-1.0; 3];
    signs[axis] = 1.0;
    with_header(scan, &diagonal(signs), Vector3::zeros())
}

/// Two world axes exchanged.
pub fn swapped(scan: &Scan, a: usize, b: usize) -> Scan {
    let mut linear = Matrix3::identity();
    linear.swap_rows(a, b);
    with_header(scan, &linear, Vector3::zeros())
}

/// A spacing that is wrong by a factor along each world axis.
pub fn stretched(scan: &Scan, factors: [f64; 3]) -> Scan {
    with_header(scan, &diagonal(factors), Vector3::zeros())
}

/// Axis of the array, share of it where the kept part begins, and where it ends.
pub fn cropped<F: Frame>(scan: &Volume<f32, F>, axis: usize, from: f64, to: f64) -> Volume<f32, F> {
    let dims = scan.grid().dims();
    let (mut low, mut size) = ([0; 3], dims);
    low[axis] = (from * dims[axis] as f64) as usize;
    size[axis] = (to * dims[axis] as f64) as usize - low[axis];
    let grid = scan.grid().part(low, size);
    let values = (0..grid.len())
        .map(|o| {
            let v = grid.voxel(o);
            scan.at(v[0] + low[0], v[1] + low[1], v[2] + low[2])
        })
        .collect();
    Volume::new(grid, values)
}

/// Slice `k` shows what slice `order[k]` showed; the header stays.
fn ordered(scan: &Scan, order: &[usize]) -> Scan {
    let [nx, ny, _] = scan.grid().dims();
    let (grid, values) = (scan.grid().clone(), scan.values());
    let shown = order.iter().flat_map(|k| values[k * nx * ny..(k + 1) * nx * ny].iter().copied()).collect();
    let size = [nx, ny, order.len()];
    let fits = Grid::new(size, *grid.affine()).expect("the axes are those of a grid");
    Volume::new(fits, shown)
}

/// The last slice comes first.
pub fn reversed(scan: &Scan) -> Scan {
    let nz = scan.grid().dims()[2];
    ordered(scan, &(0..nz).rev().collect::<Vec<_>>())
}

/// Slices sorted by something else than their position.
pub fn shuffled(scan: &Scan, seed: u64) -> Scan {
    let mut order: Vec<usize> = (0..scan.grid().dims()[2]).collect();
    Random::seeded(seed).shuffle(&mut order);
    ordered(scan, &order)
}

/// The second half of the slices is the first half again.
pub fn repeated(scan: &Scan) -> Scan {
    let nz = scan.grid().dims()[2];
    ordered(scan, &(0..nz).map(|k| k % nz.div_ceil(2)).collect::<Vec<_>>())
}

/// Every third slice is lost, and the rest lies one beside the other.
pub fn thinned(scan: &Scan) -> Scan {
    let kept: Vec<usize> = (0..scan.grid().dims()[2]).filter(|k| k % 3 != 2).collect();
    ordered(scan, &kept)
}

/// Mean and standard deviation of the values that are known.
fn mean_and_sd(scan: &Scan) -> (f64, f64) {
    let known: Vec<f64> = scan.values().iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    let n = known.len().max(1) as f64;
    let mean = known.iter().sum::<f64>() / n;
    (mean, (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// Bright becomes dark.
pub fn inverted(scan: &Scan) -> Scan {
    let known = || scan.values().iter().copied().filter(|v| !v.is_nan());
    let (low, high) = (known().fold(f32::INFINITY, f32::min), known().fold(f32::NEG_INFINITY, f32::max));
    scan.map(|v| low + high - v)
}

/// One value everywhere.
pub fn blank(scan: &Scan) -> Scan {
    scan.map(|_| 0.0)
}

/// One value everywhere but in one voxel.
pub fn one_hot_voxel(scan: &Scan) -> Scan {
    let mut out = blank(scan);
    let middle = out.values().len() / 2;
    out.values_mut()[middle] = 1000.0;
    out
}

/// Noise of the scan's own mean and spread, and nothing else.
pub fn noise_only(scan: &Scan, seed: u64) -> Scan {
    let ((mean, sd), mut random) = (mean_and_sd(scan), Random::seeded(seed));
    let values = scan.values().iter().map(|_| (mean + sd * random.normal()) as f32).collect();
    Volume::new(scan.grid().clone(), values)
}

/// Noise of `times` the scan's spread on top of it.
pub fn noisy(scan: &Scan, times: f64, seed: u64) -> Scan {
    let ((_, sd), mut random) = (mean_and_sd(scan), Random::seeded(seed));
    let values = scan.values().iter().map(|&v| v + (times * sd * random.normal()) as f32).collect();
    Volume::new(scan.grid().clone(), values)
}

/// The middle third of the slices comes from another patient, middle on middle and of the same spread of values.
pub fn with_slab_of(scan: &Scan, other: &Scan) -> Scan {
    let ((mean, sd), (other_mean, other_sd)) = (mean_and_sd(scan), mean_and_sd(other));
    let apart = other.grid().middle().point() - scan.grid().middle().point();
    let nz = scan.grid().dims()[2];
    let values = (0..scan.values().len()).map(|o| {
        let v = scan.grid().voxel(o);
        if v[2] * 3 < nz || v[2] * 3 >= 2 * nz {
            return scan.values()[o];
        }
        let there = World::from_point(scan.grid().centre_of(v).point() + apart);
        let value = other.linear(other.grid().index_of(there)).unwrap_or(other_mean);
        (mean + (value - other_mean) / other_sd * sd) as f32
    });
    Volume::new(scan.grid().clone(), values.collect())
}
