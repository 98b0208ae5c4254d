//! Ranks of features among some units, and products of them.
//!
//! A thousand resamples ask for the ranks of a thousand features each. Units are therefore put in order once for each
//! feature; ranks among a sample of them are then counted along that order, without sorting again.
//!
//! Twice a midrank less its mean is a whole number, and so is a sum of products of two of them. It is below
//! `n (n^2 - 1) / 3` in whatever order it is summed, which single precision holds exactly for up to
//! [`MOST_ROWS`] rows: a matrix product gives the same bytes on every machine, in half the time of double precision.

use nalgebra::DMatrix;

use crate::numeric::quantile::{ascending, percentile};
use crate::stats::rank::average_ranks;

/// Most rows on which ranks are taken. The standard error of a correlation of 0.9 is 0.010 there.
pub(in crate::analyze) const MOST_ROWS: usize = 360;

/// Units in ascending order of their values, those without a value last.
pub(in crate::analyze) fn order(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
    order
}

/// The most units that share a value, or have values within `near` (as a share of the largest) of their neighbours.
pub(in crate::analyze) fn longest_run(column: Column, near: f64) -> u32 {
    let values: Vec<f64> = column
        .order
        .iter()
        .map(|unit| column.values[*unit as usize])
        .take_while(|value| !value.is_nan())
        .collect();
    let Some((first, last)) = values.first().zip(values.last()) else { return 0 };
    let near = near * first.abs().max(last.abs());
    values.chunk_by(|a, b| b - a <= near).map(|run| run.len() as u32).max().unwrap_or(0)
}

/// Some rows of a cohort.
pub(in crate::analyze) struct Sample<'a> {
    /// Units, some of them perhaps more than once.
    pub rows: &'a [usize],
    /// How often each unit of the cohort is among them.
    times: Vec<u32>,
    /// The largest of these.
    most: u32,
}

/// A column of a cohort.
#[derive(Clone, Copy)]
pub(in crate::analyze) struct Column<'a> {
    pub values: &'a [f64],
    pub order: &'a [u32],
}

impl<'a> Sample<'a> {
    /// Rows of a cohort of so many units.
    pub(in crate::analyze) fn of(rows: &'a [usize], units: usize) -> Self {
        let mut times = vec![0; units];
        for row in rows {
            times[*row] += 1;
        }
        let most = times.iter().copied().max().unwrap_or(0);
        Self { rows, times, most }
    }

    /// Rows with one value of so many units are no more than this.
    pub(in crate::analyze) fn at_most(&self, units: u32) -> usize {
        (units * self.most) as usize
    }

    /// The values of a column that are there, ascending, into a buffer.
    pub(in crate::analyze) fn sorted(&self, column: Column, sorted: &mut Vec<f64>) {
        sorted.clear();
        let present = column.order.iter().map(|unit| *unit as usize).filter(|unit| self.times[*unit] > 0);
        for unit in present.take_while(|unit| !column.values[*unit].is_nan()) {
            sorted.extend(std::iter::repeat_n(column.values[unit], self.times[unit] as usize));
        }
    }

    /// Rows without a value.
    pub(in crate::analyze) fn missing(&self, column: Column) -> usize {
        let last = column.order.iter().rev().map(|unit| *unit as usize);
        last.take_while(|unit| column.values[*unit].is_nan()).map(|unit| self.times[unit] as usize).sum()
    }

    /// Twice the midranks, less their mean, of a column without missing values, by unit of the cohort.
    fn ranks(&self, column: Column, of_unit: &mut [f32]) {
        let after = self.rows.len() as f32 + 1.0;
        let mut before = 0;
        for run in column.order.chunk_by(|a, b| column.values[*a as usize] == column.values[*b as usize]) {
            let count: u32 = run.iter().map(|unit| self.times[*unit as usize]).sum();
            let rank = (2 * before + count + 1) as f32 - after;
            for unit in run {
                of_unit[*unit as usize] = rank;
            }
            before += count;
        }
    }

