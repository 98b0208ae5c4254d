//! The files of a result.

use std::collections::BTreeMap;
use std::path::Path;

use delta_table::TableError;

use super::clock::Timing;
use super::contours::OurContour;
use super::findings::Findings;
use super::objects::Objects;
use super::pairs::{AlignmentFiles, PairResult};
use super::provenance::{RUN_FILE, RunFile, UNHASHED};
use super::request::TableFormat;
use super::scans::Scans;
use crate::delta::trajectory::Trajectories;
use crate::io::{itk, nifti};
use crate::jobs::Failure;
use crate::jobs::align::{Aligned, Pair};
use crate::propagate;
use crate::protocol::Protocol;
use crate::record::MaskSource;
use crate::record::table::{
    delta_table, feature_table, perturbation_table, response_table, trajectory_table,
};
use crate::store::{self, OutputFolder, StoreError};
use crate::visit::Visit;

/// A file with its version of form first.
#[derive(serde::Serialize)]
struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// Writes a record as JSON whose first key is its schema.
pub fn write_record(
    folder: &OutputFolder,
    name: &str,
    record: &impl serde::Serialize,
) -> Result<(), StoreError> {
    store::write_json(&folder.file(name)?, &Versioned { schema: 1, content: record })
}

/// Writes a file whose content is at hand.
pub fn content(folder: &OutputFolder, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = folder.file(name)?;
    std::fs::write(&path, bytes).map_err(StoreError::at(&path))
}

/// Writes the tables; those of trajectories, perturbed copies and response only where there are any.
pub fn tables(folder: &OutputFolder, findings: &Findings, format: TableFormat) -> Result<(), Failure> {
    let mut tables =
        vec![("features", feature_table(&findings.features)?), ("deltas", delta_table(&findings.deltas)?)];
    if let Trajectories::Rows(rows) = &findings.trajectories {
        tables.push(("trajectories", trajectory_table(rows)?));
    }
    if !findings.perturbations.is_empty() {
        tables.push(("perturbations", perturbation_table(&findings.perturbations)?));
    }
    if !findings.responses.is_empty() {
        tables.push(("response", response_table(&findings.responses)?));
    }
    for (name, table) in tables {
        let csv = folder.file(&format!("{name}.csv"))?;
        table.write_csv(&csv).map_err(not_written(&csv))?;
        if format == TableFormat::CsvAndParquet {
            let parquet = folder.file(&format!("{name}.parquet"))?;
            table.write_parquet(&parquet).map_err(not_written(&parquet))?;
        }
    }
    Ok(())
}

/// A table that could not be written, with the place where: a table alone does not know its file.
fn not_written(path: &Path) -> impl FnOnce(TableError) -> Failure + use<> {
    let path = path.to_owned();
    move |error| match error {
        TableError::File(source) => StoreError::System { path, source }.into(),
        other => other.into(),
    }
}

/// Writes an alignment's transforms, findings and images, and the contours that it carried, as NIfTI and, where that is
/// asked for, as DICOM. Gives the name of the
/// mask (or folder of masks) that a person may edit; `None` where nothing was aligned.
pub fn pair(
    folder: &OutputFolder,
    scans: &Scans,
    followup: &Visit,
    result: &PairResult,
    objects: Option<&Objects>,
) -> Result<Option<String>, Failure> {
    let Some(alignment) = &result.alignment else { return Ok(None) };
    let baseline = &scans.baseline().name;
    let names = AlignmentFiles::new(baseline, &followup.name, scans.followups().len());
    transforms(folder, &names, &alignment.pair, &alignment.aligned)?;
    write_record(folder, &names.qa, &alignment.qa)?;
    let image = folder.file(&format!("images/{baseline}_on_{}.nii.gz", followup.name))?;
    nifti::write_volume(&image, &alignment.after)?;
    // In the followed map a lesion's contour is the followed one, and every other region's the carried one.
    let best = |c: &&OurContour| {
        c.structure.source != MaskSource::Carried
            || !result
                .ours
                .iter()
                .any(|o| o.structure.name == c.structure.name && o.structure.source != MaskSource::Carried)
    };
    let carried = || result.ours.iter().filter(|c| c.structure.source == MaskSource::Carried);
    let followed = || result.ours.iter().filter(best);
    let [stem_carried, stem_followed] =
        ["carried", "followed"].map(|what| format!("masks/{}_{what}", followup.name));
    label_names(folder, scans)?;
    masks(folder, &stem_carried, scans, carried())?;
    let to_edit = masks(folder, &stem_followed, scans, followed())?;
    let Some(objects) = objects else { return Ok(Some(to_edit)) };
    objects.write(folder, &stem_carried, scans, followup, carried())?;
    let object = objects.write(folder, &stem_followed, scans, followup, followed())?;
    Ok(Some(object.unwrap_or(to_edit)))
}

