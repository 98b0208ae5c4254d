//! Cuts and damage for tests, and what reading costs.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::common;

/// One file of each kind, with its key in the data.
pub const FILES: [(&str, &str); 13] = [
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
pub struct Chance(u64);

impl Chance {
    pub fn of(name: &str) -> Self {
        Self(name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(257).wrapping_add(u64::from(byte))))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// A file, whole.
pub fn whole(reference: &Path, key: &str) -> Vec<u8> {
    let path = common::data(reference, key);
    let path: PathBuf = if path.is_dir() { common::files(&path)[0].clone() } else { path };
    std::fs::read(path).unwrap()
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
pub struct Cost {
    pub longest: Duration,
    pub peak_kb: usize,
}

impl Cost {
    /// Does what is asked, and holds it to the limits.
    pub fn of<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        let before = PANICS.load(Ordering::SeqCst);
        peak_kb();
        let start = Instant::now();
        let done = work();
        let took = start.elapsed();
        let peak = peak_kb().unwrap_or(0);
        assert_eq!(PANICS.load(Ordering::SeqCst), before, "{name}: a panic");
        assert!(took < LONGEST, "{name}: {took:?}");
        assert!(peak < MOST_KB, "{name}: {peak} kB");
        self.add(&Self { longest: took, peak_kb: peak });
        done
    }

    /// The larger of both.
    pub fn add(&mut self, other: &Self) {
        self.longest = self.longest.max(other.longest);
        self.peak_kb = self.peak_kb.max(other.peak_kb);
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {:?}, {} MB", self.longest, self.peak_kb >> 10)
    }
}

/// Counts panics from now on, also those that are caught.
pub fn count_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        usual(panic);
    }));
}

/// Held while memory and panics are looked at, which are the whole process's.
pub static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Damage, as `src/mutate.py` of the reference does it, with chances of its own.
pub fn damaged(bytes: &[u8], chance: &mut Chance, round: usize) -> Vec<u8> {
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
pub fn rounds() -> usize {
    std::env::var("DELTA_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(90)
}

/// Lengths of the cuts of a file: 30 over all of it.
pub fn cuts(bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let length = bytes.len() as f64;
    (0..30).map(move |cut| (length * (f64::from(cut) + 0.5) / 30.0) as usize)
}
