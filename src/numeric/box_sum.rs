//! Sums over box windows, one axis at a time.
//!
//! A window of `2 r + 1` samples is added up directly, never by adding the new and taking away the old sample:
//! for the small radii in use this is as fast (the compiler makes vectors of it), and a window that holds only
//! zeros sums to exactly zero. Samples outside count as zero.

use multiversion::multiversion;

/// Samples that are summed side by side.
const LANES: usize = 16;

/// `out[i] = sum_s from[i + s stride]` for `s` below `count`.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn strided(from: &[f32], stride: usize, count: usize, out: &mut [f32]) {
    in_blocks(out, &(0..count).map(|s| &from[s * stride..]));
}

/// `out = a + b + ...` for slices that are at least as long.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn together(parts: &[&[f32]], out: &mut [f32]) {
    in_blocks(out, &parts.iter().copied());
}

/// The sum of `parts`, block by block of lanes. The last block reaches back over the one before, where it finds the
/// same sums again, so that no sample is left over.
#[allow(clippy::inline_always, reason = "what is inlined is compiled for the instructions of its caller")]
#[inline(always)]
fn in_blocks<'a>(out: &mut [f32], parts: &(impl Iterator<Item = &'a [f32]> + Clone)) {
    let n = out.len();
    if n < LANES {
        for (i, out) in out.iter_mut().enumerate() {
            *out = parts.clone().map(|part| part[i]).sum();
        }
        return;
    }
    for block in 0..n.div_ceil(LANES) {
        let at = (block * LANES).min(n - LANES);
        let mut sums = [0.0; LANES];
        for part in parts.clone() {
            let part = &part[at..at + LANES];
            for lane in 0..LANES {
                sums[lane] += part[lane];
            }
        }
        out[at..at + LANES].copy_from_slice(&sums);
    }
}

/// Writes into `out` the sums over `(2 rx + 1) x (2 ry + 1)` windows of a plane of rows of `nx` samples. `padded` is work
/// space.
///
/// ```
/// use delta_radiomics::numeric::box_sum::over_plane;
/// let (mut out, mut padded) = ([0.0; 8], Vec::new());
/// over_plane(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 5.0], 4, [1, 0], &mut padded, &mut out);
/// assert_eq!(out, [3.0, 6.0, 9.0, 7.0, 0.0, 0.0, 5.0, 5.0]);
/// ```
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub fn over_plane(plane: &[f32], nx: usize, [rx, ry]: [usize; 2], padded: &mut Vec<f32>, out: &mut [f32]) {
    let ny = plane.len() / nx;
    // One row of sums of columns, between samples of zero.
    padded.clear();
    padded.resize(nx + 2 * rx, 0.0);
    for (j, out) in out.chunks_exact_mut(nx).enumerate() {
        let (low, high) = (j.saturating_sub(ry), (j + ry).min(ny - 1));
        strided(&plane[low * nx..], nx, high - low + 1, &mut padded[rx..rx + nx]);
        strided(padded, 1, 2 * rx + 1, out);
    }
}

/// Sums over boxes of several fields at once, plane by plane: a ring holds the in-plane sums of the planes that a
/// window spans, so that a field is read once and only a few planes are in the cache.
pub struct PlaneRing<const FIELDS: usize> {
    nx: usize,
    nz: usize,
    radius: [usize; 3],
    /// In-plane sums, `ring[z % (2 rz + 1)][field]`.
    ring: Vec<[Vec<f32>; FIELDS]>,
    next: usize,
    padded: Vec<f32>,
}

impl<const FIELDS: usize> PlaneRing<FIELDS> {
    /// A ring for planes of `dims[0] x dims[1]` samples that starts with the windows around plane `first`.
    pub fn new(dims: [usize; 3], radius: [usize; 3], first: usize) -> Self {
        let plane = || std::array::from_fn(|_| vec![0.0; dims[0] * dims[1]]);
        Self {
            nx: dims[0],
            nz: dims[2],
            radius,
            ring: (0..=2 * radius[2]).map(|_| plane()).collect(),
            next: first.saturating_sub(radius[2]),
            padded: Vec::new(),
        }
    }

    /// The next plane that the windows around plane `z` need, which must be given by [`PlaneRing::push`]; `None` where all
    /// are there. Planes must be asked for in ascending order.
    pub fn wanted(&self, z: usize) -> Option<usize> {
        (self.next <= (z + self.radius[2]).min(self.nz - 1)).then_some(self.next)
    }

    /// Takes the samples of the plane that is wanted next.
    pub fn push(&mut self, fields: [&[f32]; FIELDS]) {
        let (span, [rx, ry, _]) = (self.ring.len(), self.radius);
        for (samples, sums) in fields.into_iter().zip(&mut self.ring[self.next % span]) {
            over_plane(samples, self.nx, [rx, ry], &mut self.padded, sums);
        }
        self.next += 1;
    }

    /// Writes the sums of the windows around plane `z` into `out`; no plane may be wanted for them.
    pub fn sums(&self, z: usize, out: &mut [Vec<f32>; FIELDS]) {
        let (span, rz) = (self.ring.len(), self.radius[2]);
        let (low, high) = (z.saturating_sub(rz), (z + rz).min(self.nz - 1));
        for (field, out) in out.iter_mut().enumerate() {
            let planes: Vec<&[f32]> =
                (low..=high).map(|other| self.ring[other % span][field].as_slice()).collect();
            together(&planes, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, voxel by voxel.
    fn slow(values: &[f32], dims: [usize; 3], r: [usize; 3]) -> Vec<f32> {
        let at = |i: usize, j: usize, k: usize| values[i + dims[0] * (j + dims[1] * k)];
        let window = |c: usize, a: usize| c.saturating_sub(r[a])..(c + r[a] + 1).min(dims[a]);
        let mut out = Vec::new();
        for k in 0..dims[2] {
            for j in 0..dims[1] {
                for i in 0..dims[0] {
                    let mut sum = 0.0;
                    for c in window(k, 2) {
                        for b in window(j, 1) {
                            for a in window(i, 0) {
                                sum += at(a, b, c);
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    #[test]
    fn the_ring_equals_the_definition_even_where_the_window_is_larger_than_the_image() {
        let dims = [7, 5, 6];
        // Whole numbers: every order of addition gives the same sum.
        let values: Vec<f32> = (0..210).map(|n| ((n * 37) % 19) as f32 - 9.0).collect();
        let plane = dims[0] * dims[1];
        for radius in [[1, 1, 1], [2, 3, 1], [9, 9, 9], [0, 0, 0]] {
            for first in [0, 4] {
                let expected = slow(&values, dims, radius);
                let mut ring = PlaneRing::<1>::new(dims, radius, first);
                let mut out = [vec![0.0; plane]];
                for z in first..dims[2] {
                    while let Some(next) = ring.wanted(z) {
                        ring.push([&values[next * plane..][..plane]]);
                    }
                    ring.sums(z, &mut out);
                    assert_eq!(out[0], expected[z * plane..(z + 1) * plane], "radius {radius:?}, plane {z}");
                }
            }
        }
    }
}
