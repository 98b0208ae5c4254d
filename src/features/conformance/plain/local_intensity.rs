//! Local intensity with a look at every voxel of the block around every voxel of the region (IBSI 3.2).

use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// The image ends where the block does.
pub fn values(block: &Block, _: &Levels, _: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let radius_mm = 10.0 * (3.0 / (4.0 * std::f64::consts::PI)).powf(1.0 / 3.0);
    let mean = |centre: [usize; 3]| {
        let (mut sum, mut n) = (0.0, 0.0);
        for place in 0..block.intensities.len() {
            let voxel = block.voxel(place);
            let along = |a: usize| (voxel[a] as f64 - centre[a] as f64) * block.spacing_mm[a];
            if (0..3).map(|a| along(a) * along(a)).sum::<f64>().sqrt() <= radius_mm {
                sum += f64::from(block.intensities[place]);
                n += 1.0;
            }
        }
        sum / n
    };
    let means: Vec<(f32, f64)> = block.counted_voxels().map(|(voxel, x)| (x, mean(voxel))).collect();
    let highest = means.iter().map(|m| m.0).fold(f32::NEG_INFINITY, f32::max);
    let peak = |means: &mut dyn Iterator<Item = f64>| means.fold(f64::NEG_INFINITY, f64::max);
    vec![
        ("loc_peak_loc", peak(&mut means.iter().filter(|m| m.0 == highest).map(|m| m.1))),
        ("loc_peak_glob", peak(&mut means.iter().map(|m| m.1))),
    ]
}
