//! One visit of one patient: a scan, its regions, and what is known about them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::geometry::{Frame, Own};
use crate::labels::Mask;
use crate::record::{Flags, MaskSource, Modality, RoiRole, Units};
use crate::volume::Volume;

/// `visit.toml` as written by a person. Unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitFile {
    /// Version of the file's form: 1.
    pub schema: u32,
    /// Subject.
    pub subject: Option<String>,
    /// Name of the visit; by default the folder's.
    pub visit: Option<String>,
    /// Date of the scan.
    pub date: Option<toml::value::Datetime>,
    /// Days since baseline, instead of a date.
    pub day: Option<f64>,
    /// Modality in DICOM's words; `PET` and `SPECT` are read too.
    pub modality: Option<String>,
    /// What an intensity means.
    pub units: Option<String>,
    /// File of the image, or folder of its DICOM series.
    pub image: Option<String>,
    /// Which DICOM series is meant, where there are several.
    pub series: Option<String>,
    /// File of the label map, or `FILE:ROI` of an RTSTRUCT or a SEG.
    pub mask: Option<String>,
    /// The spacing is a guess.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spacing_estimated: bool,
    /// Regions known to be gone at this visit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// Regions whose contour of ours was looked at and accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept_contours: Vec<String>,
    /// The regions.
    #[serde(default)]
    pub roi: Vec<RoiEntry>,
    /// How the scan was made.
    #[serde(default)]
    pub acquisition: Acquisition,
}

/// One `[[roi]]` of `visit.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoiEntry {
    /// Label in the visit's mask.
    pub label: Option<u32>,
    /// Name.
    pub name: String,
    /// `lesion`, `organ` or `reference`.
    pub role: Option<RoiRole>,
    /// A binary file of its own, instead of a label.
    pub mask: Option<String>,
    /// Where the contour comes from; `drawn` by default.
    pub mask_source: Option<MaskSource>,
}

/// How a scan was made. Everything is optional; unknown is said as unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the names are the field's own
pub struct Acquisition {
    pub kernel: Option<String>,
    pub slice_thickness_mm: Option<f64>,
    pub kvp: Option<f64>,
    pub contrast_phase: Option<String>,
    pub sequence: Option<String>,
    pub te_ms: Option<f64>,
    pub tr_ms: Option<f64>,
    pub ti_ms: Option<f64>,
    pub field_t: Option<f64>,
    pub tracer: Option<String>,
    pub uptake_min: Option<f64>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub site: Option<String>,
}

impl Acquisition {
    /// What is known here, else what is known there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            kernel: self.kernel.or(other.kernel),
            slice_thickness_mm: self.slice_thickness_mm.or(other.slice_thickness_mm),
            kvp: self.kvp.or(other.kvp),
            contrast_phase: self.contrast_phase.or(other.contrast_phase),
            sequence: self.sequence.or(other.sequence),
            te_ms: self.te_ms.or(other.te_ms),
            tr_ms: self.tr_ms.or(other.tr_ms),
            ti_ms: self.ti_ms.or(other.ti_ms),
            field_t: self.field_t.or(other.field_t),
            tracer: self.tracer.or(other.tracer),
            uptake_min: self.uptake_min.or(other.uptake_min),
            manufacturer: self.manufacturer.or(other.manufacturer),
            model: self.model.or(other.model),
            site: self.site.or(other.site),
        }
    }
}

/// When a scan was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Nothing is known.
    Unknown,
    /// Days since the first of January 1970.
    Date(i64),
    /// Days since baseline.
    Day(f64),
    /// By the dates of a DICOM series, in days since the first of January 1970. Only differences of them are told, for a
    /// date may identify a patient.
    Scanned {
        /// Date of the study.
        study: Option<i64>,
        /// Date of the acquisition.
        acquisition: Option<i64>,
    },
}

impl When {
    /// Days from `self` to `later`, where both are known in the same way.
    pub fn days_until(self, later: Self) -> Option<f64> {
        match (self, later) {
            (Self::Date(a), Self::Date(b)) => Some((b - a) as f64),
            (Self::Day(a), Self::Day(b)) => Some(b - a),
            // Dates of one kind are compared: the study's where both have it, else the acquisition's.
            (Self::Scanned { study: a, acquisition: c }, Self::Scanned { study: b, acquisition: d }) => {
                difference(a, b).or_else(|| difference(c, d))
            }
            (Self::Date(a), Self::Scanned { study, acquisition }) => {
                difference(Some(a), study.or(acquisition))
            }
            (Self::Scanned { study, acquisition }, Self::Date(b)) => {
                difference(study.or(acquisition), Some(b))
            }
            _ => None,
        }
    }
}

fn difference(from: Option<i64>, to: Option<i64>) -> Option<f64> {
    Some((to? - from?) as f64)
}

