//! F tests and the within-subject spread of tables with holes.
//!
//! Least squares instead of sums over a full table (Searle, Casella & McCulloch 1992, chapter 5): whether subjects
//! explain more than chance, beside nothing in the one-way model, beside repeats in the two-way one. Both tests are
//! exact for normal values. The spread within subjects is the one-way residual, which is unbiased with holes too.

/// Sums of squares of a table with holes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unbalanced {
    /// Mean of all values.
    pub mean: f64,
    /// Mean square within subjects.
    pub within: f64,
    /// Its degrees of freedom.
    pub within_df: f64,
    /// Subjects against what is within.
    pub one_way: Option<FTest>,
    /// Subjects against the residual, repeats allowed for; `None` where repeats are not joined by common subjects.
    pub two_way: Option<FTest>,
}

/// A ratio of mean squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FTest {
    /// The ratio.
    pub f: f64,
    /// Degrees of freedom above.
    pub df1: f64,
    /// Degrees of freedom below.
    pub df2: f64,
}

impl Unbalanced {
    /// Of rows with a value or more each; `None` where no row has two.
    pub fn of(rows: &[Vec<Option<f64>>]) -> Option<Self> {
        let count = rows.iter().flatten().flatten().count() as f64;
        let subjects = rows.len() as f64;
        let within_df = count - subjects;
        if within_df <= 0.0 {
            return None;
        }
        let mean = rows.iter().flatten().flatten().sum::<f64>() / count;
        // About the mean, so that an offset costs no digits.
        let centred: Vec<Vec<Option<f64>>> =
            rows.iter().map(|row| row.iter().map(|cell| cell.map(|v| v - mean)).collect()).collect();
        let slip = centred.iter().flatten().flatten().sum::<f64>() / count;
        let (mut within, mut between) = (0.0, 0.0);
        let mut left: Vec<Vec<Option<f64>>> = Vec::new();
        for row in &centred {
            let n = row.iter().flatten().count() as f64;
            let own = row.iter().flatten().sum::<f64>() / n;
            between += n * (own - slip) * (own - slip);
            let row: Vec<Option<f64>> = row.iter().map(|cell| cell.map(|v| v - own)).collect();
            within += row.iter().flatten().map(|v| v * v).sum::<f64>();
            left.push(row);
        }
        let df1 = subjects - 1.0;
        let test = |between: f64, within: f64, df2: f64| {
            let f = (between.max(0.0) / df1) / (within / df2);
            (df1 > 0.0 && df2 > 0.0 && within > 0.0 && f.is_finite()).then_some(FTest { f, df1, df2 })
        };
        let explained = explained_by_repeats(&left);
        let two_way = explained.and_then(|(explained, df)| {
            let residual = within - explained;
            test(about_repeats(&centred) - residual, residual, within_df - df)
        });
        Some(Self {
            mean: mean + slip,
            within: within / within_df,
            within_df,
            one_way: test(between, within, within_df),
            two_way,
        })
    }
}

/// Sum of squares about the repeats' means.
fn about_repeats(rows: &[Vec<Option<f64>>]) -> f64 {
    let columns = rows.first().map_or(0, Vec::len);
    let column = |j: usize| rows.iter().filter_map(move |row| row[j]);
    (0..columns)
        .map(|j| {
            let mean = column(j).sum::<f64>() / (column(j).count() as f64).max(1.0);
            column(j).map(|v| (v - mean) * (v - mean)).sum::<f64>()
        })
        .sum()
}

