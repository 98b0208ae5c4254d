//! Test only: grey levels by voxel, and which slices and directions each aggregation of the directional families
//! merges and averages (IBSI 3.6, 3.7).

use super::Twin;
use crate::features::conformance::random::{levels as levels_of, region};
use crate::features::discretise::Levels;
use crate::features::registry::Feature;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// A slice, or all of them, and a direction to look in.
pub type Look = (Option<usize>, [i64; 3]);

/// The grey level of a voxel; 0 outside.
pub fn level(block: &Block, levels: &Levels, voxel: [i64; 3]) -> usize {
    if (0..3).any(|a| voxel[a] < 0 || voxel[a] >= block.dims[a] as i64) {
        return 0;
    }
    let place: usize = (0..3).map(|a| (voxel[a] as usize + 1) * levels.strides[a]).sum();
    levels.codes[place].checked_sub(1).map_or(0, |n| levels.present[n as usize] as usize)
}

/// The voxels of a slice, or of all.
pub fn voxels(block: &Block, slice: Option<usize>) -> Vec<[i64; 3]> {
    (0..block.dims.iter().product())
        .map(|offset| block.voxel(offset).map(|n| n as i64))
        .filter(|voxel| slice.is_none_or(|slice| voxel[2] == slice as i64))
        .collect()
}

/// What goes into each of the matrices whose features are averaged.
pub fn matrices(block: &Block, aggregation: Aggregation) -> Vec<Vec<Look>> {
    let steps = || (-1..=1).flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [x, y, z])));
    // Of two opposite directions the one whose last step is forward.
    let half: Vec<[i64; 3]> =
        steps().filter(|s| s.iter().rev().find(|n| **n != 0).is_some_and(|n| *n > 0)).collect();
    let plane: Vec<[i64; 3]> = half.iter().copied().filter(|s| s[2] == 0).collect();
    let slices = || (0..block.dims[2]).map(Some);
    match aggregation {
        Aggregation::TwoDAvg => slices().flat_map(|s| plane.iter().map(move |d| vec![(s, *d)])).collect(),
        Aggregation::TwoDComb => slices().map(|s| plane.iter().map(|d| (s, *d)).collect()).collect(),
        Aggregation::TwoHalfDAvg => plane.iter().map(|d| vec![(None, *d)]).collect(),
        Aggregation::TwoHalfDComb => vec![plane.iter().map(|d| (None, *d)).collect()],
        Aggregation::ThreeDAvg => half.iter().map(|d| vec![(None, *d)]).collect(),
        Aggregation::ThreeDComb => vec![half.iter().map(|d| (None, *d)).collect()],
        Aggregation::TwoD | Aggregation::TwoHalfD | Aggregation::ThreeD => Vec::new(),
    }
}

/// The mean of each feature over the matrices in which it is defined. Matrices list features in one order.
pub fn averaged(of_matrices: &[Vec<(&'static str, Option<f64>)>]) -> Vec<(&'static str, f64)> {
    let Some(first) = of_matrices.first() else { return Vec::new() };
    let mean = |n: usize| {
        let values: Vec<f64> = of_matrices.iter().filter_map(|matrix| matrix[n].1).collect();
        (!values.is_empty()).then(|| (first[n].0, values.iter().sum::<f64>() / values.len() as f64))
    };
    (0..first.len()).filter_map(mean).collect()
}

/// Holds the features of a family against its twin, on random regions and in every aggregation.
pub fn hold<S>(features: &[Feature<S>], sources: fn(&Levels, Aggregation) -> Vec<S>, twin: Twin) {
    for (seed, dims, spread) in
        [(11, [5, 4, 3], 1), (12, [6, 5, 4], 3), (13, [7, 4, 5], 30), (14, [9, 1, 2], 4), (15, [1, 1, 3], 2)]
    {
        let block = region(seed, dims, spread);
        let levels = levels_of(&block);
        for aggregation in DIRECTIONAL {
            let sources = sources(&levels, aggregation);
            let fast: Vec<(&str, f64)> = features
                .iter()
                .filter_map(|feature| {
                    let values: Vec<f64> =
                        sources.iter().filter_map(|s| (feature.value)(s).value()).collect();
                    let mean = values.iter().sum::<f64>() / values.len() as f64;
                    (!values.is_empty()).then_some((feature.info.tag, mean))
                })
                .collect();
            let plain = twin(&block, &levels, Some(aggregation));
            assert_eq!(fast.len(), plain.len(), "{seed} {aggregation}");
            for ((tag, fast), (twin, plain)) in fast.into_iter().zip(plain) {
                assert_eq!(tag, twin);
                let close = (fast - plain).abs() <= 1e-10 * plain.abs().max(1e-3);
                assert!(close, "{seed} {tag} {aggregation}: {fast}, {plain}");
            }
        }
    }
}

const DIRECTIONAL: [Aggregation; 6] = [
    Aggregation::TwoDAvg,
    Aggregation::TwoDComb,
    Aggregation::TwoHalfDAvg,
    Aggregation::TwoHalfDComb,
    Aggregation::ThreeDAvg,
    Aggregation::ThreeDComb,
];
