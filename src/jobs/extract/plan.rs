//! Everything that is decided before a region is measured: what intensities mean, settings, sampling.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::batch::{Image, Work};
use super::error::ExtractError;
use super::request::{ExtractRequest, LabelChoice, Layout, Names, Scope};
use crate::features::sampling::{self, SamplingDecision, VisitFacts};
use crate::features::settings::ResolvedMeasurement;
use crate::geometry::Grid;
use crate::io::{
    DicomImage, IoError, MaskPath, Meaning, ReadOptions, Scan, looks_like_ct, may_be, meaning_of, read_grid,
    read_scan,
};
use crate::jobs::Failure;
use crate::jobs::run::{Input, TableFormat, hash_inputs, hash_of, modality_named, units_named};
use crate::protocol::Protocol;
use crate::record::{Flags, MeasurementHash, Modality, Units};

/// A decided extraction.
pub struct Plan {
    /// How files are read.
    pub options: ReadOptions,
    /// What the intensities of all images mean.
    pub meaning: Meaning,
    /// Settings as they were given.
    pub protocol: Protocol,
    /// Measurement, decided over all images.
    pub measurement: ResolvedMeasurement,
    /// Its hash.
    pub hash: MeasurementHash,
    /// Why it was decided so.
    pub sampling: SamplingDecision,
    /// What the decision means for the rows of each image.
    pub flags: BTreeMap<Image, Flags>,
    /// Input files and their hashes.
    pub inputs: BTreeMap<String, Input>,
    /// The same for commands that must give the same bytes.
    pub fingerprint: String,
    opened: Mutex<Option<(Image, Scan)>>,
}

impl Plan {
    /// Decides from the request and the headers of all images.
    pub fn new(request: &ExtractRequest, work: &Work) -> Result<Self, Failure> {
        let protocol = request.protocol.as_deref().map(Protocol::load).transpose()?;
        let modality = modality_named(request.modality.as_deref())?;
        let units = units_named(request.units.as_deref())?;
        let options = request.reading.clone();
        let heads = heads(work, &options)?;
        let of_series = of_series(&heads)?;
        let (meaning, opened) = meaning(work, modality, units, of_series, &options)?;
        let protocol = protocol.unwrap_or_else(|| Protocol::default_for(meaning.modality));
        if !protocol.region.is_empty() {
            return Err(ExtractError::MadeRegions(protocol.name.clone()).failure());
        }
        protocol.check_units(meaning.units)?;
        let (images, facts): (Vec<Image>, Vec<VisitFacts>) = heads
            .into_iter()
            .map(|(image, Head { grid, .. })| {
                (image, VisitFacts { grid, units: meaning.units, modality: meaning.modality })
            })
            .unzip();
        let (measurement, sampling) = sampling::resolve(&protocol.measurement(), &facts);
        let hash = measurement.hash();
        let inputs = inputs(request, work);
        let fingerprint = fingerprint(request, &protocol, &hash, &inputs);
        Ok(Self {
            flags: images.into_iter().zip(sampling.flags.iter().cloned()).collect(),
            opened: Mutex::new(opened),
            options,
            meaning,
            protocol,
            measurement,
            hash,
            sampling,
            inputs,
            fingerprint,
        })
    }

    /// The scan of an image; the one that was read to decide is not read again.
    pub fn scan(&self, image: &Image) -> Result<Scan, Failure> {
        // A lock is poisoned by a panic only, and nothing panics while it is held.
        let mut opened = self.opened.lock().expect("nothing panics here");
        if let Some((_, scan)) = opened.take_if(|(other, _)| other == image) {
            return Ok(scan);
        }
        drop(opened);
        self.checked(image)
    }

    /// Reads an image, which must be what all were taken for.
    fn checked(&self, image: &Image) -> Result<Scan, Failure> {
        let scan = image.read(&self.options)?;
        if self.meaning.assumed_hu && scan.space.is_none() && !looks_like_ct(&scan.volume) {
            return Err(ExtractError::NotCt(image.path.clone()).failure());
        }
        Ok(scan)
    }
}

impl Image {
    fn read(&self, options: &ReadOptions) -> Result<Scan, IoError> {
        read_scan(&self.path, &options.with_series(self.series.as_deref()))
    }
}

/// What is known of an image without its voxels.
struct Head {
    grid: Grid,
    /// What a DICOM series says of its values.
    said: Option<(Modality, Units)>,
}

impl Head {
    fn read(image: &Image, options: &ReadOptions) -> Result<Self, IoError> {
        let options = options.with_series(image.series.as_deref());
        match DicomImage::of(&image.path, &options)? {
            None => Ok(Self { grid: read_grid(&image.path, &options)?, said: None }),
            Some(series) => {
                let facts = series.facts()?;
                Ok(Self { grid: series.grid()?, said: Some((facts.modality, facts.units)) })
            }
        }
    }
}

/// Where the voxels of each image lie, in the order of the paths. Images whose header is refused are left out of a
/// batch; their rows fail when their turn comes.
fn heads(work: &Work, options: &ReadOptions) -> Result<BTreeMap<Image, Head>, Failure> {
    let mut images: Vec<&Image> = work.understood().map(|(_, case)| &case.image).collect();
    let order = images.clone();
    images.sort();
    images.dedup();
    let read = |image: &&Image| ((*image).clone(), Head::read(image, options));
    let read: BTreeMap<Image, Result<Head, IoError>> = images.par_iter().map(read).collect();
    let mut grids = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for (image, grid) in read {
        match grid {
            Ok(grid) => _ = grids.insert(image, grid),
            Err(error) => _ = refused.insert(image, Failure::from(error)),
        }
    }
    if !grids.is_empty() {
        return Ok(grids);
    }
    let of_row = work.cases.iter().find_map(|case| case.as_ref().err().cloned());
    let of_image = order.first().and_then(|image| refused.remove(*image));
    // There is at least one row, and none has an image: the first row or the first image failed.
    let first = of_image.or(of_row).expect("a row without an image has a reason");
    if work.is_batch() {
        Err(ExtractError::NoImage { rows: work.cases.len(), first: first.to_string() }.failure())
    } else {
        Err(first)
    }
}

