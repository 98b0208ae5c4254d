//! Regions of an RTSTRUCT or a SEG on an image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use delta_dicom::contours::{Interpreted, Region, Structures, Target};
use delta_dicom::file::{Class, File};
use delta_dicom::segments::{Planes, Segment, Segments};
use delta_dicom::write::{self, Made};
use delta_dicom::{Fault, FaultKind};

use super::facts::sentence;
use super::image::Space;
use crate::geometry::GridMatch;
use crate::io::MaskRegions;
use crate::io::names::{harmless, numbered};
use crate::labels::Mask;
use crate::record::RoiRole;
use crate::visit::Tracking;

/// What is asked of an object.
#[derive(Clone, Copy, Debug)]
enum Asked<'a> {
    /// Every region that is tissue and has voxels.
    All,
    /// Those of this name, number or Tracking UID; several have commas between them.
    These(&'a str),
}

/// A region before it has a label.
struct Found {
    number: i64,
    /// As the object writes it; empty where it has none.
    name: String,
    role: Option<RoiRole>,
    tracking: Option<write::Tracking>,
    made: Made,
    voxels: Vec<bool>,
    notes: Vec<String>,
}

/// Reads the regions of an RTSTRUCT or a SEG onto an image. Those that enclose no voxel are left out and told, unless
/// they were asked for.
pub fn read_object(path: &Path, roi: Option<&str>, space: &Space) -> Result<MaskRegions, Fault> {
    let file = File::open(path)?;
    let asked = roi.map_or(Asked::All, Asked::These);
    let found = match file.class() {
        Some(Class::Contours) => contours(&Structures::read(&file)?, asked, space)?,
        Some(Class::Segments) => segments(&Segments::of(&file)?, asked, space)?,
        _ => return Err(no_regions()),
    };
    Ok(labelled(found, space))
}

/// Whether an RTSTRUCT or a SEG belongs to an image, without a voxel of either: it holds the regions that are asked for,
/// and they lie in the image's frame of reference.
pub fn check_object(path: &Path, roi: Option<&str>, space: &Space) -> Result<(), Fault> {
    let file = File::open(path)?;
    let asked = roi.map_or(Asked::All, Asked::These);
    match file.class() {
        Some(Class::Contours) => {
            let structures = Structures::read(&file)?;
            let tissue = |region: &&&Region| {
                matches!(asked, Asked::These(_)) || region.interpreted != Interpreted::Aid
            };
            for region in chosen_regions(&structures, asked)?.iter().filter(tissue) {
                region.check_frame(&target(space))?;
            }
            Ok(())
        }
        Some(Class::Segments) => {
            let segments = Segments::of(&file)?;
            chosen_segments(&segments, asked)?;
            space.frame.as_deref().map_or(Ok(()), |frame| segments.check_frame(frame))
        }
        _ => Err(no_regions()),
    }
}

fn no_regions() -> Fault {
    Fault::of(FaultKind::Region, "it is neither an RTSTRUCT nor a SEG, and so holds no regions")
}

fn chosen_regions<'a>(structures: &'a Structures, asked: Asked<'_>) -> Result<Vec<&'a Region>, Fault> {
    match asked {
        Asked::All => Ok(structures.regions().iter().collect()),
        Asked::These(words) => picked(words, |word| structures.pick(word)),
    }
}

fn chosen_segments<'a>(segments: &'a Segments<'_>, asked: Asked<'_>) -> Result<Vec<&'a Segment>, Fault> {
    match asked {
        Asked::All => Ok(segments.list().iter().collect()),
        Asked::These(words) => picked(words, |word| segments.pick(word)),
    }
}

/// The image as contours see it.
fn target(space: &Space) -> Target<'_> {
    Target {
        grid: &space.grid,
        origins: Some(&space.origins),
        frame: space.frame.as_deref(),
        series: space.series.as_deref(),
    }
}

