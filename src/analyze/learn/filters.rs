//! Which features a model may choose from: learnt on training units alone, without their outcomes.
//!
//! In order: *finite* (values that are mostly there), *gate* (stable in a test-retest study, where one was given),
//! *variance* (not one value throughout), *volume* (not the change of volume under another name) and *redundancy*
//! (one of each cluster of features that rank units alike). None looks at an outcome, so that permuted labels meet
//! the same columns.

use crate::analyze::cohort::data::{BlockData, is_features};
use crate::analyze::learn::plan::{Filters, MOST_EQUAL, MOST_MISSING, NEAR};
use crate::analyze::learn::ranks::{Column, MOST_ROWS, Ranks, Sample};
use crate::analyze::learn::redundancy::{Cluster, clusters};
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
    /// What the redundancy filter met.
    pub redundancy: Option<Met>,
}

/// Columns that met the redundancy filter.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Met {
    /// Ascending places in the block.
    pub columns: Vec<usize>,
    /// Their ranks, in this order.
    pub ranks: Ranks,
    /// Clusters of them, as places among `columns`.
    pub clusters: Vec<Cluster>,
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
    volume: Option<Column>,
    rows: &[usize],
    filters: Filters,
    random: &mut Random,
) -> Kept {
    let mut kept = Kept { columns: (0..block.names.len()).collect(), ..Kept::default() };
    let Filters::All { volume_correlation, redundancy_height } = filters else { return kept };
    if !is_features(block.kind) {
        return kept;
    }
    let units = block.values.nrows();
    let sample = Sample::of(rows, units);
    let most_missing = (MOST_MISSING * rows.len() as f64) as usize;
    kept.step("finite", |column| sample.missing(block.column(*column)) <= most_missing);
    kept.step("gate", |column| block.gates[*column].is_none_or(|gate| gate.stable == Some(true)));
    let mut buffer = Vec::with_capacity(rows.len());
    kept.step("variance", |column| {
        // Columns of distinct values need no closer look.
        if sample.at_most(block.runs[*column]) as f64 <= MOST_EQUAL * (rows.len() - most_missing) as f64 {
            return true;
        }
        sample.sorted(block.column(*column), &mut buffer);
        !dominated(&buffer)
    });

    let rows = some(rows, random);
    let sample = Sample::of(&rows, units);
    let mut columns: Vec<Column> = kept.columns.iter().map(|column| block.column(*column)).collect();
    let features: Vec<usize> = (0..columns.len()).collect();
    columns.extend(volume);
    let ranks = Ranks::of(&sample, &columns);
    let mut places = features.clone();
    if volume.is_some() {
        places.retain(|place| ranks.correlation(*place, features.len()).abs() <= volume_correlation);
        let met = kept.columns.clone();
        let mut left = places.iter().map(|place| met[*place]).peekable();
        kept.step("volume", |column| left.next_if_eq(column).is_some());
    }
    let ranks = ranks.only(&places);
    let columns = kept.columns.clone();
    let icc = |place: usize| block.gates[columns[place]].and_then(|gate| gate.icc_lower);
    let clusters = clusters(&ranks, redundancy_height, &icc);
    let mut stand: Vec<usize> = clusters.iter().map(|cluster| columns[cluster.representative]).collect();
    stand.sort_unstable();
    kept.step("redundancy", |column| stand.binary_search(column).is_ok());
    kept.redundancy = Some(Met { columns, ranks, clusters });
    kept
}

/// Whether ascending values are one value nearly throughout. Such a value is the median.
fn dominated(sorted: &[f64]) -> bool {
    let Some((first, last)) = sorted.first().zip(sorted.last()) else { return true };
    let median = sorted[sorted.len() / 2];
    // Values that differ in their last digits only are one value.
    let near = NEAR * first.abs().max(last.abs());
    let same = sorted.iter().filter(|value| (**value - median).abs() <= near).count();
    same as f64 > MOST_EQUAL * sorted.len() as f64
}

/// At most so many rows as ranks are taken on, drawn without replacement, in their order.
fn some(rows: &[usize], random: &mut Random) -> Vec<usize> {
    if rows.len() <= MOST_ROWS {
        return rows.to_vec();
    }
    let mut places: Vec<usize> = (0..rows.len()).collect();
    random.shuffle(&mut places);
    places.truncate(MOST_ROWS);
    places.sort_unstable();
    places.iter().map(|place| rows[*place]).collect()
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
