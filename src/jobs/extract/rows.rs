//! The regions of every case, measured: images one after the other on each thread, each read once for consecutive
//! rows that share it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::batch::{Case, Image, Work};
use super::error::ExtractError;
use super::plan::Plan;
use super::request::LabelChoice;
use crate::features::FeatureError;
use crate::geometry::GridMatch;
use crate::io::{IoError, MaskFault, MaskRegions, Scan, check_data, check_name, list_labels, read_regions};
use crate::jobs::prepared::PreparedImage;
use crate::jobs::{Failure, Progress};
use crate::labels::Mask;
use crate::record::{FeatureKey, Flag, Flags, MaskSource, Outcome, RoiRole};
use crate::visit::{Structure, roles_of};

/// A measured region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Place of its case.
    pub case: usize,
    /// Name.
    pub name: String,
    /// Label in its mask.
    pub label: u32,
    /// Role.
    pub role: RoiRole,
    /// Where its contour comes from.
    pub source: MaskSource,
    /// What a reader must know of all its values.
    pub flags: Flags,
    /// Values in the order of [`Measurements::columns`].
    pub outcomes: Vec<Outcome>,
}

/// What is measured of every region.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Feature.
    pub key: FeatureKey,
    /// Unit of its values.
    pub unit: String,
}

/// A row that gave nothing.
#[derive(Clone, Debug)]
pub struct FailedRow {
    /// Place of its case.
    pub case: usize,
    /// Why.
    pub failure: Failure,
}

/// All that was measured, in the order of the cases.
#[derive(Debug, Default)]
pub struct Measurements {
    /// What every region has; the settings are the same for all.
    pub columns: Vec<Column>,
    /// The regions.
    pub regions: Vec<Region>,
    /// Rows that gave none.
    pub failed: Vec<FailedRow>,
    /// What was assumed on the way, in sentences, each with the first case it is about.
    pub notes: Vec<(usize, String)>,
}

/// Measures all cases. A case that fails does not end the others.
///
/// Each thread takes one image after the other and shares the regions on it with threads that have none: as many
/// images are in memory as there are threads, however long the batch.
pub fn measure(work: &Work, plan: &Plan, progress: &dyn Progress) -> Measurements {
    let cases: Vec<Numbered> = work.understood().collect();
    let images: Vec<&[Numbered]> = cases.chunk_by(|a, b| a.1.image == b.1.image).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tell = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        let share = done as f64 / cases.len() as f64;
        progress.stage(&format!("measuring, {done} of {} rows done", cases.len()), 0.05 + 0.9 * share);
    };
    let by_thread = rayon::broadcast(|_| {
        let mut found = Vec::new();
        while let Some(image) = images.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(measure_image(plan, image, &tell));
        }
        found
    });
    let mut found: Vec<(usize, Result<OfCase, Failure>)> = by_thread.into_iter().flatten().collect();
    let refused = work.cases.iter().enumerate();
    found.extend(refused.filter_map(|(n, case)| Some((n, Err(case.as_ref().err()?.clone())))));
    found.sort_by_key(|(case, _)| *case);
    let mut all = Measurements::default();
    for (case, result) in found {
        match result {
            Err(failure) => all.failed.push(FailedRow { case, failure }),
            Ok(of_case) => all.add(case, of_case),
        }
    }
    all
}

impl Measurements {
    fn add(&mut self, case: usize, of_case: OfCase) {
        for note in of_case.notes {
            if !self.notes.iter().any(|(_, earlier)| *earlier == note) {
                self.notes.push((case, note));
            }
        }
        for (region, columns) in of_case.regions {
            if self.columns.is_empty() {
                self.columns = columns;
            }
            self.regions.push(Region { case, ..region });
        }
    }
}

/// A case with its place in the order of the request.
type Numbered<'a> = (usize, &'a Case);

/// What one case gives.
struct OfCase {
    regions: Vec<(Region, Vec<Column>)>,
    notes: Vec<String>,
}

/// Reads an image and measures the cases on it; masks are read once for consecutive cases that share them.
fn measure_image(
    plan: &Plan,
    cases: &[Numbered],
    tell: &(impl Fn() + Sync),
) -> Vec<(usize, Result<OfCase, Failure>)> {
    let image = &cases[0].1.image;
    let scan = match plan.scan(image) {
        Ok(scan) => scan,
        Err(failure) => {
            let fails = |(n, _): &Numbered| {
                tell();
                (*n, Err(failure.clone()))
            };
            return cases.iter().map(fails).collect();
        }
    };
    let bench = Bench { plan, image, scan: &scan };
    let sharing: Vec<&[Numbered]> = cases.chunk_by(|a, b| a.1.masks == b.1.masks).collect();
    let regions: Vec<Result<OnImage, Failure>> =
        sharing.par_iter().map(|sharing| bench.regions(sharing[0].1)).collect();
    // Normalised once, by the body without any lesion of any case: which regions are asked for changes no value.
    let all = regions.iter().flatten().flat_map(|on| &on.regions).map(|found| &found.structure);
    let prepared = PreparedImage::new(&scan.volume, plan.meaning.units, &plan.measurement, all);
    let of_masks = |(sharing, regions): (&&[Numbered], &Result<OnImage, Failure>)| {
        let of_case = |(n, case): &Numbered| {
            let result = match regions {
                Ok(regions) => bench.measure(&prepared, case, regions),
                Err(failure) => Err(failure.clone()),
            };
            tell();
            (*n, result)
        };
        sharing.par_iter().map(of_case).collect::<Vec<_>>()
    };
    sharing.par_iter().zip(&regions).flat_map_iter(of_masks).collect()
}