    /// The same of a column whose missing values are its median, by row.
    fn ranks_filled(&self, column: Column) -> Vec<f32> {
        let there: Vec<f64> =
            self.rows.iter().map(|row| column.values[*row]).filter(|value| !value.is_nan()).collect();
        let median = percentile(&ascending(there), 50.0).unwrap_or(0.0);
        let filled = |row: &usize| Some(column.values[*row]).filter(|v| !v.is_nan()).unwrap_or(median);
        let values: Vec<f64> = self.rows.iter().map(filled).collect();
        let after = values.len() as f64 + 1.0;
        average_ranks(&values).into_iter().map(|rank| (2.0 * rank - after) as f32).collect()
    }
}

/// Ranks of several columns.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Ranks {
    /// Twice the midranks, less their mean.
    columns: DMatrix<f32>,
    /// One over the length of each column; zero for a column that is constant.
    inverse: Vec<f64>,
}

impl Ranks {
    /// Of columns on a sample of [`MOST_ROWS`] rows at most; a missing value is the median of the others.
    pub(in crate::analyze) fn of(sample: &Sample, columns: &[Column]) -> Self {
        let mut ranks = DMatrix::zeros(sample.rows.len(), columns.len());
        let mut of_unit = vec![0.0; sample.times.len()];
        for (mut target, column) in ranks.column_iter_mut().zip(columns) {
            if sample.missing(*column) > 0 {
                target.copy_from_slice(&sample.ranks_filled(*column));
                continue;
            }
            sample.ranks(*column, &mut of_unit);
            for (cell, row) in target.iter_mut().zip(sample.rows) {
                *cell = of_unit[*row];
            }
        }
        let inverse = ranks
            .column_iter()
            .map(|column| {
                let squares: f32 = column.iter().map(|rank| rank * rank).sum();
                if squares > 0.0 { 1.0 / f64::from(squares).sqrt() } else { 0.0 }
            })
            .collect();
        Self { columns: ranks, inverse }
    }

    /// How many columns there are.
    pub(in crate::analyze) fn len(&self) -> usize {
        self.inverse.len()
    }

    /// The correlation of two columns; zero where one is constant.
    pub(in crate::analyze) fn correlation(&self, a: usize, b: usize) -> f64 {
        let product: f32 =
            self.columns.column(a).iter().zip(&self.columns.column(b)).map(|(x, y)| x * y).sum();
        self.scaled(product, a, b)
    }

    /// Correlations among some columns.
    pub(in crate::analyze) fn among(&self, places: &[usize]) -> DMatrix<f64> {
        let chosen = self.columns.select_columns(places);
        let products = chosen.transpose() * chosen;
        DMatrix::from_fn(places.len(), places.len(), |a, b| {
            self.scaled(products[(a, b)], places[a], places[b])
        })
    }

    /// Only these columns.
    pub(in crate::analyze) fn only(self, places: &[usize]) -> Self {
        if places.len() == self.len() {
            return self;
        }
        let inverse = places.iter().map(|place| self.inverse[*place]).collect();
        Self { columns: self.columns.select_columns(places), inverse }
    }

    fn scaled(&self, product: f32, a: usize, b: usize) -> f64 {
        (f64::from(product) * self.inverse[a] * self.inverse[b]).clamp(-1.0, 1.0)
    }

