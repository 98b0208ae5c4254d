//! What scans and visit folders hold, and what is wrong with them.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::io::inspect::{FileFacts, Inspection, LabelFacts, VisitFacts, inspect as look};
use crate::io::{Header, ReadOptions, VisitSource};
use crate::visit::Acquisition;

/// What was found in several places.
#[derive(Debug, Serialize)]
pub struct Inspected {
    places: Vec<Inspection>,
}

impl Inspected {
    /// Number of problems.
    pub fn problems(&self) -> usize {
        self.places.iter().map(|p| p.problems.len()).sum()
    }
}

/// Looks at visit folders and files, without computing.
pub fn inspect(paths: &[PathBuf], options: &ReadOptions) -> Inspected {
    let places = paths.iter().map(|path| look(&VisitSource::new(path), options)).collect();
    Inspected { places }
}

impl fmt::Display for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.places {
            writeln!(f, "{}", place.path)?;
            for series in &place.series {
                writeln!(f, "  series {}: {}", series.label, series.what)?;
            }
            for file in &place.files {
                write_file(f, file)?;
            }
            if let Some(visit) = &place.visit {
                write_visit(f, visit)?;
            }
            for problem in &place.problems {
                let sentence = problem.fact.trim_end_matches('.');
                writeln!(f, "  {}  {sentence}. {}", problem.code, problem.hint)?;
            }
        }
        Ok(())
    }
}

fn write_file(f: &mut fmt::Formatter<'_>, file: &FileFacts) -> fmt::Result {
    let grid = file.grid.as_ref().map_or_else(String::new, |g| format!(": {}", g.words));
    writeln!(f, "  {} ({}){grid}", file.path, format!("{:?}", file.used_as).to_lowercase())?;
    if let Some(values) = &file.values {
        if let (Some(min), Some(max), Some(mean)) = (values.min, values.max, values.mean) {
            let whole = if values.whole { "whole numbers, " } else { "" };
            write!(f, "    {whole}{min} to {max}, mean {mean:.4}")?;
        }
        writeln!(
            f,
            "{}",
            if values.nan_count > 0 {
                format!(", {} voxels without data", values.nan_count)
            } else {
                String::new()
            }
        )?;
    }
    if let Some(Header::Dicom(facts)) = &file.header {
        writeln!(f, "    series {}, {} slices{}", facts.label, facts.slices, made(&facts.acquisition))?;
    }
    for LabelFacts { label, name, voxels, volume_ml } in &file.labels {
        let name = name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        writeln!(f, "    label {label}{name}: {voxels} voxels, {volume_ml:.3} mL")?;
    }
    Ok(())
}

/// How a scan was made, as far as it says so.
fn made(acquisition: &Acquisition) -> String {
    let serde_json::Value::Object(known) = serde_json::json!(acquisition) else { return String::new() };
    let known = known.iter().filter(|(_, value)| !value.is_null());
    let words: Vec<String> =
        known.map(|(key, value)| format!(", {key} {}", value.to_string().trim_matches('"'))).collect();
    words.concat()
}

fn write_visit(f: &mut fmt::Formatter<'_>, visit: &VisitFacts) -> fmt::Result {
    let subject = visit.subject.as_deref().map_or_else(String::new, |s| format!(" of {s}"));
    writeln!(f, "  visit {}{subject}: {}, {}", visit.name, visit.modality, visit.units)?;
    for region in &visit.regions {
        let role = region.role.map_or_else(String::new, |r| format!(", {r}"));
        writeln!(
            f,
            "    {}: {} voxels, {:.3} mL, {}{role}",
            region.name, region.voxels, region.volume_ml, region.mask_source
        )?;
    }
    for note in &visit.notes {
        writeln!(f, "    {note}")?;
    }
    Ok(())
}
