//! Hierarchical clustering by average linkage (Sokal and Michener 1958), in time and memory of p^2.
//!
//! A chain of nearest neighbours ends in two clusters that are nearest to each other; they are merged, and the chain
//! goes on from what is left of it (Murtagh 1983, Comput J 26:354). Average linkage is reducible, so the merges are
//! those of the greedy search, in another order; sorting them by height restores it. Order of the search, of ties and
//! of the numbers as in scipy.

use nalgebra::DMatrix;

use crate::numeric::forest::Forest;

/// Two clusters become one. Clusters below the number of leaves are leaves; merge i makes cluster leaves + i.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The cluster of smaller number.
    pub left: usize,
    /// The other.
    pub right: usize,
    /// Mean distance of their leaves.
    pub height: f64,
    /// Leaves in both.
    pub size: usize,
}

/// Merges in ascending height, one less than there are leaves. `distances` is symmetrical (its lower triangle and
/// diagonal are not read); a distance that is not a number counts as infinite.
///
/// ```
/// use delta_radiomics::stats::linkage::{Merge, average};
/// use nalgebra::DMatrix;
/// // 0 and 1 are 1 apart; 2 is 4 and 6 from them: 5 on average.
/// let distances = DMatrix::from_row_slice(3, 3, &[0.0, 1.0, 4.0, 1.0, 0.0, 6.0, 4.0, 6.0, 0.0]);
/// assert_eq!(average(&distances), [
///     Merge { left: 0, right: 1, height: 1.0, size: 2 },
///     Merge { left: 2, right: 3, height: 5.0, size: 3 },
/// ]);
/// ```
///
/// # Panics
/// Where the matrix is not square: a defect of the caller.
pub fn average(distances: &DMatrix<f64>) -> Vec<Merge> {
    assert!(distances.is_square(), "a distance for each pair");
    let leaves = distances.nrows();
    let mut merges = chain(distances);
    // Stable: merges of one height stay in the order they were found, leaves before what holds them.
    merges.sort_by(|a, b| a.height.total_cmp(&b.height));
    let mut forest = Forest::of(leaves + merges.len());
    let mut sizes = vec![1; leaves];
    for (index, merge) in merges.iter_mut().enumerate() {
        let (a, b) = (forest.root(merge.left), forest.root(merge.right));
        // Heights that are equal but for rounding may have swapped a merge with what it holds: counted anew.
        merge.size = sizes[a] + sizes[b];
        sizes.push(merge.size);
        (merge.left, merge.right) = (a.min(b), a.max(b));
        forest.join(a, leaves + index);
        forest.join(b, leaves + index);
    }
    merges
}

