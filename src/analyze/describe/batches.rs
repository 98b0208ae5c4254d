//! Sites in the plane of the first principal components, before and after harmonisation.

use nalgebra::DMatrix;

use crate::analyze::learn::filters::median;
use crate::analyze::learn::plan::MOST_MISSING;
use crate::analyze::{Column, ComBatForm};
use crate::record::analysis::{Batches, Component, Harmonised};
use crate::stats::combat::{Adjust, ComBat, Prior, Settings};
use crate::stats::principal;

/// Components among which the share between sites is taken.
const COMPONENTS: usize = 10;

/// Features by site; `None` where there is one site, or no feature that varies.
///
/// Features with more missing values than the models allow are left out, other missing values stand at the median, and
/// features are scaled to a standard deviation of one. `after` is ComBat of all units, in the form that the models use
/// (parametric, shift and spread, where they use none); no outcome and no covariate enters. Inside the folds ComBat is
/// fitted anew on training units; nothing here enters a model.
pub(in crate::analyze) fn batches(
    features: &[Column],
    sites: &[String],
    form: Option<&ComBatForm>,
) -> Option<Batches> {
    let mut names = sites.to_vec();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let of: Vec<usize> = sites.iter().map(|site| names.partition_point(|name| name < site)).collect();
    let mut counts = vec![0; names.len()];
    for place in &of {
        counts[*place] += 1;
    }
    let x = table(features, sites.len())?;
    let before = component(&x, &of, names.len())?;
    let (after, text) = match harmonised(&x, &of, &names, form) {
        Ok((x, text)) => (component(&x, &of, names.len()), text),
        Err(text) => (None, text),
    };
    let harmonised = Harmonised { in_models: form.is_some(), text };
    Some(Batches { sites: names, counts, of, before, after, harmonised })
}

/// Units by the features that vary, with missing values at their median.
fn table(features: &[Column], units: usize) -> Option<DMatrix<f64>> {
    let columns: Vec<Vec<f64>> = features
        .iter()
        .filter_map(|column| {
            let at = |unit: usize| column.values.get(unit).copied().filter(|v| v.is_finite());
            let known: Vec<f64> = (0..units).filter_map(at).collect();
            if (units - known.len()) as f64 > MOST_MISSING * units as f64 {
                return None;
            }
            let typical = median(known.iter().copied());
            let filled: Vec<f64> = (0..units).map(|unit| at(unit).unwrap_or(typical)).collect();
            scaled(&filled).is_some().then_some(filled)
        })
        .collect();
    let table = DMatrix::from_fn(units, columns.len(), |unit, column| columns[column][unit]);
    (!columns.is_empty()).then_some(table)
}

/// In standard deviations from the mean; `None` where the values do not vary.
fn scaled(values: &[f64]) -> Option<Vec<f64>> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
    let largest = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    (sd > 1e-12 * largest).then(|| values.iter().map(|v| (v - mean) / sd).collect())
}

/// The table after ComBat, and how, in words; or why not.
fn harmonised(
    x: &DMatrix<f64>,
    of: &[usize],
    names: &[String],
    form: Option<&ComBatForm>,
) -> Result<(DMatrix<f64>, String), String> {
    let plain = ComBatForm { prior: Prior::Parametric, adjust: Adjust::MeanAndScale, reference: None };
    let form = form.unwrap_or(&plain);
    let reference = match &form.reference {
        Some(name) => match names.binary_search(name) {
            Ok(place) => Some(place),
            Err(_) => return Err(format!("not harmonised: no unit is of the reference site {name}")),
        },
        None => None,
    };
    let settings = Settings { prior: form.prior, adjust: form.adjust, reference };
    let none = DMatrix::zeros(x.nrows(), 0);
    let x = ComBat::fit(x, of, &none, settings)
        .and_then(|combat| combat.apply(x, of, &none))
        .map_err(|fault| format!("not harmonised: {fault}"))?;
    let prior = match form.prior {
        Prior::Parametric => "parametric",
        Prior::NonParametric => "non-parametric",
    };
    let adjust = match form.adjust {
        Adjust::MeanAndScale => "shift and spread",
        Adjust::MeanOnly => "shift alone",
    };
    let to = form.reference.as_ref().map(|name| format!(", brought to site {name}")).unwrap_or_default();
    Ok((x, format!("ComBat ({prior}, {adjust}{to}) of all units, for this figure alone")))
}

