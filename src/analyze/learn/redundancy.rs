//! Features that say the same: clusters by average linkage of one minus the absolute rank correlation.

use nalgebra::DMatrix;

use crate::analyze::learn::ranks::Ranks;
use crate::numeric::forest::Forest;
use crate::stats::linkage;

/// Columns that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Cluster {
    /// Ascending.
    pub members: Vec<usize>,
    /// The one that stands for all.
    pub representative: usize,
}

/// Clusters of columns, in the order of their first ones. That with the largest lower bound of its ICC stands for its
/// cluster; without bounds that with the largest mean absolute correlation to the others; the first of equals.
///
/// A cluster whose average distance is at most the height holds, for each of its parts, a pair within the height. So
/// the tree is cut into the parts that such pairs connect before any tree is built, and only trees of these parts are:
/// the same clusters as those of the whole tree, in a fraction of its time and memory.
pub(in crate::analyze) fn clusters(
    ranks: &Ranks,
    height: f64,
    icc_lower: &dyn Fn(usize) -> Option<f64>,
) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    for part in connected(ranks, height) {
        if let [alone] = part[..] {
            clusters.push(Cluster { members: part, representative: alone });
            continue;
        }
        let correlations = ranks.among(&part);
        for members in cut(&correlations, height) {
            let representative =
                part[representative(&members, &correlations, &|place| icc_lower(part[place]))];
            clusters.push(Cluster {
                members: members.into_iter().map(|place| part[place]).collect(),
                representative,
            });
        }
    }
    clusters.sort_by_key(|cluster| cluster.members.first().copied());
    clusters
}

/// One minus the absolute correlations, never below zero.
pub(in crate::analyze) fn distances(correlations: &DMatrix<f64>) -> DMatrix<f64> {
    let mut distances = correlations.map(|correlation| (1.0 - correlation.abs()).max(0.0));
    distances.fill_diagonal(0.0);
    distances
}

/// Clusters by the whole tree.
fn cut(correlations: &DMatrix<f64>, height: f64) -> Vec<Vec<usize>> {
    let of = linkage::cut(&linkage::average(&distances(correlations)), correlations.nrows(), height);
    let mut clusters: Vec<Vec<usize>> = vec![Vec::new(); of.iter().max().map_or(0, |last| last + 1)];
    for (member, cluster) in of.iter().enumerate() {
        clusters[*cluster].push(member);
    }
    clusters
}

/// Columns that pairs within the height connect.
fn connected(ranks: &Ranks, height: f64) -> Vec<Vec<usize>> {
    let mut forest = Forest::of(ranks.len());
    ranks.near(1.0 - height, |a, b| {
        let (a, b) = (forest.root(a), forest.root(b));
        forest.join(a.max(b), a.min(b));
    });
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); ranks.len()];
    for column in 0..ranks.len() {
        parts[forest.root(column)].push(column);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn representative(
    cluster: &[usize],
    correlations: &DMatrix<f64>,
    icc_lower: &dyn Fn(usize) -> Option<f64>,
) -> usize {
    let score = |column: usize| {
        let mean = cluster.iter().map(|other| correlations[(column, *other)].abs()).sum::<f64>();
        (icc_lower(column).unwrap_or(f64::NEG_INFINITY), mean)
    };
    let mut best = (cluster[0], score(cluster[0]));
    for column in &cluster[1..] {
        let (icc, mean) = score(*column);
        if icc.total_cmp(&best.1.0).then(mean.total_cmp(&best.1.1)) == std::cmp::Ordering::Greater {
            best = (*column, (icc, mean));
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::learn::ranks::{Column, Sample, order};
    use crate::numeric::random::Random;

    /// Features in groups that share a factor to different degrees.
    fn ranks(rows: usize, columns: usize, seed: u64) -> Ranks {
        let mut random = Random::seeded(seed);
        let factors: Vec<Vec<f64>> = (0..6).map(|_| (0..rows).map(|_| random.normal()).collect()).collect();
        let noise: Vec<f64> = (0..columns).map(|_| random.between(0.01, 0.8)).collect();
        let table: Vec<Vec<f64>> = (0..columns)
            .map(|c| factors[c % 6].iter().map(|shared| shared + noise[c] * random.normal()).collect())
            .collect();
        let orders: Vec<Vec<u32>> = table.iter().map(|values| order(values)).collect();
        let columns: Vec<Column> =
            table.iter().zip(&orders).map(|(values, order)| Column { values, order }).collect();
        Ranks::of(&Sample::of(&(0..rows).collect::<Vec<_>>(), rows), &columns)
    }

    #[test]
    fn parts_give_the_clusters_of_the_whole_tree() {
        for (seed, height) in [(1, 0.1), (2, 0.2), (3, 0.05), (4, 0.5)] {
            let ranks = ranks(40, 90, seed);
            let mut whole = cut(&ranks.among(&(0..90).collect::<Vec<_>>()), height);
            whole.sort_by_key(|cluster| cluster[0]);
            let found: Vec<Vec<usize>> =
                clusters(&ranks, height, &|_| None).into_iter().map(|cluster| cluster.members).collect();
            assert_eq!(found, whole, "height {height}");
            assert!(whole.len() < 90);
        }
    }

    #[test]
    fn the_most_stable_feature_stands_for_its_cluster() {
        let correlations =
            DMatrix::from_row_slice(3, 3, &[1.0, 0.99, 0.95, 0.99, 1.0, 0.97, 0.95, 0.97, 1.0]);
        let cluster = [0, 1, 2];
        // Without a gate: 1 + 0.99 + 0.97 is the largest sum.
        assert_eq!(representative(&cluster, &correlations, &|_| None), 1);
        let bounds = [Some(0.2), Some(0.5), Some(0.8)];
        assert_eq!(representative(&cluster, &correlations, &|c| bounds[c]), 2);
    }
}
