#!/bin/sh
# What the analysis of a large cohort costs, for docs/scale.md: wall seconds, CPU seconds, peak memory of
# `delta cohort analyze` with its default settings. On a machine that does nothing else:
#     sh workflow/measure_analysis.sh [FOLDER [PATIENTS [FEATURES]]]
# keeps tables and result in FOLDER; 2,000 patients and 1,500 features where nothing else is said. Features come in
# groups of 25 that say nearly the same; one group of every ten goes with the response. DELTA is the path of a built
# program. Takes about ten minutes on two cores.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
patients=${2:-2000} features=${3:-1500}
if [ ! -x /usr/bin/time ]; then echo "GNU time is missing: apt-get install time" >&2; exit 1; fi
mkdir -p "$work"
delta=${DELTA:-${CARGO_TARGET_DIR:-$root/target}/release/delta}
[ -n "${DELTA:-}" ] || (cd "$root" && cargo build --release --locked --quiet)
cd "$work"
awk -v n="$patients" -v p="$features" '
    function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
    BEGIN {
        srand(1)
        printf "subject,original_shape_MeshVolume" > "before.csv"
        printf "subject,original_shape_MeshVolume" > "after.csv"
        print "subject,response,age" > "outcomes.csv"
        for (f = 1; f <= p; f++) {
            printf ",original_glcm_F%04d", f > "before.csv"
            printf ",original_glcm_F%04d", f > "after.csv"
        }
        for (i = 0; i < n; i++) {
            responds = rand() < 0.4
            printf "\nP%05d,%.6f", i, exp(0.5 * normal()) > "before.csv"
            printf "\nP%05d,%.6f", i, exp(0.5 * normal() - 0.1 * responds) > "after.csv"
            printf "P%05d,%d,%d\n", i, responds, 60 + 8 * normal() > "outcomes.csv"
            for (f = 0; f < p; f++) {
                if (f % 25 == 0) group = normal() + (f % 250 == 0 ? 0.4 * responds : 0)
                printf ",%.6f", exp(0.2 * normal()) > "before.csv"
                printf ",%.6f", exp(0.2 * (0.8 * group + 0.6 * normal())) > "after.csv"
            }
        }
    }'
/usr/bin/time --quiet -f '%e %U %S %M' -o took.txt "$delta" cohort analyze --baseline-features before.csv \
    --followup-features after.csv --key subject --outcomes outcomes.csv --out analysis --quiet --force
awk -v n="$patients" -v p="$features" \
    '{ printf "%d patients x %d features: %.0f s, %.0f s of CPU, peak %.0f MB\n", n, p, $1, $2 + $3, $4 / 1024 }' took.txt
