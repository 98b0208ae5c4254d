//! A frozen model as lines to read off.

use crate::analyze::learn::score::survival_at;
use crate::analyze::validate::resamples::probability;
use crate::record::analysis::{FrozenModel, Nomogram, NomogramAxis, TargetKind};

/// The most terms that one can read off by hand.
const MOST_TERMS: usize = 12;
/// Ticks of a line.
const TICKS: usize = 6;
/// Points that the widest line spans.
const POINTS: f64 = 100.0;

/// Lines of a model: each term's contribution over the range of its values, shifted so that the least is zero, scaled
/// so that the widest spans 100 points. None where there are no terms, or more than can be read off.
pub(in crate::analyze) fn nomogram(model: &FrozenModel, horizon: Option<f64>) -> Option<Nomogram> {
    let terms = &model.coefficients;
    if terms.is_empty() || terms.len() > MOST_TERMS {
        return None;
    }
    let slope = |place: usize| terms[place].coefficient / terms[place].sd;
    let width = |place: usize| (slope(place) * (terms[place].range.1 - terms[place].range.0)).abs();
    let widest = (0..terms.len()).map(width).fold(0.0, f64::max);
    if widest <= 0.0 || !widest.is_finite() {
        return None;
    }
    let scale = POINTS / widest;
    let least = |place: usize| {
        let (low, high) = terms[place].range;
        if slope(place) >= 0.0 { low } else { high }
    };
    let axes = (0..terms.len())
        .map(|place| {
            let (low, high) = terms[place].range;
            let ticks = (0..TICKS)
                .map(|tick| {
                    let value = low + (high - low) * tick as f64 / (TICKS - 1) as f64;
                    (value, slope(place) * (value - least(place)) * scale)
                })
                .collect();
            NomogramAxis { feature: terms[place].feature.clone(), ticks }
        })
        .collect();
    // The linear predictor where every line stands at zero points.
    let start =
        model.intercept + (0..terms.len()).map(|p| slope(p) * (least(p) - terms[p].mean)).sum::<f64>();
    let total_points = (0..terms.len()).map(width).sum::<f64>() * scale;
    let survival = horizon.map(|days| survival_at(&model.baseline_survival, days));
    let total = (0..=20)
        .filter_map(|tick| {
            let points = total_points * f64::from(tick) / 20.0;
            let linear = start + points / scale;
            let predicted = match model.target {
                TargetKind::Response => probability(linear),
                TargetKind::Survival => libm::pow(survival?, libm::exp(linear)),
            };
            Some((points, predicted))
        })
        .collect::<Vec<_>>();
    let predicts = match (model.target, horizon) {
        (TargetKind::Response, _) => "probability of response".to_owned(),
        (TargetKind::Survival, Some(days)) => format!("survival at {days:.0} days from the landmark"),
        (TargetKind::Survival, None) => return None,
    };
    let harmonised = model.coefficients.iter().any(|term| term.sites.is_some());
    let predicts = if harmonised { format!("{predicts}, from features after ComBat") } else { predicts };
    Some(Nomogram { axes, total, predicts })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::analysis::{Coefficient, ModelKind};

    fn term(feature: &str, coefficient: f64, mean: f64, sd: f64, range: (f64, f64)) -> Coefficient {
        let block = "delta".into();
        Coefficient {
            block,
            feature: feature.into(),
            coefficient,
            mean,
            sd,
            imputed: mean,
            range,
            sites: None,
        }
    }

    #[test]
    fn points_give_the_probability_of_the_model() {
        let coefficients =
            vec![term("a", 1.0, 0.0, 1.0, (-2.0, 2.0)), term("b", -0.5, 10.0, 5.0, (0.0, 20.0))];
        let model = FrozenModel {
            schema: 1,
            version: String::new(),
            model: ModelKind::Deltas,
            target: TargetKind::Response,
            measurement_hashes: Vec::new(),
            delta_scale: String::new(),
            levels: BTreeMap::new(),
            intercept: 0.3,
            coefficients,
            baseline_survival: Vec::new(),
            lambda: 0.1,
            alpha: 0.5,
            range: (0.0, 1.0),
            fitted_to: (1, 1, 1),
        };
        let found = nomogram(&model, None).unwrap();
        // a spans 4 on the linear predictor: 100 points, 25 per unit; b spans 2: 50 points, falling.
        assert_eq!(found.axes[0].ticks[0], (-2.0, 0.0));
        assert_eq!(found.axes[0].ticks[5], (2.0, 100.0));
        assert_eq!((found.axes[1].ticks[0], found.axes[1].ticks[5]), ((0.0, 50.0), (20.0, 0.0)));
        // a = 2, b = 0: all points; linear predictor 0.3 + 2 + 1.
        let (points, p) = *found.total.last().unwrap();
        assert!((points - 150.0).abs() < 1e-9);
        assert!((p - 1.0 / (1.0 + libm::exp(-3.3))).abs() < 1e-12);
        assert!(nomogram(&FrozenModel { coefficients: Vec::new(), ..model }, None).is_none());
    }
}
