//! Cohorts whose truth is known.

use delta_radiomics::analyze::{Block, BlockKind, Cohort, Column, Target, Unit};
use delta_radiomics::numeric::random::Random;

/// Features that share a factor.
const GROUP: usize = 20;
/// Share of a feature's variance that its factor has.
const SHARED: f64 = 0.5;
/// Features that carry a planted signal.
pub const INFORMATIVE: usize = 5;

/// A kind of cohort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    /// Its word in tables and files of results.
    pub name: &'static str,
    /// In words.
    pub text: &'static str,
    pub patients: usize,
    /// Lesions in all; as many as patients where each has one.
    pub lesions: usize,
    pub features: usize,
    /// By how many standard deviations an informative feature is larger in responders.
    pub signal: f64,
    /// The same for the change of volume.
    pub volume: f64,
    pub trap: Trap,
}

/// What would mislead an analysis that does not look out for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trap {
    None,
    /// Sites whose scanners differ, and where nothing is planted their patients' responses too (`sites.rs`).
    Sites {
        /// Sites are harmonised by ComBat.
        harmonised: bool,
    },
    /// Follow-up scans on different days, the change growing with the time to them (`scans.rs`).
    Scans {
        /// Time starts at the scan.
        landmark: bool,
    },
}

const fn signal(name: &'static str, text: &'static str, patients: usize, signal: f64) -> Scenario {
    Scenario {
        name,
        text,
        patients,
        lesions: patients,
        features: 1000,
        signal,
        volume: 0.0,
        trap: Trap::None,
    }
}

/// Fewer features: what is asked here is whether a planted error shows.
const fn sites(name: &'static str, text: &'static str, planted: f64, trap: Trap) -> Scenario {
    Scenario { features: 200, trap, ..signal(name, text, 120, planted) }
}

const fn scans(name: &'static str, text: &'static str, trap: Trap) -> Scenario {
    Scenario { features: 100, trap, ..signal(name, text, 120, 0.0) }
}

/// Null cohorts and planted signals, in the order of the report. Planted sizes are those at which the procedure reaches the named area on
/// average (by 100 cohorts of neighbouring sizes each).
pub const SCENARIOS: [Scenario; 12] = [
    signal("null_60", "nothing planted", 60, 0.0),
    Scenario { lesions: 70, ..signal("null_lesions", "nothing planted, 70 lesions", 40, 0.0) },
    signal("weak_60", "planted, AUC near 0.6", 60, 0.73),
    signal("modest_60", "planted, AUC near 0.67", 60, 0.81),
    signal("clear_60", "planted, AUC near 0.8", 60, 1.0),
    signal("strong_60", "planted, AUC near 0.9", 60, 1.2),
    Scenario { volume: 1.0, ..signal("volume_60", "volume alone informative", 60, 0.0) },
    signal("weak_120", "planted, AUC near 0.6", 120, 0.525),
    signal("modest_120", "planted, AUC near 0.67", 120, 0.59),
    signal("clear_120", "planted, AUC near 0.8", 120, 0.79),
    signal("strong_120", "planted, AUC near 0.9", 120, 1.035),
    Scenario { volume: 1.0, ..signal("volume_120", "volume alone informative", 120, 0.0) },
];

/// What would mislead an analysis, with and without what is done about it.
pub const TRAPS: [Scenario; 7] = [
    sites(
        "site_null",
        "nothing planted; sites differ in scanners and in responses",
        0.0,
        Trap::Sites { harmonised: false },
    ),
    sites("site_null_combat", "the same, with ComBat", 0.0, Trap::Sites { harmonised: true }),
    sites("one_site", "planted, one site", 1.0, Trap::None),
    sites("site_signal", "planted; sites differ in scanners", 1.0, Trap::Sites { harmonised: false }),
    sites("site_signal_combat", "the same, with ComBat", 1.0, Trap::Sites { harmonised: true }),
    scans("immortal", "time from the baseline scan", Trap::Scans { landmark: false }),
    scans("immortal_landmark", "time from the follow-up scan", Trap::Scans { landmark: true }),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().chain(&TRAPS)
}

impl Scenario {
    /// One cohort: responders with probability one half (drawn), features in groups that share a factor, normal values.
    /// Lesions of a patient respond alike and share half of each feature's variance.
    pub fn cohort(&self, seed: u64) -> Cohort {
        let mut random = Random::seeded(seed);
        let mut lesions = vec![1; self.patients];
        for _ in self.patients..self.lesions {
            lesions[random.below(self.patients)] += 1;
        }
        // Exactly half respond, so that no cohort is without outcome.
        let mut responds: Vec<bool> = (0..self.patients).map(|patient| patient % 2 == 0).collect();
        random.shuffle(&mut responds);
        let several = self.lesions > self.patients;
        let (mut units, mut labels) = (Vec::new(), Vec::new());
        let mut values: Vec<Vec<f64>> = vec![Vec::with_capacity(self.lesions); self.features];
        let mut volume = Vec::with_capacity(self.lesions);
        for patient in 0..self.patients {
            let own = self.draw(&mut random);
            let own_volume = random.normal();
            for lesion in 0..lesions[patient] {
                units.push(Unit {
                    subject: format!("P{patient:04}"),
                    lesion: several.then(|| lesion.to_string()),
                });
                labels.push(responds[patient]);
                let fresh = self.draw(&mut random);
                for (feature, column) in values.iter_mut().enumerate() {
                    // Informative features come from different groups: they are not copies of each other.
                    let informative = feature % GROUP == 0 && feature / GROUP < INFORMATIVE;
                    let shift = if responds[patient] && informative { self.signal } else { 0.0 };
                    column.push(shift + mixed(own[feature], fresh[feature], several));
                }
                let shift = if responds[patient] { self.volume } else { 0.0 };
                volume.push(shift + mixed(own_volume, random.normal(), several));
            }
        }
        let columns = values
            .into_iter()
            .enumerate()
            .map(|(feature, values)| Column { name: format!("f{feature:04}"), values, gate: None })
            .collect();
        Cohort {
            units,
            target: Target::Response(labels),
            blocks: vec![
                Block {
                    kind: BlockKind::Volume,
                    columns: vec![Column { name: "volume".into(), values: volume, gate: None }],
                },
                Block { kind: BlockKind::Delta, columns },
            ],
            sites: None,
            subgroups: Vec::new(),
            courses: Vec::new(),
        }
    }

    /// Values of all features of one patient or lesion.
    fn draw(&self, random: &mut Random) -> Vec<f64> {
        let factors: Vec<f64> = (0..self.features.div_ceil(GROUP)).map(|_| random.normal()).collect();
        (0..self.features)
            .map(|feature| SHARED.sqrt() * factors[feature / GROUP] + (1.0 - SHARED).sqrt() * random.normal())
            .collect()
    }
}

fn mixed(own: f64, fresh: f64, several: bool) -> f64 {
    if several { 0.5_f64.sqrt() * (own + fresh) } else { own }
}
