//! Sums over all pairs of voxels, weighted by one over their distance, in the frequency domain.
//!
//! For fields f and g, the sum of w(i - j) f(i) g(j) is the mean over frequencies of K F conj(G), where F, G and K are
//! the transforms of f, g and w, sampled at twice as many frequencies along each axis as the box has voxels: then
//! nothing wraps around, and there is no transform back. K is real, as w is even.
//!
//! Frequencies (k + 1/4) / n and (k + 3/4) / n for whole k are such a set. As the fields are real, the
//! first half is enough along one axis; along the others both are taken, one after the other, so that nothing larger
//! than the box is ever stored. An even line's transform at the first half of the frequencies is the transform of
//! w(j) + i w(n - j), and at the second half its mirror image.
//!
//! The longest axis is transformed first, for all lines that have a voxel. The rest is done for four of its frequencies
//! at a time.

use std::ops::Range;

use rayon::prelude::*;

use super::autocorrelation::{PairSums, Points};
use crate::numeric::fft::{Four, Fourier, fast_length};

/// The fields: mask, z and z^2.
const FIELDS: usize = 3;

/// So many groups of four frequencies of the first axis are kept at once (128 MiB); more are dealt with in rounds, each
/// of which transforms the first axis anew: a tenth of the work.
const KEPT: usize = 1 << 21;

/// The sums over ordered pairs.
pub(super) fn pair_sums(points: &Points) -> PairSums {
    let lines = Lines::of(points);
    let axes = lines.size.map(Axis::new);
    let blocks = axes[0].blocks();
    let rounds = (lines.count() * blocks * FIELDS).div_ceil(KEPT).clamp(1, blocks);
    let mut total = [0.0; FIELDS];
    for round in 0..rounds {
        let blocks = round * blocks / rounds..(round + 1) * blocks / rounds;
        let slabs = Slabs {
            lines: &lines,
            axes: &axes,
            fields: first_axis_of_fields(&lines, &axes[0], &blocks),
            weights: first_axis_of_weights(&lines, &axes[0], &blocks),
            blocks: blocks.len(),
        };
        let sums: Vec<[f64; FIELDS]> = (0..slabs.blocks)
            .into_par_iter()
            .map_init(|| Work::new(&axes), |work, block| slabs.sum(block, work))
            .collect();
        for sum in sums {
            for (total, s) in total.iter_mut().zip(sum) {
                *total += s;
            }
        }
    }
    let frequencies = axes[0].padded * axes[1].frequencies() * axes[2].frequencies();
    let [weights, products, squares] = total.map(|sum| sum / frequencies as f64);
    PairSums { weights, products, squares }
}

/// The box around the voxels as lines along its longest axis, those without a voxel left out.
struct Lines {
    /// Length of the axes, the longest first.
    size: [usize; 3],
    spacing_mm: [f64; 3],
    /// For each line of the box, the second axis fastest, its number among those that have a voxel.
    number: Vec<Option<u32>>,
    /// z along the lines; NaN where there is no voxel.
    z: Vec<f64>,
}

