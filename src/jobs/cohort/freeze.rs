//! `study.toml`: what a study decided once, so that every patient is measured alike, whoever runs it and when.
//!
//! The sampling of a modality is decided over the whole manifest when the modality is first met. It then stays while
//! the protocol asks for the same, though scans are added or taken away: otherwise every patient would be measured
//! anew because of one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::StudyError;
use super::request::SamplingChoice;
use crate::diagnose::nearest_in_message;
use crate::features::sampling::VisitFacts;
use crate::features::settings::{Dimension, Interpolation, ResolvedSampling, Sampling};
use crate::jobs::run::{FrozenSampling, file_name, hash_of};
use crate::protocol::Protocol;
use crate::record::{MeasurementHash, Modality, Units};
use crate::store::StoreError;

/// Name of the file in a study.
pub const STUDY_FILE: &str = "study.toml";

/// The content of `study.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyFile {
    /// Version of the file's form.
    pub schema: u32,
    /// Windows of visits, in the order asked for; without any, visits keep their names.
    pub windows: Vec<String>,
    /// What was asked for all patients alike, as options and values.
    pub options: BTreeMap<String, String>,
    /// What was decided for the patients of each modality.
    pub modality: BTreeMap<Modality, OfModality>,
}

/// What was decided for the patients of one modality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfModality {
    /// Name of the protocol: a built-in one, or the name of its file.
    pub protocol: String,
    /// SHA-256 of its settings.
    pub protocol_sha256: String,
    /// SHA-256 of the gate, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_sha256: Option<String>,
    /// Why the sampling was decided so.
    pub why: String,
    /// Coarsest spacing in mm along right, anterior, superior of the scans that it was decided over.
    pub coarsest_mm: [f64; 3],
    /// What the protocol asks for: while it stays, so does the sampling.
    pub asked: Sampling,
    /// The sampling.
    pub sampling: SamplingOfFile,
    /// Measurement hash by the units of the scans.
    pub measurement_hash: BTreeMap<Units, MeasurementHash>,
}

/// [`ResolvedSampling`] in a form that TOML can hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingOfFile {
    /// Spacing in mm along right, anterior, superior; `"own"` keeps each scan's own.
    spacing_mm: [AxisSpacing; 3],
    dimension: Dimension,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slice_axis: Option<usize>,
    interpolation: Interpolation,
    mask_threshold: f64,
}

/// The spacing along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a spacing is a number of millimetres or \"own\"")]
enum AxisSpacing {
    Millimetres(f64),
    Word(OwnSpacing),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OwnSpacing {
    Own,
}

impl From<&ResolvedSampling> for SamplingOfFile {
    fn from(sampling: &ResolvedSampling) -> Self {
        let own = AxisSpacing::Word(OwnSpacing::Own);
        Self {
            spacing_mm: sampling.spacing_mm.map(|mm| mm.map_or(own, AxisSpacing::Millimetres)),
            dimension: sampling.dimension,
            slice_axis: sampling.slice_axis,
            interpolation: sampling.interpolation,
            mask_threshold: sampling.mask_threshold,
        }
    }
}

impl OfModality {
    /// The sampling as a run takes it.
    pub fn frozen(&self) -> FrozenSampling {
        let of = &self.sampling;
        let spacing_mm = of.spacing_mm.map(|axis| match axis {
            AxisSpacing::Millimetres(mm) => Some(mm),
            AxisSpacing::Word(OwnSpacing::Own) => None,
        });
        FrozenSampling {
            why: self.why.clone(),
            coarsest_mm: self.coarsest_mm,
            sampling: ResolvedSampling {
                spacing_mm,
                dimension: of.dimension,
                slice_axis: of.slice_axis,
                interpolation: of.interpolation,
                mask_threshold: of.mask_threshold,
            },
        }
    }
}

/// What is asked for the patients of one modality, and the scans that it is decided over.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Protocol.
    pub protocol: Protocol,
    /// SHA-256 of the gate and the measurement that it was made for.
    pub gate: Option<AskedGate>,
    /// Scans of the manifest, of all visits of the patients.
    pub scans: Vec<VisitFacts>,
}