/// What repeats explain of values about their subjects' means, and its degrees of freedom: the normal equations of
/// repeats once subjects are swept out, with the last repeat as the reference.
fn explained_by_repeats(left: &[Vec<Option<f64>>]) -> Option<(f64, f64)> {
    let free = left.first()?.len().checked_sub(1)?;
    let mut matrix = vec![vec![0.0; free]; free];
    let mut right = vec![0.0; free];
    for row in left {
        let n = row.iter().flatten().count() as f64;
        for (i, value) in row.iter().take(free).enumerate() {
            let Some(value) = value else { continue };
            right[i] += value;
            for (j, other) in row.iter().take(free).enumerate() {
                let own = if i == j { 1.0 } else { 0.0 };
                matrix[i][j] += if other.is_some() { own - 1.0 / n } else { 0.0 };
            }
        }
    }
    let solution = solve(matrix, right.clone())?;
    Some((solution.iter().zip(&right).map(|(a, b)| a * b).sum(), free as f64))
}

/// Gauss's elimination of a symmetric positive definite system; `None` where it is singular.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        let pivot = matrix[i].clone();
        // Entries are counts of common subjects, of the order of one.
        if pivot[i] < 1e-9 {
            return None;
        }
        for j in i + 1..n {
            let factor = matrix[j][i] / pivot[i];
            for (cell, above) in matrix[j].iter_mut().zip(&pivot).skip(i) {
                *cell -= factor * above;
            }
            right[j] -= factor * right[i];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::IccForm;
    use crate::stats::icc::icc;
    use crate::stats::mean_squares::MeanSquares;

    fn rows(values: &[f64], k: usize) -> Vec<Vec<Option<f64>>> {
        values.chunks(k).map(|row| row.iter().copied().map(Some).collect()).collect()
    }

    #[test]
    fn without_holes_the_tests_are_those_of_mean_squares() {
        let values = [9.0, 2.0, 5.0, 8.0, 6.0, 1.0, 3.0, 2.0, 8.0, 4.0, 6.0, 8.0, 7.0, 1.0, 2.0, 6.0];
        let (found, squares) =
            (Unbalanced::of(&rows(&values, 4)).unwrap(), MeanSquares::of(&values, 4).unwrap());
        assert!((found.within - squares.within).abs() < 1e-12 && found.within_df == 12.0);
        for (form, test) in
            [(IccForm::OneWaySingle, found.one_way), (IccForm::AgreementSingle, found.two_way)]
        {
            let (icc, test) = (icc(&squares, form).unwrap(), test.unwrap());
            assert!(
                (icc.f - test.f).abs() < 1e-12 * icc.f && (icc.df1, icc.df2) == (test.df1, test.df2),
                "{form}"
            );
        }
    }

    #[test]
    fn a_table_with_holes_as_worked_by_hand() {
        // Repeats 1 and 2 of one subject, 1 of another: within 2 (1, 3 about 2), one degree of freedom. Subjects'
        // means 2 and 5 about 3: 2 + 4 = 6.
        let found = Unbalanced::of(&[vec![Some(1.0), Some(3.0), None], vec![Some(5.0), None, None]]).unwrap();
        assert_eq!((found.mean, found.within, found.within_df), (3.0, 2.0, 1.0));
        assert_eq!(found.one_way, Some(FTest { f: 3.0, df1: 1.0, df2: 1.0 }));
        assert_eq!(found.two_way, None, "nothing joins the repeats");
        assert_eq!(Unbalanced::of(&[vec![Some(1.0), None]]), None);
    }

    #[test]
    fn a_shift_of_one_repeat_leaves_the_two_way_test() {
        let table = |shift: f64| {
            vec![
                vec![Some(1.0), Some(1.3 + shift), Some(0.8)],
                vec![Some(4.0), None, Some(4.4)],
                vec![None, Some(7.1 + shift), Some(6.7)],
                vec![Some(3.0), Some(2.9 + shift), None],
                vec![None, Some(5.5 + shift), None],
            ]
        };
        let (plain, shifted) = (Unbalanced::of(&table(0.0)).unwrap(), Unbalanced::of(&table(9.0)).unwrap());
        let (a, b) = (plain.two_way.unwrap(), shifted.two_way.unwrap());
        assert!((a.f - b.f).abs() < 1e-9 * a.f, "{a:?} {b:?}");
        assert!(plain.one_way.unwrap().f > 10.0 * shifted.one_way.unwrap().f);
    }
}
