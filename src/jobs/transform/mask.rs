//! `delta transform mask`: regions of the moving scan on the fixed grid, as `delta run` carries them.

use std::path::Path;

use serde::Serialize;

use super::write::write_nifti;
use super::{Done, Given, TransformError};
use crate::geometry::{Fixed, Moving};
use crate::io::{
    IoError, MaskFault, MaskPath, MaskRegions, MaskTarget, TransformForm, check_name, nifti, read_grid,
    read_regions, read_scan,
};
use crate::jobs::Failure;
use crate::labels::Mask;
use crate::propagate::{self, Carried, Overlap};
use crate::store::OutputFolder;

/// A region that keeps less than this share of the volume that the transform gives it is told.
const KEPT: f64 = 0.9;
/// So is one of which more than this share lies outside the fixed scan.
const TOLD_OUTSIDE: f64 = 0.01;

/// A region and what became of it.
#[derive(Clone, Debug, Serialize)]
struct Row {
    label: u32,
    name: String,
    moving_ml: f64,
    carried_ml: f64,
    /// Volume after over before by the transform alone; none where it folds there or no part stays.
    volume_ratio_jacobian: Option<f64>,
    outside_fraction: f64,
    vanished: bool,
    /// Share of the volume by the transform, inside the fixed scan, that voxels of the fixed grid kept.
    kept: Option<f64>,
}

/// Carries the regions of a mask that was drawn on the moving scan. A name with the ending of NIfTI gets a label map
/// with the labels as they were, any other a folder of one file per region.
pub fn mask(given: &Given, mask: &Path) -> Result<Done, Failure> {
    let file = given.read()?;
    let onto = given.fixed(&file, "carry regions onto it")?;
    let regions = read(given, mask)?;
    let carried: Vec<(u32, String, Mask<Moving>, Carried)> = regions
        .by_label
        .iter()
        .map(|(&label, region)| {
            let name = regions.names.get(&label).cloned().unwrap_or_else(|| label.to_string());
            let region = region.in_frame::<Moving>();
            // One transform is carried with by the very code of `delta run`, and so to the same voxels.
            let carried = match file.chain.as_transform() {
                Some(transform) => propagate::carry(&region, &transform, &onto),
                None => propagate::carry(&region, &file.chain, &onto),
            };
            (label, name, region, carried)
        })
        .collect();
    write(given, mask, &carried)?;

    let rows: Vec<Row> =
        carried.iter().map(|(label, name, region, carried)| row(*label, name, region, carried)).collect();
    let mut lines =
        vec![format!("Carried:    {} regions onto the fixed grid, labels as they were", rows.len())];
    let mut told: Vec<&Row> = rows
        .iter()
        .filter(|r| r.vanished || r.outside_fraction > TOLD_OUTSIDE || r.kept.is_some_and(|k| k < KEPT))
        .collect();
    told.sort_by(|a, b| a.kept.unwrap_or(0.0).total_cmp(&b.kept.unwrap_or(0.0)).then(a.label.cmp(&b.label)));
    lines.extend(told.iter().take(5).map(|row| sentence(row)));
    if told.len() > 5 {
        lines.push(format!("            and {} more (--json lists all)", told.len() - 5));
    }
    lines.push(format!("Result:     {}", given.out.display()));
    let json = serde_json::json!({ "out": given.out, "regions": rows, "notes": regions.notes });
    let is_partial = rows.iter().any(|row| row.vanished);
    Ok(Done { summary: lines.join("\n"), json, out: given.out.clone(), is_partial })
}

/// The regions on the grid that they were drawn on: that of the moving scan where it is named, else their own.
fn read(given: &Given, mask: &Path) -> Result<MaskRegions, Failure> {
    if let Some(scan) = &given.moving {
        let scan = read_scan(scan, &given.reading)?;
        return Ok(read_regions(mask, scan.target(), &given.reading)?);
    }
    let grid = match read_grid(&MaskPath::of(mask).file, &given.reading) {
        // Contours and segments of DICOM lie on no grid of their own.
        Err(IoError::Dicom { .. } | IoError::Format { .. }) => {
            return Err(TransformError::no_moving_grid(&given.transform, "read such a mask on it").into());
        }
        grid => grid?,
    };
    Ok(read_regions(mask, MaskTarget { grid: &grid, space: None }, &given.reading)?)
}

fn row(label: u32, name: &str, region: &Mask<Moving>, carried: &Carried) -> Row {
    let (moving_ml, carried_ml) = (region.volume_ml(), carried.mask.volume_ml());
    let expected =
        carried.volume_ratio_jacobian.map(|ratio| moving_ml * (1.0 - carried.outside_fraction) * ratio);
    Row {
        label,
        name: name.to_owned(),
        moving_ml,
        carried_ml,
        volume_ratio_jacobian: carried.volume_ratio_jacobian,
        outside_fraction: carried.outside_fraction,
        vanished: carried.vanished() && !region.is_empty(),
        kept: expected.filter(|e| *e > 0.0).map(|expected| carried_ml / expected),
    }
}

fn sentence(row: &Row) -> String {
    let lost = match row.kept {
        _ if row.vanished => ", vanished".to_owned(),
        Some(kept) if kept < KEPT => {
            format!(", {:.0} % of what the transform gives it: small for these voxels", 100.0 * kept)
        }
        _ => String::new(),
    };
    let outside = if row.outside_fraction > TOLD_OUTSIDE {
        format!(", {:.0} % outside the fixed scan", 100.0 * row.outside_fraction)
    } else {
        String::new()
    };
    format!("            {}: {:.3} mL became {:.3}{lost}{outside}", row.name, row.moving_ml, row.carried_ml)
}

fn write(
    given: &Given,
    drawn: &Path,
    carried: &[(u32, String, Mask<Moving>, Carried)],
) -> Result<(), Failure> {
    if TransformForm::of_name(&given.out) != Some(TransformForm::Field) {
        let folder = OutputFolder::begin(&given.out, given.existing)?;
        for (_, name, _, carried) in carried {
            check_name(name).map_err(|fault| IoError::mask(drawn, MaskFault::Name(fault)))?;
            nifti::write_mask(&folder.file(&format!("{name}.nii.gz"))?, &carried.mask)?;
        }
        return Ok(folder.publish()?);
    }
    let masks: Vec<Mask<Fixed>> = carried.iter().map(|(_, _, _, carried)| carried.mask.clone()).collect();
    let labels: Vec<u32> = carried.iter().map(|(label, ..)| *label).collect();
    match propagate::label_map(&masks, &labels) {
        Some(Ok(map)) => write_nifti(&given.out, given.existing, |path| nifti::write_labels(path, &map)),
        Some(Err(Overlap { first, second, voxels })) => {
            let [first, second] = [first, second].map(|n| carried[n].1.clone());
            Err(TransformError::Overlap { first, second, voxels }.into())
        }
        None => Err(IoError::mask(drawn, MaskFault::Empty).into()),
    }
}