/// What a study needs to know of a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedGate {
    /// SHA-256 of its file.
    pub sha256: String,
    /// The sampling that it was made on, where it says it: it goes before the study's.
    pub sampling: Option<ResolvedSampling>,
}

impl StudyFile {
    /// Decides a study. What an `earlier` decision holds for a modality stays, unless its protocol asks for another
    /// sampling now or all is to be decided anew; modalities that nobody has any more are kept, for their patients may
    /// come back.
    pub fn decide(
        windows: Vec<String>,
        options: BTreeMap<String, String>,
        asked: &BTreeMap<Modality, Asked>,
        earlier: Option<&Self>,
        choice: SamplingChoice,
    ) -> Self {
        let kept = |modality: &Modality| match choice {
            SamplingChoice::Keep => earlier.and_then(|study| study.modality.get(modality)),
            SamplingChoice::Resolve => None,
        };
        let mut decided: BTreeMap<Modality, OfModality> = match (choice, earlier) {
            (SamplingChoice::Keep, Some(study)) => study.modality.clone(),
            _ => BTreeMap::new(),
        };
        for (modality, asked) in asked {
            decided.insert(*modality, OfModality::decide(asked, kept(modality)));
        }
        Self { schema: 1, windows, options, modality: decided }
    }

    /// Reads a study's file; none where there is no study yet.
    pub fn read(study: &Path) -> Result<Option<Self>, StudyError> {
        let path = study.join(STUDY_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::at(&path)(error).into()),
        };
        Self::parse(&text, &path).map(Some)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, StudyError> {
        // The version speaks first: a later one may have keys that this one does not know.
        let later = text.parse::<toml::Table>().ok().and_then(|table| table.get("schema")?.as_integer());
        if let Some(found) = later.filter(|found| *found > 1) {
            return Err(StudyError::Schema { file: path.to_owned(), found });
        }
        toml::from_str(text).map_err(|error| StudyError::File {
            file: path.to_owned(),
            fact: error.message().to_owned(),
            nearest: nearest_in_message(error.message()).and_then(|(_, known)| known).map(str::to_owned),
        })
    }

    /// The file's text: the same for the same decisions.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut text = String::from(
            "# What this study decided once for all its patients. Written by `delta cohort run`.\n\
             # The sampling of a modality stays as it is while its protocol asks for the same sampling,\n\
             # whatever scans are added; `--resolve` decides it anew over the whole manifest.\n",
        );
        let head = Self { modality: BTreeMap::new(), ..self.clone() };
        let table = toml::Table::try_from(&head)?;
        for key in ["schema", "windows"] {
            if let Some(value) = table.get(key) {
                let _ = writeln!(text, "{key} = {value}"); // writing to a string cannot fail
            }
        }
        text.push_str("\n# Asked for all patients alike.\n[options]\n");
        text.push_str(&toml::to_string(&self.options)?);
        for (modality, of) in &self.modality {
            let one = BTreeMap::from([("modality", BTreeMap::from([(modality, of)]))]);
            let _ = write!(text, "\n# {}\n{}", of.in_words(*modality), toml::to_string(&one)?);
        }
        Ok(text)
    }

    /// What differs from the settings of another decision, in words; none where a patient would be measured alike.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.windows != other.windows {
            return Some(format!("windows: {:?}, not {:?}", other.windows, self.windows));
        }
        let keys = self.options.keys().chain(other.options.keys());
        for key in keys {
            if self.options.get(key) != other.options.get(key) {
                let said = |options: &BTreeMap<String, String>| {
                    options.get(key).map_or_else(|| "not said".to_owned(), String::clone)
                };
                return Some(format!("{key}: {}, not {}", said(&other.options), said(&self.options)));
            }
        }
        for (modality, of) in &self.modality {
            let Some(others) = other.modality.get(modality) else {
                return Some(format!("{modality}: no patient had this modality"));
            };
            if of.protocol_sha256 != others.protocol_sha256 {
                return Some(format!(
                    "{modality}: protocol {} ({}), not {} ({})",
                    others.protocol,
                    &others.protocol_sha256[..12],
                    of.protocol,
                    &of.protocol_sha256[..12]
                ));
            }
            if of.gate_sha256 != others.gate_sha256 {
                return Some(format!("{modality}: another gate"));
            }
        }
        None
    }
}

