//! Neighbourhood grey tone difference with a look at every neighbour and double sums over all levels (IBSI 3.10).

use super::dependence::{averaged, neighbours, regions};
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// n_i and s_i for every level i, from level 0.
type Matrix = Vec<(f64, f64)>;

/// i, p_i and s_i of a level that is present.
type Row = (f64, f64, f64);

pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let matrices = regions(block, levels, aggregation).into_iter().map(|(voxels, in_plane)| {
        let mut matrix: Matrix = vec![(0.0, 0.0); levels.count as usize + 1];
        for (voxel, level) in voxels {
            let around = neighbours(block, levels, voxel, in_plane);
            if around.is_empty() {
                continue;
            }
            let mean = around.iter().map(|l| f64::from(*l)).sum::<f64>() / around.len() as f64;
            matrix[level as usize].0 += 1.0;
            matrix[level as usize].1 += (f64::from(level) - mean).abs();
        }
        matrix
    });
    averaged(matrices.filter(|m| m.iter().any(|row| row.0 > 0.0)).map(|m| features(&m)))
}

fn features(matrix: &Matrix) -> Vec<(&'static str, Option<f64>)> {
    let voxels: f64 = matrix.iter().map(|row| row.0).sum();
    let rows: Vec<Row> = matrix
        .iter()
        .enumerate()
        .filter(|row| row.1.0 > 0.0)
        .map(|(i, (n, s))| (i as f64, n / voxels, *s))
        .collect();
    let present = rows.len() as f64;
    let double = |f: &dyn Fn(Row, Row) -> f64| -> f64 {
        rows.iter().flat_map(|i| rows.iter().map(|j| f(*i, *j))).sum()
    };
    let differences: f64 = rows.iter().map(|row| row.2).sum();
    let weighted: f64 = rows.iter().map(|row| row.1 * row.2).sum();
    let contrast = double(&|(i, p, _), (j, q, _)| p * q * (i - j) * (i - j)) / (present * (present - 1.0))
        * differences
        / voxels;
    let busy = double(&|(i, p, _), (j, q, _)| (i * p - j * q).abs());
    let complexity = double(&|(i, p, s), (j, q, t)| (i - j).abs() * (p * s + q * t) / (p + q)) / voxels;
    let strength = double(&|(i, p, _), (j, q, _)| (p + q) * (i - j) * (i - j)) / differences;
    let single = rows.len() == 1;
    vec![
        ("ngt_coarseness", Some(if weighted > 1e-6 { 1.0 / weighted } else { 1e6 })),
        ("ngt_contrast", Some(if single { 0.0 } else { contrast })),
        ("ngt_busyness", if single { Some(0.0) } else { Some(weighted / busy).filter(|_| busy > 1e-12) }),
        ("ngt_complexity", Some(complexity)),
        ("ngt_strength", Some(if differences == 0.0 { 0.0 } else { strength })),
    ]
}
