//! A run that dies leaves nothing half-written under a final name, and the same command then succeeds.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{contents, delta, expect, names};

/// A pair that is measured without registration: a run of a second or two, so that it can die often.
fn pair(here: &Path) {
    expect(here, &["phantom", "pair", "--drawn", "all", "--seed", "3"], 0);
}

const RUN: [&str; 10] =
    ["run", "--baseline", "pair/t0", "--followup", "pair/t1", "--no-register", "--out", "out", "-j", "2"];

#[test]
fn killed_at_any_moment_nothing_half_written_stays() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    pair(here);
    let started = Instant::now();
    expect(here, &RUN, 0);
    let whole = started.elapsed();
    let right = contents(&here.join("out"));
    std::fs::remove_dir_all(here.join("out")).unwrap();

    let mut random = delta_radiomics::numeric::random::Random::seeded(20);
    let mut killed = 0;
    for _ in 0..20 {
        let mut child = delta(here, &RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * random.uniform()));
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if here.join("out").exists() {
            assert!(contents(&here.join("out")) == right, "a final name holds a whole result or nothing");
        }
    }
    assert!(killed > 5, "most runs die before they end");
    expect(here, &RUN, 0);
    assert!(contents(&here.join("out")) == right);
    assert_eq!(names(here), ["out", "pair"], "the partial folders of the dead are gone");
}

/// Needs the program that dies on purpose: `cargo test --release --features fault-injection --test crashes`.
#[cfg(feature = "fault-injection")]
#[test]
fn dying_at_every_sync_and_rename_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    pair(here);
    expect(here, &RUN, 0);
    let right = contents(&here.join("out"));
    let mut replacing: Vec<&str> = RUN.to_vec();
    replacing.push("--force");
    // First with nothing under the name, then over an earlier result.
    for arguments in [RUN.to_vec(), replacing] {
        let mut step = 0;
        loop {
            if !arguments.contains(&"--force") && here.join("out").exists() {
                std::fs::remove_dir_all(here.join("out")).unwrap();
            }
            let status = delta(here, &arguments)
                .env("DELTA_DIE_AT_STEP", step.to_string())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            if here.join("out").exists() {
                assert!(contents(&here.join("out")) == right, "step {step}");
            }
            if status.success() {
                break;
            }
            step += 1;
        }
        // Every file (timing.json is none of `right`), the folder, the rename, the folder above.
        assert!(step >= right.len() + 4, "{step} steps for {} files", right.len() + 1);
        expect(here, &arguments, 0);
        assert!(contents(&here.join("out")) == right);
        assert_eq!(names(here), ["out", "pair"]);
    }
}
