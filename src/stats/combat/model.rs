//! ComBat, fitted to some rows and applied to others.

use nalgebra::{DMatrix, DVector};

use super::design::{Rows, Within};
use super::shrink::{Effect, shrink};
use super::{ComBatFault, Settings};

/// A feature whose spread about its batches is less than this share of its largest value is constant there.
const CONSTANT: f64 = 1e-12;

/// What batches add to each feature, learnt from some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ComBat {
    /// The batches of the fit, in their order.
    batches: Vec<usize>,
    /// The batch that stays as it is.
    reference: Option<usize>,
    /// Covariates of the fit.
    covariates: usize,
    features: Vec<Feature>,
}

/// One feature.
#[derive(Clone, Debug, PartialEq)]
struct Feature {
    /// Mean over the batches, weighted by their rows, where all covariates are zero.
    level: f64,
    /// Slopes on the covariates.
    slopes: DVector<f64>,
    /// Residual standard deviation; none where the feature is constant, and stays as it is.
    sd: Option<f64>,
    /// What each batch adds, before and after shrinking.
    effects: Vec<Effect>,
}

impl ComBat {
    /// Learns from `x` (rows by features), the batch of each row, and covariates whose effect is kept (rows by
    /// covariates, none: no columns; levels in words as columns of 0 and 1, the first level left out).
    ///
    /// A feature that does not vary within the batches is left as it is. A constant covariate has no slope. A batch
    /// with one row gets its mean alone adjusted.
    pub fn fit(
        x: &DMatrix<f64>,
        batch: &[usize],
        covariates: &DMatrix<f64>,
        settings: Settings,
    ) -> Result<Self, ComBatFault> {
        check(x, batch, covariates)?;
        let rows = Rows::new(batch);
        if rows.levels.len() < 2 {
            return Err(ComBatFault::OneBatch);
        }
        let reference = match settings.reference {
            None => None,
            Some(batch) => {
                let place = rows.levels.binary_search(&batch).map_err(|_| ComBatFault::Reference)?;
                if rows.counts[place] < 2 {
                    return Err(ComBatFault::Reference);
                }
                Some(place)
            }
        };
        let within = Within::new(covariates, &rows)?;
        if x.nrows() <= rows.levels.len() + within.rank() {
            return Err(ComBatFault::TooFew);
        }
        let mut features: Vec<Feature> =
            (0..x.ncols()).map(|f| feature(x, f, covariates, &rows, &within, reference)).collect();
        let varying: Vec<usize> = (0..features.len()).filter(|f| features[*f].sd.is_some()).collect();
        for (place, n) in rows.counts.iter().enumerate() {
            if Some(place) == reference {
                continue;
            }
            let found: Vec<Effect> = varying.iter().map(|f| features[*f].effects[place]).collect();
            let shrunk = shrink(&found, *n, settings.prior, settings.adjust);
            for (f, effect) in varying.iter().zip(shrunk) {
                features[*f].effects[place] = effect;
            }
        }
        Ok(Self {
            batches: rows.levels,
            reference: settings.reference,
            covariates: covariates.ncols(),
            features,
        })
    }

    /// The batches of the fit, in their order: rows of others are refused.
    pub fn batches(&self) -> &[usize] {
        &self.batches
    }

    /// Rows of the reference batch, and features that were constant in the fit, come back as they are.
    ///
    /// `x`, `batch` and `covariates` as in [`Self::fit`]; nothing is learnt from them.
    pub fn apply(
        &self,
        x: &DMatrix<f64>,
        batch: &[usize],
        covariates: &DMatrix<f64>,
    ) -> Result<DMatrix<f64>, ComBatFault> {
        check(x, batch, covariates)?;
        if x.ncols() != self.features.len() || covariates.ncols() != self.covariates {
            return Err(ComBatFault::Shape);
        }
        let places: Vec<usize> = batch
            .iter()
            .map(|batch| self.batches.binary_search(batch).map_err(|_| ComBatFault::Unseen(*batch)))
            .collect::<Result<_, _>>()?;
        let mut harmonised = x.clone();
        for (feature, mut column) in harmonised.column_iter_mut().enumerate() {
            let Some(effects) = self.effects(feature) else { continue };
            let kept = covariates * &self.features[feature].slopes;
            for (row, value) in column.iter_mut().enumerate() {
                if Some(batch[row]) != self.reference {
                    let (shift, scale) = effects.batches[places[row]];
                    *value = without_batch(*value, effects.level + kept[row], shift, scale);
                }
            }
        }
        Ok(harmonised)
    }

