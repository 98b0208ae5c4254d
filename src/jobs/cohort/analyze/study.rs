//! Features of a study: the deltas of each lesion in the contour that decides, patient by patient.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::change::{Scale, asked_of_all, delta_name};
use super::error::AnalyzeFault;
use super::lesion::{GateSeen, Lesion, courses, lesions_of};
use super::measured::{Measured, MeasuredRow, Origin, VolumeChange};
use super::request::{FeatureRequest, ScaleAsked};
use super::visits::Wanted;
use crate::analyze::{Column, GateWord};
use crate::jobs::cohort::collect::source::Source;
use crate::jobs::cohort::collect::wide::columns::heading;
use crate::jobs::cohort::collect::{CollectError, measured_patients};
use crate::jobs::cohort::record::RECORD_FILE;
use crate::jobs::cohort::subjects::StudySubjects;
use crate::jobs::{Failure, Progress};
use crate::record::FeatureKey;
use crate::record::analysis::{Counted, FlowStep};
use crate::store::{hash_bytes, hash_file};

/// Reads a study.
pub fn read(
    study: &Path,
    request: &FeatureRequest,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<Measured, Failure> {
    let subjects = StudySubjects::read(study)?.ok_or_else(|| CollectError::NoStudy(study.to_owned()))?;
    let (patients, failed, pending) = measured_patients(study, &subjects);
    let mut flow = Flow::start(&subjects, failed, pending);
    let mut found = Found::default();
    for (n, (subject, key)) in patients.iter().enumerate() {
        progress.stage("reading", 0.05 * n as f64 / patients.len() as f64);
        let source = Source { study, subject, key };
        found.add(&source, request.visit.as_deref(), &mut flow)?;
    }
    found.check(study, request.visit.as_deref())?;
    let scales = found.scales(request.scale, wanted);
    let mut measured =
        Measured { origin: found.origin(study, &patients, request.scale)?, ..Measured::default() };
    flow.told(&mut measured, &found.rows);
    for (n, (key, scale)) in scales.iter().enumerate() {
        let values = |of: fn(&Lesion, usize, Scale) -> Option<f64>| {
            found.lesions.iter().map(|lesion| of(lesion, n, *scale).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
        };
        let name = heading(key);
        let gate = found.gates.get(key).and_then(GateSeen::word);
        let column = |name: String, values, gate: Option<GateWord>| Column { name, values, gate };
        measured.baseline.push(column(name.clone(), values(|lesion, n, _| lesion.baseline(n)), gate));
        measured.delta.push(column(delta_name(&name, request.scale, *scale), values(Lesion::delta), gate));
    }
    measured.rows = found.rows;
    measured.step("lesions with deltas at the follow-up", flow.lost.into_iter().collect());
    Ok(measured)
}

/// What is counted on the way.
struct Flow {
    subjects: usize,
    failed: usize,
    pending: usize,
    without_followup: usize,
    measured: usize,
    lost: BTreeMap<String, usize>,
}

impl Flow {
    fn start(subjects: &StudySubjects, failed: usize, pending: usize) -> Self {
        let all = subjects.subjects.len();
        Self { subjects: all, failed, pending, without_followup: 0, measured: 0, lost: BTreeMap::new() }
    }

    fn told(&self, measured: &mut Measured, rows: &[MeasuredRow]) {
        let some = |left_out: Vec<(&str, usize)>| -> Vec<(String, usize)> {
            left_out.into_iter().filter(|(_, n)| *n > 0).map(|(why, n)| (why.to_owned(), n)).collect()
        };
        let lesions = rows.len() + self.lost.values().sum::<usize>();
        let mut step = |step: &str, patients: usize, (units, counted), left_out| {
            let (left_out, step) = (some(left_out), step.to_owned());
            measured.flow.push(FlowStep { step, patients, units, counted, events: None, left_out });
        };
        let mut patients = |name: &str, n: usize, left_out| step(name, n, (n, Counted::Patients), left_out);
        patients("patients of the study", self.subjects, Vec::new());
        let with = self.subjects - self.failed - self.pending;
        patients("measured", with, vec![("failed", self.failed), ("not measured yet", self.pending)]);
        patients("with the follow-up", self.measured, vec![("without the follow-up", self.without_followup)]);
        step("lesions at the baseline", self.measured, (lesions, Counted::Lesions), Vec::new());
    }
}

/// What was found in the patients' results.
#[derive(Default)]
struct Found {
    lesions: Vec<Lesion>,
    rows: Vec<MeasuredRow>,
    keys: BTreeMap<FeatureKey, usize>,
    /// Per key: whether ratios mean nothing, and whether any lesion has one.
    ratios: Vec<(bool, bool)>,
    gates: BTreeMap<FeatureKey, GateSeen>,
    hashes: BTreeSet<String>,
    visits: BTreeSet<(String, String)>,
    present: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, source: &Source, visit: Option<&str>, flow: &mut Flow) -> Result<(), CollectError> {
        let visits = source.visits();
        let followups = visits.get(1..).unwrap_or_default();
        self.present.extend(followups.iter().map(|visit| (*visit).to_owned()));
        let chosen = match visit {
            Some(asked) => followups.iter().copied().find(|visit| *visit == asked),
            None => followups.first().copied(),
        };
        let (Some(followup), Some(baseline)) = (chosen, visits.first()) else {
            flow.without_followup += 1;
            return Ok(());
        };
        flow.measured += 1;
        self.visits.insert(((*baseline).to_owned(), followup.to_owned()));
        let part = source.deltas()?;
        let read = lesions_of(source, &part.sheet, followup)?;
        for (key, ratio) in &read.ratios {
            let next = self.keys.len();
            let place = *self.keys.entry(key.clone()).or_insert(next);
            if place == self.ratios.len() {
                self.ratios.push((false, false));
            }
            let of = &mut self.ratios[place];
            *of = (of.0 || ratio.0, of.1 || ratio.1);
        }
        for (key, seen) in read.gates {
            self.gates.entry(key).or_default().join(seen);
        }
        self.hashes.extend(read.hashes);
        let courses = courses(source, &part.sheet)?;
        let whole =
            read.lesions.iter().map(|lesion| lesion.volume).reduce(VolumeChange::plus).unwrap_or_default();
        for mut lesion in read.lesions {
            if let Some(why) = lesion.lost.take() {
                *flow.lost.entry(why).or_default() += 1;
                continue;
            }
            lesion.place(&self.keys);
            self.rows.push(MeasuredRow {
                subject: source.subject.name.clone(),
                followup_day: lesion.interval_days.or_else(|| courses.day(followup)),
                site: source.subject.site.clone(),
                volume: lesion.volume,
                volume_of_patient: whole,
                recist: courses.category(followup, "recist_1_1"),
                volumetric: courses.category(followup, "volumetric"),
                course: courses.of_lesion(&lesion.name),
                course_of_patient: courses.of_patient(),
                lesion: Some(lesion.name.clone()),
            });
            self.lesions.push(lesion);
        }
        Ok(())
    }

    fn check(&self, study: &Path, visit: Option<&str>) -> Result<(), AnalyzeFault> {
        if let Some(asked) = visit.filter(|asked| !self.present.contains(*asked)) {
            let present = self.present.iter().cloned().collect::<Vec<_>>().join(", ");
            return Err(AnalyzeFault::NoVisit { asked: asked.to_owned(), present });
        }
        let source_of = study.display().to_string();
        if self.hashes.len() > 1 {
            return Err(AnalyzeFault::Mixed { source_of, hashes: self.hashes.iter().cloned().collect() });
        }
        if self.rows.is_empty() {
            let what = "no lesion has deltas".to_owned();
            return Err(AnalyzeFault::NoFeatures { source_of, what });
        }
        Ok(())
    }

    /// The features in the order of the long tables, each with its scale.
    fn scales(&mut self, asked: ScaleAsked, wanted: &Wanted) -> Vec<(FeatureKey, Scale)> {
        let by_rule = |(signed, some): (bool, bool)| {
            if some && !signed { Scale::LogRatio } else { Scale::Absolute }
        };
        let mut order = vec![0; self.keys.len()];
        let mut scales = Vec::with_capacity(self.keys.len());
        for (n, (key, place)) in self.keys.iter().enumerate() {
            order[*place] = n;
            let scale = wanted.get(&heading(key)).copied().or_else(|| asked_of_all(asked));
            scales.push((key.clone(), scale.unwrap_or_else(|| by_rule(self.ratios[*place]))));
        }
        for lesion in &mut self.lesions {
            lesion.reorder(&order);
        }
        scales
    }

    fn origin(
        &self,
        study: &Path,
        patients: &[(&crate::jobs::cohort::subjects::StudySubject, String)],
        scale: ScaleAsked,
    ) -> Result<Origin, Failure> {
        let joined = |of: fn(&(String, String)) -> &String| {
            let names: BTreeSet<&str> = self.visits.iter().map(|pair| of(pair).as_str()).collect();
            names.into_iter().collect::<Vec<_>>().join("/")
        };
        let keys: Vec<&str> = patients.iter().map(|(_, key)| key.as_str()).collect();
        let mut inputs =
            vec![("patients' results, by their keys".to_owned(), hash_bytes(keys.join("\n").as_bytes()))];
        let record = study.join(RECORD_FILE);
        if record.is_file() {
            inputs.push((RECORD_FILE.to_owned(), hash_file(&record)?));
        }
        Ok(Origin {
            source: "a study of `delta cohort run`".into(),
            inputs,
            measurement_hashes: self.hashes.iter().cloned().collect(),
            visits: Some((joined(|pair| &pair.0), joined(|pair| &pair.1))),
            delta_scale: scale.word().to_owned(),
        })
    }
}