/// Writes the transforms of an alignment.
pub fn transforms(
    folder: &OutputFolder,
    names: &AlignmentFiles,
    pair: &Pair,
    aligned: &Aligned,
) -> Result<(), Failure> {
    itk::write_transform(&folder.file(&names.rigid)?, &aligned.rigid)?;
    itk::write_transform(&folder.file(&names.whole)?, &aligned.transform)?;
    if let Some(followed) = &aligned.followed {
        itk::write_transform(&folder.file(&names.followed)?, followed)?;
    }
    let field = propagate::displacement_field(&aligned.transform, pair.fixed.grid());
    nifti::write_displacement(&folder.file(&names.displacement)?, &field)?;
    Ok(())
}

/// One label map, or where regions overlap a folder of one file per structure. A region's label is its place among
/// the baseline's regions, as `masks/dseg.tsv` says. Gives the name of the file or folder.
fn masks<'a>(
    folder: &OutputFolder,
    stem: &str,
    scans: &Scans,
    contours: impl Iterator<Item = &'a OurContour>,
) -> Result<String, Failure> {
    let contours: Vec<_> = contours.map(|c| (label_of(scans, &c.structure.name), &c.structure)).collect();
    let masks: Vec<_> = contours.iter().map(|(_, s)| s.mask.clone()).collect();
    let labels: Vec<u32> = contours.iter().map(|(label, _)| *label).collect();
    if let Some(Ok(map)) = propagate::label_map(&masks, &labels) {
        let name = format!("{stem}.nii.gz");
        nifti::write_labels(&folder.file(&name)?, &map)?;
        return Ok(name);
    }
    for (_, structure) in contours {
        let path = folder.file(&format!("{stem}/{}.nii.gz", structure.name))?;
        nifti::write_mask(&path, &structure.mask)?;
    }
    Ok(stem.to_owned())
}

fn label_of(scans: &Scans, region: &str) -> u32 {
    let place = scans.baseline().structures.iter().position(|s| s.name == region);
    place.map_or(0, |n| n as u32 + 1)
}

/// Names of the labels (BIDS).
fn label_names(folder: &OutputFolder, scans: &Scans) -> Result<(), StoreError> {
    let names = scans.baseline().structures.iter().enumerate();
    let rows = names.map(|(n, s)| format!("{}\t{}\n", n + 1, s.name)).collect::<Vec<_>>().concat();
    content(folder, "masks/dseg.tsv", format!("index\tname\n{rows}").as_bytes())
}

/// Writes what the run was made from, and last the hashes of all that was written.
pub fn provenance(
    folder: &OutputFolder,
    resolved: &Protocol,
    run: RunFile,
    timing: &Timing,
) -> Result<(), Failure> {
    let text = resolved.to_toml().map_err(|e| Failure::defect("E-OUT-PROTOCOL", &e))?;
    content(folder, "resolved_protocol.toml", text.as_bytes())?;
    store::write_json(&folder.file("timing.json")?, timing)?;
    let record = RunFile { outputs: hash_outputs(folder)?, ..run };
    Ok(store::write_json(&folder.file(RUN_FILE)?, &record)?)
}

/// SHA-256 of every file written so far that a hash covers.
pub fn hash_outputs(folder: &OutputFolder) -> Result<BTreeMap<String, String>, StoreError> {
    let mut outputs = store::hash_tree(folder.path())?;
    outputs.retain(|name, _| !UNHASHED.contains(&name.as_str()) && !name.starts_with('.'));
    Ok(outputs)
}
