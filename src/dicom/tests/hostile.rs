//! Cut and damaged files: no panic, little time and memory, and never other voxels than the whole file has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use delta_dicom::file::{File, Item};
use delta_dicom::pixels::{frame, layout};
use delta_dicom::{Fault, FaultKind};

/// One file of each kind, with its key in the data.
const FILES: [(&str, &str); 13] = [
    ("raw_explicit", "single_pydicom/CT_small.dcm"),
    ("raw_implicit", "single_pydicom/MR_small_implicit.dcm"),
    ("bigendian", "single_pydicom/MR_small_bigendian.dcm"),
    ("deflated", "single_pydicom/image_dfl.dcm"),
    ("jpegll", "ct_crlm1004/image"),
    ("jpegls", "single_pydicom/MR_small_jpeg_ls_lossless.dcm"),
    ("j2k", "single_pydicom/MR_small_jp2klossless.dcm"),
    ("rle", "single_pydicom/MR_small_RLE.dcm"),
    ("enhanced", "enhanced/siemens_xa10/6_1.dcm"),
    ("enh_j2k", "enhanced/pydicom/emri_small_jpeg_2k_lossless.dcm"),
    ("rtstruct", "derived/phantom/rtstruct/shapes.dcm"),
    ("seg", "derived/phantom/seg/binary_overlap.dcm"),
    ("seg_rle", "derived/phantom/seg/fractional_rle.dcm"),
];

/// The longest that a file may take.
const LONGEST: Duration = Duration::from_secs(1);

/// The most memory that the process may hold, in kilobytes.
const MOST_KB: usize = 200 << 10;

/// Panics so far, also those that were caught.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Numbers that look random and are the same in every run: splitmix64.
struct Chance(u64);

impl Chance {
    fn of(name: &str) -> Self {
        Self(name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(257).wrapping_add(u64::from(byte))))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// A file, whole.
fn whole(reference: &Path, key: &str) -> Vec<u8> {
    let path = common::data(reference, key);
    let path: PathBuf = if path.is_dir() { common::files(&path)[0].clone() } else { path };
    std::fs::read(path).unwrap()
}

/// Everything that can be read of bytes: the number of attributes, and voxels where there are any.
fn read(bytes: &[u8]) -> Result<(usize, Option<Vec<i32>>), Fault> {
    let file = File::parse(bytes)?;
    let attributes = walk(file.root());
    if !file.root().has(dicom_dictionary_std::tags::PIXEL_DATA) {
        return Ok((attributes, None));
    }
    let layout = layout(&file)?;
    let mut voxels = Vec::new();
    for number in 0..layout.frames {
        voxels.extend(frame(&file, &layout, number)?);
    }
    Ok((attributes, Some(voxels)))
}

/// Asks every attribute that other parts ask for, in every way.
fn walk(item: Item<'_>) -> usize {
    use dicom_dictionary_std::tags as t;
    let plain =
        [t::ROWS, t::PIXEL_SPACING, t::IMAGE_POSITION_PATIENT, t::CONTOUR_DATA, t::ROI_NAME, t::MODALITY];
    let sequences = [
        t::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
        t::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        t::PLANE_POSITION_SEQUENCE,
        t::PIXEL_MEASURES_SEQUENCE,
        t::STRUCTURE_SET_ROI_SEQUENCE,
        t::ROI_CONTOUR_SEQUENCE,
        t::CONTOUR_SEQUENCE,
        t::SEGMENT_SEQUENCE,
    ];
    let mut found = 0;
    for tag in plain {
        found += usize::from(item.has(tag)) + item.texts(tag).len();
        found += item.numbers(tag).map_or(0, |numbers| numbers.len()) + item.integer(tag).map_or(0, |_| 1);
        found += item.bytes(tag).map_or(0, |bytes| bytes.len());
    }
    found + sequences.iter().flat_map(|tag| item.items(*tag)).map(walk).sum::<usize>()
}

/// The most memory that the process has held since it was last asked, in kilobytes; none where this cannot be known.
fn peak_kb() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let peak = line.split_whitespace().nth(1)?.parse().ok();
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    peak
}

/// What reading costs.
#[derive(Default)]
struct Cost {
    longest: Duration,
    peak_kb: usize,
}

impl Cost {
    /// Reads bytes, both at once and as the header of a file, and holds them to the limits.
    fn of_reading(
        &mut self,
        name: &str,
        bytes: &[u8],
        scratch: &Path,
    ) -> Result<(usize, Option<Vec<i32>>), Fault> {
        let before = PANICS.load(Ordering::SeqCst);
        peak_kb();
        let start = Instant::now();
        let found = read(bytes);
        let took = start.elapsed();
        std::fs::write(scratch, bytes).unwrap();
        let header = File::open_header(scratch);
        if let Err(fault) = &header {
            assert_eq!(fault.path.as_deref(), Some(scratch), "{name}: a fault knows its file");
        }
        let peak = peak_kb().unwrap_or(0);
        assert_eq!(PANICS.load(Ordering::SeqCst), before, "{name}: a panic");
        assert!(took < LONGEST, "{name}: {took:?}");
        assert!(peak < MOST_KB, "{name}: {peak} kB");
        self.longest = self.longest.max(took);
        self.peak_kb = self.peak_kb.max(peak);
        found
    }
}

/// Counts panics from now on, also those that are caught.
fn count_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        usual(panic);
    }));
}

