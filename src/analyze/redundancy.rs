//! Features that say the same: clusters by average linkage of one minus the absolute rank correlation.

use nalgebra::DMatrix;

use crate::stats::linkage;
use crate::stats::rank::average_ranks;

/// Clusters of columns, each as ascending places; in the order of their first columns.
///
/// A cluster whose average distance is at most the height holds, for each of its parts, a pair within the height. So
/// the tree is cut into the parts that such pairs connect before any tree is built, and only trees of these parts are:
/// the same clusters as those of the whole tree, in a fraction of its time.
pub(super) fn clusters(correlations: &DMatrix<f64>, height: f64) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for part in connected(correlations, height) {
        if part.len() < 2 {
            clusters.push(part);
            continue;
        }
        let distances = DMatrix::from_fn(part.len(), part.len(), |a, b| {
            if a == b { 0.0 } else { distance(correlations[(part[a], part[b])]) }
        });
        let of = linkage::cut(&linkage::average(&distances), part.len(), height);
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); of.iter().max().map_or(0, |last| last + 1)];
        for (member, cluster) in of.iter().enumerate() {
            own[*cluster].push(part[member]);
        }
        clusters.extend(own.into_iter().filter(|cluster| !cluster.is_empty()));
    }
    clusters.sort_by_key(|cluster| cluster.first().copied());
    clusters
}

/// One minus the absolute correlation, never below zero.
pub(super) fn distance(correlation: f64) -> f64 {
    (1.0 - correlation.abs()).max(0.0)
}

/// Columns that pairs within the height connect.
fn connected(correlations: &DMatrix<f64>, height: f64) -> Vec<Vec<usize>> {
    let count = correlations.nrows();
    // Rounding must not separate what the tree would join.
    let limit = 1.0 - height - 1e-9;
    let mut seen = vec![false; count];
    let mut parts = Vec::new();
    for start in 0..count {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let (mut part, mut next) = (vec![start], 0);
        while next < part.len() {
            let column = correlations.column(part[next]);
            for other in 0..count {
                if !seen[other] && column[other].abs() >= limit {
                    seen[other] = true;
                    part.push(other);
                }
            }
            next += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// The column that stands for a cluster: that with the largest lower bound of its ICC; without bounds that with the
/// largest mean absolute correlation to the others; the first of equals.
pub(super) fn representative(
    cluster: &[usize],
    correlations: &DMatrix<f64>,
    icc_lower: &dyn Fn(usize) -> Option<f64>,
) -> Option<usize> {
    let score = |column: usize| {
        let mean = cluster.iter().map(|other| correlations[(column, *other)].abs()).sum::<f64>();
        (icc_lower(column).unwrap_or(f64::NEG_INFINITY), mean)
    };
    let mut best: Option<(usize, (f64, f64))> = None;
    for column in cluster {
        let found = score(*column);
        let larger = best.is_none_or(|(_, (icc, mean))| {
            found.0.total_cmp(&icc).then(found.1.total_cmp(&mean)) == std::cmp::Ordering::Greater
        });
        if larger {
            best = Some((*column, found));
        }
    }
    best.map(|(column, _)| column)
}

/// Rank correlations among columns without missing values; a constant column correlates 0 with all.
///
/// As `stats::spearman::matrix` but for rounding: columns of ranks get length one before their product, so that no
/// root is taken for each of a million pairs. Resamples ask for a thousand such matrices.
pub(super) fn correlations(values: &DMatrix<f64>) -> DMatrix<f64> {
    let mut ranks = values.clone();
    let centre = f64::midpoint(values.nrows() as f64, 1.0);
    for mut column in ranks.column_iter_mut() {
        let mut centred = average_ranks(column.as_slice());
        for rank in &mut centred {
            *rank -= centre;
        }
        let length = centred.iter().map(|r| r * r).sum::<f64>().sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        for (cell, rank) in column.iter_mut().zip(centred) {
            *cell = rank * scale;
        }
    }
    // Transposed first: the library multiplies two matrices in blocks, and a transposed one by one column at a time.
    ranks.transpose() * ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    /// Features in groups that share a factor to different degrees.
    fn table(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        let mut random = Random::seeded(seed);
        let factors: Vec<Vec<f64>> = (0..6).map(|_| (0..rows).map(|_| random.normal()).collect()).collect();
        let noise: Vec<f64> = (0..columns).map(|_| random.between(0.01, 0.8)).collect();
        DMatrix::from_fn(rows, columns, |r, c| factors[c % 6][r] + noise[c] * random.normal())
    }

    #[test]
    fn parts_give_the_clusters_of_the_whole_tree() {
        for (seed, height) in [(1, 0.1), (2, 0.2), (3, 0.05), (4, 0.5)] {
            let correlations = correlations(&table(40, 90, seed));
            let distances =
                DMatrix::from_fn(90, 90, |a, b| if a == b { 0.0 } else { distance(correlations[(a, b)]) });
            let of = linkage::cut(&linkage::average(&distances), 90, height);
            let mut whole: Vec<Vec<usize>> = vec![Vec::new(); 90];
            for (column, cluster) in of.iter().enumerate() {
                whole[*cluster].push(column);
            }
            whole.retain(|cluster| !cluster.is_empty());
            whole.sort_by_key(|cluster| cluster[0]);
            assert_eq!(clusters(&correlations, height), whole, "height {height}");
            assert!(whole.len() < 90);
        }
    }

    #[test]
    fn correlations_are_those_of_spearman() {
        let mut x = table(30, 40, 7);
        x.column_mut(3).fill(2.0);
        x.column_mut(5).iter_mut().for_each(|v| *v = v.round());
        let difference = correlations(&x) - crate::stats::spearman::matrix(&x);
        assert!(difference.amax() < 1e-14);
    }

    #[test]
    fn the_most_stable_feature_stands_for_its_cluster() {
        let correlations =
            DMatrix::from_row_slice(3, 3, &[1.0, 0.99, 0.95, 0.99, 1.0, 0.97, 0.95, 0.97, 1.0]);
        let cluster = [0, 1, 2];
        // Without a gate: 1 + 0.99 + 0.97 is the largest sum.
        assert_eq!(representative(&cluster, &correlations, &|_| None), Some(1));
        let bounds = [Some(0.2), Some(0.5), Some(0.8)];
        assert_eq!(representative(&cluster, &correlations, &|c| bounds[c]), Some(2));
        assert_eq!(representative(&[], &correlations, &|_| None), None);
    }
}
