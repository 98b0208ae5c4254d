//! `delta transform invert`: from the moving scan to the fixed one.

use super::probe::Domain;
use super::write::{check_nifti, write_chain, write_nifti};
use super::{Done, Given, TransformError};
use crate::geometry::{Fixed, Grid, Moving};
use crate::io::{TransformForm, nifti};
use crate::jobs::Failure;
use crate::numeric::sum::{blocks, mean};
use crate::transform::{Chain, Inverted, PointMap, Transform};
use crate::volume::Volume;

/// An inverse counts as found where it misses by less than this share of a voxel.
const FOUND_VOXELS: f64 = 0.1;

/// Writes the inverse: of a rigid motion in any format, else as a displacement field on the moving grid.
pub fn invert(given: &Given) -> Result<Done, Failure> {
    let form = TransformForm::of_name(&given.out).ok_or_else(|| TransformError::Ending(given.out.clone()))?;
    let file = given.read()?;
    if let Some(rigid) = file.chain.as_rigid() {
        let inverse = Chain::from(Transform::from_rigid(rigid.inverted()));
        // What was moving is what the inverse starts from.
        let grid = || given.moving("write its inverse on it").map(|grid| grid.in_frame());
        write_chain(&given.out, given.existing, &inverse, grid)?;
        let summary = format!("Inverse:    of a rigid motion, exact\nResult:     {}", given.out.display());
        let json = serde_json::json!({ "out": given.out, "exact": true });
        return Ok(Done { summary, json, out: given.out.clone(), is_partial: false });
    }
    if form != TransformForm::Field {
        return Err(TransformError::BentInverse(given.transform.clone()).into());
    }
    check_nifti(&given.out, given.existing)?;
    let grid = given.moving("write its inverse on it")?;
    let found = inverses(&file.chain, &grid);
    let vectors = found.iter().enumerate().map(|(offset, found)| {
        let u = found.point.point() - grid.centre_of(grid.voxel(offset)).point();
        [u.x as f32, u.y as f32, u.z as f32]
    });
    let field = Volume::new(grid.in_frame::<Fixed>(), vectors.collect());
    write_nifti(&given.out, given.existing, |path| nifti::write_displacement(path, &field))?;

    let fixed = given.known_fixed(&file)?;
    let domain = fixed.as_ref().map(Domain::Grid).or(file.chain.lattice().map(Domain::Lattice));
    let inside: Vec<&Inverted> =
        found.iter().filter(|f| domain.is_none_or(|domain| domain.holds(f.point))).collect();
    let residuals: Vec<f64> = inside.iter().map(|f| f.residual_mm).collect();
    let tolerance = FOUND_VOXELS * grid.spacing().into_iter().fold(f64::INFINITY, f64::min);
    let missed = residuals.iter().filter(|r| **r > tolerance).count();
    let average = mean(&residuals).unwrap_or(0.0);
    let largest = residuals.iter().copied().fold(0.0, f64::max);
    let outside = 1.0 - inside.len() as f64 / found.len() as f64;
    let summary = format!(
        "Inverse:    takes points of the moving scan to the fixed one, on the moving grid\n\
         Residual:   {average:.2e} mm in the mean, {largest:.2e} mm at most; {missed} voxels above a tenth of a voxel\n\
         Outside:    {:.1} % of the moving grid comes from outside of where the transform was made\n\
         Result:     {}",
        100.0 * outside,
        given.out.display()
    );
    let json = serde_json::json!({
        "out": given.out, "exact": false, "residual_mm": { "mean": average, "max": largest },
        "above_tenth_of_voxel": missed, "outside": outside,
    });
    Ok(Done { summary, json, out: given.out.clone(), is_partial: false })
}

/// The inverse at each voxel centre, in storage order.
fn inverses(chain: &Chain, grid: &Grid<Moving>) -> Vec<Inverted> {
    let [nx, ny, nz] = grid.dims();
    blocks(nz, |k| {
        let centre = |n| grid.centre_of([n % nx, n / nx, k]);
        (0..nx * ny).map(|n| chain.inverse(centre(n))).collect::<Vec<_>>()
    })
    .concat()
}
