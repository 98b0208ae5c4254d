//! Test only: the plain twin of the run length family: a matrix over all grey levels and lengths, every feature by the
//! sum that defines it (IBSI 3.7).

use super::along_directions::{Look, averaged, level, matrices, voxels};
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let looks = aggregation.map(|a| matrices(block, a)).unwrap_or_default();
    let of_matrices: Vec<_> = looks.iter().filter_map(|looks| features(block, levels, looks)).collect();
    averaged(&of_matrices)
}

/// None where no voxel is looked at.
fn features(block: &Block, levels: &Levels, looks: &[Look]) -> Option<Vec<(&'static str, Option<f64>)>> {
    let longest = block.dims.into_iter().max().unwrap_or(0) + 1;
    let mut counts = vec![vec![0.0; longest]; levels.count as usize + 1];
    let mut visits = 0.0;
    for &(slice, step) in looks {
        for voxel in voxels(block, slice) {
            let along = |n: i64| level(block, levels, std::array::from_fn(|a| voxel[a] + n * step[a]));
            let i = along(0);
            if i == 0 {
                continue;
            }
            visits += 1.0;
            if along(-1) != i {
                let mut length = 1;
                while along(length) == i {
                    length += 1;
                }
                counts[i][length as usize] += 1.0;
            }
        }
    }
    if visits == 0.0 {
        return None;
    }
    let runs: f64 = counts.iter().flatten().sum();
    let sum = |f: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        let cells = counts.iter().enumerate().skip(1).flat_map(|(i, row)| {
            row.iter().enumerate().skip(1).map(move |(j, count)| (i as f64, j as f64, *count))
        });
        cells.map(|(i, j, count)| f(i, j, count)).sum()
    };
    let mean = |f: &dyn Fn(f64, f64) -> f64| sum(&|i, j, count| f(i, j) * count) / runs;
    let of_levels: f64 = counts.iter().map(|row| row.iter().sum::<f64>().powi(2)).sum();
    let of_lengths: f64 = (1..longest).map(|j| counts.iter().map(|row| row[j]).sum::<f64>().powi(2)).sum();
    let (mean_level, mean_length) = (mean(&|i, _| i), mean(&|_, j| j));
    let bits = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    Some(vec![
        ("rlm_sre", Some(mean(&|_, j| 1.0 / j.powi(2)))),
        ("rlm_lre", Some(mean(&|_, j| j.powi(2)))),
        ("rlm_lgre", Some(mean(&|i, _| 1.0 / i.powi(2)))),
        ("rlm_hgre", Some(mean(&|i, _| i.powi(2)))),
        ("rlm_srlge", Some(mean(&|i, j| 1.0 / (i * j).powi(2)))),
        ("rlm_srhge", Some(mean(&|i, j| (i / j).powi(2)))),
        ("rlm_lrlge", Some(mean(&|i, j| (j / i).powi(2)))),
        ("rlm_lrhge", Some(mean(&|i, j| (i * j).powi(2)))),
        ("rlm_glnu", Some(of_levels / runs)),
        ("rlm_glnu_norm", Some(of_levels / runs.powi(2))),
        ("rlm_rlnu", Some(of_lengths / runs)),
        ("rlm_rlnu_norm", Some(of_lengths / runs.powi(2))),
        ("rlm_r_perc", Some(runs / visits)),
        ("rlm_gl_var", Some(mean(&|i, _| (i - mean_level).powi(2)))),
        ("rlm_rl_var", Some(mean(&|_, j| (j - mean_length).powi(2)))),
        ("rlm_rl_entr", Some(sum(&|_, _, count| bits(count / runs)))),
    ])
}
