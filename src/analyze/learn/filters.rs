//! Which features a model may choose from: learnt on training units alone, without their outcomes.
//!
//! In order: *finite* (values that are mostly there), *gate* (stable in a test-retest study, where one was given),
//! *variance* (not one value throughout), *volume* (not the change of volume under another name) and *redundancy*
//! (one of each cluster of features that rank units alike). None looks at an outcome, so that permuted labels meet
//! the same columns.

use nalgebra::DMatrix;

use crate::analyze::cohort::data::{BlockData, is_features};
use crate::analyze::learn::plan::{CORRELATION_ROWS, Filters, MOST_EQUAL, MOST_MISSING};
use crate::analyze::learn::redundancy::{clusters, correlations, representative};
use crate::numeric::quantile::{ascending, percentile};
use crate::numeric::random::Random;

/// A filter and how many columns it met and left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analyze) struct Step {
    pub filter: &'static str,
    pub before: usize,
    pub after: usize,
}

/// Columns that passed, as ascending places in their block.
#[derive(Clone, Debug, Default)]
pub(in crate::analyze) struct Kept {
    pub columns: Vec<usize>,
    pub steps: Vec<Step>,
    /// Clusters of redundant columns, as places in the block.
    pub clusters: Vec<Vec<usize>>,
    /// Rank correlations of the columns that met the redundancy filter, and their places in the block.
    pub correlated: Option<(Vec<usize>, DMatrix<f64>)>,
}

impl Kept {
    fn step(&mut self, filter: &'static str, keep: impl FnMut(&usize) -> bool) {
        let before = self.columns.len();
        self.columns.retain(keep);
        self.steps.push(Step { filter, before, after: self.columns.len() });
    }
}

/// Filters the columns of a block on some rows of the cohort. Columns of other than features come through as they are.
pub(in crate::analyze) fn filter(
    block: &BlockData,
    volume: Option<&[f64]>,
    rows: &[usize],
    filters: Filters,
    random: &mut Random,
) -> Kept {
    let mut kept = Kept { columns: (0..block.names.len()).collect(), ..Kept::default() };
    let Filters::All { volume_correlation, redundancy_height } = filters else { return kept };
    if !is_features(block.kind) {
        return kept;
    }
    let most_missing = (MOST_MISSING * rows.len() as f64) as usize;
    kept.step("finite", |column| {
        let values = block.values.column(*column);
        rows.iter().filter(|row| values[**row].is_nan()).count() <= most_missing
    });
    kept.step("gate", |column| block.gates[*column].is_none_or(|gate| gate.stable == Some(true)));
    kept.step("variance", |column| !dominated(block, *column, rows));

    // One product of matrices answers both questions that are left.
    let rows = some(rows, random);
    let with_volume = volume.is_some();
    let asked = kept.columns.len() + usize::from(with_volume);
    let mut values = DMatrix::zeros(rows.len(), asked);
    for (place, column) in kept.columns.iter().enumerate() {
        let source = block.values.column(*column);
        fill(&mut values, place, rows.iter().map(|row| source[*row]));
    }
    if let Some(volume) = volume {
        fill(&mut values, asked - 1, rows.iter().map(|row| volume[*row]));
    }
    let table = correlations(&values);
    let met = kept.columns.clone();
    let place_of = |column: &usize| met.binary_search(column).unwrap_or(0);
    if with_volume {
        kept.step("volume", |column| table[(place_of(column), asked - 1)].abs() <= volume_correlation);
    }
    let places: Vec<usize> = kept.columns.iter().map(place_of).collect();
    let table = if places.len() == table.nrows() {
        table
    } else {
        DMatrix::from_fn(places.len(), places.len(), |a, b| table[(places[a], places[b])])
    };
    let columns = kept.columns.clone();
    let icc = |place: usize| block.gates[columns[place]].and_then(|gate| gate.icc_lower);
    let found = clusters(&table, redundancy_height);
    let mut stand: Vec<usize> =
        found.iter().filter_map(|c| representative(c, &table, &icc)).map(|place| columns[place]).collect();
    stand.sort_unstable();
    kept.step("redundancy", |column| stand.binary_search(column).is_ok());
    kept.clusters = found.iter().map(|c| c.iter().map(|place| columns[*place]).collect()).collect();
    kept.correlated = Some((columns, table));
    kept
}

/// Whether a column has one value nearly throughout. Such a value is the median.
fn dominated(block: &BlockData, column: usize, rows: &[usize]) -> bool {
    let source = block.values.column(column);
    let mut values: Vec<f64> = rows.iter().map(|row| source[*row]).filter(|v| !v.is_nan()).collect();
    if values.is_empty() {
        return true;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let median = *median;
    // Values that differ in their last digits only are one value.
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let same = values.iter().filter(|v| (**v - median).abs() <= 1e-12 * largest).count();
    same as f64 > MOST_EQUAL * values.len() as f64
}

/// At most so many rows as correlations need, drawn without replacement, in their order.
fn some(rows: &[usize], random: &mut Random) -> Vec<usize> {
    if rows.len() <= CORRELATION_ROWS {
        return rows.to_vec();
    }
    let mut places: Vec<usize> = (0..rows.len()).collect();
    random.shuffle(&mut places);
    places.truncate(CORRELATION_ROWS);
    places.sort_unstable();
    places.iter().map(|place| rows[*place]).collect()
}

/// A column with its median in place of missing values.
fn fill(matrix: &mut DMatrix<f64>, column: usize, values: impl Iterator<Item = f64>) {
    let mut target = matrix.column_mut(column);
    let mut missing = false;
    for (cell, value) in target.iter_mut().zip(values) {
        *cell = value;
        missing |= value.is_nan();
    }
    if missing {
        let median = median(target.iter().copied());
        target.iter_mut().filter(|cell| cell.is_nan()).for_each(|cell| *cell = median);
    }
}

/// The median of the values that are there; zero where there are none (such a column is constant).
pub(in crate::analyze) fn median(values: impl Iterator<Item = f64>) -> f64 {
    percentile(&ascending(values.filter(|v| !v.is_nan()).collect()), 50.0).unwrap_or(0.0)
}

/// The rule of a filter, in words.
pub(in crate::analyze) fn rule(filter: &str, filters: Filters) -> String {
    let Filters::All { volume_correlation, redundancy_height } = filters else { return String::new() };
    match filter {
        "finite" => format!("a value in at least {:.0} % of the units", 100.0 * (1.0 - MOST_MISSING)),
        "gate" => "stable in the test-retest study of the gate, where one was given".into(),
        "variance" => format!("no single value in more than {:.0} % of the units", 100.0 * MOST_EQUAL),
        "volume" => {
            format!("absolute rank correlation with the change of volume at most {volume_correlation}")
        }
        "redundancy" => format!(
            "one feature of each cluster (average linkage, one minus the absolute rank correlation, cut at \
             {redundancy_height})"
        ),
        _ => "strongest marginal associations with the outcome, as many as units / ln(units), 100 at most"
            .into(),
    }
}
