//! What must not cost a study its results: processes that are killed, runs that meet, full disks, folders that cannot be
//! written, and inputs that vanish. Whatever happened, the same command then gives the bytes of an undisturbed run.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its own data has to fail")]

mod common;
#[path = "support/gate.rs"]
mod gate;
#[path = "support/patient.rs"]
mod patient;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use common::{contents, delta, expect, names, rows};
use delta_radiomics::numeric::random::Random;
use patient::{CT, LESION, ORGAN, REGIONS, ball, body, grid, put, put_drawn};

/// Without registration a patient takes a moment.
const QUICK: [&str; 5] = ["--no-register", "--perturb", "0", "-j", "2"];

/// The words of a run of a study.
fn words<'a>(manifest: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["cohort", "run", manifest, "--out", out], more].concat()
}

/// Runs the program in the background.
fn start(here: &Path, words: &[&str]) -> Child {
    delta(here, words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Patients `P1`, `P2`, ... with both visits drawn, the tissue of the second moved by `shift`, and `m.csv`.
fn put_cohort(here: &Path, patients: usize, shift: [f64; 3]) {
    let mut manifest = String::from("subject,visit,day,visit_folder\n");
    for n in 1..=patients {
        let radius = 10.0 + n as f64 / 2.0;
        put_drawn(&here.join(format!("P{n}/t0")), radius, [0.0; 3]);
        put_drawn(&here.join(format!("P{n}/t1")), radius - 1.5, shift);
        manifest.extend([format!("P{n},t0,0,P{n}/t0\n"), format!("P{n},t1,42,P{n}/t1\n")]);
    }
    std::fs::write(here.join("m.csv"), manifest).unwrap();
}

/// The manifest of six small phantom patients, one of whom has a damaged file: their study ends with 5.
fn phantom() -> &'static str {
    static MANIFEST: OnceLock<String> = OnceLock::new();
    MANIFEST.get_or_init(|| {
        let here = Path::new(env!("CARGO_TARGET_TMPDIR"));
        expect(here, &["phantom", "faults", "--cohort", "6", "--size", "small", "--force"], 0);
        here.join("faults/manifest.csv").display().to_string()
    })
}

/// All bytes of a study, also half-written ones, without locks and times.
fn all_bytes(study: &Path) -> BTreeMap<String, Vec<u8>> {
    let hashed = |name: &String| !name.starts_with(".locks/") && !name.ends_with("timing.json");
    contents(study).into_iter().filter(|(name, _)| hashed(name)).collect()
}

/// Whether a file of a study stands under its final name.
fn is_final(name: &str) -> bool {
    !name.contains(".partial-") && !name.starts_with(".tables/")
}

/// Panics with the names of the files that differ, and not with their bytes.
fn assert_same(now: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>, when: &str) {
    let all: BTreeSet<&String> = now.keys().chain(right.keys()).collect();
    let differ: Vec<_> = all.into_iter().filter(|name| now.get(*name) != right.get(*name)).collect();
    assert!(differ.is_empty(), "{when}: {differ:?}");
}

/// Whatever has its final name is whole.
fn assert_nothing_torn(study: &Path, right: &BTreeMap<String, Vec<u8>>, when: &str) {
    if study.exists() {
        let now: BTreeMap<_, _> = all_bytes(study).into_iter().filter(|(name, _)| is_final(name)).collect();
        let torn: Vec<_> = now.keys().filter(|name| right.get(*name) != now.get(*name)).collect();
        assert!(torn.is_empty(), "{when}: {torn:?}");
    }
}

/// Results under their final names.
fn results(study: &Path) -> Vec<String> {
    let patients = study.join("patients");
    if patients.exists() {
        names(&patients).into_iter().filter(|name| is_final(name)).collect()
    } else {
        vec![]
    }
}

/// A study that is killed again and again.
struct Killed<'a> {
    here: &'a Path,
    words: Vec<&'a str>,
    code: i32,
    right: BTreeMap<String, Vec<u8>>,
    patients: usize,
    whole: Duration,
    /// Kills by what stood already: nothing, some patients, all of them.
    when: [usize; 3],
}

impl<'a> Killed<'a> {
    /// Runs it undisturbed first, to know what is right and how long it takes.
    fn new(here: &'a Path, words: Vec<&'a str>, code: i32) -> Self {
        let out = here.join("study");
        let started = Instant::now();
        expect(here, &words, code);
        let whole = started.elapsed();
        let (right, patients) = (all_bytes(&out), results(&out).len());
        std::fs::remove_dir_all(&out).unwrap();
        Self { here, words, code, right, patients, whole, when: [0; 3] }
    }

