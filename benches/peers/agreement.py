"""Agreement beside pingouin (PyPI) and lme4 (Debian: r-base-core r-cran-lme4) in one run: medians, ratios, differences.

    python benches/peers/agreement.py FOLDER reports/stability_benchmarks.md

Programs take turns in each of ROUNDS rounds on the tables that `cargo bench --bench agreement -- FOLDER` writes; only
the estimates are timed, in CPU seconds, one thread. pingouin's intervals are rounded to two digits, ours are not.
"""
import csv, os, statistics, subprocess, sys, time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"
import warnings
import pandas as pd
import pingouin as pg

warnings.filterwarnings("ignore")
ROUNDS = int(os.environ.get("ROUNDS", "3"))
HERE = Path(__file__).resolve().parent


def ours(folder):
    command = ["cargo", "bench", "--quiet", "--bench", "agreement", "--", str(folder)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE.parent.parent).stdout
    return {line.split()[0]: float(line.split()[1]) for line in out.splitlines() if line.startswith(("icc ", "reml "))}


def pingouin(folder):
    rows = pd.read_csv(folder / "icc.csv")
    tables = [table for _, table in rows.groupby("feature")]
    fit = lambda t: pg.intraclass_corr(t, targets="subject", raters="repeat", ratings="value")
    fit(tables[0])
    start = time.process_time()
    found = [fit(table) for table in tables]
    return time.process_time() - start, found


def lme4(folder):
    out = subprocess.run(["Rscript", HERE / "agreement.R", folder], check=True, capture_output=True, text=True).stdout
    _, seconds, *versions = out.split()
    return float(seconds), versions


def main():
    folder, report = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    rounds = []
    for _ in range(ROUNDS):
        mine, (py, tables), (r, versions) = ours(folder), pingouin(folder), lme4(folder)
        rounds.append((mine["icc"], py, mine["reml"], r))
        print(rounds[-1], flush=True)
    icc, py, reml, r = (statistics.median(column) for column in zip(*rounds))

    mine = list(csv.DictReader(open(folder / "icc_delta.csv")))
    icc_off = interval_off = 0.0
    for feature, table in enumerate(tables):
        for row, theirs in zip(mine[6 * feature:6 * feature + 6], table.to_dict("records")):
            low, high = theirs.get("CI95%", theirs.get("CI95"))
            icc_off = max(icc_off, abs(float(row["icc"]) - theirs["ICC"]))
            interval_off = max(interval_off, abs(float(row["lower"]) - low), abs(float(row["upper"]) - high))
    mine, theirs = (pd.read_csv(folder / name) for name in ("reml_delta.csv", "reml_lme4.csv"))
    both = mine.merge(theirs, on="feature", suffixes=("", "_lme4"))
    total = both["subject"] + both["repeat"] + both["residual"]
    off = max(((both[c] - both[c + "_lme4"]).abs() / total).max() for c in ("subject", "repeat", "residual"))
    zeros = int((both["repeat"] == 0).sum())

    report.write_text(f"""# What agreement costs

CPU seconds of the estimates alone, one thread, medians of {ROUNDS} rounds in which the programs took turns on the same tables of a seed; reading and writing are not timed.

| case | delta | other program | ratio |
|---|---:|---:|---:|
| six ICCs with F tests and 95 % intervals, 1,500 features x 30 subjects x 2 repeats | {icc:.4f} | {py:.2f} (pingouin {pg.__version__}) | 1/{py / icc:.0f} |
| two-way REML, 1,500 features x 100 subjects x 3 repeats, a tenth of the cells empty | {reml:.4f} | {r:.2f} (lme4 {versions[0]}, R {versions[1]}) | 1/{r / reml:.0f} |

The targets are 1/100 and 1/20.

## Equal results
- All {6 * len(tables):,} ICCs within {icc_off:.0e} of pingouin's, their limits within {interval_off:.0e} (pingouin rounds limits to two digits; to 1e-8 they are held against formulas in the test suite).
- All {len(both):,} sets of variance components within {off:.0e} of lme4's, relative to the total variance ({zeros} times no variance between repeats). lme4 stops at a tolerance of its own.

## How it was measured
```sh
apt-get install r-base-core r-cran-lme4
pip install pingouin
python benches/peers/agreement.py FOLDER reports/stability_benchmarks.md
```
""")


main()
