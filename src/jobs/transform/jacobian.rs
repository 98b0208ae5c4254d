//! `delta transform jacobian`: where the transform stretches and where it folds.

use super::write::{check_nifti, write_nifti};
use super::{Done, Given};
use crate::io::nifti;
use crate::jobs::Failure;
use crate::numeric::quantile::{ascending, percentile};
use crate::propagate;

/// Writes the determinant of the Jacobian at each voxel of the fixed grid: above 1 the tissue is larger in the moving
/// scan, below 1 smaller, zero or less is a fold. The determinant itself, not its logarithm.
pub fn jacobian(given: &Given) -> Result<Done, Failure> {
    check_nifti(&given.out, given.existing)?;
    let file = given.read()?;
    let onto = given.fixed(&file, "map the Jacobian on it")?;
    let map = propagate::jacobian_map(&file.chain, &onto);
    write_nifti(&given.out, given.existing, |path| nifti::write_volume(path, &map))?;
    let sorted = ascending(map.values().iter().map(|&v| f64::from(v)).collect());
    let at = |p: f64| percentile(&sorted, p).unwrap_or(1.0);
    let folded = sorted.iter().take_while(|v| **v <= 0.0).count();
    let share = folded as f64 / sorted.len().max(1) as f64;
    let summary = format!(
        "Jacobian:   {:.3} to {:.3}, median {:.3} (1 and 99 %: {:.3}, {:.3}); the determinant, not its logarithm\n\
         Folded:     {folded} voxels ({:.4} %)\nResult:     {}",
        at(0.0),
        at(100.0),
        at(50.0),
        at(1.0),
        at(99.0),
        100.0 * share,
        given.out.display()
    );
    let json = serde_json::json!({
        "out": given.out, "min": at(0.0), "p01": at(1.0), "median": at(50.0), "p99": at(99.0), "max": at(100.0),
        "folded_voxels": folded, "folded_fraction": share,
    });
    Ok(Done { summary, json, out: given.out.clone(), is_partial: false })
}
