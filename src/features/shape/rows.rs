//! A region as rows of bits: what is counted about its outline looks at 64 voxels at once.

use std::ops::Range;

/// A region's voxels, a bit each; rows run along the first axis and are whole words.
///
/// ```
/// use delta_radiomics::features::shape::rows::Rows;
/// let rows = Rows::of(&[true, true, false, true], [4, 1, 1]);
/// assert_eq!(rows.ends(0, 0), Some((0, 3)));
/// assert_eq!(rows.runs(0, 0).collect::<Vec<_>>(), [0..2, 3..4]);
/// assert!(rows.contains([1, 0, 0]) && !rows.contains([2, 0, 0]) && !rows.contains([-1, 0, 0]));
/// ```
#[derive(Clone, Debug)]
pub struct Rows {
    dims: [usize; 3],
    /// Words of a row: so many that there is a zero bit behind its last voxel.
    per_row: usize,
    words: Vec<u64>,
}

impl Rows {
    /// The bits of `region`, voxels of `dims` with the first axis fastest.
    pub fn of(region: &[bool], dims: [usize; 3]) -> Self {
        let per_row = dims[0] / 64 + 1;
        let mut words = vec![0; per_row * dims[1] * dims[2]];
        if dims[0] > 0 {
            for (row, bits) in region.chunks_exact(dims[0]).zip(words.chunks_exact_mut(per_row)) {
                for (voxels, word) in row.chunks(64).zip(bits) {
                    *word = packed(voxels);
                }
            }
        }
        Self { dims, per_row, words }
    }
    /// Number of voxels along each axis.
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }
    /// How many words a row has.
    pub(super) fn per_row(&self) -> usize {
        self.per_row
    }
    /// The bits of a row.
    pub(super) fn row(&self, j: usize, k: usize) -> &[u64] {
        let start = self.per_row * (j + self.dims[1] * k);
        &self.words[start..start + self.per_row]
    }
    /// Whether a voxel belongs to the region; beyond the box none does.
    pub fn contains(&self, voxel: [i64; 3]) -> bool {
        if (0..3).any(|a| voxel[a] < 0 || voxel[a] >= self.dims[a] as i64) {
            return false;
        }
        let [i, j, k] = voxel.map(|c| c as usize);
        self.words[self.per_row * (j + self.dims[1] * k) + i / 64] >> (i % 64) & 1 == 1
    }
    /// The first and the last voxel of a row that belong to the region.
    pub fn ends(&self, j: usize, k: usize) -> Option<(usize, usize)> {
        let row = self.row(j, k);
        let (low, high) = (row.iter().position(|w| *w != 0)?, row.iter().rposition(|w| *w != 0)?);
        let first = 64 * low + row[low].trailing_zeros() as usize;
        Some((first, 64 * high + 63 - row[high].leading_zeros() as usize))
    }
    /// The runs of the region's voxels in a row.
    pub fn runs(&self, j: usize, k: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let row = self.row(j, k);
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = next(row, at, 0)?;
            // A zero follows the last voxel of every row.
            let end = next(row, start, u64::MAX)?;
            at = end;
            Some(start..end)
        })
    }
}

/// The first place from `from` on where a row's bits differ from those of `filled`.
fn next(row: &[u64], from: usize, filled: u64) -> Option<usize> {
    let mut mask = u64::MAX << (from % 64);
    for n in from / 64..row.len() {
        let word = (row[n] ^ filled) & mask;
        if word != 0 {
            return Some(64 * n + word.trailing_zeros() as usize);
        }
        mask = u64::MAX;
    }
    None
}

/// Up to 64 voxels as the bits of a word.
fn packed(voxels: &[bool]) -> u64 {
    // One product moves the lowest bits of eight bytes side by side.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    let (eights, rest) = voxels.as_chunks::<8>();
    for (n, eight) in eights.iter().enumerate() {
        let bytes = u64::from_le_bytes(eight.map(u8::from));
        word |= (bytes.wrapping_mul(GATHER) >> 56) << (8 * n);
    }
    for (n, inside) in rest.iter().enumerate() {
        word |= u64::from(*inside) << (8 * eights.len() + n);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    #[test]
    fn bits_ends_and_runs_are_those_of_the_region() {
        let mut random = Random::seeded(5);
        for nx in [1, 7, 8, 63, 64, 65, 130] {
            let dims = [nx, 3, 2];
            for share in [0.03, 0.5, 0.97, 1.0] {
                let region: Vec<bool> = (0..6 * nx).map(|_| random.uniform() < share).collect();
                let rows = Rows::of(&region, dims);
                for (n, row) in region.chunks(nx).enumerate() {
                    let (j, k) = (n % 3, n / 3);
                    let runs: Vec<usize> = rows.runs(j, k).flatten().collect();
                    let plain: Vec<usize> = (0..nx).filter(|i| row[*i]).collect();
                    assert_eq!(runs, plain);
                    assert_eq!(rows.ends(j, k), plain.first().map(|f| (*f, plain[plain.len() - 1])));
                    for i in 0..nx {
                        assert_eq!(rows.contains([i as i64, j as i64, k as i64]), row[i]);
                    }
                    assert!(!rows.contains([nx as i64, j as i64, k as i64]));
                }
            }
        }
    }
}