impl OfModality {
    fn decide(asked: &Asked, kept: Option<&Self>) -> Self {
        let settings = asked.protocol.measurement();
        let kept = kept.filter(|kept| kept.asked == settings.sampling);
        let frozen = kept.map_or_else(|| FrozenSampling::decide(&settings, &asked.scans), Self::frozen);
        let mut units: Vec<Units> = asked.scans.iter().map(|scan| scan.units).collect();
        units.sort_unstable();
        units.dedup();
        let sampling_of_gate = asked.gate.as_ref().and_then(|gate| gate.sampling.clone());
        let hash = |units: Units| {
            let of_units: Vec<VisitFacts> =
                asked.scans.iter().filter(|scan| scan.units == units).take(1).cloned().collect();
            let (mut measurement, _) = crate::features::sampling::resolve(&settings, &of_units);
            measurement.sampling = sampling_of_gate.clone().unwrap_or_else(|| frozen.sampling.clone());
            measurement.hash()
        };
        Self {
            protocol: file_name(&asked.protocol.name),
            protocol_sha256: hash_of(&asked.protocol),
            gate_sha256: asked.gate.as_ref().map(|gate| gate.sha256.clone()),
            sampling: SamplingOfFile::from(&frozen.sampling),
            why: frozen.why.clone(),
            coarsest_mm: frozen.coarsest_mm,
            asked: settings.sampling.clone(),
            measurement_hash: units.into_iter().map(|units| (units, hash(units))).collect(),
        }
    }