    /// Kills it so many times, then lets it end.
    fn kill(&mut self, times: usize, random: &mut Random) {
        let out = self.here.join("study");
        let (mut killed, mut tries) = (0, 0);
        while killed < times {
            tries += 1;
            assert!(tries < 10 * times, "the runs end before they can be killed");
            // Every third kill meets a study that has only begun, the others one that was killed before; each within
            // what is left to do, so that reading, measuring and collecting are met alike.
            if random.below(3) == 0 && out.exists() {
                std::fs::remove_dir_all(&out).unwrap();
            }
            let left = 1.0 - results(&out).len() as f64 / self.patients as f64;
            let moment = self.whole.as_secs_f64() * (0.25 + 0.75 * left) * random.uniform();
            let mut child = start(self.here, &self.words);
            std::thread::sleep(Duration::from_secs_f64(moment));
            let is_alive = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            child.wait().unwrap();
            assert_nothing_torn(&out, &self.right, &format!("killed after {moment} s"));
            if is_alive {
                killed += 1;
                let stand = results(&out).len();
                self.when[usize::from(stand > 0) + usize::from(stand == self.patients)] += 1;
            } else {
                assert_same(&all_bytes(&out), &self.right, "it ended before it was killed");
                std::fs::remove_dir_all(&out).unwrap();
            }
        }
        expect(self.here, &self.words, self.code);
        assert_same(&all_bytes(&out), &self.right, "killed, and run to its end");
        std::fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn killed_at_fifty_moments_a_study_ends_as_if_nothing_had_been() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let mut random = Random::seeded(17);
    let mut quick = Killed::new(here, words(phantom(), "study", &QUICK), 5);
    for _ in 0..4 {
        quick.kill(10, &mut random);
    }
    put_cohort(here, 2, [3.0, 0.0, -2.0]);
    let mut registered =
        Killed::new(here, words("m.csv", "study", &["--perturb", "0", "-j", "2", "--in-flight", "1"]), 0);
    assert!(registered.right.keys().any(|name| name.ends_with("_alignment.png")));
    registered.kill(10, &mut random);
    eprintln!(
        "killed with nothing, some, all patients measured: {:?} of {:?}, registered {:?} of {:?}",
        quick.when, quick.whole, registered.when, registered.whole
    );
    assert!(quick.when[2] > 0 && quick.when[0] + quick.when[1] > 0, "{:?}", quick.when);
}

#[test]
fn runs_that_meet_in_a_study_leave_one_result() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 5, [0.0; 3]);
    let out = here.join("study");
    let run = words("m.csv", "study", &QUICK);
    let mut once = Killed::new(here, run.clone(), 0);
    let mut random = Random::seeded(18);
    for together in [2, 3, 4] {
        let children: Vec<Child> = (0..together)
            .map(|_| {
                std::thread::sleep(Duration::from_secs_f64(0.1 * random.uniform()));
                start(here, &run)
            })
            .collect();
        let codes: Vec<i32> =
            children.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
        assert_same(&all_bytes(&out), &once.right, "runs of the whole at once");
        std::fs::remove_dir_all(&out).unwrap();
    }

    // Shares of two splits: every patient is in two of them.
    let shards: Vec<Vec<&str>> = ["1/2", "2/2", "1/3", "2/3", "3/3"]
        .into_iter()
        .map(|shard| words("m.csv", "study", &[&QUICK[..], &["--shard", shard]].concat()))
        .collect();
    let all_end =
        |children: Vec<Child>| children.into_iter().all(|mut child| child.wait().unwrap().code() == Some(0));
    for _ in 0..3 {
        assert!(all_end(shards.iter().map(|words| start(here, words)).collect()));
        assert_nothing_torn(&out, &once.right, "shards of two splits");
        // Killed at any moment, they free their places, and collecting clears away what they left.
        let key = results(&out)[0].clone();
        std::fs::remove_dir_all(out.join("patients").join(key)).unwrap();
        let mut doomed: Vec<Child> = shards.iter().map(|words| start(here, words)).collect();
        std::thread::sleep(Duration::from_secs_f64(once.whole.as_secs_f64() * random.uniform()));
        for child in &mut doomed {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        std::fs::write(out.join("state/P1.json.partial-1"), "{").unwrap();
        assert!(all_end(shards[..2].iter().map(|words| start(here, words)).collect()));
        expect(here, &["cohort", "collect", "study"], 0);
        assert_same(&all_bytes(&out), &once.right, "shards, killed and run again");
        std::fs::remove_dir_all(&out).unwrap();
    }
    once.kill(1, &mut random);
}

