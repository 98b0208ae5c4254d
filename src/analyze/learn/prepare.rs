//! Training parts made ready: filtered, imputed, harmonised, scaled, all learnt on their own training units.
//!
//! Nothing here looks at an outcome, so that a part serves the observed labels and all permuted ones.

use nalgebra::DMatrix;

use crate::analyze::cohort::data::Data;
use crate::analyze::learn::filters::{Kept, filter, median};
use crate::analyze::learn::harmonise::{Harmoniser, harmonise};
use crate::analyze::learn::plan::Plan;
use crate::analyze::validate::streams::{Purpose, stream};
use crate::numeric::lanes;

/// A block made ready: standardised values of training and of other units.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Ready {
    /// Place of the block.
    pub block: usize,
    /// Places of its columns in the block.
    pub columns: Vec<usize>,
    pub mean: Vec<f64>,
    /// Divisor n; one where the column is constant, whose standardised values are all zero.
    pub sd: Vec<f64>,
    /// What sites added to its columns, where they were harmonised.
    pub harmoniser: Option<Harmoniser>,
    pub train: DMatrix<f64>,
    pub test: DMatrix<f64>,
}

/// Blocks made ready on one set of training units.
pub(in crate::analyze) type Side = Vec<Ready>;

/// One inner fold.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Inner {
    /// Places among the outer training units that it learns from.
    pub train: Vec<usize>,
    /// Places among them that it is judged on.
    pub held: Vec<usize>,
    pub side: Side,
}

/// One outer training part with its inner folds.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Part {
    /// Rows of the cohort to learn from; a row may be there more than once.
    pub train: Vec<usize>,
    /// Rows to predict.
    pub test: Vec<usize>,
    pub outer: Side,
    pub inner: Vec<Inner>,
    /// What the filters did, by block of `outer`.
    pub kept: Vec<Kept>,
    /// What a reader must know of the preparation.
    pub notes: Vec<String>,
}

impl Part {
    /// Makes a part ready. `inner` gives the inner fold of each training row; `number` tells parts of one plan apart.
    pub(in crate::analyze) fn build(
        data: &Data,
        plan: &Plan,
        train: Vec<usize>,
        test: Vec<usize>,
        inner: &[usize],
        number: u64,
    ) -> Self {
        let volume = data.volume();
        let mut random = stream(plan.seed, Purpose::Correlation, number);
        let blocks = plan.blocks();
        let kept: Vec<Kept> = blocks
            .iter()
            .map(|place| filter(&data.blocks[*place], volume, &train, plan.filters, &mut random))
            .collect();
        let mut notes = Vec::new();
        let mut side = |train: &[usize], test: &[usize]| -> Side {
            blocks
                .iter()
                .zip(&kept)
                .map(|(block, kept)| ready(data, plan, *block, &kept.columns, train, test, &mut notes))
                .collect()
        };
        let outer = side(&train, &test);
        let count = inner.iter().max().map_or(0, |last| last + 1);
        let inner = (0..count)
            .map(|fold| {
                let places = |held: bool| -> Vec<usize> {
                    (0..inner.len()).filter(|place| (inner[*place] == fold) == held).collect()
                };
                let (learn, held) = (places(false), places(true));
                let rows = |places: &[usize]| -> Vec<usize> { places.iter().map(|p| train[*p]).collect() };
                let side = side(&rows(&learn), &rows(&held));
                Inner { train: learn, held, side }
            })
            .filter(|inner| !inner.train.is_empty() && !inner.held.is_empty())
            .collect();
        notes.sort();
        notes.dedup();
        Self { train, test, outer, inner, kept, notes }
    }
}

fn ready(
    data: &Data,
    plan: &Plan,
    block: usize,
    columns: &[usize],
    train: &[usize],
    test: &[usize],
    notes: &mut Vec<String>,
) -> Ready {
    let source = &data.blocks[block].values;
    let take = |rows: &[usize]| {
        let mut taken = DMatrix::zeros(rows.len(), columns.len());
        for (place, column) in columns.iter().enumerate() {
            let from = source.column(*column);
            for (cell, row) in taken.column_mut(place).iter_mut().zip(rows) {
                *cell = from[*row];
            }
        }
        taken
    };
    let (mut learn, mut other) = (take(train), take(test));
    for (column, of_block) in columns.iter().enumerate() {
        let missing = |matrix: &DMatrix<f64>| lanes::sum(matrix.column(column).as_slice()).is_nan();
        if data.blocks[block].is_complete(*of_block) || !missing(&learn) && !missing(&other) {
            continue;
        }
        let median = median(learn.column(column).iter().copied());
        for matrix in [&mut learn, &mut other] {
            matrix.column_mut(column).iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = median);
        }
    }
    let mut harmoniser = None;
    if plan.harmonises(data, block) {
        match harmonise(data, plan, train, test, &mut learn, &mut other) {
            Ok((learnt, note)) => {
                harmoniser = Some(learnt);
                notes.extend(note);
            }
            Err(note) => notes.extend(note),
        }
    }
    let (mut means, mut sds) = (Vec::with_capacity(columns.len()), Vec::with_capacity(columns.len()));
    for column in 0..columns.len() {
        let (mean, sd) = moments(learn.column(column).as_slice());
        for matrix in [&mut learn, &mut other] {
            matrix.column_mut(column).iter_mut().for_each(|v| *v = standardised(*v, mean, sd));
        }
        means.push(mean);
        // A constant column tells nothing, and would be divided by zero.
        sds.push(if sd > 0.0 { sd } else { 1.0 });
    }
    Ready { block, columns: columns.to_vec(), mean: means, sd: sds, harmoniser, train: learn, test: other }
}

fn standardised(value: f64, mean: f64, sd: f64) -> f64 {
    if sd > 0.0 { (value - mean) / sd } else { 0.0 }
}

/// Mean and standard deviation (divisor n, two passes); a spread that is rounding alone counts as zero.
pub(in crate::analyze) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = lanes::sum(values) / n;
    let variance = lanes::squares_around(values, mean) / n;
    let sd = variance.sqrt();
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    (mean, if sd <= 1e-12 * largest { 0.0 } else { sd })
}
