//! Regions that the protocol makes from others: shells around a contour and cores inside it, at every visit and for
//! every contour that the region has there.

use super::contours::OurContour;
use super::error::RunError;
use crate::protocol::Region;
use crate::record::{MaskSource, Reason, RoiRole};
use crate::visit::{Structure, Visit};

/// A region made from a contour.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Name, role, voxels, and the source of the contour that it is made from.
    pub structure: Structure,
    /// Why its values are undefined, as those of the contour are.
    pub trouble: Option<Reason>,
}

/// Whether the regions that are asked for can be made from the regions of the visits.
pub fn check(regions: &[Region], visits: &[Visit]) -> Result<(), RunError> {
    let mut present: Vec<&str> =
        visits.iter().flat_map(|v| v.structures.iter().map(|s| s.name.as_str())).collect();
    present.sort_unstable();
    present.dedup();
    for region in regions {
        for needed in std::iter::once(&region.of).chain(&region.within) {
            if !present.contains(&needed.as_str()) {
                return Err(RunError::MadeOfNothing {
                    name: region.name.clone(),
                    needed: needed.clone(),
                    present: present.join(", "),
                });
            }
        }
        if present.contains(&region.name.as_str()) {
            return Err(RunError::MadeAndGiven(region.name.clone()));
        }
    }
    Ok(())
}

/// The regions made from those of a visit and from contours of ours on it. A region that must not leave another is
/// not made where that other is nowhere to be seen.
pub fn derived(regions: &[Region], given: &[Structure], ours: &[OurContour]) -> Vec<Derived> {
    let contours: Vec<Contour> = given
        .iter()
        .map(|structure| Contour { structure, trouble: None })
        .chain(ours.iter().map(|c| Contour { structure: &c.structure, trouble: c.trouble }))
        .collect();
    let mut made = Vec::new();
    for region in regions {
        let limit = match &region.within {
            Some(name) => match best(&contours, name) {
                Some(limit) => Some(&limit.structure.mask),
                None => continue,
            },
            None => None,
        };
        for contour in contours.iter().filter(|c| c.structure.name == region.of) {
            let mask = contour.structure.mask.shell(region.inner_mm, region.outer_mm, limit);
            made.push(Derived {
                structure: Structure {
                    name: region.name.clone(),
                    role: Some(RoiRole::Region),
                    source: contour.structure.source,
                    mask,
                },
                trouble: contour.trouble,
            });
        }
    }
    made
}

/// The made regions whose contour a person accepted: those of accepted regions.
pub fn accepted<'a>(regions: &'a [Region], accepted: &[String]) -> impl Iterator<Item = &'a String> {
    regions.iter().filter(|r| accepted.contains(&r.of)).map(|r| &r.name)
}

/// A contour to make regions from.
struct Contour<'a> {
    structure: &'a Structure,
    trouble: Option<Reason>,
}

/// The contour of a region that is trusted most.
fn best<'a, 'b>(contours: &'b [Contour<'a>], name: &str) -> Option<&'b Contour<'a>> {
    let rank = |source: MaskSource| MaskSource::ALL.iter().position(|s| *s == source);
    contours.iter().filter(|c| c.structure.name == name).min_by_key(|c| rank(c.structure.source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};
    use crate::labels::Mask;

    fn structure(name: &str, source: MaskSource, inside: impl Fn([usize; 3]) -> bool) -> Structure {
        let grid = Grid::<Own>::axis_aligned([20, 20, 20], [1.0; 3], [0.0; 3]).unwrap();
        let mask = Mask::from_fn(grid.clone(), |o| inside(grid.voxel(o)));
        Structure { name: name.into(), role: Some(RoiRole::Lesion), source, mask }
    }

    fn rim() -> Region {
        Region {
            name: "rim".into(),
            of: "lesion".into(),
            inner_mm: Some(0.0),
            outer_mm: 2.0,
            within: Some("liver".into()),
        }
    }

    #[test]
    fn every_contour_gets_its_shell_clipped_by_the_best_contour_of_the_limit() {
        let block = |v: [usize; 3]| v.iter().all(|n| (8..12).contains(n));
        let lesion = structure("lesion", MaskSource::Followed, block);
        let drawn = structure("liver", MaskSource::Drawn, |v| v[0] < 12);
        let ours = |structure, trouble| OurContour {
            structure,
            trouble,
            outside_fraction: 0.0,
            volume_ratio_jacobian: None,
        };
        let contours = [
            ours(lesion, Some(Reason::RoiVanished)),
            ours(structure("liver", MaskSource::Carried, |_| true), None),
        ];
        let made = derived(&[rim()], &[drawn], &contours);
        assert_eq!(made.len(), 1);
        let Derived { structure, trouble } = &made[0];
        assert_eq!((structure.source, structure.role), (MaskSource::Followed, Some(RoiRole::Region)));
        assert_eq!(*trouble, Some(Reason::RoiVanished));
        assert!(structure.mask.contains([6, 9, 9]) && !structure.mask.contains([12, 9, 9]));
        assert!(!structure.mask.contains([9, 9, 9]));
        assert!(derived(&[rim()], &[], &contours[..1]).is_empty(), "the limit is nowhere");
    }

    #[test]
    fn acceptance_of_a_contour_is_that_of_what_is_made_from_it() {
        let regions = [rim()];
        assert_eq!(accepted(&regions, &["lesion".into()]).collect::<Vec<_>>(), ["rim"]);
        assert_eq!(accepted(&regions, &["liver".into()]).count(), 0);
    }
}