/// A shell in a space of mounts of its own, where it may mount; `None` skips a test with a message.
fn with_mounts(here: &Path, script: &str) -> Option<String> {
    let shell = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script]);
        command.current_dir(here).env("DELTA", env!("CARGO_BIN_EXE_delta"));
        command
    };
    std::fs::create_dir_all(here.join("disk")).unwrap();
    let probe = shell("mount -t tmpfs -o size=64k tmpfs disk").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: nothing can be mounted here");
        return None;
    }
    let output = shell(script).output().unwrap();
    let cried = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}\n{cried}");
    Some(format!("{}{cried}", String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn a_full_disk_ends_a_run_and_room_lets_it_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 4, [3.0, 0.0, -2.0]);
    for (name, more) in [("plain", &QUICK[..]), ("registered", &["--perturb", "0", "-j", "2"])] {
        let out = format!("disk/{name}");
        expect(here, &words("m.csv", &out, more), 0);
        let right = all_bytes(&here.join(&out));
        let need: usize = right.values().map(|bytes| bytes.len().div_ceil(4096) * 4).sum();
        std::fs::rename(here.join(&out), here.join("right")).unwrap();
        // Full before the first patient, at some patient, and while the tables are collected.
        let shares = if name == "plain" { &[2, 15, 45, 75, 90, 97][..] } else { &[5, 60] };
        for share in shares {
            let run = words("m.csv", &out, more).join(" ");
            let script = format!(
                "mount -t tmpfs -o size={}k tmpfs disk\n\
                 \"$DELTA\" {run} && exit 1 || echo ended with $?\n\
                 if [ -d {out} ]; then cp -r {out} full; fi\n\
                 mount -o remount,size=1g disk\n\
                 \"$DELTA\" {run} > /dev/null\n\
                 cp -r {out} whole",
                need * share / 100
            );
            let Some(said) = with_mounts(here, &script) else { return };
            assert!(said.contains("ended with 6") && said.contains("No space left"), "{share} %: {said}");
            assert_nothing_torn(&here.join("full"), &right, &format!("full at {share} %"));
            assert_same(&all_bytes(&here.join("whole")), &right, &format!("after it was full at {share} %"));
            for copy in ["full", "whole"] {
                let _ = std::fs::remove_dir_all(here.join(copy));
            }
        }
        std::fs::remove_dir_all(here.join("right")).unwrap();
    }
}

#[test]
fn a_folder_that_cannot_be_written_ends_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 2, [0.0; 3]);
    let run = words("m.csv", "disk/study", &QUICK).join(" ");
    // First with nothing there, then with half of a study.
    let script = format!(
        "mount -t tmpfs tmpfs disk\n\
         mount -o remount,ro disk\n\
         \"$DELTA\" {run} && exit 1 || echo new: $?\n\
         mount -o remount,rw disk\n\
         \"$DELTA\" {run} > /dev/null\n\
         cp -r disk/study right\n\
         rm -r disk/study/patients/P2-* disk/study/study.json\n\
         mount -o remount,ro disk\n\
         \"$DELTA\" {run} && exit 1 || echo there: $?\n\
         \"$DELTA\" cohort collect disk/study && exit 1 || echo collect: $?\n\
         mount -o remount,rw disk\n\
         \"$DELTA\" {run} > /dev/null\n\
         cp -r disk/study whole"
    );
    let Some(said) = with_mounts(here, &script) else { return };
    for ended in ["new: 6", "there: 6", "collect: 6"] {
        assert!(said.contains(ended), "{said}");
    }
    assert_same(
        &all_bytes(&here.join("whole")),
        &all_bytes(&here.join("right")),
        "after it could be written",
    );
}

