//! How often grey levels occur with something else that is counted in whole numbers from 1: the length of a run, the
//! size of a zone, its distance from the border. What families of such matrices measure alike is here (IBSI 3.7 to 3.9).

/// Counts up to this many are grouped before their logarithms are taken.
const GROUPED_COUNTS: usize = 64;

/// A matrix of counts with a row per grey level `i` and a column per extent `j`, and the sums of both.
#[derive(Clone, Debug)]
pub struct CrossTable {
    cells: Vec<Cell>,
    rows: Vec<(f64, f64)>,
    columns: Vec<(f64, f64)>,
    total: f64,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    i: f64,
    j: f64,
    count: f64,
}

impl CrossTable {
    /// From counts of `(i, j)`, ascending by `i`; the same `(i, j)` may come several times. At least one is needed.
    pub fn new(counts: impl Iterator<Item = (u32, u32, u64)>) -> Self {
        let mut counts: Vec<(u32, u32, u64)> = counts.collect();
        for row in counts.chunk_by_mut(|a, b| a.0 == b.0) {
            row.sort_by_key(|c| c.1);
        }
        counts.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut of_columns: Vec<(u32, u64)> = counts.iter().map(|c| (c.1, c.2)).collect();
        of_columns.sort_unstable();
        let sums = |of: &mut dyn Iterator<Item = (u32, u64)>| {
            let mut sums: Vec<(u32, u64)> = Vec::new();
            for (key, count) in of {
                match sums.last_mut() {
                    Some(last) if last.0 == key => last.1 += count,
                    _ => sums.push((key, count)),
                }
            }
            sums.into_iter().map(|(key, count)| (f64::from(key), count as f64)).collect()
        };
        let cell =
            |&(i, j, count): &(u32, u32, u64)| Cell { i: f64::from(i), j: f64::from(j), count: count as f64 };
        Self {
            cells: counts.iter().map(cell).collect(),
            rows: sums(&mut counts.iter().map(|c| (c.0, c.2))),
            columns: sums(&mut of_columns.into_iter()),
            total: counts.iter().map(|c| c.2).sum::<u64>() as f64,
        }
    }
    /// The sum of all counts.
    pub fn total(&self) -> f64 {
        self.total
    }
    /// Mean of `f(i, j)` over all that was counted.
    pub fn mean(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.cells.iter().map(|c| f(c.i, c.j) * c.count).sum::<f64>() / self.total
    }
    /// Mean of `f(i)`.
    pub fn mean_of_levels(&self, f: impl Fn(f64) -> f64) -> f64 {
        mean(&self.rows, self.total, f)
    }
    /// Mean of `f(j)`.
    pub fn mean_of_extents(&self, f: impl Fn(f64) -> f64) -> f64 {
        mean(&self.columns, self.total, f)
    }
    /// Variance of the grey levels.
    pub fn variance_of_levels(&self) -> f64 {
        variance(&self.rows, self.total)
    }
    /// Variance of the extents.
    pub fn variance_of_extents(&self) -> f64 {
        variance(&self.columns, self.total)
    }
    /// Sum of the squared sums of rows, divided by the sum of all counts.
    pub fn non_uniformity_of_levels(&self) -> f64 {
        squares(&self.rows) / self.total
    }
    /// Sum of the squared sums of columns, divided by the sum of all counts.
    pub fn non_uniformity_of_extents(&self) -> f64 {
        squares(&self.columns) / self.total
    }
    /// Entropy of the shares of all cells, in bits.
    pub fn entropy(&self) -> f64 {
        let mut times = [0.0; GROUPED_COUNTS];
        let mut sum = 0.0;
        let bits = |count: f64| {
            let p = count / self.total;
            p * libm::log2(p)
        };
        for cell in &self.cells {
            match times.get_mut(cell.count as usize) {
                Some(times) => *times += 1.0,
                None => sum += bits(cell.count),
            }
        }
        for (count, times) in times.into_iter().enumerate().filter(|t| t.1 > 0.0) {
            sum += times * bits(count as f64);
        }
        0.0 - sum
    }
}

fn mean(sums: &[(f64, f64)], total: f64, f: impl Fn(f64) -> f64) -> f64 {
    sums.iter().map(|&(k, count)| f(k) * count).sum::<f64>() / total
}

fn variance(sums: &[(f64, f64)], total: f64) -> f64 {
    let centre = mean(sums, total, |k| k);
    mean(sums, total, |k| (k - centre) * (k - centre))
}

fn squares(sums: &[(f64, f64)]) -> f64 {
    sums.iter().map(|&(_, count)| count * count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_one_cell_are_added_up_and_sums_belong_to_rows_and_columns() {
        let table = CrossTable::new([(1, 3, 2), (1, 1, 1), (1, 3, 1), (4, 1, 100)].into_iter());
        assert_eq!(table.total(), 104.0);
        assert_eq!(table.cells.len(), 3);
        assert_eq!(table.rows, [(1.0, 4.0), (4.0, 100.0)]);
        assert_eq!(table.columns, [(1.0, 101.0), (3.0, 3.0)]);
        let p = [3.0 / 104.0, 1.0 / 104.0, 100.0 / 104.0];
        let entropy: f64 = p.iter().map(|p: &f64| -p * p.log2()).sum();
        assert!((table.entropy() - entropy).abs() < 1e-14);
    }

    #[test]
    fn a_single_cell_has_neither_variance_nor_entropy() {
        let table = CrossTable::new([(7, 3, 49)].into_iter());
        assert_eq!(
            (table.variance_of_levels(), table.variance_of_extents(), table.entropy()),
            (0.0, 0.0, 0.0)
        );
    }
}
