//! The sampling of a run: that of its gate, else that of its study, else one for its own visits.

use super::request::RunRequest;
use crate::delta::gate::Gate;
use crate::features::sampling::{self, SamplingDecision, VisitFacts};
use crate::features::settings::{Measurement, ResolvedMeasurement};

/// Decides what the visits are measured on, and says why. Whatever decides, a scan that is coarser than those of its
/// study is flagged.
pub fn decide(
    request: &RunRequest,
    gate: Option<&Gate>,
    settings: &Measurement,
    visits: &[VisitFacts],
) -> (ResolvedMeasurement, SamplingDecision) {
    let (mut measurement, mut decision) = sampling::resolve(settings, visits);
    let mut because = None;
    if let Some(study) = &request.sampling {
        measurement.sampling = study.sampling.clone();
        because = Some(format!("Decided once over all scans of the study. {}", study.why));
    }
    if let Some(of_gate) = gate.and_then(|gate| gate.measurement.as_ref())
        && of_gate.sampling != measurement.sampling
    {
        measurement.sampling = of_gate.sampling.clone();
        let otherwise = because.as_deref().unwrap_or(&decision.why);
        because = Some(format!("As the gate was made. Without the gate: {otherwise}"));
    }
    if let Some(why) = because {
        decision = sampling::decision(why, &measurement, visits);
    }
    if let Some(study) = &request.sampling {
        study.mark(&mut decision, visits);
    }
    (measurement, decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FrozenSampling;
    use crate::geometry::Grid;
    use crate::protocol::Protocol;
    use crate::record::{Flag, MeasurementHash, Modality, Units};

    fn scan(spacing: [f64; 3]) -> VisitFacts {
        let grid = Grid::axis_aligned([10, 10, 10], spacing, [0.0; 3]).unwrap();
        VisitFacts { grid, units: Units::Hu, modality: Modality::Ct }
    }

    fn generic() -> Measurement {
        Protocol::load("generic").unwrap().measurement()
    }

    fn of_study(scans: &[VisitFacts]) -> RunRequest {
        let sampling = Some(FrozenSampling::decide(&generic(), scans));
        RunRequest { sampling, ..RunRequest::new(Vec::new()) }
    }

    #[test]
    fn a_patient_is_measured_as_the_study_is_whatever_its_own_scans_would_ask_for() {
        let study = of_study(&[scan([1.0; 3]), scan([1.0, 1.0, 2.0])]);
        let fine = [scan([0.5; 3]), scan([1.0, 1.0, 2.0])];
        let (measurement, decision) = decide(&study, None, &generic(), &fine);
        assert_eq!(measurement.sampling.spacing_mm, [Some(1.3); 3]);
        assert!(decision.why.starts_with("Decided once over all scans of the study."), "{}", decision.why);
        assert!(decision.flags.iter().all(|f| !f.has(&Flag::CoarserThanStudy)));
    }

    #[test]
    fn only_the_visit_that_is_coarser_than_the_study_is_flagged() {
        let study = of_study(&[scan([1.0; 3])]);
        let (measurement, decision) =
            decide(&study, None, &generic(), &[scan([1.0; 3]), scan([1.0, 1.0, 1.5])]);
        assert_eq!(measurement.sampling.spacing_mm, [Some(1.0); 3]);
        let flagged: Vec<bool> = decision.flags.iter().map(|f| f.has(&Flag::CoarserThanStudy)).collect();
        assert_eq!(flagged, [false, true]);
        assert!(decision.why.contains("1.00 x 1.00 x 1.50 mm"), "{}", decision.why);
    }

    #[test]
    fn a_gate_s_sampling_goes_before_the_study_s() {
        let of_gate = FrozenSampling::decide(&generic(), &[scan([2.0; 3])]);
        let mut measurement = ResolvedMeasurement::of_a_ct();
        measurement.sampling = of_gate.sampling;
        let gate = Gate { measurement: Some(measurement), ..empty_gate() };
        let study = of_study(&[scan([1.0; 3])]);
        let (measurement, decision) = decide(&study, Some(&gate), &generic(), &[scan([1.0, 1.0, 3.0])]);
        assert_eq!(measurement.sampling.spacing_mm, [Some(2.0); 3]);
        assert!(decision.why.starts_with("As the gate was made. Without the gate: Decided once"));
        assert!(decision.flags[0].has(&Flag::CoarserThanStudy), "the scan is what it is");
    }

    fn empty_gate() -> Gate {
        serde_json::from_value(serde_json::json!({
            "schema": 1, "kind": "test_retest", "measurement_hash": MeasurementHash::new("ab".repeat(32)),
            "modality": "CT", "icc_bound": "lower", "icc_threshold": 0.75, "rc_bound": "auto",
            "expected_share_beyond": {"all": 0.06, "stable": null}, "features": {}, "source": {}
        }))
        .unwrap()
    }
}