fn component(x: &DMatrix<f64>, of: &[usize], sites: usize) -> Option<Component> {
    let mut x = x.clone();
    for mut column in x.column_iter_mut() {
        let values = scaled(column.as_slice()).unwrap_or_else(|| vec![0.0; column.len()]);
        column.copy_from_slice(&values);
    }
    let found = principal::components(&x, COMPONENTS)?;
    let second = found.scores.ncols() > 1;
    let scores = (0..x.nrows())
        .map(|unit| (found.scores[(unit, 0)], if second { found.scores[(unit, 1)] } else { 0.0 }))
        .collect();
    let explained = (found.explained[0], found.explained.get(1).copied().unwrap_or(0.0));
    Some(Component { scores, explained, between_sites: between(&found.scores, of, sites) })
}

/// Share of the variance of centred columns, all together, that lies between sites.
fn between(scores: &DMatrix<f64>, of: &[usize], sites: usize) -> f64 {
    let (mut between, mut all) = (0.0, 0.0);
    for column in scores.column_iter() {
        let (mut sums, mut counts) = (vec![0.0; sites], vec![0.0; sites]);
        for (value, site) in column.iter().zip(of) {
            sums[*site] += value;
            counts[*site] += 1.0;
        }
        between +=
            sums.iter().zip(&counts).filter(|(_, n)| **n > 0.0).map(|(sum, n)| sum * sum / n).sum::<f64>();
        all += column.norm_squared();
    }
    if all > 0.0 { (between / all).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::batches;
    use crate::analyze::{Column, ComBatForm};
    use crate::numeric::random::Random;
    use crate::stats::combat::{Adjust, Prior};

    /// Features of 60 units of three sites, the sites two standard deviations apart.
    fn cohort() -> (Vec<Column>, Vec<String>) {
        let mut random = Random::seeded(5);
        let sites: Vec<String> = (0..60).map(|unit| ["b", "a", "c"][unit % 3].to_owned()).collect();
        let features = (0..25)
            .map(|f| Column {
                name: format!("f{f}"),
                values: (0..60).map(|unit| 2.0 * (unit % 3) as f64 + random.normal()).collect(),
                gate: None,
            })
            .collect();
        (features, sites)
    }

    #[test]
    fn sites_lie_apart_before_and_together_after() {
        let (features, sites) = cohort();
        let found = batches(&features, &sites, None).unwrap();
        assert_eq!(
            (found.sites.as_slice(), found.counts.as_slice()),
            (&["a", "b", "c"].map(String::from)[..], &[20; 3][..])
        );
        assert_eq!(found.of[..4], [1, 0, 2, 1]);
        assert!(found.before.between_sites > 0.6, "{}", found.before.between_sites);
        let after = found.after.unwrap();
        assert!(after.between_sites < 0.1, "{}", after.between_sites);
        assert_eq!((found.before.scores.len(), after.scores.len()), (60, 60));
        assert!(found.before.explained.0 > found.before.explained.1 && !found.harmonised.in_models);
    }

    #[test]
    fn missing_and_constant_features_are_left_out_or_filled() {
        let (mut features, sites) = cohort();
        let before = batches(&features, &sites, None).unwrap();
        features.push(Column { name: "flat".into(), values: vec![0.1; 60], gate: None });
        features.push(Column { name: "rare".into(), values: vec![f64::NAN; 60], gate: None });
        assert_eq!(batches(&features, &sites, None).unwrap(), before);
        features[3].values[7] = f64::NAN;
        assert!(batches(&features, &sites, None).unwrap().after.is_some());
        assert_eq!(batches(&features[25..], &sites, None), None);
        assert_eq!(batches(&features, &vec!["a".into(); 60], None), None);
    }

    #[test]
    fn the_form_is_named_and_what_cannot_be_done_is_said() {
        let (features, sites) = cohort();
        let form = |reference: &str| ComBatForm {
            prior: Prior::NonParametric,
            adjust: Adjust::MeanAndScale,
            reference: Some(reference.into()),
        };
        let found = batches(&features, &sites, Some(&form("b"))).unwrap();
        assert!(found.harmonised.in_models && found.harmonised.text.contains("non-parametric"));
        assert!(found.harmonised.text.contains("brought to site b"));
        let found = batches(&features, &sites, Some(&form("x"))).unwrap();
        assert_eq!(found.after, None);
        assert!(found.harmonised.text.starts_with("not harmonised"));
    }
}
