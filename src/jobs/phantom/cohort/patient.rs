//! One patient of a cohort: a body, its lesions, its visits.

use std::fs::OpenOptions;
use std::path::Path;

use nalgebra::Point3;

use super::super::anatomy::Anatomy;
use super::super::draw::{Purpose, seed_of_part, stream};
use super::super::later_motion;
use super::super::lesion::{Lesion, Lesions, new_lesion};
use super::super::motion::Motion;
use super::super::scan::{Label, Lying, Scan, Scene, Size, Storage, faithful_grid, scan};
use super::super::visit::{VisitSheet, acquisition, write_visit};
use super::outcomes::Outcome;
use super::roles::{Course, Response, Role};
use crate::geometry::Own;
use crate::jobs::Failure;
use crate::store::{OutputFolder, StoreError};
use crate::visit::Acquisition;

/// A visit as it is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedVisit {
    /// Its name and that of its folder.
    pub name: &'static str,
    /// Days since baseline.
    pub day: f64,
    /// Diameter of the lesion in parts of that at baseline.
    pub size: f64,
    /// Spread of its intensities in parts of that at baseline.
    pub spread: f64,
}

impl PlannedVisit {
    /// Volume of the lesion in parts of that at baseline.
    pub fn volume_ratio(&self) -> f64 {
        self.size * self.size * self.size
    }
}

/// What the tables say of a patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Name.
    pub subject: String,
    /// What it is.
    pub role: Role,
    /// Baseline and follow-ups.
    pub visits: Vec<PlannedVisit>,
    /// True volume of the lesion at baseline in mL.
    pub lesion_ml: f64,
    /// What became of it.
    pub outcome: Outcome,
}

impl Record {
    /// Folder of a visit, relative to the manifest.
    pub fn folder(&self, visit: &PlannedVisit) -> String {
        format!("patients/{}/{}", self.subject, visit.name)
    }
}

/// A patient, not yet scanned.
#[derive(Debug)]
pub struct Patient {
    seed: u64,
    anatomy: Anatomy,
    lesions: Lesions,
    /// The lesion that grows between the visits.
    new: Option<(Lesion, Point3<f64>)>,
    record: Record,
}

impl Patient {
    /// The patient with this number in a cohort.
    pub fn new(cohort_seed: u64, index: usize, role: Role) -> Self {
        let seed = seed_of_part(cohort_seed, index);
        let anatomy = Anatomy::new(seed);
        let lesions = Lesions::new(seed, &anatomy);
        let new = (role.course == Course::LesionNew).then(|| new_lesion(seed, &anatomy, &lesions));
        let record = Record {
            subject: format!("P{:03}", index + 1),
            role,
            visits: visits(seed, role),
            lesion_ml: lesions.shrinking.lump.volume_mm3() / 1000.0,
            outcome: Outcome::new(seed, role.response),
        };
        Self { seed, anatomy, lesions, new, record }
    }

    /// Its name.
    pub fn subject(&self) -> &str {
        &self.record.subject
    }

    /// What the tables say of it.
    pub fn into_record(self) -> Record {
        self.record
    }

    /// Scans all visits and writes their folders, one after the other.
    pub fn write(&self, size: Size, out: &OutputFolder) -> Result<(), Failure> {
        let Role { site, course, .. } = self.record.role;
        for (n, visit) in self.record.visits.iter().enumerate() {
            let scan = self.scan(n, size);
            let labels = self.drawn(n);
            let gone = n > 0 && course == Course::LesionAbsent;
            let sheet = VisitSheet {
                subject: self.record.subject.clone(),
                visit: visit.name,
                day: visit.day,
                labels: &labels,
                absent: if gone { vec![Label::LesionStable] } else { Vec::new() },
                acquisition: Acquisition {
                    kernel: Some(site.kernel().to_owned()),
                    site: Some(site.word().to_owned()),
                    ..acquisition(size)
                },
            };
            let folder = self.record.folder(visit);
            write_visit(out, &folder, &sheet, &scan.image, Some(&scan.only(&labels)))?;
            if n > 0 && course == Course::BadFile {
                truncate(&out.file(&format!("{folder}/image.nii.gz"))?)?;
            }
        }
        Ok(())
    }

