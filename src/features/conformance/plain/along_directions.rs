//! Test only: grey levels by voxel, and which slices and directions each aggregation of the directional families
//! merges and averages (IBSI 3.6, 3.7).

use crate::features::discretise::Levels;
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