/// A region of a visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure<F: Frame = Own> {
    /// Name; regions are matched between visits by it.
    pub name: String,
    /// Role; `None` until it is decided over both visits.
    pub role: Option<RoiRole>,
    /// Where the contour comes from.
    pub source: MaskSource,
    /// Its voxels on the image's grid.
    pub mask: Mask<F>,
}

/// What a region is tracked as over time, as DICOM says it.
#[derive(Clone, PartialEq, Eq)]
pub struct Tracking {
    /// Tracking UID.
    pub uid: String,
    /// The patient's identifier in the object that gave it, which may be a pseudonym.
    pub owner: Option<String>,
}

/// Without what identifies it.
impl fmt::Debug for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracking")
    }
}

/// Whether somebody said what a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// A `visit.toml` does.
    ByFile,
    /// A DICOM series says it itself.
    ByScan,
    /// Nobody does: a bare folder or file, until the command line or the voxels decide.
    Not,
}

/// The modality that a word means: DICOM's, or `PET` and `SPECT`; case does not matter.
pub fn modality_of_word(word: &str) -> Option<Modality> {
    match word.to_uppercase().as_str() {
        "PET" => Some(Modality::Pt),
        "SPECT" => Some(Modality::Nm),
        upper => Modality::from_word(upper),
    }
}

/// The units that a word means; case does not matter.
pub fn units_of_word(word: &str) -> Option<Units> {
    Units::ALL.iter().copied().find(|u| u.word().eq_ignore_ascii_case(word))
}

/// A visit, read and checked.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Subject, where known.
    pub subject: Option<String>,
    /// Name (`t0`).
    pub name: String,
    /// When.
    pub when: When,
    /// Modality.
    pub modality: Modality,
    /// Units.
    pub units: Units,
    /// Who says so.
    pub declared: Declared,
    /// How it was made.
    pub acquisition: Acquisition,
    /// The scan. NaN means no data.
    pub image: Volume<f32>,
    /// The regions; they may overlap.
    pub structures: Vec<Structure>,
    /// What regions are tracked as over time, where an RTSTRUCT or a SEG says it.
    pub tracking: BTreeMap<String, Tracking>,
    /// Regions known to be gone.
    pub absent: Vec<String>,
    /// Regions whose contour of ours was accepted.
    pub accept_contours: Vec<String>,
    /// What every row of this visit must say (`assumed_hu`, `spacing_estimated`, `grid_tolerance`).
    pub flags: Flags,
    /// What was assumed, in sentences for the summary and the report.
    pub notes: Vec<String>,
    /// Input files, as given.
    pub files: Vec<std::path::PathBuf>,
}

impl Visit {
    /// All its regions that `wanted` names, as one; `None` where there is none.
    pub fn union(&self, wanted: impl Fn(&Structure) -> bool) -> Option<Mask> {
        Mask::union(self.structures.iter().filter(|s| wanted(s)).map(|s| &s.mask))
    }
}

/// Words by which a region's name says that it is a lesion.
const LESION_WORDS: [&str; 9] =
    ["lesion", "tumor", "tumour", "gtv", "ctv", "target", "nodule", "metastasis", "mets"];

/// Decides the role of each region of a run from all visits' regions (docs/files.md, A visit folder): a named lesion, else
/// declared roles, else the only region, else names that say so. Regions without a role that are no lesion are
/// organs.
pub fn decide_roles(visits: &mut [Visit], lesion: Option<&str>) {
    let roles = roles_of(visits.iter().flat_map(|v| &v.structures), lesion);
    for structure in visits.iter_mut().flat_map(|v| &mut v.structures) {
        structure.role = roles.get(&structure.name).copied();
    }
}

/// The role of each of these regions, by name.
pub fn roles_of<'a>(
    structures: impl Iterator<Item = &'a Structure>,
    lesion: Option<&str>,
) -> BTreeMap<String, RoiRole> {
    let mut declared: BTreeMap<String, Option<RoiRole>> = BTreeMap::new();
    for structure in structures {
        let role = declared.entry(structure.name.clone()).or_insert(None);
        *role = role.or(structure.role);
    }
    let says_lesion = |name: &str| {
        let lower = name.to_lowercase();
        LESION_WORDS.iter().any(|w| lower.contains(w))
    };
    let any_declared = declared.values().any(Option::is_some);
    let only = declared.len() == 1;
    declared
        .into_iter()
        .map(|(name, role)| {
            let decided = match (lesion, role) {
                (Some(lesion), _) if lesion == name => RoiRole::Lesion,
                (Some(_), Some(RoiRole::Lesion) | None) => RoiRole::Organ,
                (_, Some(role)) => role,
                (None, None) if !any_declared && (only || says_lesion(&name)) => RoiRole::Lesion,
                (None, None) => RoiRole::Organ,
            };
            (name, decided)
        })
        .collect()
}