impl Lines {
    fn of(points: &Points) -> Self {
        let [low, high] = points.bounds();
        let mut order = [0, 1, 2];
        order.sort_by_key(|&a| std::cmp::Reverse(high[a] - low[a]));
        let size = order.map(|a| (high[a] - low[a]) as usize + 1);
        let place = |v: &[u32; 3]| order.map(|a| (v[a] - low[a]) as usize);
        let mut number = vec![None; size[1] * size[2]];
        for v in &points.voxels {
            let [_, b, c] = place(v);
            number[b + size[1] * c] = Some(0);
        }
        let mut count = 0;
        for line in number.iter_mut().flatten() {
            *line = count;
            count += 1;
        }
        let mut z = vec![f64::NAN; size[0] * count as usize];
        for (v, value) in points.voxels.iter().zip(&points.z) {
            let [a, b, c] = place(v);
            if let Some(line) = number[b + size[1] * c] {
                z[a + size[0] * line as usize] = *value;
            }
        }
        Self { size, spacing_mm: order.map(|a| points.spacing_mm[a]), number, z }
    }
    /// Number of lines that have a voxel.
    fn count(&self) -> usize {
        self.z.len() / self.size[0]
    }
    /// Mask, z and z^2 at a place of four lines; zero beyond the last line.
    fn fields(&self, first_line: usize, place: usize) -> [Four; FIELDS] {
        let mut fields = [Four::ZERO; FIELDS];
        for n in 0..4 {
            let z = self.z.get(place + self.size[0] * (first_line + n)).copied().unwrap_or(f64::NAN);
            if !z.is_nan() {
                fields[0].re[n] = 1.0;
                fields[1].re[n] = z;
                fields[2].re[n] = z * z;
            }
        }
        fields
    }
}

/// An axis and its transforms.
struct Axis {
    length: usize,
    padded: usize,
    halves: [Fourier; 2],
}

impl Axis {
    fn new(length: usize) -> Self {
        let padded = fast_length(length);
        Self { length, padded, halves: [0.25, 0.75].map(|offset| Fourier::new(padded, offset)) }
    }
    /// Groups of four frequencies of the first half.
    fn blocks(&self) -> usize {
        self.padded.div_ceil(4)
    }
    /// A single voxel is the same at all frequencies.
    fn halves(&self) -> impl Iterator<Item = (usize, &Fourier)> {
        self.halves.iter().enumerate().take(if self.length == 1 { 1 } else { 2 })
    }
    /// Length of a row along this axis: an even one would keep columns in a few sets of the cache.
    fn stride(&self) -> usize {
        self.padded | 1
    }
    fn frequencies(&self) -> usize {
        self.padded * self.halves().count()
    }
    /// Where an even line's transform at frequency `k` of a half is found in that of the first half.
    fn mirrored(&self, half: usize, k: usize) -> usize {
        if half == 0 { k } else { self.padded - 1 - k }
    }
    /// What is transformed for two even lines at once: the first becomes real, the second imaginary.
    fn even_lines(&self, at: impl Fn(usize) -> [[f64; 4]; 2], input: &mut [Four]) {
        let value = |j: usize| if j < self.length { at(j) } else { [[0.0; 4]; 2] };
        for (j, x) in input[..self.padded].iter_mut().enumerate() {
            let (near, far) = (value(j), value(self.padded - j));
            *x = Four {
                re: std::array::from_fn(|n| near[0][n] - far[1][n]),
                im: std::array::from_fn(|n| near[1][n] + far[0][n]),
            };
        }
    }
}

/// Lines that are kept together.
const LINES: usize = 32;

/// The fields' lines transformed along the first axis: for some lines at a time, for each block of four frequencies,
/// for each field, for each of these lines, the block.
fn first_axis_of_fields(lines: &Lines, axis: &Axis, blocks: &Range<usize>) -> Vec<Four> {
    let n = axis.padded;
    let chunk = blocks.len() * FIELDS * LINES;
    let mut out = vec![Four::ZERO; lines.count().div_ceil(LINES) * chunk];
    let work =
        || (vec![Four::ZERO; n * FIELDS], vec![Four::ZERO; n.next_multiple_of(4)], vec![Four::ZERO; n]);
    out.par_chunks_mut(chunk).enumerate().for_each_init(work, |(input, spectrum, work), (chunk, out)| {
        for first in (0..LINES).step_by(4).filter(|first| chunk * LINES + first < lines.count()) {
            for place in 0..axis.length {
                for (f, x) in lines.fields(chunk * LINES + first, place).into_iter().enumerate() {
                    input[f * n + place] = x;
                }
            }
            for (f, input) in input.chunks(n).enumerate() {
                axis.halves[0].transform(input, spectrum, work);
                for (block, from) in spectrum.chunks(4).skip(blocks.start).take(blocks.len()).enumerate() {
                    let to = &mut out[(block * FIELDS + f) * LINES + first..][..4];
                    for n in 0..4 {
                        to[n] = Four {
                            re: std::array::from_fn(|k| from[k].re[n]),
                            im: std::array::from_fn(|k| from[k].im[n]),
                        };
                    }
                }
            }
        }
    });
    out
}

