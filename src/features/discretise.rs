//! From intensities to grey levels (IBSI 2.7).
//!
//! - **Fixed bin size** `w` from a lower bound `b`: level = floor((x - b) / w) + 1. What lies below the bound
//!   is in the first bin. The number of levels N_g is the highest level present.
//! - **Fixed bin number** N over the region's range: level = floor(N (x - min) / (max - min)) + 1, the maximum
//!   in bin N; a flat region is one bin.
//!
//! ```
//! use delta_radiomics::features::{discretise::levels_of, settings::{Discretise, Method}};
//! let size = Discretise { method: Method::FixedBinSize, size: Some(25.0), number: None,
//!     lower_bound: Some(-1000.0), ivh: None };
//! assert_eq!(levels_of(&[-1000.0, -976.0, -975.0, 0.0], &size)?, (vec![1, 1, 2, 41], 41));
//! let number = Discretise { method: Method::FixedBinNumber, size: None, number: Some(4), ..size };
//! assert_eq!(levels_of(&[0.0, 1.0, 2.0, 8.0], &number)?, (vec![1, 1, 2, 4], 4));
//! assert_eq!(levels_of(&[3.0, 3.0], &number)?, (vec![1, 1], 1));
//! # Ok::<(), delta_radiomics::features::FeatureError>(())
//! ```

use rayon::prelude::*;

use super::FeatureError;
use super::roi::Block;
use super::settings::{Discretise, Method};

/// Fewer voxels than this are not worth another thread.
pub(super) const WORK: usize = 1 << 16;

/// Up to this many grey levels a table finds a level's code.
const TABLE_LEVELS: u32 = 1 << 16;

/// Grey level of each intensity, and the number of levels N_g.
pub fn levels_of(intensities: &[f32], rule: &Discretise) -> Result<(Vec<u32>, u32), FeatureError> {
    let min =
        || f64::from(intensities.iter().fold(f32::INFINITY, |least, x| if *x < least { *x } else { least }));
    let max =
        || f64::from(intensities.iter().fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most }));
    match rule.method {
        Method::FixedBinSize => {
            let width = rule.size.filter(|w| w.is_finite() && *w > 0.0);
            let width = width.ok_or(FeatureError::Setting("discretise.size"))?;
            let lower = rule.lower_bound.unwrap_or_else(min);
            // A cast cuts towards zero, as floor does above the bound; what lies below becomes 0.
            let level = |x: &f32| (((f64::from(*x) - lower) / width) as u32).saturating_add(1);
            let levels: Vec<u32> = intensities.par_iter().with_min_len(WORK).map(level).collect();
            let count = levels.iter().copied().max().unwrap_or(0);
            Ok((levels, count))
        }
        Method::FixedBinNumber => {
            let number = rule.number.filter(|n| *n > 0).ok_or(FeatureError::Setting("discretise.number"))?;
            let (min, max) = (min(), max());
            if max <= min || intensities.is_empty() {
                return Ok((vec![1; intensities.len()], u32::from(!intensities.is_empty())));
            }
            let bins = f64::from(number);
            let level = |x: &f32| {
                let level = (bins * (f64::from(*x) - min) / (max - min)) as u32;
                level.saturating_add(1).min(number)
            };
            Ok((intensities.par_iter().with_min_len(WORK).map(level).collect(), number))
        }
    }
}

/// The grey levels of a region, in a box with a border of one voxel on every side.
///
/// Levels are stored as codes: 0 outside, else one more than the level's place among those present. So counts
/// need room for levels that exist, not for all that could.
#[derive(Clone, Debug)]
pub struct Levels {
    /// N_g, the number of levels of the discretisation.
    pub count: u32,
    /// The levels that occur, ascending.
    pub present: Vec<u32>,
    /// How many voxels have each of them.
    pub voxels: Vec<u64>,
    /// Distance in storage of the neighbour along each axis.
    pub strides: [usize; 3],
    /// One code per voxel of the box.
    pub codes: Vec<u32>,
    /// Storage places of the voxels of the intensity mask, ascending, one list per slice that has any.
    pub slices: Vec<Vec<u32>>,
}

impl Levels {
    /// Discretises the intensity mask of a block.
    pub fn new(block: &Block, rule: &Discretise) -> Result<Self, FeatureError> {
        let intensities: Vec<f32> = block.counted_intensities().collect();
        let (levels, count) = levels_of(&intensities, rule)?;
        let (present, voxels, codes_of) = codes(&levels, count);
        let [nx, ny, nz] = block.dims.map(|n| n + 2);
        let strides = [1, nx, nx * ny];
        let mut codes = vec![0; nx * ny * nz];
        let plane = block.dims[0] * block.dims[1];
        // Where the codes of each slice begin.
        let mut begins = vec![0];
        for counted in block.counted.chunks_exact(plane.max(1)) {
            begins.push(begins[begins.len() - 1] + counted.iter().filter(|c| **c).count());
        }
        let place = |(k, codes): (usize, &mut [u32])| {
            let mut codes_of = codes_of[begins[k]..begins[k + 1]].iter();
            let mut places = Vec::with_capacity(codes_of.len());
            for (j, counted) in block.counted[plane * k..plane * (k + 1)].chunks_exact(nx - 2).enumerate() {
                let start = 1 + (j + 1) * strides[1];
                for ((i, _), code) in counted.iter().enumerate().filter(|c| *c.1).zip(&mut codes_of) {
                    codes[start + i] = *code;
                    places.push(((k + 1) * strides[2] + start + i) as u32);
                }
            }
            places
        };
        let mut slices: Vec<Vec<u32>> = codes[strides[2]..]
            .par_chunks_exact_mut(strides[2])
            .take(block.dims[2])
            .enumerate()
            .map(place)
            .collect();
        slices.retain(|s| !s.is_empty());
        Ok(Self { count, present, voxels, strides, codes, slices })
    }
    /// Distance in storage of the neighbour in a direction.
    pub fn step(&self, direction: [i64; 3]) -> i64 {
        (0..3).map(|a| direction[a] * self.strides[a] as i64).sum()
    }
}

/// The levels present, the number of voxels of each, and the code of each voxel.
fn codes(levels: &[u32], count: u32) -> (Vec<u32>, Vec<u64>, Vec<u32>) {
    if count <= TABLE_LEVELS {
        let mut tally = vec![0u64; count as usize + 1];
        for &level in levels {
            tally[level as usize] += 1;
        }
        let present: Vec<u32> = (1..=count).filter(|&l| tally[l as usize] > 0).collect();
        let voxels = present.iter().map(|&l| tally[l as usize]).collect();
        let mut table = vec![0; count as usize + 1];
        for (n, &level) in present.iter().enumerate() {
            table[level as usize] = n as u32 + 1;
        }
        let codes = levels.par_iter().with_min_len(WORK).map(|&l| table[l as usize]).collect();
        return (present, voxels, codes);
    }
    let mut sorted = levels.to_vec();
    sorted.sort_unstable();
    let runs: Vec<(u32, u64)> =
        sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
    let present: Vec<u32> = runs.iter().map(|r| r.0).collect();
    let codes = levels.iter().map(|l| present.partition_point(|p| p < l) as u32 + 1).collect();
    (present, runs.iter().map(|r| r.1).collect(), codes)
}
