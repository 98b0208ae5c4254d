//! Every scan of the manifest, measured: subjects one after the other, so that one subject's scans are in memory.

use super::contours::{self, Made};
use super::error::StabilityFault;
use super::manifest::{Entry, Manifest};
use super::plan::Plan;
use super::repeated::Repeated;
use crate::jobs::run::derived::{self, derived};
use crate::jobs::run::measure::{Measuring, Target};
use crate::jobs::{Failure, Progress};
use crate::record::{FeatureRow, MaskSource, QaVerdict, RepeatKind};
use crate::stability::perturb::Perturbation;
use crate::visit::{Structure, Visit};

/// What was measured of a manifest.
#[derive(Debug, Default)]
pub struct MeasuredStudy {
    /// All values.
    pub rows: Vec<Repeated>,
    /// What was assumed or should be known, in sentences.
    pub notes: Vec<String>,
    /// Alignments that failed their checks.
    pub failed: usize,
}

/// Measures all scans, or perturbed copies of each.
pub fn measure(
    plan: &mut Plan,
    manifest: &Manifest,
    perturbation: Option<&Perturbation>,
    progress: &dyn Progress,
) -> Result<MeasuredStudy, Failure> {
    let mut study = MeasuredStudy::default();
    let subjects = manifest.subjects.len();
    for (n, subject) in manifest.subjects.iter().enumerate() {
        let share = 0.05 + 0.85 * n as f64 / subjects as f64;
        progress.stage(&format!("subject {} of {subjects}", n + 1), share);
        let visits = plan.scans(&manifest.path, subject)?;
        check_regions(manifest, subject, &visits)?;
        derived::check(&plan.protocol.region, &visits)?;
        let made = contours::missing(&visits, plan)?;
        let bench = Bench { plan, visits: &visits, made: &made, perturbation };
        for n in 0..visits.len() {
            bench.measure(&subject[n], n, &mut study.rows)?;
        }
        remark(&mut study, &visits, &made);
    }
    study.notes.dedup();
    Ok(study)
}

/// A subject's scans and what is measured on them.
struct Bench<'a> {
    plan: &'a Plan,
    visits: &'a [Visit],
    made: &'a [Made],
    perturbation: Option<&'a Perturbation>,
}

impl Bench<'_> {
    /// The values of scan `n`.
    fn measure(&self, entry: &Entry, n: usize, rows: &mut Vec<Repeated>) -> Result<(), Failure> {
        let Self { plan, visits, made, .. } = self;
        let (visit, ours) = (&visits[n], &made[n].contours);
        let measuring = Measuring {
            subject: Some(&entry.subject),
            settings: &plan.measurement,
            hash: &plan.hash,
            selection: &plan.protocol.features,
        };
        let prepared = measuring.prepare(visit, &plan.flags(entry), ours);
        let regions = derived(&plan.protocol.region, &visit.structures, ours);
        let given = visit.structures.iter().map(Target::given);
        let targets: Vec<Target> =
            given.chain(ours.iter().map(Target::ours)).chain(regions.iter().map(Target::derived)).collect();
        let row = |perturbation: Option<u32>, feature: FeatureRow| Repeated {
            repeat: entry.repeat.clone(),
            kind: if perturbation.is_some() { RepeatKind::Perturbation } else { entry.kind },
            perturbation,
            // A scan is compared with copies of itself, in copies of its own contour.
            pooled_as: match perturbation {
                Some(_) => feature.mask_source,
                None => self.least_confirmed(&feature.roi, feature.mask_source),
            },
            feature,
        };
        match self.perturbation {
            None => rows.extend(measuring.rows(&prepared, &targets)?.into_iter().map(|r| row(None, r))),
            Some(asked) => {
                let perturbed = measuring.perturbed_rows(&prepared, &targets, asked)?;
                rows.extend(perturbed.into_iter().map(|copy| row(Some(copy.perturbation), copy.row)));
            }
        }
        Ok(())
    }

    /// The least confirmed contour that a region has in this subject's repeats. A region that the protocol makes has
    /// the source of what it is made from.
    fn least_confirmed(&self, roi: &str, own: MaskSource) -> MaskSource {
        let made_of = self.plan.protocol.region.iter().find(|r| r.name == roi).map(|r| r.of.as_str());
        let name = made_of.unwrap_or(roi);
        let given = self.visits.iter().flat_map(|v| &v.structures);
        let ours = self.made.iter().flat_map(|m| &m.contours).map(|c| &c.structure);
        let sources = given.chain(ours).filter(|s: &&Structure| s.name == name).map(|s| s.source);
        sources.max().unwrap_or(own)
    }
}

fn check_regions(manifest: &Manifest, subject: &[Entry], visits: &[Visit]) -> Result<(), StabilityFault> {
    if visits.iter().all(|v| v.structures.is_empty()) {
        let (path, subject) = (manifest.path.clone(), subject[0].subject.clone());
        return Err(StabilityFault::NoRegion { path, subject });
    }
    let bare = |(entry, visit): &(&Entry, &Visit)| {
        entry.kind == RepeatKind::Rater && visit.structures.is_empty() && visit.absent.is_empty()
    };
    match subject.iter().zip(visits).find(bare) {
        Some((entry, _)) => {
            Err(StabilityFault::RaterWithoutMask { path: manifest.path.clone(), row: entry.row })
        }
        None => Ok(()),
    }
}

/// What a reader must know of a subject's scans.
fn remark(study: &mut MeasuredStudy, visits: &[Visit], made: &[Made]) {
    for (visit, made) in visits.iter().zip(made) {
        let subject = visit.subject.as_deref().unwrap_or_default();
        study.notes.extend(visit.notes.iter().map(|note| format!("{subject}, {}: {note}", visit.name)));
        study.notes.extend(made.notes.iter().cloned());
        study.failed += usize::from(made.verdict == Some(QaVerdict::Fail));
        if !made.contours.is_empty() {
            let names: Vec<&str> = made.contours.iter().map(|c| c.structure.name.as_str()).collect();
            study.notes.push(format!(
                "{subject}, {}: no contour was drawn of {}; ours were made by registration, and the pairs count as \
                 {} ones.",
                visit.name,
                names.join(", "),
                pooled_words(made)
            ));
        }
    }
}

fn pooled_words(made: &Made) -> String {
    let mut sources: Vec<MaskSource> = made.contours.iter().map(|c| c.structure.source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.iter().map(|s| s.word()).collect::<Vec<_>>().join(" or ")
}