    /// The comment above the section.
    fn in_words(&self, modality: Modality) -> String {
        let axis = |axis: &AxisSpacing| match axis {
            AxisSpacing::Millimetres(mm) => format!("{mm}"),
            AxisSpacing::Word(OwnSpacing::Own) => "own".to_owned(),
        };
        let spacing: Vec<String> = self.sampling.spacing_mm.iter().map(axis).collect();
        let texture = match self.sampling.dimension {
            Dimension::InPlane => "in-plane",
            Dimension::Volume => "in the volume",
        };
        format!("{modality}: texture {texture} at {} mm (right, anterior, superior).", spacing.join(" x "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;

    fn scan(spacing: [f64; 3], units: Units) -> VisitFacts {
        let grid = Grid::axis_aligned([10, 10, 10], spacing, [0.0; 3]).unwrap();
        VisitFacts { grid, units, modality: Modality::Mr }
    }

    fn asked(protocol: &str, scans: &[[f64; 3]]) -> Asked {
        let scans = scans.iter().map(|s| scan(*s, Units::Arbitrary)).collect();
        Asked { protocol: Protocol::load(protocol).unwrap(), gate: None, scans }
    }

    fn decide(asked: Asked, earlier: Option<&StudyFile>, choice: SamplingChoice) -> StudyFile {
        let asked = BTreeMap::from([(Modality::Mr, asked)]);
        StudyFile::decide(vec!["t1: 42 +/- 14 d".into()], BTreeMap::new(), &asked, earlier, choice)
    }

    fn spacing(study: &StudyFile) -> [Option<f64>; 3] {
        study.modality[&Modality::Mr].frozen().sampling.spacing_mm
    }

    #[test]
    fn the_file_reads_back_whole_and_is_the_same_twice() {
        for scans in [vec![[1.0, 1.0, 1.5]], vec![[0.5, 0.5, 6.0], [1.0; 3]]] {
            let mut study = decide(asked("mr", &scans), None, SamplingChoice::Keep);
            study.options.insert("perturb".into(), "0".into());
            let text = study.to_toml().unwrap();
            assert!(text.contains("\nschema = 1\n"), "{text}");
            assert_eq!(StudyFile::parse(&text, Path::new("study.toml")).unwrap(), study, "{text}");
            assert_eq!(study.to_toml().unwrap(), text);
        }
    }

    #[test]
    fn a_coarser_scan_that_comes_later_changes_nothing_until_asked() {
        let first = decide(asked("mr", &[[1.0; 3]]), None, SamplingChoice::Keep);
        assert_eq!(spacing(&first), [Some(1.0); 3]);
        let more = || asked("mr", &[[1.0; 3], [2.0; 3]]);
        assert_eq!(spacing(&decide(more(), Some(&first), SamplingChoice::Keep)), [Some(1.0); 3]);
        assert_eq!(spacing(&decide(more(), Some(&first), SamplingChoice::Resolve)), [Some(2.0); 3]);
        let mut other = more();
        other.protocol.sampling.mask_threshold = 0.4;
        assert_eq!(spacing(&decide(other, Some(&first), SamplingChoice::Keep)), [Some(2.0); 3]);
    }

    #[test]
    fn a_new_modality_is_added_beside_those_that_are_there() {
        let first = decide(asked("mr", &[[1.0; 3]]), None, SamplingChoice::Keep);
        let ct = BTreeMap::from([(Modality::Ct, asked("ct", &[[0.7, 0.7, 1.0]]))]);
        let both = StudyFile::decide(
            first.windows.clone(),
            BTreeMap::new(),
            &ct,
            Some(&first),
            SamplingChoice::Keep,
        );
        assert_eq!(both.modality.len(), 2);
        assert_eq!(both.modality[&Modality::Mr], first.modality[&Modality::Mr]);
    }

    #[test]
    fn the_measurement_hash_is_that_of_the_units_and_of_the_gates_sampling() {
        let mut pet = asked("pet", &[[3.0; 3]]);
        pet.scans = vec![scan([3.0; 3], Units::Suv), scan([3.0; 3], Units::BqMl)];
        let study = decide(pet.clone(), None, SamplingChoice::Keep);
        let hashes = &study.modality[&Modality::Mr].measurement_hash;
        assert_eq!(hashes.len(), 2);
        assert_ne!(hashes[&Units::Suv], hashes[&Units::BqMl]);
        let mut sampling = study.modality[&Modality::Mr].frozen().sampling;
        sampling.spacing_mm = [Some(4.0); 3];
        pet.gate = Some(AskedGate { sha256: "ab".into(), sampling: Some(sampling) });
        let gated = decide(pet, Some(&study), SamplingChoice::Keep);
        assert_ne!(&gated.modality[&Modality::Mr].measurement_hash, hashes);
        assert_eq!(gated.modality[&Modality::Mr].sampling, study.modality[&Modality::Mr].sampling);
    }

    #[test]
    fn settings_that_differ_are_told() {
        let first = decide(asked("mr", &[[1.0; 3]]), None, SamplingChoice::Keep);
        assert_eq!(first.difference(&first), None);
        let other = decide(asked("generic", &[[1.0; 3]]), None, SamplingChoice::Keep);
        assert!(other.difference(&first).unwrap().starts_with("MR: protocol mr ("));
        let mut windows = first.clone();
        windows.windows.clear();
        assert!(windows.difference(&first).unwrap().starts_with("windows"));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_the_nearest_known_one() {
        let study = decide(asked("mr", &[[1.0; 3]]), None, SamplingChoice::Keep);
        let text = study.to_toml().unwrap();
        let read = |text: &str| StudyFile::parse(text, Path::new("study.toml")).unwrap_err();
        match read(&text.replace("windows =", "window =")) {
            StudyError::File { nearest, .. } => assert_eq!(nearest.as_deref(), Some("windows")),
            other => panic!("{other}"),
        }
        let later = read(&text.replace("schema = 1", "schema = 2\nnovel = 3"));
        assert!(matches!(later, StudyError::Schema { found: 2, .. }));
    }
}