    /// Tells of each pair whose absolute correlation is at least `limit`, and perhaps of some that are below it by
    /// rounding. No table of all pairs is ever held.
    pub(in crate::analyze) fn near(&self, limit: f64, mut tell: impl FnMut(usize, usize)) {
        /// Columns whose products with all before them are held at a time.
        const BLOCK: usize = 128;
        const RUN: usize = 64;
        let across = self.columns.transpose();
        let scale: Vec<f32> = self.inverse.iter().map(|inverse| *inverse as f32).collect();
        for start in (0..self.len()).step_by(BLOCK) {
            let end = (start + BLOCK).min(self.len());
            let products = across.rows(0, end) * self.columns.columns(start, end - start);
            for column in (start..end).filter(|column| scale[*column] > 0.0) {
                let least = (limit - 1e-5) as f32 / scale[column];
                let before = &products.as_slice()[(column - start) * end..][..column];
                // Most runs hold no such pair, which is seen for all of a run at once.
                for (run, (of_run, scales)) in before.chunks(RUN).zip(scale.chunks(RUN)).enumerate() {
                    let is_near = |(product, scale): (&f32, &f32)| (product * scale).abs() >= least;
                    if of_run.iter().zip(scales).fold(false, |any, pair| any | is_near(pair)) {
                        let found = of_run.iter().zip(scales).enumerate().filter(|(_, pair)| is_near(*pair));
                        found.for_each(|(place, _)| tell(run * RUN + place, column));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;
    use crate::stats::spearman;

    /// Columns with ties and some missing values, rows drawn with replacement.
    fn drawn(units: usize, columns: usize, rows: usize) -> (Vec<Vec<f64>>, Vec<usize>) {
        let mut random = Random::seeded(5);
        let mut table: Vec<Vec<f64>> =
            (0..columns).map(|_| (0..units).map(|_| (random.normal() * 20.0).round()).collect()).collect();
        table[1].fill(3.0);
        table[2][4] = f64::NAN;
        table[2][7] = f64::NAN;
        table[3] = table[0].iter().map(|value| -value.powi(3)).collect();
        (table, (0..rows).map(|_| random.below(units)).collect())
    }

    fn ranks(table: &[Vec<f64>], rows: &[usize]) -> Ranks {
        let orders: Vec<Vec<u32>> = table.iter().map(|values| order(values)).collect();
        let columns: Vec<Column> =
            table.iter().zip(&orders).map(|(values, order)| Column { values, order }).collect();
        Ranks::of(&Sample::of(rows, table[0].len()), &columns)
    }

    #[test]
    fn correlations_are_those_of_spearman() {
        for rows in [1, 2, 40, MOST_ROWS] {
            let (table, rows) = drawn(500, 30, rows);
            let ranks = ranks(&table, &rows);
            let all: Vec<usize> = (0..30).collect();
            let among = ranks.among(&all);
            let taken = DMatrix::from_fn(rows.len(), 30, |row, column| table[column][rows[row]]);
            let expected = spearman::matrix(&taken);
            for (a, b) in (0..30).flat_map(|a| (0..30).map(move |b| (a, b))) {
                assert_eq!(among[(a, b)], ranks.correlation(a, b));
                let missing = |column: usize| taken.column(column).iter().any(|v| v.is_nan());
                if !missing(a) && !missing(b) {
                    assert!((among[(a, b)] - expected[(a, b)]).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn the_longest_column_is_summed_without_rounding() {
        let table = vec![(0..MOST_ROWS).map(|v| v as f64).collect::<Vec<_>>(); 6];
        let ranks = ranks(&table, &(0..MOST_ROWS).collect::<Vec<_>>());
        let n = MOST_ROWS as f64;
        assert!((ranks.inverse[0].powi(-2) - n * (n * n - 1.0) / 3.0).abs() < 1e-6);
        assert!(n * (n * n - 1.0) / 3.0 < f64::from(1 << 24));
        assert!((ranks.correlation(0, 5) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_missing_value_counts_as_the_median() {
        let values = [1.0, f64::NAN, 5.0, 2.0, 9.0];
        let (order, rows) = (order(&values), [0, 1, 2, 3, 4, 4]);
        let (column, sample) = (Column { values: &values, order: &order }, Sample::of(&rows, 5));
        assert_eq!(sample.missing(column), 1);
        // 1, 2, 5, 9, 9: the median 5 shares ranks 3 and 4 with the 5 that is there.
        assert_eq!(sample.ranks_filled(column), [-5.0, 0.0, 0.0, -3.0, 4.0, 4.0]);
        let mut sorted = Vec::new();
        sample.sorted(column, &mut sorted);
        assert_eq!(sorted, [1.0, 2.0, 5.0, 9.0, 9.0]);
    }

    #[test]
    fn near_pairs_are_all_told() {
        let (table, rows) = drawn(200, 300, 60);
        let ranks = ranks(&table, &rows);
        let mut told = Vec::new();
        ranks.near(0.25, |a, b| told.push((a, b)));
        let expected: Vec<(usize, usize)> = (0..300)
            .flat_map(|b| (0..b).map(move |a| (a, b)))
            .filter(|(a, b)| ranks.correlation(*a, *b).abs() >= 0.25)
            .collect();
        assert!(expected.len() > 100 && expected.iter().all(|pair| told.contains(pair)));
        assert!(told.len() <= expected.len() + 3);
    }
}
