//! Test only: Moran's I and Geary's C as their formulas are written, pair by pair.

use crate::features::conformance::random::{levels, region};
use crate::features::conformance::reference::{folder, scan};
use crate::features::discretise::Levels;
use crate::features::ibsi::configuration;
use crate::features::roi::{Block, Roi};
use crate::features::shape::autocorrelation::Autocorrelation;
use crate::numeric::sum::blocks;
use crate::record::{Aggregation, Reason};

/// By tag; none where all intensities are equal.
pub fn values(block: &Block, _: &Levels, _: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let voxels: Vec<([f64; 3], f64)> = block
        .counted_voxels()
        .map(|(v, x)| (std::array::from_fn(|a| v[a] as f64 * block.spacing_mm[a]), f64::from(x)))
        .collect();
    let n = voxels.len() as f64;
    let mean = voxels.iter().map(|v| v.1).sum::<f64>() / n;
    let square: f64 = voxels.iter().map(|v| (v.1 - mean) * (v.1 - mean)).sum();
    if voxels.len() < 2 || square == 0.0 {
        return Vec::new();
    }
    let of_voxel = |i: usize| {
        let (p, x) = voxels[i];
        let mut sums = [0.0; 3];
        for (j, &(q, y)) in voxels.iter().enumerate() {
            if i != j {
                let squared: f64 = (0..3).map(|a| (p[a] - q[a]) * (p[a] - q[a])).sum();
                let w = 1.0 / squared.sqrt();
                sums[0] += w;
                sums[1] += w * (x - mean) * (y - mean);
                sums[2] += w * (x - y) * (x - y);
            }
        }
        sums
    };
    let rows = blocks(voxels.len(), of_voxel);
    let [weights, products, differences] = [0, 1, 2].map(|s| rows.iter().map(|r| r[s]).sum::<f64>());
    vec![
        ("morph_moran_i", n / weights * products / square),
        ("morph_geary_c", (n - 1.0) / (2.0 * weights) * differences / square),
    ]
}

/// The largest relative difference between the fast values and the plain ones.
fn difference(block: &Block, levels: &Levels) -> f64 {
    let fast = Autocorrelation::of(block).unwrap();
    let plain = values(block, levels, None);
    [fast.moran_i, fast.geary_c].iter().zip(plain).map(|(f, (_, p))| (f / p - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn fast_sums_over_pairs_are_the_plain_ones() {
    let dims = [
        [2, 1, 1],
        [1, 1, 9],
        [5, 4, 3],
        [1, 40, 1],
        [3, 17, 2],
        [2, 2, 130],
        [31, 1, 29],
        [7, 26, 13],
        [20, 19, 18],
    ];
    for (seed, dims) in (0..).zip(dims) {
        for spread in [2, 900] {
            for spacing_mm in [[1.0; 3], [0.7, 0.7, 3.1], [4.0, 0.5, 1.1]] {
                let mut block = region(seed, dims, spread);
                block.spacing_mm = spacing_mm;
                // Two voxels at least, and not alike.
                let last = block.counted.len() - 1;
                (block.counted[0], block.counted[last]) = (true, true);
                (block.intensities[0], block.intensities[last]) = (0.0, 1.0);
                let levels = levels(&block);
                let off = difference(&block, &levels);
                assert!(off < 1e-9, "{dims:?} {spread} {spacing_mm:?}: {off}");
            }
        }
    }
}

#[test]
fn regions_far_apart_are_one_region() {
    let mut block = region(3, [90, 40, 30], 50);
    for offset in 0..block.counted.len() {
        let [i, j, k] = block.voxel(offset);
        block.counted[offset] &= i + j + k < 5 || i + j + k > 150;
    }
    let levels = levels(&block);
    assert!(difference(&block, &levels) < 1e-9);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let block = region(8, [40, 31, 22], 500);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Autocorrelation::of(&block).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn equal_intensities_and_single_voxels_have_no_autocorrelation() {
    let mut block = region(3, [6, 5, 4], 50);
    block.intensities.fill(0.1);
    assert_eq!(Autocorrelation::of(&block), Err(Reason::ZeroDenominator));
    block.counted.fill(false);
    assert_eq!(Autocorrelation::of(&block), Err(Reason::EmptyRoi));
    block.counted[7] = true;
    assert_eq!(Autocorrelation::of(&block), Err(Reason::RoiTooSmall));
}

#[test]
fn the_ct_phantoms_pairs_are_the_plain_ones_in_all_configurations() {
    let Some(shared) = folder() else { return };
    let (image, mask) =
        scan(shared.join("ibsi/ct_phantom_image.nii.gz"), shared.join("ibsi/ct_phantom_mask.nii.gz"));
    for config in ["A", "B", "C", "D", "E"] {
        let roi = Roi::new(&image, &mask, &configuration(config).unwrap().settings).unwrap();
        let off = difference(roi.outline(), &roi.levels);
        println!("{config}: {off:e}");
        assert!(off < 1e-9, "{config}: {off}");
    }
}
