//! Zones by flood fill, their distances by looks at all voxels outside, and what the standard measures on a dense matrix
//! of grey level against size or distance (IBSI 3.8, 3.9).

use std::collections::BTreeSet;

use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

type Voxel = [i64; 3];

/// A zone.
pub struct Zone {
    level: usize,
    /// Number of voxels.
    pub size: usize,
    /// Least number of steps out of the morphological mask.
    pub distance: usize,
}

/// The values of a family whose columns are `column`, its tags in the standard's order.
pub fn values(
    (block, levels): (&Block, &Levels),
    aggregation: Option<Aggregation>,
    tags: [&'static str; 16],
    column: fn(&Zone) -> usize,
) -> Vec<(&'static str, f64)> {
    let counted = |slice: Option<i64>| -> Vec<Voxel> {
        let voxels = block.counted_voxels().map(|v| v.0.map(|n| n as i64));
        voxels.filter(|v| slice.is_none_or(|s| v[2] == s)).collect()
    };
    let slices: Vec<i64> = (0..block.dims[2] as i64).filter(|s| !counted(Some(*s)).is_empty()).collect();
    let of_slices = slices.iter().map(|s| zones(block, levels, &counted(Some(*s)), Some(*s)));
    let matrices: Vec<(Vec<Zone>, usize)> = match aggregation {
        Some(Aggregation::TwoD) => {
            of_slices.zip(&slices).map(|(z, s)| (z, counted(Some(*s)).len())).collect()
        }
        Some(Aggregation::TwoHalfD) => vec![(of_slices.flatten().collect(), block.counted_count())],
        _ => vec![(zones(block, levels, &counted(None), None), block.counted_count())],
    };
    let each: Vec<[f64; 16]> = matrices.iter().map(|(z, voxels)| measured(z, *voxels, column)).collect();
    let average = |n: usize| each.iter().map(|values| values[n]).sum::<f64>() / each.len() as f64;
    tags.into_iter().enumerate().map(|(n, tag)| (tag, average(n))).collect()
}

fn zones(block: &Block, levels: &Levels, voxels: &[Voxel], slice: Option<i64>) -> Vec<Zone> {
    let mut left: BTreeSet<Voxel> = voxels.iter().copied().collect();
    let level = |v: Voxel| {
        let place: usize = (0..3).map(|a| (v[a] + 1) as usize * levels.strides[a]).sum();
        levels.present[levels.codes[place] as usize - 1] as usize
    };
    let mut zones = Vec::new();
    while let Some(seed) = left.pop_first() {
        let (mut members, mut open) = (vec![seed], vec![seed]);
        while let Some(v) = open.pop() {
            let touching = |w: &&Voxel| (0..3).all(|a| (v[a] - w[a]).abs() <= 1) && level(**w) == level(v);
            let found: Vec<Voxel> = left.iter().filter(touching).copied().collect();
            for w in found {
                left.remove(&w);
                members.push(w);
                open.push(w);
            }
        }
        let distance = members.iter().map(|v| steps_out(block, *v, slice)).min().unwrap();
        zones.push(Zone { level: level(seed), size: members.len(), distance });
    }
    zones
}

/// City-block distance to the nearest voxel that is not of the morphological mask, or not of the block.
fn steps_out(block: &Block, from: Voxel, slice: Option<i64>) -> usize {
    let [nx, ny, nz] = block.dims.map(|n| n as i64);
    let mut least = i64::MAX;
    for k in slice.map_or(-1..=nz, |s| s..=s) {
        for j in -1..=ny {
            for i in -1..=nx {
                let of_block = (0..nx).contains(&i) && (0..ny).contains(&j) && (0..nz).contains(&k);
                if !of_block || !block.region[(i + nx * (j + ny * k)) as usize] {
                    least = least.min((i - from[0]).abs() + (j - from[1]).abs() + (k - from[2]).abs());
                }
            }
        }
    }
    least.max(1) as usize
}

/// The sixteen features of a dense matrix of counts, in the standard's order.
fn measured(zones: &[Zone], voxels: usize, column: fn(&Zone) -> usize) -> [f64; 16] {
    let rows = zones.iter().map(|z| z.level).max().unwrap();
    let columns = zones.iter().map(column).max().unwrap();
    let mut counts = vec![vec![0.0; columns + 1]; rows + 1];
    for zone in zones {
        counts[zone.level][column(zone)] += 1.0;
    }
    let total = zones.len() as f64;
    let sum = |f: &dyn Fn(f64, f64, f64) -> f64| {
        let mut sum = 0.0;
        for i in 1..=rows {
            for j in 1..=columns {
                sum += f(i as f64, j as f64, counts[i][j]);
            }
        }
        sum
    };
    let rows_squared: f64 = counts.iter().map(|row| row.iter().sum::<f64>().powi(2)).sum();
    let columns_squared: f64 =
        (1..=columns).map(|j| counts.iter().map(|row| row[j]).sum::<f64>().powi(2)).sum();
    let mean_i = sum(&|i, _, n| i * n / total);
    let mean_j = sum(&|_, j, n| j * n / total);
    [
        sum(&|_, j, n| n / (j * j)) / total,
        sum(&|_, j, n| n * j * j) / total,
        sum(&|i, _, n| n / (i * i)) / total,
        sum(&|i, _, n| n * i * i) / total,
        sum(&|i, j, n| n / (i * i * j * j)) / total,
        sum(&|i, j, n| n * i * i / (j * j)) / total,
        sum(&|i, j, n| n * j * j / (i * i)) / total,
        sum(&|i, j, n| n * i * i * j * j) / total,
        rows_squared / total,
        rows_squared / (total * total),
        columns_squared / total,
        columns_squared / (total * total),
        total / voxels as f64,
        sum(&|i, _, n| (i - mean_i).powi(2) * n / total),
        sum(&|_, j, n| (j - mean_j).powi(2) * n / total),
        sum(&|_, _, n| if n > 0.0 { -n / total * (n / total).log2() } else { 0.0 }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};
    use crate::features::registry::{Definition, Dzm, Feature, Szm};
    use crate::features::texture::directions::Space;
    use crate::features::texture::links::Links;
    use crate::features::texture::zone_matrix::ZoneMatrix;
    use crate::features::texture::zones::{Zone, Zones};

    /// Largest relative difference of all features of a family under one aggregation.
    fn compare(
        zones: &[Zones],
        extent: fn(&Zone) -> u32,
        features: &[Feature<ZoneMatrix>],
        twin: &[(&str, f64)],
    ) {
        let matrices: Vec<ZoneMatrix> = zones.iter().map(|z| ZoneMatrix::new(z, extent)).collect();
        assert_eq!(features.len(), twin.len());
        for (feature, (tag, expected)) in features.iter().zip(twin) {
            assert_eq!(feature.info.tag, *tag);
            let values = matrices.iter().map(|m| (feature.value)(m).value().unwrap());
            let value = values.sum::<f64>() / matrices.len() as f64;
            assert!((value - expected).abs() <= 1e-10 * expected.abs() + 1e-12, "{tag}: {value} {expected}");
        }
    }

    fn compare_all(block: &Block) {
        let levels = levels(block);
        let links = Links::of(&levels);
        let slices = Zones::of(&levels, &links, block, Space::Slice);
        let merged = [Zones::merged(&slices)];
        let volume = Zones::of(&levels, &links, block, Space::Volume);
        for (zones, aggregation) in [
            (&slices[..], Aggregation::TwoD),
            (&merged, Aggregation::TwoHalfD),
            (&volume, Aggregation::ThreeD),
        ] {
            let twin = super::super::size_zone::values(block, &levels, Some(aggregation));
            compare(zones, |zone| zone.size, Szm::FEATURES, &twin);
            let twin = super::super::distance_zone::values(block, &levels, Some(aggregation));
            compare(zones, |zone| zone.distance, Dzm::FEATURES, &twin);
        }
    }

    #[test]
    fn distances_are_those_of_the_morphological_mask_and_zones_those_of_the_intensity_mask() {
        // A full box whose intensities were re-segmented: holes in the intensity mask are no border.
        for (seed, spread) in [(1, 2), (2, 3), (3, 9)] {
            let mut block = region(seed, [9, 8, 7], spread);
            block.region.fill(true);
            // Levels in layers, so that some zones lie inside.
            for o in 0..block.intensities.len() {
                let [i, j, k] = block.voxel(o);
                let layer = i.min(8 - i).min(j).min(7 - j).min(k).min(6 - k);
                block.intensities[o] += 10.0 * layer as f32;
            }
            let levels = levels(&block);
            let zones = Zones::of(&levels, &Links::of(&levels), &block, Space::Volume);
            assert!(zones[0].zones().iter().any(|z| z.distance > 1));
            assert_eq!(zones[0].voxels(), block.counted_count() as u64);
            compare_all(&block);
            // With the intensity mask as region there are other distances.
            let alike = Block { region: block.counted.clone(), ..block.clone() };
            assert_ne!(Zones::of(&levels, &Links::of(&levels), &alike, Space::Volume), zones);
        }
    }
}