/// What DICOM series say of their values, all the same.
struct OfSeries {
    modality: Modality,
    units: Units,
    /// Whether all images are series.
    all: bool,
}

/// What all DICOM series of the images say of their values; none where there is no series.
fn of_series(heads: &BTreeMap<Image, Head>) -> Result<Option<OfSeries>, Failure> {
    let mut said = heads.iter().filter_map(|(image, head)| Some((image, head.said?)));
    let Some((first, meaning)) = said.next() else { return Ok(None) };
    match said.find(|(_, other)| *other != meaning) {
        None => {
            let (modality, units) = meaning;
            Ok(Some(OfSeries { modality, units, all: heads.values().all(|head| head.said.is_some()) }))
        }
        Some((other, differing)) => Err(ExtractError::Mixed {
            first: first.path.clone(),
            other: other.path.clone(),
            words: [meaning, differing].map(|(modality, units)| format!("{modality} in {units}")),
        }
        .failure()),
    }
}

/// What the intensities of all images mean: as declared, else as DICOM series say, else by the looks of the first
/// that can be read, which is kept. Where that looks like CT, every other image has to; else all are arbitrary,
/// whatever they look like.
fn meaning(
    work: &Work,
    modality: Option<Modality>,
    units: Option<Units>,
    of_series: Option<OfSeries>,
    options: &ReadOptions,
) -> Result<(Meaning, Option<(Image, Scan)>), Failure> {
    if let Some(of_series) = of_series {
        let own = of_series.units;
        if let Some(said) = units.filter(|said| !may_be(own, *said)) {
            return Err(ExtractError::Units { said, own }.failure());
        }
        // Images of other formats beside CT series have to look like them.
        let assumed_hu = own == Units::Hu && units.is_none() && !of_series.all;
        let (modality, units) = (modality.unwrap_or(of_series.modality), units.unwrap_or(own));
        return Ok((Meaning { modality, units, assumed_hu, note: None }, None));
    }
    let if_ct = meaning_of(modality, units, true);
    if !if_ct.assumed_hu {
        return Ok((if_ct, None));
    }
    let mut tried: Option<&Image> = None;
    for (_, case) in work.understood() {
        if tried == Some(&case.image) {
            continue;
        }
        tried = Some(&case.image);
        match case.image.read(options) {
            Ok(scan) => {
                let meaning = meaning_of(modality, units, looks_like_ct(&scan.volume));
                return Ok((meaning, Some((case.image.clone(), scan))));
            }
            Err(error) if !work.is_batch() => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok((meaning_of(modality, units, false), None))
}

/// Hashes each file once, under the first row that names it. Files that cannot be read are told by their rows.
fn inputs(request: &ExtractRequest, work: &Work) -> BTreeMap<String, Input> {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (n, case) in work.understood() {
        let row = if work.is_batch() { format!("row {}/", n + 1) } else { String::new() };
        files.entry(case.image.path.clone()).or_insert_with(|| format!("{row}image"));
        for (m, mask) in case.masks.iter().enumerate() {
            let number = if case.masks.len() > 1 { format!(" {}", m + 1) } else { String::new() };
            files.entry(MaskPath::of(mask).file.into_owned()).or_insert_with(|| format!("{row}mask{number}"));
        }
    }
    let protocol = request.protocol.as_ref().map(Path::new).filter(|p| p.is_file());
    files.extend(protocol.map(|p| (p.to_owned(), "protocol".to_owned())));
    files.extend(work.table.clone().map(|p| (p, "batch".to_owned())));
    let hashed = |(file, part): (PathBuf, String)| hash_inputs([(part, &file)]).ok();
    let hashed: Vec<_> = files.into_par_iter().map(hashed).collect();
    hashed.into_iter().flatten().flatten().collect()
}

fn fingerprint(
    request: &ExtractRequest,
    protocol: &Protocol,
    hash: &MeasurementHash,
    inputs: &BTreeMap<String, Input>,
) -> String {
    let contents: BTreeMap<&String, &String> = inputs.iter().map(|(part, i)| (part, &i.sha256)).collect();
    // Of a file of many regions one may be meant; a batch's table is among the inputs.
    let rois: Vec<Option<&str>> = match &request.scope {
        Scope::One { masks, .. } => masks.iter().map(|mask| MaskPath::of(mask).roi).collect(),
        Scope::Batch(_) => Vec::new(),
    };
    hash_of(&serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "extract",
        "rois": rois,
        "protocol": protocol,
        "measurement": hash,
        "inputs": contents,
        "request": described(request),
    }))
}

/// The request as options and values, for the record.
pub fn described(request: &ExtractRequest) -> BTreeMap<String, String> {
    let said = [
        (
            "label",
            match request.label {
                LabelChoice::All => None,
                LabelChoice::One(label) => Some(label.to_string()),
            },
        ),
        ("modality", request.modality.clone()),
        ("units", request.units.clone()),
        ("names", (request.names == Names::Pyradiomics).then(|| "pyradiomics".into())),
        ("layout", (request.layout == Layout::Wide).then(|| "wide".into())),
        ("tables", (request.tables == TableFormat::CsvAndParquet).then(|| "parquet too".into())),
    ];
    said.into_iter()
        .chain(request.reading.described())
        .filter_map(|(option, value)| Some((option.to_owned(), value?)))
        .collect()
}