    /// What batches add to a feature; none for one that stays as it is.
    pub fn effects(&self, feature: usize) -> Option<BatchEffects> {
        let Feature { level, slopes, sd, effects } = self.features.get(feature)?;
        let sd = (*sd)?;
        let of_batch = |(batch, effect): (&usize, &Effect)| {
            if Some(*batch) == self.reference {
                (0.0, 1.0)
            } else {
                (sd * effect.shift, effect.variance.sqrt())
            }
        };
        Some(BatchEffects {
            level: *level,
            slopes: slopes.as_slice().to_vec(),
            batches: self.batches.iter().zip(effects).map(of_batch).collect(),
        })
    }
}

/// What batches add to one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchEffects {
    /// The expected value where all covariates are zero.
    pub level: f64,
    /// Slopes on the covariates.
    pub slopes: Vec<f64>,
    /// Shift, in units of the feature, and scale of each batch of the fit, in their order.
    pub batches: Vec<(f64, f64)>,
}

/// A value without what its batch adds to it; `expected` is what covariates alone make it.
pub fn without_batch(value: f64, expected: f64, shift: f64, scale: f64) -> f64 {
    (value - expected - shift) / scale + expected
}

fn check(x: &DMatrix<f64>, batch: &[usize], covariates: &DMatrix<f64>) -> Result<(), ComBatFault> {
    if batch.len() != x.nrows() || covariates.nrows() != x.nrows() {
        return Err(ComBatFault::Shape);
    }
    let finite = x.iter().chain(covariates.iter()).all(|v| v.is_finite());
    if finite { Ok(()) } else { Err(ComBatFault::Missing) }
}

/// Location and scale of one feature, before anything is shrunk.
fn feature(
    x: &DMatrix<f64>,
    f: usize,
    covariates: &DMatrix<f64>,
    rows: &Rows,
    within: &Within,
    reference: Option<usize>,
) -> Feature {
    let values = x.column(f).into_owned();
    let slopes = within.slopes(&values);
    let by_batch = rows.means(values.iter().copied());
    // The batch's mean where all covariates are zero.
    let levels: Vec<f64> =
        (0..by_batch.len()).map(|b| by_batch[b] - within.means.row(b).tr_dot(&slopes)).collect();
    let n = values.len() as f64;
    let level = match reference {
        Some(place) => levels[place],
        None => levels.iter().zip(&rows.counts).map(|(level, count)| level * *count as f64).sum::<f64>() / n,
    };
    // Squared residuals about the model, and about the batch's mean once the covariates' part is off: the same, as the
    // level of a batch is that mean.
    let kept = covariates * &slopes;
    let mut squares = vec![0.0; levels.len()];
    for (row, place) in rows.of.iter().enumerate() {
        let residual = values[row] - kept[row] - levels[*place];
        squares[*place] += residual * residual;
    }
    let variance = match reference {
        Some(place) => squares[place] / rows.counts[place] as f64,
        None => squares.iter().sum::<f64>() / n,
    };
    let largest = values.amax();
    let sd = variance.sqrt();
    let sd = (sd > CONSTANT * largest).then_some(sd);
    let effects = (0..levels.len())
        .map(|b| {
            let (sd, count) = (sd.unwrap_or(1.0), rows.counts[b] as f64);
            let own = if count > 1.0 { squares[b] / (count - 1.0) / (sd * sd) } else { 1.0 };
            Effect { shift: (levels[b] - level) / sd, variance: own }
        })
        .collect();
    Feature { level, slopes, sd, effects }
}
