//! A cohort past one machine: `workflow/Snakefile` on Snakemake's local executor.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{contents, expect, names};

const SHARDS: usize = 3;

/// Snakemake, where it is; `None` skips a test with a message, unless other programs are required.
fn snakemake() -> Option<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        std::env::var_os("DELTA_SNAKEMAKE").map(PathBuf::from),
        std::env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join("snakemake/bin/snakemake")),
        Some(root.join("target/snakemake/bin/snakemake")),
    ];
    if let Some(place) = places.into_iter().flatten().find(|place| place.is_file()) {
        return Some(Command::new(place));
    }
    let as_module = || {
        let mut python = Command::new("python3");
        python.args(["-m", "snakemake"]);
        python
    };
    if as_module().arg("--version").output().is_ok_and(|o| o.status.success()) {
        return Some(as_module());
    }
    let required = std::env::var("DELTA_REQUIRE_REFERENCE").is_ok_and(|v| v == "1");
    assert!(!required, "Snakemake is required: sh workflow/install_snakemake.sh");
    eprintln!("skipped: no Snakemake; sh workflow/install_snakemake.sh puts it beside the build");
    None
}

/// A program in front of `delta` that notes its calls, fails with 6 the first time a shard is run, and, while a file
/// `hold` is there, stays in the last shard for good.
fn troubled_delta(here: &Path) -> PathBuf {
    let path = here.join("troubled_delta");
    let delta = env!("CARGO_BIN_EXE_delta");
    let text = format!(
        "#!/bin/sh\n\
         cd '{}'\n\
         echo \"$*\" >> calls\n\
         case \"$*\" in *--shard*)\n\
             if mkdir failed 2>/dev/null; then echo E-TRIED >&2; exit 6; fi\n\
             if [ -e hold ] && [ $(ls study.shards/*.done 2>/dev/null | wc -l) -eq {} ]; then\n\
                 touch held; exec sleep 600\n\
             fi\n\
         esac\n\
         exec '{delta}' \"$@\"\n",
        here.display(),
        SHARDS - 1
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Shards that were run, in the order of the calls (`2/3`).
fn shards_called(here: &Path) -> Vec<String> {
    let calls = fs::read_to_string(here.join("calls")).unwrap();
    let shard =
        |line: &str| line.split_whitespace().skip_while(|w| *w != "--shard").nth(1).map(str::to_owned);
    calls.lines().filter_map(shard).collect()
}

/// Files of the study that hold a result, and when they were written.
fn written(study: &Path) -> Vec<(String, std::time::SystemTime)> {
    let when = |name: &String| fs::metadata(study.join(name)).unwrap().modified().unwrap();
    let names = contents(study).into_keys().filter(|name| name.starts_with("patients/"));
    names.map(|name| (name.clone(), when(&name))).collect()
}

/// What a study holds, without what no hash covers.
fn result(study: &Path) -> Vec<(String, Vec<u8>)> {
    let counts = |name: &String| !name.starts_with(".locks") && !name.ends_with("timing.json");
    contents(study).into_iter().filter(|(name, _)| counts(name)).collect()
}

#[test]
fn a_workflow_whose_shard_fails_and_that_is_killed_ends_as_a_plain_run() {
    let Some(found) = snakemake() else { return };
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    expect(here, &["phantom", "cohort", "--cohort", "3", "--size", "small"], 0);
    let delta = troubled_delta(here);
    fs::write(here.join("hold"), "").unwrap();
    let settings = format!(
        "delta: {}\nmanifest: cohort/manifest.csv\nstudy: study\nshards: {SHARDS}\npause_seconds: 0\n\
         options: [\"--perturb\", \"0\"]\n",
        delta.display()
    );
    fs::write(here.join("config.yaml"), settings).unwrap();
    let snakemake = |arguments: &[&str]| {
        let mut command = Command::new(found.get_program());
        command.args(found.get_args()).current_dir(here);
        command.arg("--snakefile").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("workflow/Snakefile"));
        // Its notes of other runs go here too, and no two tests share them.
        command
            .args(["--configfile", "config.yaml", "--cores", "1"])
            .env("XDG_CACHE_HOME", here.join("cache"));
        command.args(arguments);
        command
    };

    // The first call of a shard fails; the last shard never ends, and then the whole workflow is killed.
    let log = fs::File::create(here.join("log")).unwrap();
    let mut first = snakemake(&[]).process_group(0).stdout(Stdio::null()).stderr(log).spawn().unwrap();
    let started = Instant::now();
    while !here.join("held").exists() {
        let ended = first.try_wait().unwrap();
        let said = || fs::read_to_string(here.join("log")).unwrap();
        assert!(ended.is_none(), "ended before it was killed\n{}", said());
        assert!(started.elapsed() < Duration::from_mins(10), "the last shard was not reached\n{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    let group = format!("-{}", first.id());
    assert!(Command::new("kill").args(["-9", "--", &group]).status().unwrap().success());
    first.wait().unwrap();
    fs::remove_file(here.join("hold")).unwrap();

    let calls = shards_called(here);
    assert_eq!(calls.len(), SHARDS + 1, "one shard twice, the others once: {calls:?}");
    let again = calls.iter().filter(|shard| **shard == calls[0]).count();
    assert_eq!(again, 2, "the shard that failed was tried again: {calls:?}");
    let said =
        fs::read_to_string(here.join(format!("study.shards/{}.txt", calls[0].replace('/', "-of-")))).unwrap();
    assert!(said.starts_with("E-TRIED"), "what the failed try said is kept: {said}");
    let markers = names(&here.join("study.shards"));
    assert_eq!(markers.iter().filter(|name| name.contains(".done")).count(), SHARDS - 1, "{markers:?}");
    let before = written(&here.join("study"));
    assert!(!before.is_empty());

    // It takes up where it was left: one shard, and the tables.
    for arguments in [&["--unlock"][..], &["--rerun-incomplete"]] {
        let output = snakemake(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let held = calls.last().unwrap();
    assert_eq!(
        shards_called(here)[calls.len()..],
        *std::slice::from_ref(held),
        "only the shard that was not done"
    );
    let after = written(&here.join("study"));
    assert!(
        before.iter().all(|file| after.contains(file)),
        "patients that were measured are not measured again"
    );

    // Nothing shows of all that.
    expect(here, &["cohort", "run", "cohort/manifest.csv", "--out", "plain", "--perturb", "0", "--wide"], 0);
    let (plain, study) = (result(&here.join("plain")), result(&here.join("study")));
    let listed = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(listed(&plain), listed(&study));
    for ((name, plain), (_, study)) in plain.iter().zip(&study) {
        assert!(plain == study, "{name} differs");
    }
}