/// The same for the weights: one octant of lags, eight lines at a time.
fn first_axis_of_weights(lines: &Lines, axis: &Axis, blocks: &Range<usize>) -> Vec<[f64; 4]> {
    let [_, nb, nc] = lines.size;
    let n = axis.padded;
    let chunk = blocks.len() * 8;
    let mut out = vec![[0.0; 4]; (nb * nc).div_ceil(8) * chunk];
    let work = || {
        let four = || vec![Four::ZERO; n.next_multiple_of(4)];
        (vec![[[0.0; 4]; 2]; axis.length], four(), four(), four())
    };
    let squared =
        |a: usize, lag: usize| (lag as f64 * lines.spacing_mm[a]) * (lag as f64 * lines.spacing_mm[a]);
    out.par_chunks_mut(chunk).enumerate().for_each_init(
        work,
        |(weights, input, spectrum, work), (chunk, out)| {
            let across: [[f64; 4]; 2] = std::array::from_fn(|h| {
                std::array::from_fn(|n| {
                    let line = chunk * 8 + h * 4 + n;
                    squared(1, line % nb) + squared(2, line / nb)
                })
            });
            for (lag, w) in weights.iter_mut().enumerate() {
                let along = squared(0, lag);
                *w = across.map(|half| half.map(|across| 1.0 / (along + across).sqrt()));
            }
            if chunk == 0 {
                // A voxel is no pair with itself.
                weights[0][0][0] = 0.0;
            }
            axis.even_lines(|j| weights[j], input);
            axis.halves[0].transform(input, spectrum, work);
            for (from, to) in spectrum.chunks(4).skip(blocks.start).zip(out.chunks_mut(8)) {
                for n in 0..4 {
                    to[n] = std::array::from_fn(|k| from[k].re[n]);
                    to[n + 4] = std::array::from_fn(|k| from[k].im[n]);
                }
            }
        },
    );
    out
}

/// What is known after the first axis.
struct Slabs<'a> {
    lines: &'a Lines,
    axes: &'a [Axis; 3],
    fields: Vec<Four>,
    weights: Vec<[f64; 4]>,
    /// Number of blocks of frequencies of the first axis.
    blocks: usize,
}

/// A thread's work space.
struct Work {
    /// The weights' transform, the third axis fastest.
    kernel: Vec<[f64; 4]>,
    half_kernel: Vec<[f64; 4]>,
    /// The fields after the second axis, the third axis fastest.
    planes: [Vec<Four>; FIELDS],
    spectra: [Vec<Four>; FIELDS],
    line: Vec<Four>,
    spectrum: Vec<Four>,
    work: Vec<Four>,
}

impl Work {
    fn new([_, b, c]: &[Axis; 3]) -> Self {
        let plane = b.padded * c.stride();
        let line = || vec![Four::ZERO; b.padded.max(c.padded)];
        Self {
            kernel: vec![[0.0; 4]; plane],
            half_kernel: vec![[0.0; 4]; plane],
            planes: std::array::from_fn(|_| vec![Four::ZERO; plane]),
            spectra: std::array::from_fn(|_| line()),
            line: line(),
            spectrum: line(),
            work: line(),
        }
    }
}

