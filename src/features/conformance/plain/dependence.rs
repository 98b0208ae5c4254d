//! Neighbouring grey level dependence with a look at every neighbour and a dense matrix (IBSI 3.11).

use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// Features of one matrix, by tag; without a value where it has none.
type Features = Vec<(&'static str, Option<f64>)>;

/// The grey level of a voxel of the intensity mask.
fn level(block: &Block, levels: &Levels, voxel: [i64; 3]) -> Option<u32> {
    if (0..3).any(|a| voxel[a] < 0 || voxel[a] >= block.dims[a] as i64) {
        return None;
    }
    let place: usize = (0..3).map(|a| (voxel[a] as usize + 1) * levels.strides[a]).sum();
    levels.codes[place].checked_sub(1).map(|place| levels.present[place as usize])
}

/// The levels of a voxel's neighbours.
pub fn neighbours(block: &Block, levels: &Levels, voxel: [usize; 3], in_plane: bool) -> Vec<u32> {
    let mut found = Vec::new();
    for z in -1..=1 {
        for y in -1..=1 {
            for x in -1..=1 {
                if [x, y, z] != [0; 3] && (z == 0 || !in_plane) {
                    let there = [voxel[0] as i64 + x, voxel[1] as i64 + y, voxel[2] as i64 + z];
                    found.extend(level(block, levels, there));
                }
            }
        }
    }
    found
}

/// Voxels with their levels, and whether their neighbours lie in the plane.
type Part = (Vec<([usize; 3], u32)>, bool);

/// The voxels of each matrix.
pub fn regions(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<Part> {
    let all: Vec<([usize; 3], u32)> = block
        .counted_voxels()
        .map(|(voxel, _)| (voxel, level(block, levels, voxel.map(|n| n as i64)).unwrap()))
        .collect();
    let slice = |k: usize| (all.iter().copied().filter(|v| v.0[2] == k).collect(), true);
    match aggregation {
        Some(Aggregation::TwoD) => {
            (0..block.dims[2]).map(slice).filter(|part: &Part| !part.0.is_empty()).collect()
        }
        Some(Aggregation::TwoHalfD) => vec![(all, true)],
        _ => vec![(all, false)],
    }
}

/// Per feature the mean over the matrices in which it has a value.
pub fn averaged(matrices: impl Iterator<Item = Features>) -> Vec<(&'static str, f64)> {
    let matrices: Vec<Features> = matrices.collect();
    let tags = matrices.first().map_or(Vec::new(), |m| m.iter().map(|f| f.0).collect());
    let mean = |n: usize| {
        let values: Vec<f64> = matrices.iter().filter_map(|m| m[n].1).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    tags.into_iter().enumerate().filter_map(|(n, tag)| Some((tag, mean(n)?))).collect()
}

pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    averaged(regions(block, levels, aggregation).into_iter().map(|(voxels, in_plane)| {
        // 27 dependences, from 1.
        let mut matrix = vec![[0.0; 28]; levels.count as usize + 1];
        for (voxel, level) in voxels {
            let around = neighbours(block, levels, voxel, in_plane);
            matrix[level as usize][1 + around.iter().filter(|l| **l == level).count()] += 1.0;
        }
        features(&matrix)
    }))
}

fn features(matrix: &[[f64; 28]]) -> Features {
    let all: f64 = matrix.iter().flatten().sum();
    let sum = |f: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        let cells = matrix
            .iter()
            .enumerate()
            .flat_map(|(i, row)| row.iter().enumerate().map(move |(j, s)| (i as f64, j as f64, *s)));
        cells.filter(|cell| cell.2 > 0.0).map(|(i, j, s)| f(i, j, s)).sum()
    };
    let mean = |f: &dyn Fn(f64, f64) -> f64| sum(&|i, j, s| f(i, j) * s) / all;
    let rows: f64 = matrix.iter().map(|row| row.iter().sum::<f64>().powi(2)).sum();
    let columns: f64 = (0..28).map(|j| matrix.iter().map(|row| row[j]).sum::<f64>().powi(2)).sum();
    let (mean_i, mean_j) = (mean(&|i, _| i), mean(&|_, j| j));
    let values = [
        ("ngl_lde", mean(&|_, j| j.powi(-2))),
        ("ngl_hde", mean(&|_, j| j.powi(2))),
        ("ngl_lgce", mean(&|i, _| i.powi(-2))),
        ("ngl_hgce", mean(&|i, _| i.powi(2))),
        ("ngl_ldlge", mean(&|i, j| (i * j).powi(-2))),
        ("ngl_ldhge", mean(&|i, j| (i / j).powi(2))),
        ("ngl_hdlge", mean(&|i, j| (j / i).powi(2))),
        ("ngl_hdhge", mean(&|i, j| (i * j).powi(2))),
        ("ngl_glnu", rows / all),
        ("ngl_glnu_norm", rows / all / all),
        ("ngl_dcnu", columns / all),
        ("ngl_dcnu_norm", columns / all / all),
        ("ngl_dc_perc", sum(&|_, _, s| s) / all),
        ("ngl_gl_var", mean(&|i, _| (i - mean_i).powi(2))),
        ("ngl_dc_var", mean(&|_, j| (j - mean_j).powi(2))),
        ("ngl_dc_entr", -sum(&|_, _, s| s / all * (s / all).log2())),
        ("ngl_dc_energy", sum(&|_, _, s| (s / all).powi(2))),
    ];
    values.into_iter().map(|(tag, value)| (tag, Some(value))).collect()
}