/// An image on which regions are measured.
#[derive(Clone, Copy)]
struct Bench<'a> {
    plan: &'a Plan,
    image: &'a Image,
    scan: &'a Scan,
}

/// The regions of masks on an image, and what should be known of them.
struct OnImage {
    regions: Vec<Found>,
    notes: Vec<String>,
}

/// A region before it is measured.
struct Found {
    /// Its mask's file.
    path: PathBuf,
    structure: Structure,
    label: u32,
    /// Whether its mask lies on the image's grid with a tolerance.
    grid: GridMatch,
}

impl Bench<'_> {
    /// Measures the regions that a case asks for.
    fn measure(&self, image: &PreparedImage, case: &Case, on: &OnImage) -> Result<OfCase, Failure> {
        let (scan, plan) = (self.scan, self.plan);
        let chosen = self.chosen(case, &on.regions)?;
        let measured: Vec<Result<_, FeatureError>> =
            chosen.par_iter().map(|f| image.measure(&f.structure.mask, &plan.protocol.features)).collect();
        let notes = scan.notes.iter().chain(&on.notes).cloned().collect();
        let mut of_case = OfCase { regions: Vec::new(), notes };
        for (found, measured) in chosen.into_iter().zip(measured) {
            let measured = measured?;
            let mut flags = plan.flags.get(self.image).cloned().unwrap_or_default();
            flags.join(&measured.flags);
            if plan.meaning.assumed_hu && scan.space.is_none() {
                flags.raise(Flag::AssumedHu);
            }
            if found.grid == GridMatch::Tolerated {
                flags.raise(Flag::GridTolerance);
            }
            let outcomes = measured.values.iter().map(|v| v.outcome).collect();
            let columns = measured.values.into_iter().map(|v| Column { key: v.key, unit: v.unit }).collect();
            let Structure { name, role, source, .. } = &found.structure;
            let (name, role) = (name.clone(), role.unwrap_or(RoiRole::Organ));
            let region = Region { case: 0, name, label: found.label, role, source: *source, flags, outcomes };
            of_case.regions.push((region, columns));
        }
        Ok(of_case)
    }

    /// All regions of a case's masks, with their roles.
    fn regions(&self, case: &Case) -> Result<OnImage, Failure> {
        let read = |mask: &PathBuf| read_regions(mask, self.scan.target(), &self.plan.options);
        let read: Vec<Result<MaskRegions, IoError>> = case.masks.par_iter().map(read).collect();
        let (mut found, mut notes): (Vec<Found>, Vec<String>) = (Vec::new(), Vec::new());
        for (path, regions) in case.masks.iter().zip(read) {
            let mut regions = regions?;
            notes.append(&mut regions.notes);
            for region in named(path, &regions)? {
                let name = &region.structure.name;
                if found.iter().any(|earlier| earlier.structure.name == *name) {
                    return Err(ExtractError::SameName { path: path.clone(), name: name.clone() }.failure());
                }
                found.push(region);
            }
        }
        let roles = roles_of(found.iter().map(|f| &f.structure), None);
        for Found { structure, .. } in &mut found {
            structure.role = roles.get(&structure.name).copied();
        }
        Ok(OnImage { regions: found, notes })
    }

    /// The regions that a case asks for, each of which must have data.
    fn chosen<'a>(&self, case: &Case, regions: &'a [Found]) -> Result<Vec<&'a Found>, Failure> {
        let mut chosen = Vec::new();
        for path in &case.masks {
            let of_mask = || regions.iter().filter(|f| f.path == *path);
            let asked: Vec<&Found> = match case.label {
                LabelChoice::All => of_mask().collect(),
                LabelChoice::One(label) => of_mask().filter(|f| f.label == label).collect(),
            };
            if let (LabelChoice::One(wanted), true) = (case.label, asked.is_empty()) {
                let labels: Vec<u32> = of_mask().map(|f| f.label).collect();
                let present = list_labels(labels.iter());
                return Err(ExtractError::NoLabel { path: path.clone(), wanted, present }.failure());
            }
            chosen.extend(asked);
        }
        for Found { structure, .. } in &chosen {
            check_data(&self.scan.volume, &structure.name, &structure.mask)
                .map_err(|fault| IoError::mask(&self.image.path, fault))?;
        }
        Ok(chosen)
    }
}

/// The regions of a mask. Those of an RTSTRUCT or a SEG have names; one of a mask with a single label has the file's
/// name; others have their label after it.
fn named(path: &Path, regions: &MaskRegions) -> Result<Vec<Found>, Failure> {
    let by_label = &regions.by_label;
    if by_label.is_empty() {
        return Err(ExtractError::EmptyMask(path.to_owned()).failure());
    }
    let found = |(label, mask): (&u32, &Mask)| {
        let name = regions.name_of(*label, path);
        check_name(&name).map_err(|fault| IoError::mask(path, MaskFault::Name(fault)))?;
        let role = regions.roles.get(label).copied();
        let structure = Structure { name, role, source: MaskSource::Drawn, mask: mask.clone() };
        Ok(Found { path: path.to_owned(), structure, label: *label, grid: regions.grid })
    };
    by_label.iter().map(found).collect()
}
