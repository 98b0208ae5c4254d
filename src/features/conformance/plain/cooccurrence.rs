//! Test only: the plain twin of the co-occurrence family: a square matrix over all grey levels, every feature by the
//! sum that defines it (IBSI 3.6).

use super::along_directions::{Look, averaged, level, matrices, voxels};
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let looks = aggregation.map(|a| matrices(block, a)).unwrap_or_default();
    let of_matrices: Vec<_> = looks.iter().filter_map(|looks| matrix(block, levels, looks)).collect();
    averaged(&of_matrices.iter().map(|p| features(p)).collect::<Vec<_>>())
}

/// p(i, j), both from 1; none where no voxel has a neighbour.
fn matrix(block: &Block, levels: &Levels, looks: &[Look]) -> Option<Vec<Vec<f64>>> {
    let n = levels.count as usize + 1;
    let mut counts = vec![vec![0.0; n]; n];
    let mut total = 0.0;
    for &(slice, step) in looks {
        for voxel in voxels(block, slice) {
            let neighbour = std::array::from_fn(|a| voxel[a] + step[a]);
            let (i, j) = (level(block, levels, voxel), level(block, levels, neighbour));
            if i > 0 && j > 0 {
                counts[i][j] += 1.0;
                counts[j][i] += 1.0;
                total += 2.0;
            }
        }
    }
    counts.iter_mut().flatten().for_each(|count| *count /= total);
    (total > 0.0).then_some(counts)
}

fn features(p: &[Vec<f64>]) -> Vec<(&'static str, Option<f64>)> {
    let n = p.len();
    let sum = |f: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        (1..n).flat_map(|i| (1..n).map(move |j| (i, j))).map(|(i, j)| f(i as f64, j as f64, p[i][j])).sum()
    };
    let bits = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    let margin: Vec<f64> = p.iter().map(|row| row.iter().sum()).collect();
    let (mut differences, mut sums) = (vec![0.0; n], vec![0.0; 2 * n]);
    for i in 1..n {
        for j in 1..n {
            differences[i.abs_diff(j)] += p[i][j];
            sums[i + j] += p[i][j];
        }
    }
    let mean = sum(&|i, _, p| i * p);
    let variance = sum(&|i, _, p| (i - mean).powi(2) * p);
    let moment = |of: &[f64], f: &dyn Fn(f64) -> f64| -> f64 {
        of.iter().enumerate().map(|(k, p)| f(k as f64) * p).sum()
    };
    let mean_difference = moment(&differences, &|k| k);
    let mean_sum = moment(&sums, &|k| k);
    let levels = (n - 1) as f64;
    let cluster = |power: i32| sum(&|i, j, p| (i + j - 2.0 * mean).powi(power) * p);
    let flat = margin.iter().filter(|p| **p > 0.0).count() == 1;
    let hxy = sum(&|_, _, p| bits(p));
    let hx: f64 = margin.iter().map(|p| bits(*p)).sum();
    let of_margins = |i: f64, j: f64| margin[i as usize] * margin[j as usize];
    let hxy1 = sum(&|i, j, p| if p > 0.0 { -p * of_margins(i, j).log2() } else { 0.0 });
    let hxy2 = sum(&|i, j, _| bits(of_margins(i, j)));
    vec![
        ("cm_joint_max", Some(p.iter().flatten().copied().fold(0.0, f64::max))),
        ("cm_joint_avg", Some(mean)),
        ("cm_joint_var", Some(variance)),
        ("cm_joint_entr", Some(hxy)),
        ("cm_diff_avg", Some(mean_difference)),
        ("cm_diff_var", Some(moment(&differences, &|k| (k - mean_difference).powi(2)))),
        ("cm_diff_entr", Some(differences.iter().map(|p| bits(*p)).sum())),
        ("cm_sum_avg", Some(mean_sum)),
        ("cm_sum_var", Some(moment(&sums, &|k| (k - mean_sum).powi(2)))),
        ("cm_sum_entr", Some(sums.iter().map(|p| bits(*p)).sum())),
        ("cm_energy", Some(sum(&|_, _, p| p * p))),
        ("cm_contrast", Some(sum(&|i, j, p| (i - j).powi(2) * p))),
        ("cm_dissimilarity", Some(sum(&|i, j, p| (i - j).abs() * p))),
        ("cm_inv_diff", Some(sum(&|i, j, p| p / (1.0 + (i - j).abs())))),
        ("cm_inv_diff_norm", Some(sum(&|i, j, p| p / (1.0 + (i - j).abs() / levels)))),
        ("cm_inv_diff_mom", Some(sum(&|i, j, p| p / (1.0 + (i - j).powi(2))))),
        ("cm_inv_diff_mom_norm", Some(sum(&|i, j, p| p / (1.0 + ((i - j) / levels).powi(2))))),
        ("cm_inv_var", Some(sum(&|i, j, p| if i == j { 0.0 } else { p / (i - j).powi(2) }))),
        ("cm_corr", Some(if flat { 1.0 } else { sum(&|i, j, p| (i - mean) * (j - mean) * p) / variance })),
        ("cm_auto_corr", Some(sum(&|i, j, p| i * j * p))),
        ("cm_clust_tend", Some(cluster(2))),
        ("cm_clust_shade", Some(cluster(3))),
        ("cm_clust_prom", Some(cluster(4))),
        ("cm_info_corr1", (!flat).then(|| (hxy - hxy1) / hx)),
        ("cm_info_corr2", Some(if hxy > hxy2 { 0.0 } else { (1.0 - (-2.0 * (hxy2 - hxy)).exp()).sqrt() })),
    ]
}
