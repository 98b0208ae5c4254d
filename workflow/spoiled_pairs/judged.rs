//! One pair, spoilt, registered and judged.

use std::path::Path;
use std::time::Instant;

use delta_radiomics::diagnose::Diagnose;
use delta_radiomics::geometry::{Fixed, Moving};
use delta_radiomics::io::landmarks::read_landmarks;
use delta_radiomics::io::{ReadOptions, read_scan};
use delta_radiomics::record::Qa;
use delta_radiomics::register::qa::{QaInput, QaThresholds, assess};
use delta_radiomics::register::settings::RegisterSection;
use delta_radiomics::register::{Given, RegisterError, register};
use delta_radiomics::transform::Transform;
use delta_radiomics::volume::Volume;

use super::cases::{Case, Source, Spoil, Wrong};
use super::kept::{self, Aligned};
use super::{spoil, wrong};

/// What became of a pair.
pub enum Outcome {
    /// The registration refused it: code and sentence.
    Refused(&'static str, String),
    /// It was judged.
    Judged {
        /// The judgement.
        qa: Box<Qa>,
        /// Mean error in mm at landmarks that the judge was not shown.
        error_mm: Option<f64>,
        /// Seconds that the judging took.
        seconds: f64,
    },
}

type Fault = Box<dyn std::error::Error>;
/// Follow-up and baseline.
type Scans = (Volume<f32, Fixed>, Volume<f32, Moving>);

fn read(folder: &Path, source: Source) -> Result<Volume<f32>, Fault> {
    Ok(read_scan(&folder.join(source.file), &ReadOptions::default())?.volume)
}

/// The two scans as they are given to the registration.
fn scans(case: &Case, folder: &Path) -> Result<Scans, Fault> {
    let fixed = read(folder, case.fixed)?.in_frame();
    let moving = read(folder, case.moving)?.in_frame();
    Ok(match &case.spoil {
        Spoil::Neither => (fixed, moving),
        Spoil::Moving(how) => (fixed, how(moving)),
        Spoil::With(other, how) => (fixed, how(&moving, &read(folder, *other)?.in_frame())),
        Spoil::Parts(axis, [a, b], [c, d]) => {
            (spoil::cropped(&fixed, *axis, *a, *b), spoil::cropped(&moving, *axis, *c, *d))
        }
    })
}

/// Registers a pair. Two modalities are registered as if they were one: that is one of the spoils.
fn aligned(
    case: &Case,
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
) -> Result<Result<Aligned, RegisterError>, Fault> {
    let section = format!("preset = \"{}\"\n{}", case.preset.word(), case.changes);
    let settings = toml::from_str::<RegisterSection>(&section)?.resolve();
    let found = register(fixed, moving, &Given::of(case.fixed.units), &settings, &|_| ());
    Ok(found.map(|found| Aligned {
        rival: found.starts.rival(),
        turned: found.starts.turned(),
        rigid: found.rigid,
        transform: found.transform,
    }))
}

/// Registers and judges a pair. Alignments are taken from, or put into, `keep`.
pub fn judged(case: &Case, folder: &Path, keep: Option<&Path>) -> Result<Outcome, Fault> {
    let (fixed, moving) = scans(case, folder)?;
    let name: String = case.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let file = keep.map(|k| k.join(format!("{name}.json")));
    let kept = file.as_deref().and_then(kept::read);
    let found = kept.map_or_else(|| aligned(case, &fixed, &moving), |kept| Ok(Ok(kept)))?;
    let aligned = match found {
        Ok(aligned) => aligned,
        Err(refused) => return Ok(Outcome::Refused(refused.code(), refused.to_string())),
    };
    if let Some(file) = &file {
        kept::write(file, &aligned)?;
    }
    let grid = fixed.grid();
    let transform = match case.wrong {
        Wrong::Kept => aligned.transform.clone(),
        Wrong::Shifted(by) => wrong::shifted(&aligned.transform, by),
        Wrong::Rotated(degrees) => wrong::rotated(&aligned.transform, grid, degrees),
        Wrong::Bent(rms_mm, seed) => wrong::bent(&aligned.transform, grid, rms_mm, seed),
        Wrong::Unaligned => Transform::identity(),
        Wrong::RigidAlone => aligned.rigid.clone(),
    };
    let rigid = Transform::from_rigid(transform.rigid.clone());
    let input = QaInput {
        pair: case.name,
        fixed: &fixed,
        moving: &moving,
        rigid: &rigid,
        transform: &transform,
        landmarks: &[],
        rival: aligned.rival,
        turned: aligned.turned,
    };
    let begun = Instant::now();
    let qa = assess(&input, &QaThresholds::default());
    let seconds = begun.elapsed().as_secs_f64();
    let error_mm = match case.landmarks {
        Some(file) => {
            let marks = read_landmarks(&folder.join(file))?;
            let sum: f64 = marks.iter().map(|l| transform.apply(l.fixed).distance(l.moving)).sum();
            Some(sum / marks.len().max(1) as f64)
        }
        None => None,
    };
    Ok(Outcome::Judged { qa: Box::new(qa), error_mm, seconds })
}
