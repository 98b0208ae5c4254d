//! Intensity-volume histogram with a row for every whole intensity from the lowest to the highest (IBSI 3.5).

use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

pub fn values(block: &Block, _: &Levels, _: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let voxels: Vec<f64> = block.counted_voxels().map(|v| f64::from(v.1)).collect();
    let min = voxels.iter().copied().fold(f64::INFINITY, f64::min);
    let max = voxels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let steps = (max - min) as usize;
    // Intensity, intensity fraction, volume fraction.
    let curve: Vec<(f64, f64, f64)> = (0..=steps)
        .map(|n| {
            let i = min + n as f64;
            let have = voxels.iter().filter(|x| **x >= i).count() as f64;
            (i, (i - min) / (max - min), have / voxels.len() as f64)
        })
        .collect();
    let v = |x: f64| curve.iter().find(|row| row.1 >= x).unwrap().2;
    let i = |x: f64| curve.iter().find(|row| row.2 <= x).map_or(max + 1.0, |row| row.0);
    let area = curve.windows(2).map(|w| (w[1].1 - w[0].1) * (w[0].2 + w[1].2) / 2.0).sum();
    vec![
        ("ivh_v10", v(0.1)),
        ("ivh_v90", v(0.9)),
        ("ivh_i10", i(0.1)),
        ("ivh_i90", i(0.9)),
        ("ivh_diff_v10_v90", v(0.1) - v(0.9)),
        ("ivh_diff_i10_i90", i(0.1) - i(0.9)),
        ("ivh_auc", area),
    ]
}
