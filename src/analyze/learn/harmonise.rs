//! Sites are harmonised inside a fold: ComBat learnt on training units, applied to the others.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use crate::analyze::BlockKind;
use crate::analyze::cohort::data::Data;
use crate::analyze::learn::filters::median;
use crate::analyze::learn::plan::Plan;
use crate::stats::combat::{ComBat, Settings};

/// Brings features of several sites together, by what the training units show; gives what a reader must know.
///
/// A unit of a site that no training unit comes from stays as it is: there is nothing to harmonise it by.
pub(in crate::analyze) fn harmonise(
    data: &Data,
    plan: &Plan,
    train: &[usize],
    test: &[usize],
    learn: &mut DMatrix<f64>,
    other: &mut DMatrix<f64>,
) -> Option<String> {
    let (form, site) = (plan.combat.as_ref()?, data.site.as_ref()?);
    if learn.ncols() == 0 {
        return None;
    }
    let mut batches: BTreeMap<usize, usize> = train.iter().map(|row| (site[*row], 0)).collect();
    for (batch, number) in batches.values_mut().enumerate() {
        *number = batch;
    }
    if batches.len() < 2 {
        return Some("a training part had one site: nothing to harmonise".into());
    }
    let reference = form.reference.as_ref().and_then(|name| {
        data.sites.iter().position(|site| site == name).and_then(|place| batches.get(&place)).copied()
    });
    if form.reference.is_some() && reference.is_none() {
        return Some("a training part lacked the reference site: not harmonised there".into());
    }
    let settings = Settings { prior: form.prior, adjust: form.adjust, reference };
    let batch: Vec<usize> = train.iter().map(|row| batches[&site[*row]]).collect();
    // Constant columns have no scale to harmonise; they stay, and are standardised to zero.
    let spread: Vec<usize> = (0..learn.ncols())
        .filter(|column| {
            let values = learn.column(*column);
            values.iter().any(|v| (v - values[0]).abs() > 1e-12 * v.abs().max(values[0].abs()))
        })
        .collect();
    if spread.is_empty() {
        return None;
    }
    // What clinical covariates explain is no effect of the site, and is kept. The outcome is none of them.
    let values = learn.select_columns(&spread);
    let (mut own, mut held_out) = covariates(data, train, test);
    let mut fitted = ComBat::fit(&values, &batch, &own, settings);
    if fitted.is_err() && own.ncols() > 0 {
        // Covariates that sites determine, or more of them than units.
        (own, held_out) = (DMatrix::zeros(train.len(), 0), DMatrix::zeros(test.len(), 0));
        fitted = ComBat::fit(&values, &batch, &own, settings);
    }
    let fitted = match fitted {
        Ok(fitted) => fitted,
        Err(fault) => return Some(format!("a training part was not harmonised: {fault}")),
    };
    let known: Vec<usize> =
        (0..test.len()).filter(|place| batches.contains_key(&site[test[*place]])).collect();
    let held: Vec<usize> = known.iter().map(|place| batches[&site[test[*place]]]).collect();
    let all: Vec<usize> = (0..learn.nrows()).collect();
    for (matrix, rows, batch, covariates) in
        [(&mut *learn, &all, &batch, &own), (&mut *other, &known, &held, &held_out)]
    {
        let values = matrix.select_columns(&spread).select_rows(rows);
        match fitted.apply(&values, batch, &covariates.select_rows(rows)) {
            Ok(values) => {
                for (from, row) in rows.iter().enumerate() {
                    for (place, column) in spread.iter().enumerate() {
                        matrix[(*row, *column)] = values[(from, place)];
                    }
                }
            }
            Err(fault) => return Some(format!("a training part was not harmonised: {fault}")),
        }
    }
    (known.len() < test.len())
        .then(|| "units of a site that the training part did not have were predicted as they are".into())
}

/// Clinical covariates of training and other units, missing values at the median of the training units.
fn covariates(data: &Data, train: &[usize], test: &[usize]) -> (DMatrix<f64>, DMatrix<f64>) {
    let Some(block) = data.block(BlockKind::Clinical) else {
        return (DMatrix::zeros(train.len(), 0), DMatrix::zeros(test.len(), 0));
    };
    let medians: Vec<f64> =
        block.values.column_iter().map(|column| median(train.iter().map(|row| column[*row]))).collect();
    let take = |rows: &[usize]| {
        DMatrix::from_fn(rows.len(), medians.len(), |row, column| {
            let value = block.values[(rows[row], column)];
            if value.is_nan() { medians[column] } else { value }
        })
    };
    (take(train), take(test))
}
