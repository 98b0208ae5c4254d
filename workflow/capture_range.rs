//! From how far away is the same alignment found?
//!
//! `cargo run --release --locked --example capture_range -- REFERENCE OUT.csv [--offsets 100] [--to-the-end 20]`
//!
//! The header of the baseline scan of three pairs is displaced by random rigid offsets of up to 40 mm and 30 degrees.
//! After the offset is taken off, the rigid result is compared with that of the undisplaced pair at the pair's landmarks;
//! some of the offsets run to the end, where the error at the landmarks is compared, and where it changed, the verdict is
//! looked at. Seeded: the same table at any number of threads.

#[path = "capture_range/displaced.rs"]
mod displaced;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use delta_radiomics::geometry::{Fixed, Moving};
use delta_radiomics::io::landmarks::{Landmark, read_landmarks};
use delta_radiomics::io::{ReadOptions, read_scan};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::record::{QaVerdict, Units};
use delta_radiomics::register::qa::{QaInput, QaThresholds, assess};
use delta_radiomics::register::settings::{Preset, RegisterSettings};
use delta_radiomics::register::{Given, Registered, align_rigidly, register};
use delta_radiomics::volume::Volume;
use displaced::{CASES, Case, Offset, mean};

const SEED: u64 = 20;
/// Largest change of the mean error at the landmarks in mm that counts as the same result.
const SAME_MM: f64 = 0.2;
const HEAD: &str = "pair,offsets,limit_mm,within_limit,median_mm,largest_mm,run_to_the_end,error_undisplaced_mm,\
                    largest_change_mm,within_0.2_mm,others_pass\n";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((reference, out, offsets, ends)) = asked(&arguments) else {
        eprintln!("usage: capture_range REFERENCE OUT.csv [--offsets 100] [--to-the-end 20]");
        return ExitCode::from(2);
    };
    match table(Path::new(reference), offsets, ends).and_then(|t| Ok(std::fs::write(out, t)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Folder of the reference data, file of the table, offsets, how many of them run to the end.
fn asked(arguments: &[String]) -> Option<(&str, &str, usize, usize)> {
    let [reference, out, options @ ..] = arguments else { return None };
    let (mut offsets, mut ends) = (100, 20);
    for option in options.chunks(2) {
        match option {
            [name, n] if name == "--offsets" => offsets = n.parse().ok()?,
            [name, n] if name == "--to-the-end" => ends = n.parse().ok()?,
            _ => return None,
        }
    }
    Some((reference, out, offsets, ends))
}

fn table(reference: &Path, offsets: usize, ends: usize) -> Result<String, Box<dyn Error>> {
    let mut table = HEAD.to_owned();
    for case in &CASES {
        eprintln!("{}", case.name);
        let pair = Pair::read(reference, case)?;
        let rigid = pair.rigid(case, offsets)?;
        let within = rigid.iter().filter(|d| **d <= case.limit_mm).count();
        let (median, largest) = (rigid[rigid.len() / 2], rigid[rigid.len() - 1]);
        let whole = pair.whole(ends)?;
        writeln!(
            table,
            "{},{offsets},{},{within},{median:.3},{largest:.3},{ends},{:.3},{:.3},{},{}",
            case.name, case.limit_mm, whole.undisplaced, whole.largest, whole.within, whole.others_pass
        )?;
    }
    Ok(table)
}

struct Pair {
    fixed: Volume<f32, Fixed>,
    moving: Volume<f32, Moving>,
    marks: Vec<Landmark>,
    given: Given<'static>,
    settings: RegisterSettings,
}

/// Whole registrations of displaced pairs.
struct Whole {
    /// Mean error at the landmarks of the undisplaced pair in mm.
    undisplaced: f64,
    /// Largest change of it in mm.
    largest: f64,
    /// How many changed by no more than [`SAME_MM`].
    within: usize,
    /// How many of the others are PASS.
    others_pass: usize,
}

impl Pair {
    fn read(reference: &Path, case: &Case) -> Result<Self, Box<dyn Error>> {
        let folder = reference.join("registration").join(case.name);
        let options = ReadOptions::default();
        let preset = Preset::from_word(case.preset).ok_or("an unknown preset")?;
        let units = if preset == Preset::ThoraxAbdomen { Units::Hu } else { Units::Arbitrary };
        Ok(Self {
            fixed: read_scan(&folder.join("fixed.nii.gz"), &options)?.volume.in_frame(),
            moving: read_scan(&folder.join("moving.nii.gz"), &options)?.volume.in_frame(),
            marks: read_landmarks(&folder.join("landmarks.csv"))?,
            given: Given::of(units),
            settings: preset.settings(),
        })
    }

    fn middle(&self) -> nalgebra::Point3<f64> {
        self.moving.grid().middle().point()
    }

    /// Mean distances in mm of the rigid results from the undisplaced one, ascending.
    fn rigid(&self, case: &Case, offsets: usize) -> Result<Vec<f64>, Box<dyn Error>> {
        let home = align_rigidly(&self.fixed, &self.moving, &self.given, &self.settings)?.rigid;
        let mut random = Random::seeded(SEED);
        let mut distances = Vec::new();
        for n in 0..offsets {
            let offset = Offset::draw(&mut random, self.middle());
            let there = offset.displaced(&self.moving);
            // No overlap is no result.
            let found = align_rigidly(&self.fixed, &there, &self.given, &self.settings);
            let away = |f: &delta_radiomics::register::RigidStage| {
                mean(&self.marks, |m| offset.taken_off(&f.rigid, m).distance(home.apply(m.fixed)))
            };
            let distance = found.as_ref().map_or(f64::INFINITY, away);
            if distance > case.limit_mm {
                eprintln!("  offset {n}: {distance:.2} mm");
            }
            distances.push(distance);
        }
        distances.sort_by(f64::total_cmp);
        Ok(distances)
    }

    /// The first offsets, to the end.
    fn whole(&self, ends: usize) -> Result<Whole, Box<dyn Error>> {
        let run = |moving: &_| register(&self.fixed, moving, &self.given, &self.settings, &|_| ());
        let home = run(&self.moving)?.transform;
        let undisplaced = mean(&self.marks, |m| home.apply(m.fixed).distance(m.moving));
        let mut whole = Whole { undisplaced, largest: 0.0, within: 0, others_pass: 0 };
        let mut random = Random::seeded(SEED);
        for n in 0..ends {
            let offset = Offset::draw(&mut random, self.middle());
            let there = offset.displaced(&self.moving);
            let found = run(&there)?;
            let error = mean(&self.marks, |m| offset.taken_off(&found.transform, m).distance(m.moving));
            let change = (error - undisplaced).abs();
            whole.largest = whole.largest.max(change);
            if change <= SAME_MM {
                whole.within += 1;
                continue;
            }
            let verdict = self.verdict(&there, &found);
            eprintln!("  offset {n} to the end: {error:.2} mm, undisplaced {undisplaced:.2}, {verdict:?}");
            whole.others_pass += usize::from(verdict == QaVerdict::Pass);
        }
        Ok(whole)
    }

    /// What is thought of a result without landmarks.
    fn verdict(&self, moving: &Volume<f32, Moving>, found: &Registered) -> QaVerdict {
        let input = QaInput {
            pair: "displaced",
            fixed: &self.fixed,
            moving,
            rigid: &found.rigid,
            transform: &found.transform,
            landmarks: &[],
            rival: found.starts.rival(),
            turned: found.starts.turned(),
        };
        assess(&input, &QaThresholds::default()).verdict
    }
}
