//! One pair of scans, registered without measuring.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::align::{self, Aligned, Checking, Lesions, Pair, compare_with_way_back};
use super::run::{self, AlignmentFiles, Clock, hash_inputs};
use super::{Failure, Progress};
use crate::io::landmarks::read_landmarks;
use crate::io::{MaskPath, ReadOptions, VisitSource, nifti, read_map, read_visit, settle_modality};
use crate::propagate;
use crate::protocol::Protocol;
use crate::record::{Modality, Qa, QaVerdict};
use crate::register::lesion::rigid;
use crate::register::settings::{Preset, RegisterSection};
use crate::register::{Given, LesionMode};
use crate::store::{self, Existing, OutputFolder};
use crate::transform::Chain;
use crate::visit::Visit;

/// What is asked.
#[derive(Clone, Debug)]
pub struct RegisterRequest {
    /// The follow-up scan.
    pub fixed: PathBuf,
    /// The baseline scan.
    pub moving: PathBuf,
    /// Folder of the result.
    pub out: PathBuf,
    /// Registration preset.
    pub preset: Option<String>,
    /// Modality of both scans.
    pub modality: Option<String>,
    /// Lesions of the moving scan.
    pub moving_lesion: Option<PathBuf>,
    /// Lesions of the fixed scan.
    pub fixed_lesion: Option<PathBuf>,
    /// What the map does inside the moving scan's lesions.
    pub lesion_mode: Option<String>,
    /// Landmarks.
    pub landmarks: Option<PathBuf>,
    /// Transforms that are tried as starts.
    pub initial: Vec<PathBuf>,
    /// Whether the way back is registered too.
    pub checking: Checking,
    /// How files are read.
    pub reading: ReadOptions,
    /// What happens to an existing result.
    pub existing: Existing,
}

/// How a registration ended.
#[derive(Debug)]
pub struct Done {
    /// A few lines for a person.
    pub summary: String,
    /// The same for a program.
    pub json: serde_json::Value,
    /// The verdict.
    pub verdict: QaVerdict,
}

/// The names that the two scans have in the result's files.
const NAMES: (&str, &str) = ("moving", "fixed");

/// Does what is asked.
pub fn register(request: &RegisterRequest, progress: &dyn Progress) -> Result<Done, Failure> {
    let mut clock = Clock::start();
    let preset = run::preset_named(request.preset.as_deref())?;
    let modality = run::modality_named(request.modality.as_deref())?;
    let lesion_mode = lesion_mode_named(request.lesion_mode.as_deref())?;
    let landmarks = request.landmarks.as_deref().map(read_landmarks).transpose()?.unwrap_or_default();
    let initial = starts(request)?;
    progress.stage("reading", 0.0);
    let mut visits = [
        read(request, &request.moving, request.moving_lesion.as_ref())?,
        read(request, &request.fixed, request.fixed_lesion.as_ref())?,
    ];
    settle_modality(&mut visits, modality, None);
    let [moving, fixed] = visits;
    let protocol = protocol(preset, moving.modality);
    let settings = protocol.register.resolve();
    let folder = OutputFolder::begin(&request.out, request.existing)?;
    clock.lap("reading");

    let pair = Pair::of(&moving, &fixed);
    let lesions = Lesions::new(moving.union(|_| true), fixed.union(|_| true));
    let given = Given { initial: &initial, lesion_mode, ..lesions.given(&moving, &fixed) };
    let middle = if request.checking == Checking::BothWays { 0.45 } else { 0.85 };
    let aligned = align::register(&pair, &given, &settings, progress, 0.05..middle)?;
    let back = (request.checking == Checking::BothWays)
        .then(|| align::back(&pair, &given, &settings, progress, middle..0.85));
    // How rigid the lesion is held is said where that was asked.
    let rigid_residual_mm = lesions
        .moving()
        .filter(|_| lesion_mode == LesionMode::Rigid)
        .and_then(|lesion| rigid::residual_mm(&aligned.transform, lesion));
    clock.lap("alignment");
    progress.stage("checking the alignment", 0.85);
    let mut qa = align::assess(&pair, &aligned, "fixed -> moving", &landmarks, &protocol.qa);
    if let Some(back) = &back {
        compare_with_way_back(&mut qa, &pair, &aligned.transform, back, &protocol.qa);
    }
    let notes: Vec<String> = aligned.initial.iter().map(align::start_told).collect();
    clock.lap("checks");
    progress.stage("writing", 0.95);
    write(&folder, &pair, &aligned, &qa)?;
    clock.lap("writing");
    let mut inputs = vec![("fixed".to_owned(), &request.fixed), ("moving".to_owned(), &request.moving)];
    inputs.extend(request.landmarks.as_ref().map(|f| ("landmarks".to_owned(), f)));
    let file_of = |mask: &Option<PathBuf>| mask.as_ref().map(|mask| MaskPath::of(mask).file.into_owned());
    inputs.extend(request.initial.iter().enumerate().map(|(n, f)| (format!("initial_{}", n + 1), f)));
    let lesions = [file_of(&request.moving_lesion), file_of(&request.fixed_lesion)];
    for (part, file) in ["moving_lesion", "fixed_lesion"].into_iter().zip(&lesions) {
        inputs.extend(file.as_ref().map(|file| (part.to_owned(), file)));
    }
    let inputs: BTreeMap<_, _> = hash_inputs(inputs)?;
    store::write_json(&folder.file("timing.json")?, &clock.stop())?;
    let record = serde_json::json!({
        "outputs": run::hash_outputs(&folder)?,
        "program": "delta",
        "version": env!("CARGO_PKG_VERSION"),
        "notice": "Research use only; not a medical device.",
        "inputs": inputs,
        "modality": moving.modality,
        "lesion_mode": lesion_mode,
        "lesion_rigid_residual_mm": rigid_residual_mm,
        "settings": settings,
        "notes": notes,
    });
    run::write_record(&folder, run::RUN_FILE, &record)?;
    folder.publish()?;
    Ok(Done {
        summary: summary(&qa, &notes, &request.out),
        json: serde_json::json!({ "out": request.out, "alignment": qa.verdict, "tre_mm": qa.tre_mm,
            "both_ways_mm": qa.both_ways_mm, "notes": notes }),
        verdict: qa.verdict,
    })
}