/// Merges as the chain finds them, clusters named by their last leaf.
fn chain(distances: &DMatrix<f64>) -> Vec<Merge> {
    let leaves = distances.nrows();
    let mut between = DMatrix::from_fn(leaves, leaves, |i, j| {
        let d = distances[(i.min(j), i.max(j))];
        if d.is_nan() { f64::INFINITY } else { d }
    });
    // Leaves of each cluster; zero where it has become part of another.
    let mut sizes = vec![1_usize; leaves];
    let mut chain: Vec<usize> = Vec::with_capacity(leaves);
    let mut merges = Vec::with_capacity(leaves.saturating_sub(1));
    while merges.len() + 1 < leaves {
        if chain.is_empty() {
            chain.extend(sizes.iter().position(|size| *size > 0));
        }
        let Some(&last) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        let Some(nearest) = nearest(&between, &sizes, last, before) else { break };
        if Some(nearest) != before {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (gone, kept) = (last.min(nearest), last.max(nearest));
        let height = between[(gone, kept)];
        let (of_gone, of_kept) = (sizes[gone] as f64, sizes[kept] as f64);
        (sizes[gone], sizes[kept]) = (0, sizes[gone] + sizes[kept]);
        merges.push(Merge { left: gone, right: kept, height, size: sizes[kept] });
        for i in (0..leaves).filter(|i| sizes[*i] > 0 && *i != kept) {
            let mean = (of_gone * between[(i, gone)] + of_kept * between[(i, kept)]) / (of_gone + of_kept);
            between[(i, kept)] = mean;
            between[(kept, i)] = mean;
        }
    }
    merges
}

/// The nearest cluster: of several the one before in the chain (else it would run in circles), else the first.
fn nearest(between: &DMatrix<f64>, sizes: &[usize], of: usize, before: Option<usize>) -> Option<usize> {
    let row = between.column(of);
    let mut best = before;
    for i in (0..sizes.len()).filter(|i| sizes[*i] > 0 && *i != of) {
        if best.is_none_or(|best| row[i] < row[best]) {
            best = Some(i);
        }
    }
    best
}

/// Clusters where the tree is cut: merges up to `height`, that included, hold. A number for each leaf, counted from
/// 0 in the order of the clusters' first leaves.
///
/// ```
/// use delta_radiomics::stats::linkage::{average, cut};
/// use nalgebra::DMatrix;
/// let distances = DMatrix::from_row_slice(3, 3, &[0.0, 9.0, 2.0, 9.0, 0.0, 9.0, 2.0, 9.0, 0.0]);
/// assert_eq!(cut(&average(&distances), 3, 2.0), [0, 1, 0]);
/// assert_eq!(cut(&average(&distances), 3, 1.9), [0, 1, 2]);
/// ```
pub fn cut(merges: &[Merge], leaves: usize, height: f64) -> Vec<usize> {
    let mut forest = Forest::of(leaves + merges.len());
    for (index, merge) in merges.iter().enumerate().filter(|(_, merge)| merge.height <= height) {
        forest.join(merge.left, leaves + index);
        forest.join(merge.right, leaves + index);
    }
    let mut numbers = vec![None; leaves + merges.len()];
    let mut clusters = 0;
    let number = |leaf| {
        *numbers[forest.root(leaf)].get_or_insert_with(|| {
            clusters += 1;
            clusters - 1
        })
    };
    (0..leaves).map(number).collect()
}

/// Leaves in the order of a drawn tree: of each merge the left cluster's, then the right one's.
///
/// ```
/// use delta_radiomics::stats::linkage::{average, order};
/// use nalgebra::DMatrix;
/// let distances = DMatrix::from_row_slice(3, 3, &[0.0, 9.0, 2.0, 9.0, 0.0, 9.0, 2.0, 9.0, 0.0]);
/// assert_eq!(order(&average(&distances), 3), [1, 0, 2]);
/// ```
pub fn order(merges: &[Merge], leaves: usize) -> Vec<usize> {
    let mut order = Vec::with_capacity(leaves);
    let mut open: Vec<usize> = (leaves + merges.len()).checked_sub(1).into_iter().collect();
    while let Some(cluster) = open.pop() {
        match cluster.checked_sub(leaves) {
            // The left cluster is taken up first.
            Some(index) => open.extend([merges[index].right, merges[index].left]),
            None => order.push(cluster),
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::{Merge, average, cut, order};
    use crate::numeric::random::Random;
    use crate::stats::cohort_reference::{Cohort, json};
    use crate::stats::spearman;

    fn random_distances(leaves: usize, seed: u64) -> DMatrix<f64> {
        let mut random = Random::seeded(seed);
        let half = DMatrix::from_fn(leaves, leaves, |i, j| if i < j { random.uniform() } else { 0.0 });
        &half + half.transpose()
    }

    /// Merges the two clusters of smallest mean distance, again and again: leaves of each merge, and its height.
    fn plain(distances: &DMatrix<f64>) -> Vec<(Vec<usize>, f64)> {
        let mut clusters: Vec<Vec<usize>> = (0..distances.nrows()).map(|leaf| vec![leaf]).collect();
        let mut merges = Vec::new();
        while clusters.len() > 1 {
            let mean = |a: &Vec<usize>, b: &Vec<usize>| {
                let sum: f64 = a.iter().flat_map(|i| b.iter().map(|j| distances[(*i, *j)])).sum();
                sum / (a.len() * b.len()) as f64
            };
            let pairs = (0..clusters.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
            let of = |pair: &(usize, usize)| mean(&clusters[pair.0], &clusters[pair.1]);
            let (i, j) = pairs.min_by(|a, b| of(a).total_cmp(&of(b))).unwrap();
            let height = of(&(i, j));
            let mut both = [clusters.remove(j), clusters.remove(i)].concat();
            both.sort_unstable();
            merges.push((both.clone(), height));
            clusters.push(both);
        }
        merges
    }

    fn leaves_of(merges: &[Merge], leaves: usize, cluster: usize) -> Vec<usize> {
        let Some(index) = cluster.checked_sub(leaves) else { return vec![cluster] };
        let of = |cluster| leaves_of(merges, leaves, cluster);
        let mut both = [of(merges[index].left), of(merges[index].right)].concat();
        both.sort_unstable();
        both
    }

    #[test]
    fn the_chain_finds_the_merges_of_the_greedy_search() {
        for seed in 0..20 {
            let distances = random_distances(27, seed);
            let (merges, plain) = (average(&distances), plain(&distances));
            assert_eq!(merges.len(), 26);
            for (index, (merge, (leaves, height))) in merges.iter().zip(plain).enumerate() {
                assert!((merge.height - height).abs() < 1e-12);
                assert_eq!(leaves_of(&merges, 27, 27 + index), leaves);
                assert_eq!(merge.size, leaves.len());
                assert!(merge.left < merge.right && merge.right < 27 + index);
            }
            let mut order = order(&merges, 27);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..27));
        }
    }

    #[test]
    fn clusters_are_runs_of_the_leaf_order() {
        let distances = random_distances(40, 3);
        let merges = average(&distances);
        for height in [0.1, 0.3, 0.45] {
            let (clusters, order) = (cut(&merges, 40, height), order(&merges, 40));
            let runs = order.chunk_by(|a, b| clusters[*a] == clusters[*b]).count();
            assert_eq!(runs, clusters.iter().max().unwrap() + 1);
        }
    }

    #[test]
    fn equal_infinite_and_missing_distances_end() {
        assert_eq!(cut(&average(&DMatrix::from_element(5, 5, 1.0)), 5, 0.5), [0, 1, 2, 3, 4]);
        assert_eq!(cut(&average(&DMatrix::from_element(5, 5, 1.0)), 5, 1.0), [0; 5]);
        // Means of equal numbers that differ by rounding.
        let rounded = average(&DMatrix::from_element(53, 53, 0.1));
        for (index, merge) in rounded.iter().enumerate() {
            assert_eq!(merge.size, leaves_of(&rounded, 53, 53 + index).len());
        }
        let mut distances = DMatrix::from_element(4, 4, f64::NAN);
        distances[(1, 2)] = 0.5;
        let merges = average(&distances);
        assert_eq!(merges.len(), 3);
        assert_eq!(cut(&merges, 4, 1e300), [0, 1, 1, 2]);
        assert!(merges[1..].iter().all(|merge| merge.height == f64::INFINITY));
    }

    #[test]
    fn few_leaves_have_no_merges() {
        assert!(average(&DMatrix::zeros(0, 0)).is_empty());
        assert!(order(&[], 0).is_empty() && cut(&[], 0, 1.0).is_empty());
        assert!(average(&DMatrix::zeros(1, 1)).is_empty());
        assert_eq!((order(&[], 1), cut(&[], 1, 1.0)), (vec![0], vec![0]));
    }

    #[test]
    fn clusters_of_correlated_features_are_those_of_scipy() {
        let (Some(cohort), Some(expected)) = (Cohort::read(), json("cohort_expected.json")) else { return };
        let distances = spearman::matrix(&cohort.columns()).map(|r| 1.0 - r.abs());
        let merges = average(&distances);
        for (height, clusters) in expected["redundancy_clusters"].as_object().unwrap() {
            let of = cut(&merges, 40, height.parse().unwrap());
            let mut found = vec![Vec::new(); of.iter().max().unwrap() + 1];
            for (leaf, cluster) in of.iter().enumerate() {
                found[*cluster].push(format!("f{leaf:02}"));
            }
            assert_eq!(serde_json::to_value(found).unwrap(), *clusters, "{height}");
        }
    }
}
