//! Cohorts whose truth is known.

use crate::analyze::{AnalysisSettings, Block, BlockKind, Cohort, Column, Target, Unit};
use crate::numeric::random::Random;

/// A cohort to make.
#[derive(Clone, Copy)]
pub(super) struct Recipe {
    pub patients: usize,
    /// Lesions per patient: 1, or 1 to so many.
    pub most_lesions: usize,
    pub features: usize,
    /// Shift, in standard deviations, of the informative features of responders.
    pub signal: f64,
    /// How many features carry it.
    pub informative: usize,
    /// The same for the change of volume.
    pub volume: f64,
    pub seed: u64,
}

impl Recipe {
    pub(super) const NULL: Self = Self {
        patients: 60,
        most_lesions: 1,
        features: 200,
        signal: 0.0,
        informative: 5,
        volume: 0.0,
        seed: 1,
    };

    /// Responders by patient; features of lesions of a patient share half of their variance.
    pub(super) fn make(self) -> Cohort {
        let mut random = Random::seeded(self.seed);
        let (mut units, mut labels) = (Vec::new(), Vec::new());
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); self.features + 1];
        for patient in 0..self.patients {
            let lesions = 1 + random.below(self.most_lesions);
            let responds = patient % 2 == 0;
            let shared: Vec<f64> = (0..=self.features).map(|_| random.normal()).collect();
            let weight = if self.most_lesions > 1 { 0.5_f64.sqrt() } else { 0.0 };
            for lesion in 0..lesions {
                units.push(Unit { subject: format!("P{patient:03}"), lesion: Some(lesion.to_string()) });
                // Lesions of a patient respond alike, but for one in six.
                labels.push(responds != (lesion > 0 && random.below(6) == 0));
                for (feature, values) in values.iter_mut().enumerate() {
                    let noise = weight * shared[feature] + (1.0 - weight * weight).sqrt() * random.normal();
                    let shift = if feature == self.features {
                        self.volume
                    } else if feature < self.informative {
                        self.signal
                    } else {
                        0.0
                    };
                    values.push(noise + if responds { shift } else { 0.0 });
                }
            }
        }
        if self.most_lesions == 1 {
            for unit in &mut units {
                unit.lesion = None;
            }
        }
        let volume = values.pop().unwrap();
        let column = |(number, values): (usize, Vec<f64>)| Column {
            name: format!("f{number:04}"),
            values,
            gate: None,
        };
        Cohort {
            units,
            target: Target::Response(labels),
            blocks: vec![
                Block {
                    kind: BlockKind::Volume,
                    columns: vec![Column { name: "volume".into(), values: volume, gate: None }],
                },
                Block {
                    kind: BlockKind::Delta,
                    columns: values.into_iter().enumerate().map(column).collect(),
                },
            ],
            sites: None,
            subgroups: Vec::new(),
            courses: Vec::new(),
        }
    }
}

/// Settings for tests: fewer repeats and draws.
pub(super) fn quick() -> AnalysisSettings {
    AnalysisSettings {
        repeats: 2,
        inner_folds: 3,
        permutations: 39,
        resamples: 30,
        ..AnalysisSettings::default()
    }
}

/// Turns responders into patients with early events: exponential times, some lost.
pub(super) fn in_time(cohort: &Cohort, ratio: f64, seed: u64) -> Cohort {
    let mut random = Random::seeded(seed);
    let (mut days, mut events) = (Vec::new(), Vec::new());
    for responds in cohort.target.happened() {
        let rate = if *responds { ratio / 300.0 } else { 1.0 / 300.0 };
        let event = -libm::log(1.0 - random.uniform()) / rate;
        let lost = random.between(50.0, 1200.0);
        days.push(event.min(lost).ceil());
        events.push(event <= lost);
    }
    Cohort { target: Target::Survival { days, events }, ..cohort.clone() }
}