#[test]
fn an_input_that_vanishes_costs_its_patient_until_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 5, [3.0, 0.0, -2.0]);
    // With registration, so that the last patient's turn comes late.
    let slow = ["--perturb", "0", "-j", "1", "--in-flight", "1"];
    expect(here, &words("m.csv", "right", &slow), 0);
    let right = all_bytes(&here.join("right"));
    let run = words("m.csv", "study", &slow);
    let out = here.join("study");
    let mut child = start(here, &run);
    while results(&out).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before its first patient did");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (place, away) = (here.join("P5/t1/image.nii.gz"), here.join("away"));
    std::fs::rename(&place, &away).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let failures = rows(&out.join("failures.csv"));
    assert_eq!((failures.len(), &*failures[0]["subject"]), (1, "P5"), "{failures:?}");
    assert!(failures[0]["fact"].contains("image.nii.gz"), "{failures:?}");
    assert_eq!(results(&out).len(), 4);
    std::fs::rename(&away, &place).unwrap();
    expect(here, &run, 0);
    assert_same(&all_bytes(&out), &right, "the file is back");
}

/// Subjects whose results are new or touched since.
fn touched(before: &BTreeMap<String, u64>, study: &Path) -> Vec<String> {
    let mut subjects: Vec<String> = inodes(study)
        .into_iter()
        .filter(|(name, inode)| before.get(name) != Some(inode))
        .map(|(name, _)| name.rsplit_once('-').unwrap().0.to_owned())
        .collect();
    subjects.dedup();
    subjects
}

fn inodes(study: &Path) -> BTreeMap<String, u64> {
    let inode = |name: &String| std::fs::metadata(study.join("patients").join(name)).unwrap().ino();
    results(study).into_iter().map(|name| (name.clone(), inode(&name))).collect()
}

#[test]
fn what_changed_is_computed_again_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    put_cohort(here, 3, [0.0; 3]);
    let out = here.join("study");
    let measure = |more: &[&str]| -> Vec<String> {
        let before = inodes(&out);
        expect(here, &words("m.csv", "study", &[&QUICK[..], more].concat()), 0);
        touched(&before, &out)
    };
    let all = ["P1", "P2", "P3"];
    let drawn = |radius| [(1, ball(&grid(), LESION, radius)), (2, ball(&grid(), ORGAN, 9.0))];
    let (described, t1) = (format!("{CT}{REGIONS}"), |n: usize| here.join(format!("P{n}/t1")));
    assert_eq!(measure(&[]), all);
    assert_eq!(measure(&[]), [""; 0]);
    // An image with other texture under the same mask, a mask on the same image, words alone.
    put(&t1(2), &body(&grid(), [0.0; 3], 2), &drawn(9.5), &described);
    assert_eq!(measure(&[]), ["P2"]);
    put(&t1(3), &body(&grid(), [0.0; 3], 1), &drawn(8.0), &described);
    assert_eq!(measure(&[]), ["P3"]);
    std::fs::write(t1(1).join("visit.toml"), format!("schema = 1\n# Seen again.\n{described}")).unwrap();
    assert_eq!(measure(&[]), ["P1"]);

    // A gate by its content, whatever its name is.
    let gate_of = |file: &str, factor: f64| -> PathBuf {
        let result = out.join("patients").join(&results(&out)[0]);
        let text = std::fs::read_to_string(result.join("run.json")).unwrap();
        let run: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut found = gate::rows_of(&result.join("features.csv"));
        for row in &mut found {
            row.value = row.value.map(|value| value * factor);
        }
        let hash = run["measurement_hash"].as_str().unwrap();
        let path = here.join(file);
        std::fs::write(&path, gate::gate_for(&found, hash, "CT", &run["measurement"])).unwrap();
        path
    };
    gate_of("gate.json", 1.0);
    assert_eq!(measure(&["--gate", "gate.json"]), all);
    std::fs::rename(here.join("gate.json"), here.join("renamed.json")).unwrap();
    assert_eq!(measure(&["--gate", "renamed.json"]), [""; 0]);
    gate_of("renamed.json", 2.0);
    assert_eq!(measure(&["--gate", "renamed.json"]), all);
    assert_eq!(measure(&[]), [""; 0], "what was measured before stands");

    let protocol = expect(here, &["protocol", "show", "ct"], 0).stdout;
    let changed =
        String::from_utf8(protocol).unwrap().replace("mask_threshold = 0.5", "mask_threshold = 0.6");
    assert!(changed.contains("0.6"));
    std::fs::write(here.join("mine.toml"), changed).unwrap();
    assert_eq!(measure(&["--protocol", "mine.toml"]), all);
}
