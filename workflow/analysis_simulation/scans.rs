//! A planted immortal-time bias, from tables as a user would have them.
//!
//! Nobody's hazard depends on anything. Patients are scanned again on different days, and some features change the more
//! the later that is. Who is scanned late has lived until then: counted from the baseline, their changes go with long
//! survival. Counted from the scan, they go with nothing.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use delta_radiomics::analyze::AnalysisSettings;
use delta_radiomics::jobs::Silent;
use delta_radiomics::jobs::cohort::analyze::{
    AnalyzeRequest, CovariatesAsked, FeatureRequest, FeatureSource, Incorporated, LandmarkAsked,
    OutcomeRequest, ScaleAsked, analyze,
};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::record::analysis::{Analysis, ModelKind};
use delta_radiomics::store::Existing;

use super::scenario::{INFORMATIVE, Scenario};

/// Days of the follow-up scan, drawn evenly.
const SCANS: (f64, f64) = (30.0, 600.0);
/// Mean time to the event, in days.
const MEAN: f64 = 250.0;
/// The study ends on this day after the baseline.
const END: f64 = 1500.0;
/// Correlation of a growing change with the day of the scan.
const GROWTH: f64 = 0.9;

/// Writes the tables of one cohort to an empty folder and analyses them as the command does.
pub fn analysed(
    scenario: &Scenario,
    landmark: bool,
    settings: AnalysisSettings,
    folder: &Path,
) -> io::Result<Analysis> {
    let (features, outcomes) = tables(scenario, settings.seed);
    let (of_features, of_outcomes) = (folder.join("features.csv"), folder.join("outcomes.csv"));
    std::fs::write(&of_features, features)?;
    std::fs::write(&of_outcomes, outcomes)?;
    let request = AnalyzeRequest {
        features: FeatureRequest {
            source: FeatureSource::Table(of_features),
            visit: None,
            scale: ScaleAsked::Auto,
            volume: None,
        },
        outcomes: OutcomeRequest {
            table: of_outcomes,
            target: None,
            covariates: CovariatesAsked::All,
            landmark: if landmark { LandmarkAsked::FollowupScan } else { LandmarkAsked::Baseline },
            incorporated: Incorporated::Refuse,
        },
        subgroups: Vec::new(),
        folds_from: None,
        freeze: ModelKind::Deltas,
        settings,
        out: Some(folder.join("analysis")),
        existing: Existing::Keep,
    };
    let done = analyze(&request, &Silent).map_err(|failure| io::Error::other(failure.to_string()))?;
    Ok(done.analysis)
}

/// Features of all who were scanned again, and what happened to them.
fn tables(scenario: &Scenario, seed: u64) -> (String, String) {
    let mut random = Random::seeded(seed);
    let mut features = String::from("subject,volume");
    for feature in 0..scenario.features {
        let _ = write!(features, ",f{feature:04}");
    }
    features.push('\n');
    let mut outcomes = String::from("subject,followup_day,time_days,event\n");
    for patient in 0..scenario.patients {
        let (scan, time) = scanned(&mut random);
        let late = (scan - f64::midpoint(SCANS.0, SCANS.1)) / ((SCANS.1 - SCANS.0) / 12.0_f64.sqrt());
        let _ = write!(features, "P{patient:04},{}", random.normal());
        for feature in 0..scenario.features {
            let growth = if feature < INFORMATIVE { GROWTH } else { 0.0 };
            let _ = write!(features, ",{}", growth * late + (1.0 - growth * growth).sqrt() * random.normal());
        }
        features.push('\n');
        let _ = writeln!(outcomes, "P{patient:04},{scan},{},{}", time.min(END), u8::from(time <= END));
    }
    (features, outcomes)
}

/// The day of the scan and of the event of a patient who lived to be scanned.
fn scanned(random: &mut Random) -> (f64, f64) {
    loop {
        let scan = random.between(SCANS.0, SCANS.1);
        let time = -MEAN * libm::log(1.0 - random.uniform());
        if time > scan {
            return (scan, time);
        }
    }
}
