//! What may be said: differences to volume, the claim, the number of patients.

use super::interval;
use crate::record::analysis::*;

pub fn differences(models: &[ModelResult]) -> Vec<Difference> {
    models
        .iter()
        .filter(|m| m.model != ModelKind::Volume)
        .map(|m| Difference {
            model: m.model,
            difference: m.discrimination.map(|d| interval(d.estimate - 0.62, 0.13)),
            status: m.discrimination.is_none().then(|| "the model could not be made".into()),
        })
        .collect()
}

pub fn claim(claim: ClaimVerdict) -> Claim {
    let reasons = match claim {
        ClaimVerdict::BeyondVolume => vec![
            "permutation p is 0.005, below 0.05".to_owned(),
            "the lower bound of the difference to the change of volume alone is 0.09, above zero".to_owned(),
        ],
        ClaimVerdict::None => vec![
            "permutation p is below 0.05, but the interval of the difference to the change of volume alone reaches from \
             -0.12 to 0.14 and includes zero"
                .to_owned(),
        ],
    };
    Claim {
        claim,
        model: ModelKind::Deltas,
        reasons,
        interval: IntervalMethod {
            name: "patients_through_the_pipeline".into(),
            text: "95 % interval: estimate plus and minus 1.96 standard deviations over resamples of patients, the whole pipeline run on each"
                .into(),
            simulated_coverage: Some((0.93, 0.97)),
        },
    }
}

pub fn sample_size() -> Vec<SampleSize> {
    [(ModelKind::Volume, 1, 24.0, 38), (ModelKind::Deltas, 31, 0.77, 623)]
        .map(|(model, parameters, events, needed)| SampleSize {
            model,
            parameters,
            events_per_parameter: Some(events),
            r2: 0.288,
            criteria: vec![needed, 2 * needed / 3, 221.min(needed)],
            needed: Some(needed),
            patients: 60,
        })
        .to_vec()
}