fn contours(structures: &Structures, asked: Asked<'_>, space: &Space) -> Result<Vec<Found>, Fault> {
    let chosen = chosen_regions(structures, asked)?;
    let image = target(space);
    let mut found = Vec::new();
    for region in chosen {
        if matches!(asked, Asked::All) && region.interpreted == Interpreted::Aid {
            found.push(left_out(region, "its type says that it is no tissue of its own"));
            continue;
        }
        let named =
            |fault: Fault| Fault { fact: format!("region {}: {}", region.number, fault.fact), ..fault };
        let filled = region.fill(&image).map_err(named)?;
        if !filled.voxels.contains(&true) {
            if let Asked::These(_) = asked {
                return Err(named(Fault::of(FaultKind::Region, "no centre of a voxel lies inside of it")));
            }
            found.push(left_out(region, "no centre of a voxel lies inside of it"));
            continue;
        }
        found.push(Found {
            number: region.number,
            name: region.name.clone().unwrap_or_default(),
            role: (region.interpreted == Interpreted::Tumour).then_some(RoiRole::Lesion),
            tracking: region.tracked(),
            made: region.made,
            voxels: filled.voxels,
            notes: filled.warnings.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(found)
}

/// A region that is told and not used.
fn left_out(region: &Region, why: &str) -> Found {
    let name = region.name.clone().unwrap_or_default();
    Found {
        number: region.number,
        name,
        role: None,
        tracking: None,
        made: region.made,
        voxels: Vec::new(),
        notes: vec![format!("left out: {why}")],
    }
}

fn segments(segments: &Segments<'_>, asked: Asked<'_>, space: &Space) -> Result<Vec<Found>, Fault> {
    let chosen = chosen_segments(segments, asked)?;
    let planes = Planes::of(&space.grid);
    let planes =
        if space.origins.len() == space.grid.size[2] { planes.at(space.origins.clone()) } else { planes };
    let mut found = Vec::new();
    for segment in chosen {
        let named =
            |fault: Fault| Fault { fact: format!("segment {}: {}", segment.number, fault.fact), ..fault };
        let mut notes = Vec::new();
        let placed = if let Some(frame) = &space.frame {
            segments.on(segment.number, &planes, frame).map_err(named)?
        } else {
            notes.push(
                "the image does not name its frame of reference; taken for the segmentation's".to_owned(),
            );
            segments.place(segment.number, &planes)?
        };
        if placed.frames_off > 0 {
            let (frames, voxels) = (placed.frames_off, placed.voxels_off);
            notes.push(format!(
                "{frames} frames with {voxels} voxels lie on no slice of the image and are left out"
            ));
        }
        let empty = !placed.mask.contains(&1);
        if empty && matches!(asked, Asked::These(_)) {
            return Err(named(Fault::of(FaultKind::Region, "it has no voxel on the image")));
        }
        if empty {
            notes.push("left out: it has no voxel on the image".to_owned());
        }
        found.push(Found {
            number: i64::from(segment.number),
            name: segment.label.clone(),
            role: None,
            tracking: segments.tracked(segment),
            made: segment.made,
            voxels: if empty { Vec::new() } else { placed.mask.iter().map(|&v| v != 0).collect() },
            notes,
        });
    }
    Ok(found)
}

/// The regions of one word, or of several with commas between them; a name may hold commas itself.
fn picked<'a, T>(words: &str, pick: impl Fn(&str) -> Result<&'a T, Fault>) -> Result<Vec<&'a T>, Fault> {
    match pick(words) {
        Ok(one) => Ok(vec![one]),
        Err(_) if words.contains(',') => words.split(',').map(|word| pick(word.trim())).collect(),
        Err(fault) => Err(fault),
    }
}

/// Regions by label: the numbers of the object where these are labels, else the next ones that are free. Names are made
/// harmless, and told apart by their numbers.
fn labelled(found: Vec<Found>, space: &Space) -> MaskRegions {
    let mut regions = MaskRegions::new(BTreeMap::new(), GridMatch::Same);
    let taken: BTreeSet<u32> = found.iter().filter_map(|region| label(region.number)).collect();
    let mut free = taken.last().map_or(1, |last| last.saturating_add(1));
    let names = names(&found);
    for (region, name) in found.into_iter().zip(names) {
        regions.notes.extend(region.notes.iter().map(|note| format!("Region {name}: {}", sentence(note))));
        if region.voxels.is_empty() {
            continue;
        }
        let label =
            label(region.number).filter(|label| !regions.by_label.contains_key(label)).unwrap_or_else(|| {
                free = free.saturating_add(1);
                free - 1
            });
        let placed = space.upright.place(region.voxels, false);
        let grid = space.upright.grid().clone();
        regions.by_label.insert(label, Mask::from_fn(grid, |offset| placed[offset]));
        regions.names.insert(label, name);
        if let Some(write::Tracking { uid, owner }) = region.tracking {
            regions.tracking.insert(label, Tracking { uid, owner });
        }
        if region.made == Made::Carried {
            regions.carried.insert(label);
        }
        if let Some(role) = region.role {
            regions.roles.insert(label, role);
        }
    }
    regions
}

fn label(number: i64) -> Option<u32> {
    u32::try_from(number).ok().filter(|label| *label > 0)
}

/// Names that are there once: equal ones get the number of their region behind them, and should another be called so, the
/// next number that is free.
fn names(found: &[Found]) -> Vec<String> {
    let plain: Vec<String> = found.iter().map(|region| harmless(&region.name, region.number)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &plain {
        *counts.entry(name).or_default() += 1;
    }
    let mut taken: BTreeSet<String> =
        counts.iter().filter(|(_, count)| **count == 1).map(|(name, _)| (*name).to_owned()).collect();
    let mut apart = |(region, name): (&Found, &String)| {
        if counts.get(name.as_str()) == Some(&1) {
            return name.clone();
        }
        let mut candidates = std::iter::once(region.number).chain(1..).map(|number| numbered(name, number));
        candidates.find(|name| taken.insert(name.clone())).unwrap_or_else(|| name.clone())
    };
    found.iter().zip(&plain).map(&mut apart).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    fn found(number: i64, name: &str, voxel: Option<usize>) -> Found {
        let voxels = voxel.map_or_else(Vec::new, |at| (0..8).map(|n| n == at).collect());
        Found {
            number,
            name: name.into(),
            role: None,
            tracking: None,
            made: Made::Given,
            voxels,
            notes: Vec::new(),
        }
    }

    #[test]
    fn numbers_become_labels_and_names_are_told_apart() {
        let grid = Grid::axis_aligned([2, 2, 2], [1.0; 3], [0.0; 3]).unwrap();
        let space = Space::of_grid(&grid).unwrap();
        let all = vec![
            found(7, "GTV", Some(1)),
            found(0, "GTV", Some(2)),
            found(-3, "a/b", Some(3)),
            found(2, "", Some(4)),
            found(9, "empty", None),
        ];
        let regions = labelled(all, &space);
        let names: Vec<(u32, &str)> =
            regions.names.iter().map(|(label, name)| (*label, name.as_str())).collect();
        assert_eq!(names, [(2, "roi_2"), (7, "GTV_7"), (10, "GTV_0"), (11, "a_b")]);
        let voxels: Vec<usize> = regions.by_label.values().flat_map(Mask::offsets).collect();
        assert_eq!(voxels, [4, 1, 2, 3]);
    }

    #[test]
    fn equal_names_are_told_apart_whatever_the_others_are_called() {
        let long = "x".repeat(80);
        let named = ["GTV", "GTV", "GTV_1", "GTV_2", &long, &long, "GTV"];
        let all: Vec<Found> = named.into_iter().zip(1..).map(|(name, n)| found(n, name, Some(0))).collect();
        let names = names(&all);
        assert_eq!(names[..4], ["GTV_3", "GTV_4", "GTV_1", "GTV_2"]);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), named.len());
        assert!(names.iter().all(|name| name.chars().count() <= 64));
    }

    #[test]
    fn several_regions_are_asked_for_with_commas_and_a_name_may_hold_one() {
        let known = ["a", "b", "a, b"];
        let pick = |word: &str| {
            let found = known.iter().find(|name| **name == word);
            found.ok_or_else(|| Fault::of(FaultKind::Region, "none"))
        };
        assert_eq!(picked("a,b", pick).unwrap(), [&"a", &"b"]);
        assert_eq!(picked("a, b", pick).unwrap(), [&"a, b"]);
        assert!(picked("a,c", pick).is_err());
    }
}