fn read(request: &RegisterRequest, image: &Path, lesion: Option<&PathBuf>) -> Result<Visit, Failure> {
    let source = match lesion {
        Some(mask) => VisitSource::with_mask(image, mask),
        None => VisitSource::new(image),
    };
    Ok(read_visit(&source, &request.reading)?)
}

/// The lesion mode of this name; the lesion is left out where none is named.
fn lesion_mode_named(word: Option<&str>) -> Result<LesionMode, Failure> {
    let names: Vec<&str> = LesionMode::ALL.iter().map(|m| m.word()).collect();
    let find = |word: &str| LesionMode::ALL.iter().copied().find(|m| m.word() == word);
    Ok(run::known_word("--lesion-mode", word, &names, find)?.unwrap_or_default())
}

/// The protocol of the modality, with another preset where one is named.
fn protocol(preset: Option<Preset>, modality: Modality) -> Protocol {
    let mut protocol = Protocol::default_for(modality);
    if let Some(preset) = preset {
        protocol.register = RegisterSection::of(preset);
    }
    protocol
}

fn write(folder: &OutputFolder, pair: &Pair, aligned: &Aligned, qa: &Qa) -> Result<(), Failure> {
    let names = AlignmentFiles::new(NAMES.0, NAMES.1, 1);
    run::transforms(folder, &names, pair, aligned)?;
    run::write_record(folder, &names.qa, qa)?;
    let after = propagate::warped(&pair.moving, &aligned.transform, pair.fixed.grid());
    Ok(nifti::write_volume(&folder.file("images/moving_on_fixed.nii.gz")?, &after)?)
}

/// The transforms that are given as starts.
fn starts(request: &RegisterRequest) -> Result<Vec<Chain>, Failure> {
    let read = |file: &PathBuf| Ok(read_map(file, &request.reading)?.chain);
    request.initial.iter().map(read).collect()
}

fn summary(qa: &Qa, notes: &[String], out: &Path) -> String {
    let mut lines = vec![format!("Alignment:  {}", qa.verdict.word())];
    lines.extend(qa.reasons.iter().take(4).map(|r| format!("            {}", r.text)));
    if let Some(tre) = &qa.tre_mm {
        lines.push(format!(
            "Landmarks:  {} of them, {:.2} mm in the mean, {:.2} mm at p95",
            tre.n, tre.mean, tre.p95
        ));
    }
    if let Some(miss) = &qa.both_ways_mm {
        lines.push(format!(
            "There and back:  half of the body misses by {:.2} mm at most, 95 % by {:.2} mm",
            miss.median, miss.p95
        ));
    }
    lines.extend(notes.iter().map(|note| format!("Start:      {note}")));
    lines.push(format!(
        "Result:     {0} (for ITK: {0}/transforms/fixed_to_moving_bspline.tfm)",
        out.display()
    ));
    lines.push("The transform maps points of the fixed scan to points of the moving scan.".into());
    lines.join("\n")
}
