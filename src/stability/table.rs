//! A series as a table of regions and repeats, ready to be compared.

use super::study::Series;

/// The rows of a series that count, and which of them belong together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    /// Number of repeats that have a value at all.
    pub k: usize,
    /// Subject of each row.
    pub subjects: Vec<String>,
    /// Values of the rows. Of two repeats only complete pairs are here; of more, rows with one value too: they say
    /// nothing of noise, but of how far subjects lie apart.
    pub rows: Vec<Vec<Option<f64>>>,
    /// Rows of each subject.
    pub clusters: Vec<Vec<usize>>,
    /// Regions with two values or more.
    pub n: usize,
    /// Subjects that they belong to.
    pub n_subjects: usize,
    /// Regions with fewer.
    pub dropped: usize,
}

impl Table {
    /// Of a series. A repeat in which nothing was measured is no repeat.
    pub fn of(series: &Series) -> Self {
        let columns = series.rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
        let at = |row: &[Option<f64>], j: usize| row.get(j).copied().flatten().filter(|v| v.is_finite());
        let used: Vec<usize> =
            (0..columns).filter(|&j| series.rows.iter().any(|row| at(&row.values, j).is_some())).collect();
        let k = used.len();
        let mut table = Self {
            k,
            subjects: Vec::new(),
            rows: Vec::new(),
            clusters: Vec::new(),
            n: 0,
            n_subjects: 0,
            dropped: 0,
        };
        for row in &series.rows {
            let values: Vec<Option<f64>> = used.iter().map(|&j| at(&row.values, j)).collect();
            let present = values.iter().flatten().count();
            table.n += usize::from(present >= 2);
            table.dropped += usize::from(present < 2);
            if present >= 2 || (present == 1 && k > 2) {
                table.subjects.push(row.subject.clone());
                table.rows.push(values);
            }
        }
        table.cluster();
        table
    }

    /// Rows by subject, in order of their first row.
    fn cluster(&mut self) {
        let mut place = std::collections::BTreeMap::new();
        for (row, subject) in self.subjects.iter().enumerate() {
            let next = self.clusters.len();
            let at = *place.entry(subject).or_insert(next);
            if at == next {
                self.clusters.push(Vec::new());
            }
            self.clusters[at].push(row);
        }
        let repeated = |rows: &&Vec<usize>| rows.iter().any(|&r| self.rows[r].iter().flatten().count() >= 2);
        self.n_subjects = self.clusters.iter().filter(repeated).count();
    }

    /// The same table of other values, `None` where one of them is no number.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Option<Self> {
        let mut table = self.clone();
        for cell in table.rows.iter_mut().flatten().flatten() {
            *cell = Some(f(*cell)).filter(|v| v.is_finite())?;
        }
        Some(table)
    }

    /// All values, repeats of a region side by side.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.rows.iter().flatten().flatten().copied()
    }

    /// Whether every region has every repeat.
    pub fn is_complete(&self) -> bool {
        self.rows.iter().flatten().all(Option::is_some)
    }

    /// Whether a subject has several regions, which are not independent.
    pub fn is_clustered(&self) -> bool {
        self.clusters.len() < self.rows.len()
    }

    /// The pairs of a table of two repeats; none of any other.
    pub fn pairs(&self) -> Vec<(f64, f64)> {
        let pair = |row: &Vec<Option<f64>>| match row.as_slice() {
            [Some(first), Some(second)] => Some((*first, *second)),
            _ => None,
        };
        if self.k == 2 { self.rows.iter().filter_map(pair).collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::series;
    use super::Table;

    #[test]
    fn a_pair_with_a_hole_is_dropped_and_counted() {
        let table = Table::of(&series(&[
            ("a", &[Some(1.0), Some(2.0)]),
            ("b", &[Some(1.0), None]),
            ("c", &[None, None]),
            ("d", &[Some(3.0), Some(f64::NAN)]),
        ]));
        assert_eq!((table.n, table.dropped, table.k), (1, 3, 2));
        assert!(table.is_complete());
        assert_eq!(table.pairs(), [(1.0, 2.0)]);
    }

    #[test]
    fn of_three_repeats_a_single_value_stays_without_being_counted() {
        let table = Table::of(&series(&[
            ("a", &[Some(1.0), Some(2.0), None]),
            ("a", &[Some(1.0), Some(2.0), Some(4.0)]),
            ("b", &[Some(1.0), None, None]),
            ("c", &[None, None, None]),
        ]));
        assert_eq!((table.n, table.n_subjects, table.dropped, table.rows.len()), (2, 1, 2, 3));
        assert!(!table.is_complete() && table.is_clustered());
        assert_eq!(table.clusters, [vec![0, 1], vec![2]]);
    }

    #[test]
    fn a_repeat_without_any_value_is_none() {
        let table =
            Table::of(&series(&[("a", &[Some(1.0), None, Some(2.0)]), ("b", &[Some(1.0), None, None])]));
        assert_eq!((table.k, table.n, table.dropped), (2, 1, 1));
    }

    #[test]
    fn logarithms_of_what_is_not_positive_are_no_table() {
        let table = Table::of(&series(&[("a", &[Some(1.0), Some(0.0)])]));
        assert_eq!(table.map(f64::ln), None);
    }
}