impl Slabs<'_> {
    /// The sums over all frequencies along the second and third axis, for one block of the first.
    fn sum(&self, block: usize, work: &mut Work) -> [f64; FIELDS] {
        let [_, b, c] = self.axes;
        self.kernel(block, work);
        let mut sums = [[0.0; 4]; FIELDS];
        for (half_b, along_b) in b.halves() {
            self.second_axis(block, along_b, work);
            for kb in 0..b.padded {
                let row = kb * c.stride()..(kb + 1) * c.stride();
                let kernel = &work.kernel[b.mirrored(half_b, kb) * c.stride()..][..c.padded];
                for (half_c, along_c) in c.halves() {
                    for f in 0..FIELDS {
                        along_c.transform(&work.planes[f][row.clone()], &mut work.spectra[f], &mut work.work);
                    }
                    let [mask, z, square] = work.spectra.each_ref().map(|s| &s[..c.padded]);
                    for kc in 0..c.padded {
                        let k = kernel[c.mirrored(half_c, kc)];
                        for n in 0..4 {
                            let dot = |x: &[Four], y: &[Four]| {
                                x[kc].re[n] * y[kc].re[n] + x[kc].im[n] * y[kc].im[n]
                            };
                            sums[0][n] += k[n] * dot(mask, mask);
                            sums[1][n] += k[n] * dot(z, z);
                            sums[2][n] += k[n] * dot(mask, square);
                        }
                    }
                }
            }
        }
        sums.map(|s| (s[0] + s[1]) + (s[2] + s[3]))
    }

    /// The fields' transforms along the second axis.
    fn second_axis(&self, block: usize, transform: &Fourier, work: &mut Work) {
        let [_, b, c] = self.axes;
        for nc in 0..c.length {
            let numbers = &self.lines.number[b.length * nc..][..b.length];
            if numbers.iter().all(Option::is_none) {
                continue;
            }
            for f in 0..FIELDS {
                for (x, number) in work.line.iter_mut().zip(numbers) {
                    *x = number.map_or(Four::ZERO, |line| {
                        let (chunk, n) = (line as usize / LINES, line as usize % LINES);
                        self.fields[((chunk * self.blocks + block) * FIELDS + f) * LINES + n]
                    });
                }
                work.line[b.length..].fill(Four::ZERO);
                transform.transform(&work.line, &mut work.spectrum, &mut work.work);
                for (row, x) in work.planes[f].chunks_mut(c.stride()).zip(&work.spectrum) {
                    row[nc] = *x;
                }
            }
        }
    }

    /// The weights' transform at the first half of the frequencies.
    fn kernel(&self, block: usize, work: &mut Work) {
        let [_, b, c] = self.axes;
        for nc in (0..c.length).step_by(2) {
            let at = |j: usize, nc: usize| {
                if nc == c.length {
                    return [0.0; 4];
                }
                let line = j + b.length * nc;
                self.weights[(line / 8 * self.blocks + block) * 8 + line % 8]
            };
            b.even_lines(|j| [at(j, nc), at(j, nc + 1)], &mut work.line);
            b.halves[0].transform(&work.line, &mut work.spectrum, &mut work.work);
            for (row, x) in work.half_kernel.chunks_mut(c.stride()).zip(&work.spectrum) {
                row[nc] = x.re;
                if nc + 1 < c.length {
                    row[nc + 1] = x.im;
                }
            }
        }
        let rows = work.half_kernel.chunks(2 * c.stride()).zip(work.kernel.chunks_mut(2 * c.stride()));
        for (from, to) in rows {
            let at = |j: usize| [from[j], from.get(c.stride() + j).copied().unwrap_or([0.0; 4])];
            c.even_lines(at, &mut work.line);
            c.halves[0].transform(&work.line, &mut work.spectrum, &mut work.work);
            let (first, second) = to.split_at_mut(c.stride());
            for (to, x) in first.iter_mut().zip(&work.spectrum) {
                *to = x.re;
            }
            for (to, x) in second.iter_mut().zip(&work.spectrum) {
                *to = x.im;
            }
        }
    }
}
