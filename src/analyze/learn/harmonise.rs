//! Sites are harmonised inside a fold: ComBat learnt on training units, applied to the others.

use std::collections::BTreeMap;

use nalgebra::DMatrix;

use crate::analyze::BlockKind;
use crate::analyze::cohort::data::Data;
use crate::analyze::learn::filters::median;
use crate::analyze::learn::plan::Plan;
use crate::record::analysis::{CovariateEffect, SiteEffect, SiteEffects};
use crate::stats::combat::{ComBat, Settings};

/// What was learnt of the sites of a training part.
#[derive(Clone, Debug)]
pub(in crate::analyze) struct Harmoniser {
    combat: ComBat,
    /// Columns that were harmonised: those that are not constant.
    columns: Vec<usize>,
    /// Places of the sites, in the order of the batches.
    sites: Vec<usize>,
    /// Medians of the covariates whose effect is kept; none where they could not be used.
    medians: Vec<f64>,
}

impl Harmoniser {
    /// What sites add to a column; none where it was not harmonised.
    pub(in crate::analyze) fn effects(&self, data: &Data, column: usize) -> Option<SiteEffects> {
        let found = self.combat.effects(self.columns.binary_search(&column).ok()?)?;
        let names = data.block(BlockKind::Clinical).map_or(&[][..], |block| &block.names);
        let covariates = names.iter().zip(found.slopes).zip(&self.medians);
        let sites = self.sites.iter().zip(found.batches);
        Some(SiteEffects {
            level: found.level,
            covariates: covariates
                .map(|((name, slope), imputed)| CovariateEffect {
                    feature: name.clone(),
                    slope,
                    imputed: *imputed,
                })
                .collect(),
            sites: sites
                .map(|(site, (shift, scale))| SiteEffect { site: data.sites[*site].clone(), shift, scale })
                .collect(),
        })
    }
}

/// Brings features of several sites together, by what the training units show; gives what was learnt, and what a reader
/// must know of it. The error is why nothing was harmonised, where a reader must know that.
///
/// A unit of a site that no training unit comes from stays as it is: there is nothing to harmonise it by.
pub(in crate::analyze) fn harmonise(
    data: &Data,
    plan: &Plan,
    train: &[usize],
    test: &[usize],
    learn: &mut DMatrix<f64>,
    other: &mut DMatrix<f64>,
) -> Result<(Harmoniser, Option<String>), Option<String>> {
    let (form, site) = plan.combat.as_ref().zip(data.site.as_ref()).ok_or(None)?;
    if learn.ncols() == 0 {
        return Err(None);
    }
    let mut batches: BTreeMap<usize, usize> = train.iter().map(|row| (site[*row], 0)).collect();
    for (batch, number) in batches.values_mut().enumerate() {
        *number = batch;
    }
    if batches.len() < 2 {
        return Err(Some("a training part had one site: nothing to harmonise".into()));
    }
    let reference = form.reference.as_ref().and_then(|name| {
        data.sites.iter().position(|site| site == name).and_then(|place| batches.get(&place)).copied()
    });
    if form.reference.is_some() && reference.is_none() {
        return Err(Some("a training part lacked the reference site: not harmonised there".into()));
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
        return Err(None);
    }
    // What clinical covariates explain is no effect of the site, and is kept. The outcome is none of them.
    let values = learn.select_columns(&spread);
    let mut medians = medians(data, train);
    let (mut own, mut held_out) = (covariates(data, train, &medians), covariates(data, test, &medians));
    let mut fitted = ComBat::fit(&values, &batch, &own, settings);
    if fitted.is_err() && own.ncols() > 0 {
        // Covariates that sites determine, or more of them than units.
        medians.clear();
        (own, held_out) = (covariates(data, train, &[]), covariates(data, test, &[]));
        fitted = ComBat::fit(&values, &batch, &own, settings);
    }
    let failed = |fault| Some(format!("a training part was not harmonised: {fault}"));
    let combat = fitted.map_err(failed)?;
    let known: Vec<usize> =
        (0..test.len()).filter(|place| batches.contains_key(&site[test[*place]])).collect();
    let held: Vec<usize> = known.iter().map(|place| batches[&site[test[*place]]]).collect();
    let all: Vec<usize> = (0..learn.nrows()).collect();
    for (matrix, rows, batch, covariates) in
        [(&mut *learn, &all, &batch, &own), (&mut *other, &known, &held, &held_out)]
    {
        let values = matrix.select_columns(&spread).select_rows(rows);
        let values = combat.apply(&values, batch, &covariates.select_rows(rows)).map_err(failed)?;
        for (from, row) in rows.iter().enumerate() {
            for (place, column) in spread.iter().enumerate() {
                matrix[(*row, *column)] = values[(from, place)];
            }
        }
    }
    let note = (known.len() < test.len())
        .then(|| "units of a site that the training part did not have were predicted as they are".into());
    let sites = batches.into_keys().collect();
    Ok((Harmoniser { combat, columns: spread, sites, medians }, note))
}

/// Medians of the clinical covariates of some units.
fn medians(data: &Data, rows: &[usize]) -> Vec<f64> {
    let Some(block) = data.block(BlockKind::Clinical) else { return Vec::new() };
    block.values.column_iter().map(|column| median(rows.iter().map(|row| column[*row]))).collect()
}

/// Clinical covariates of some units, as many as there are medians, which stand for missing values.
fn covariates(data: &Data, rows: &[usize], medians: &[f64]) -> DMatrix<f64> {
    let Some(block) = data.block(BlockKind::Clinical) else { return DMatrix::zeros(rows.len(), 0) };
    DMatrix::from_fn(rows.len(), medians.len(), |row, column| {
        let value = block.values[(rows[row], column)];
        if value.is_nan() { medians[column] } else { value }
    })
}
