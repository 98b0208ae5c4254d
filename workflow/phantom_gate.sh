#!/bin/sh
# Makes fixtures/phantom/gate.json anew: null pairs of phantoms, each of another body and other lesions, drawn at both
# visits, as a test-retest study. `sh workflow/phantom_gate.sh [FOLDER]` keeps scans and report in FOLDER.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cd "$root"
cargo build --release --locked --quiet
delta=$root/target/release/delta
cd "$work"
echo "subject,repeat,visit_folder" > repeats.csv
# Seed 1 is the fixture itself, which the gate is to judge.
for seed in 101 102 103 104 105 106 107 108 109 110 111 112; do
    "$delta" phantom "pair$seed" --pair null --seed "$seed" --drawn all --force --quiet
    for visit in t0 t1; do
        echo "phantom-$seed,$visit,pair$seed/$visit" >> repeats.csv
    done
done
"$delta" stability repeats.csv --out stability --force
cp stability/gate.json "$root/fixtures/phantom/gate.json"