/// Held while memory and panics are looked at, which are the whole process's.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Damage, as `src/mutate.py` of the reference does it, with chances of its own.
fn damaged(bytes: &[u8], chance: &mut Chance, round: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    if round % 3 < 2 {
        for _ in 0..=round % 4 {
            let at = 132 + chance.below(bytes.len() - 132);
            damaged[at] = chance.below(256) as u8;
        }
    } else {
        let at = 132 + chance.below(bytes.len().min(2500) - 132);
        for byte in damaged.iter_mut().skip(at).take(4) {
            *byte = chance.below(256) as u8;
        }
    }
    damaged
}

/// Damaged copies of each file: 90, or as many as `DELTA_ROUNDS` says.
fn rounds() -> usize {
    std::env::var("DELTA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(90)
}

#[test]
fn cut_and_damaged_files_are_read_or_refused_cheaply_and_no_cut_gives_other_voxels() {
    let Some(reference) = common::reference() else { return };
    let _alone = ALONE.lock();
    count_panics();
    let scratch = tempfile::NamedTempFile::new().unwrap();
    let mut all = Cost::default();
    for (name, key) in FILES {
        let bytes = whole(&reference, key);
        let (_, voxels) = read(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let mut cost = Cost::default();
        let (mut refused, mut same) = (0, 0);
        let mut judge = |length: usize, found: Result<(usize, Option<Vec<i32>>), Fault>| match found {
            Ok((_, None)) if voxels.is_none() => panic!("{name}: {length} bytes are taken for a whole file"),
            Ok((_, None)) => refused += 1,
            Ok((_, found)) => {
                assert_eq!(found, voxels, "{name}: other voxels of {length} bytes");
                same += 1;
            }
            Err(fault) => {
                assert!(matches!(fault.kind, FaultKind::Broken | FaultKind::NotDicom), "{name}: {fault}");
                refused += 1;
            }
        };
        for cut in 0..30 {
            let length = (bytes.len() as f64 * (f64::from(cut) + 0.5) / 30.0) as usize;
            judge(length, cost.of_reading(name, &bytes[..length], scratch.path()));
        }
        // The last bytes, where cuts are hardest to see.
        for length in bytes.len().saturating_sub(300)..bytes.len() {
            judge(length, read(&bytes[..length]));
        }
        let mut chance = Chance::of(name);
        let (mut errors, mut readings) = (0, 0);
        for round in 0..rounds() {
            let damaged = damaged(&bytes, &mut chance, round);
            match cost.of_reading(&format!("{name} {round}"), &damaged, scratch.path()) {
                Ok(_) => readings += 1,
                Err(_) => errors += 1,
            }
        }
        println!(
            "{name}: of 330 cuts {refused} refused, {same} the same; of {} damaged {errors} refused, {readings} read; at most {:?}, {} MB",
            rounds(),
            cost.longest,
            cost.peak_kb >> 10
        );
        all.longest = all.longest.max(cost.longest);
        all.peak_kb = all.peak_kb.max(cost.peak_kb);
    }
    println!("all: at most {:?}, {} MB", all.longest, all.peak_kb >> 10);
}

#[test]
fn damaged_heads_of_compressed_frames_cost_little() {
    let Some(reference) = common::reference() else { return };
    let codec = |name: &str, uid: &str| {
        (name.to_owned(), format!("ct_codecs/CTImage.dcm_{name}TransferSyntax_1.2.840.10008.1.2.{uid}.dcm"))
    };
    let mut files = vec![
        codec("JPEGProcess1", "4.50"),
        codec("JPEGProcess14SV1", "4.70"),
        codec("JPEGLSLossy", "4.81"),
        codec("JPEG2000", "4.91"),
        codec("RLELossless", "5"),
    ];
    files.extend(
        ["jpeg_ls_lossless", "jp2klossless", "RLE"]
            .map(|name| (name.to_owned(), format!("single_pydicom/MR_small_{name}.dcm"))),
    );
    let _alone = ALONE.lock();
    count_panics();
    let scratch = tempfile::NamedTempFile::new().unwrap();
    for (name, key) in files {
        let bytes = whole(&reference, &key);
        // The first fragment, with the head of the frame.
        let first = {
            let file = File::parse(bytes.clone()).unwrap();
            let fragment = file.root().fragments(dicom_dictionary_std::tags::PIXEL_DATA).unwrap()[0].to_vec();
            bytes.windows(fragment.len()).position(|part| part == fragment).unwrap()
        };
        let mut chance = Chance::of(&name);
        let (mut cost, mut read) = (Cost::default(), 0);
        for round in 0..rounds() {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 3 {
                damaged[first + chance.below(140)] = chance.below(256) as u8;
            }
            read +=
                usize::from(cost.of_reading(&format!("{name} {round}"), &damaged, scratch.path()).is_ok());
        }
        println!(
            "{name}: {read} of {} read; at most {:?}, {} MB",
            rounds(),
            cost.longest,
            cost.peak_kb >> 10
        );
    }
}

#[test]
fn bad_files_are_read_or_refused_by_name() {
    let Some(reference) = common::reference() else { return };
    let expected = common::expected(&reference);
    for key in expected["bad"]["files"].as_object().unwrap().keys() {
        let path = common::data(&reference, key);
        let outcome = match File::open(&path) {
            Ok(file) => format!("read, {} and {} found", file.syntax, walk(file.root())),
            Err(fault) => {
                assert_eq!(fault.path.as_deref(), Some(path.as_path()));
                format!("{:?}: {}", fault.kind, fault.fact)
            }
        };
        println!("{key}: {outcome}");
    }
}