    /// What is drawn at the `n`th visit: the lesions that are there, and at baseline the liver, which a run carries
    /// to the follow-up as tissue that did not change.
    fn drawn(&self, n: usize) -> Vec<Label> {
        match (n, self.record.role.course) {
            (0, _) => vec![Label::Lesion, Label::LesionStable, Label::Liver],
            (_, Course::LesionAbsent) => vec![Label::Lesion],
            (_, Course::LesionNew) => vec![Label::Lesion, Label::LesionStable, Label::LesionNew],
            _ => vec![Label::Lesion, Label::LesionStable],
        }
    }

    /// The scan of the `n`th visit.
    pub fn scan(&self, n: usize, size: Size) -> Scan<Own> {
        let seed = seed_of_part(self.seed, n);
        let mut random = stream(seed, Purpose::Motion);
        let (scene, storage) = match n {
            0 => (Scene::unchanged(&self.anatomy, &self.lesions, Motion::none()), Storage::RasAligned),
            _ => (self.later(n, later_motion(&mut random, &self.lesions)), Storage::LpsOblique),
        };
        let grid = faithful_grid(&mut random, storage, size, &scene);
        let noise = self.record.role.site.noise_hu();
        scan(&scene, &grid, noise, &mut stream(seed, Purpose::FollowupNoise))
    }

    /// The body at the `n`th visit, a follow-up.
    fn later(&self, n: usize, motion: Motion) -> Scene<'_> {
        let visit = &self.record.visits[n];
        let became = self.lesions.shrinking.altered(visit.size, visit.spread);
        let mut scene = Scene::unchanged(&self.anatomy, &self.lesions, motion).with(became);
        if self.record.role.course == Course::LesionAbsent {
            scene.others.clear();
        }
        let new = self.new.iter().map(|(lesion, at)| Lying { label: Label::LesionNew, lesion, at: *at });
        scene.others.extend(new);
        scene
    }
}

/// How far the change has gone at the third visit, the second being 1 (in logarithms).
const GONE_ON: f64 = 1.3;

/// When a patient comes and how far its lesion has changed by then.
fn visits(seed: u64, role: Role) -> Vec<PlannedVisit> {
    let mut random = stream(seed, Purpose::Course);
    // All is drawn for everyone, so that what one gets does not depend on its role.
    let mut around = |day: f64, days: usize| day + random.below(2 * days + 1) as f64 - days as f64;
    let (second, third, late) = (around(56.0, 7), around(112.0, 7), around(168.0, 7));
    let (shrunken, patchy) = (random.between(0.73, 0.80), random.between(2.6, 3.2));
    let (size, spread) = match role.response {
        Response::Shrinking => (shrunken, 1.0),
        Response::Texture => (1.0, patchy),
        Response::None => (1.0, 1.0),
    };
    let visit = |name, day, gone: f64| PlannedVisit {
        name,
        day,
        size: libm::pow(size, gone),
        spread: libm::pow(spread, gone),
    };
    let baseline = visit("t0", 0.0, 0.0);
    match role.course {
        Course::ThreeVisits => vec![baseline, visit("t1", second, 1.0), visit("t2", third, GONE_ON)],
        Course::LateFollowup => vec![baseline, visit("t1", late, 1.0)],
        _ => vec![baseline, visit("t1", second, 1.0)],
    }
}

/// Cuts a file off in the middle, as an interrupted transfer does.
fn truncate(path: &Path) -> Result<(), StoreError> {
    let cut = || {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(file.metadata()?.len() / 2)
    };
    cut().map_err(StoreError::at(path))
}
