//! Nothing changed, nothing found: measures pairs of scans of unchanged phantoms and asks whether any feature
//! changes systematically.
//!
//! `cargo build --release --locked && cargo run --release --locked --example null_pairs -- 40 reports/null_pairs.md`
//!
//! Per feature of the lesion: t of the mean absolute delta over the pairs, and the 95 % interval of the mean log
//! ratio. The largest |t| is compared with its own distribution under random signs, each pair flipped as a whole,
//! so that the many correlated features count as they should.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use delta_radiomics::stats::sign_flip::{max_t_test, mean_interval};

/// Deltas of one feature over the pairs.
#[derive(Default)]
struct Series {
    absolute: Vec<f64>,
    log_ratio: Vec<f64>,
}

/// Source of the follow-up contour and feature with its aggregation.
type Key = (String, String);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked = match arguments.as_slice() {
        [pairs, report] => pairs.parse().ok().map(|pairs| (pairs, report)),
        _ => None,
    };
    let Some((pairs, report)) = asked else {
        eprintln!("usage: null_pairs PAIRS REPORT.md");
        return ExitCode::from(2);
    };
    match measure(pairs).and_then(|s| write_report(&s, Path::new(report))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The program beside this one in the build folder.
fn delta(arguments: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    let here = std::env::current_exe()?;
    let program = here.ancestors().nth(2).ok_or("no build folder")?.join("delta");
    let done = Command::new(&program).args(arguments).args(["--quiet", "--force"]).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{} {arguments:?}: {}", program.display(), String::from_utf8_lossy(&done.stderr)).into())
}

fn measure(pairs: u64) -> Result<BTreeMap<Key, Series>, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let mut series: BTreeMap<Key, Series> = BTreeMap::new();
    for seed in 1..=pairs {
        let pair = dir.path().join("pair");
        let out = dir.path().join("out");
        let path = |p: &Path| p.to_string_lossy().into_owned();
        delta(&["phantom", &path(&pair), "--pair", "null", "--drawn", "all", "--seed", &seed.to_string()])?;
        delta(&[
            "run",
            "--baseline",
            &path(&pair.join("t0")),
            "--followup",
            &path(&pair.join("t1")),
            "--out",
            &path(&out),
            "--perturb",
            "0",
        ])?;
        read_deltas(&out.join("deltas.csv"), &mut series)?;
        eprintln!("pair {seed} of {pairs}");
    }
    // A feature that is undefined in some pairs cannot be flipped with the others.
    series.retain(|_, s| s.absolute.len() as u64 == pairs);
    Ok(series)
}

fn read_deltas(csv: &Path, series: &mut BTreeMap<Key, Series>) -> Result<(), Box<dyn std::error::Error>> {
    let sheet = delta_table::Sheet::read_csv(csv)?;
    let text = |name: &str| sheet.text(name);
    let (roi, source) = (text("roi")?, text("mask_source_followup")?);
    let (feature, aggregation) = (text("feature")?, text("aggregation")?);
    let (absolute, log_ratio) = (sheet.numbers("absolute")?, sheet.numbers("log_ratio")?);
    for row in 0..sheet.rows() {
        if roi[row].as_deref() != Some("lesion") {
            continue;
        }
        let word = |column: &[Option<String>]| column[row].clone().unwrap_or_default();
        let name = format!("{} {}", word(&feature), word(&aggregation)).trim_end().to_owned();
        let entry = series.entry((word(&source), name)).or_default();
        entry.absolute.extend(absolute[row]);
        entry.log_ratio.extend(log_ratio[row]);
    }
    Ok(())
}

fn write_report(series: &BTreeMap<Key, Series>, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let pairs = series.values().map(|s| s.absolute.len()).max().unwrap_or(0);
    let mut page = format!(
        "# Nothing changed, nothing found\n\n{pairs} phantom pairs (`delta phantom --pair null`), each the same \
         body scanned twice: both poses random, independent noise. Made by `cargo build --release --locked && cargo run --release --locked --example \
         null_pairs -- {pairs} reports/null_pairs.md`. Lesion only; `drawn` is the true contour of each visit.\n\n\
         The largest |t| of all features is held against its own distribution under random signs (each pair \
         flipped as a whole, 9999 flips).\n\n| contour at follow-up | features | largest abs(t) | of | p | found |\n\
         |---|---|---|---|---|---|\n"
    );
    let sources: Vec<&String> = {
        let mut s: Vec<&String> = series.keys().map(|(s, _)| s).collect();
        s.dedup();
        s
    };
    for source in &sources {
        let of: Vec<_> = series.iter().filter(|((s, _), _)| s == *source).collect();
        let columns: Vec<Vec<f64>> = of.iter().map(|(_, s)| s.absolute.clone()).collect();
        let test = max_t_test(&columns, 9999, 1);
        let name = test.feature.map_or("", |n| of[n].0.1.as_str());
        let found = if test.p > 0.01 { "nothing" } else { "a change" };
        writeln!(
            page,
            "| {source} | {} | {:.2} | `{name}` | {:.4} | {found} |",
            of.len(),
            test.max_t,
            test.p
        )?;
    }
    page += "\nContours of ours are compared here with the drawn baseline contour. They do not cut the border exactly \
             where it was drawn, so voxels of the surrounding tissue enter at follow-up only: what they touch (range, \
             variance, sums of squares in the co-occurrence matrix, outline) may rise although nothing changed. Deltas \
             of carried and followed contours need noise limits of their own, and a person who looks first.\n";
    for source in sources {
        writeln!(
            page,
            "\n## Contour: {source}\n\n| feature | mean log ratio | 95 % interval | outside +/-0.05 |\n|---|---|---|---|"
        )?;
        for ((_, name), s) in series.iter().filter(|((s, _), _)| s == source) {
            if s.log_ratio.len() != s.absolute.len() {
                continue;
            }
            let Some((mean, low, high)) = mean_interval(&s.log_ratio, 0.95) else { continue };
            let outside = if low < -0.05 || high > 0.05 { "yes" } else { "" };
            writeln!(page, "| `{name}` | {mean:+.4} | {low:+.4} to {high:+.4} | {outside} |")?;
        }
    }
    std::fs::write(path, page)?;
    Ok(())
}
