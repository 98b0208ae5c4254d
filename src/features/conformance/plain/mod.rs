//! Test only: slow plain twins, straight from the standard's formulas with dense matrices and looks at all voxels.
//! Each family that counts or searches has one, and every fast value is held against it on random regions.

mod along_directions;
mod axial;
mod cooccurrence;
mod dependence;
mod distance_zone;
mod local_intensity;
mod morphology;
mod run_length;
mod size_zone;
mod spatial;
mod tone_difference;
mod volume_histogram;
mod zones;

use super::random::{levels, region};
use super::reference::{all_aggregations, plain_settings};
use crate::features::discretise::Levels;
use crate::features::registry::{self, Standing};
use crate::features::roi::Block;
use crate::features::settings::Discretise;
use crate::features::{Measured, Selection, measure};
use crate::geometry::{Grid, Own};
use crate::labels::Mask;
use crate::record::{Aggregation, Family, Units};
use crate::volume::Volume;

/// The values of a family under one aggregation (`None` for a family without), by tag; those without a definition are
/// left out.
type Twin = fn(&Block, &Levels, Option<Aggregation>) -> Vec<(&'static str, f64)>;

/// The families that have a twin.
const TWINS: &[(&str, Twin)] = &[
    ("morph", spatial::values),
    ("morph", axial::values),
    ("loc", local_intensity::values),
    ("ivh", volume_histogram::values),
    ("cm", cooccurrence::values),
    ("rlm", run_length::values),
    ("szm", size_zone::values),
    ("dzm", distance_zone::values),
    ("ngt", tone_difference::values),
    ("ngl", dependence::values),
];

/// The values of a family by the fast path: the block as a scan, its intensity mask as the region.
fn fast(block: &Block) -> Measured {
    let grid = Grid::<Own>::axis_aligned(block.dims, block.spacing_mm, [0.0; 3]).unwrap();
    let image = Volume::new(grid.clone(), block.intensities.clone());
    let mask = Mask::from_fn(grid, |o| block.counted[o]);
    let mut settings = plain_settings();
    settings.discretise = Discretise::of_size(1.0, 0.0);
    let selection = Selection { aggregations: all_aggregations(), ..Selection::default() };
    measure(&image, Units::Arbitrary, &mask, &settings, &selection).unwrap()
}

#[test]
fn every_fast_value_is_the_plain_twins() {
    let cases = [
        (1, [5, 4, 3], 3, [1.0; 3]),
        (2, [9, 11, 4], 9, [2.0, 3.0, 5.0]),
        (3, [4, 6, 13], 400, [1.0, 1.0, 1.5]),
        (4, [7, 1, 5], 4, [6.21, 0.5, 2.0]),
        (5, [12, 9, 3], 60, [0.7, 1.3, 9.0]),
        (6, [1, 1, 6], 2, [1.0; 3]),
    ];
    for (seed, dims, spread, spacing_mm) in cases {
        let block = Block { spacing_mm, ..region(seed, dims, spread) };
        let (levels, measured) = (levels(&block), fast(&block));
        for (family, twin) in TWINS {
            let family = registry::describe(Family::new(family)).unwrap();
            let aggregations: Vec<Option<Aggregation>> = match family.aggregations {
                [] => vec![None],
                aggregations => aggregations.iter().copied().map(Some).collect(),
            };
            for aggregation in aggregations {
                for (tag, value) in twin(&block, &levels, aggregation) {
                    let outcome = measured.outcome(tag, aggregation).unwrap();
                    let close = |v: f64| (v - value).abs() <= 1e-10 * value.abs().max(1e-3);
                    assert!(
                        outcome.value().is_some_and(close),
                        "{seed} {tag} {aggregation:?}: {outcome:?} {value}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_feature_has_a_published_value_or_a_twin() {
    let block = region(2, [6, 5, 4], 9);
    let levels = levels(&block);
    for info in registry::all().filter(|f| f.standing != Standing::Referenced) {
        let aggregation = registry::aggregations(info.family).first().copied();
        let has_twin = TWINS
            .iter()
            .filter(|(family, _)| info.family == Family::new(family))
            .any(|(_, twin)| twin(&block, &levels, aggregation).iter().any(|(tag, _)| *tag == info.tag));
        assert!(has_twin || morphology::SEARCHED.contains(&info.tag), "{} is held against nothing", info.tag);
    }
    // Every count and every search has one, whether published or not.
    let with_twin: Vec<Family> = TWINS.iter().map(|(family, _)| Family::new(family)).collect();
    for family in registry::FAMILIES.iter().filter(|f| !["stat", "ih"].contains(&f.word())) {
        assert!(with_twin.contains(family), "{family}");
    }
}
