#!/bin/sh
# What a patient of a cohort costs, for docs/scale.md: seconds, megabytes, memory, and what the cohort adds to the
# patients' own runs. On a machine that does nothing else:
#     sh workflow/measure_scale.sh [FOLDER [PATIENTS [OPTIONS of `delta cohort run`]]]
# keeps scans and studies in FOLDER; 12 patients and `--perturb 0` where nothing else is said. DELTA is the path
# of a built program, from the root. For a quick trial of the script itself: SIZE=small FEW=2 MANY=6. Takes about twenty minutes on two cores.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
patients=${2:-12}
if [ $# -gt 2 ]; then shift 2; else set -- --perturb 0; fi
size=${SIZE:-standard} small_few=${FEW:-10} small_many=${MANY:-200}
if [ ! -x /usr/bin/time ]; then echo "GNU time is missing: apt-get install time" >&2; exit 1; fi
mkdir -p "$work"
delta=${DELTA:-${CARGO_TARGET_DIR:-$root/target}/release/delta}
[ -n "${DELTA:-}" ] || (cd "$root" && cargo build --release --locked --quiet)
cd "$work"

# Wall seconds, CPU seconds and peak kB of a command, into a file. Some patients may fail (5, 7): they are listed.
timed() {
    into=$1
    shift
    code=0
    /usr/bin/time --quiet -f '%e %U %S %M' -o "$into" "$@" >> said.txt 2>&1 || code=$?
    case $code in 0|5|7) ;; *) tail -n 5 said.txt >&2; exit "$code" ;; esac
}
field() { awk -v f="$2" '{ print f == "cpu" ? $2 + $3 : f == "wall" ? $1 : $4 / 1024 }' "$1"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
# What lies between the stages of the patients and the whole: a clock on the same runs, which a machine's mood spares.
stages() { grep -h '^  "wall_seconds"' "$1"/*/timing.json | awk '{ s += $2 } END { print s }'; }
megabytes() { du -sk "$@" | awk '{ s += $1 } END { print s / 1024 }'; }

[ -d cohort ] || "$delta" phantom cohort --cohort "$patients" --size "$size" --quiet
# Without the patients that cannot be measured to the end (a damaged file, a follow-up outside of every window).
awk -F , '
    FNR == 1 { split("", at); for (i = 1; i <= NF; i++) at[$i] = i }
    FILENAME ~ /truth/ { if ($at["course"] ~ /bad_file|late_followup/) out[$at["subject"]] = 1; next }
    !($at["subject"] in out)' cohort/truth.csv cohort/manifest.csv > cohort/measured.csv
subjects=$(awk -F , 'NR > 1 { print $1 }' cohort/measured.csv | sort -u)
measured=$(echo "$subjects" | wc -l)
for threads in 1 2; do
    rm -rf "study-$threads"
    timed "cohort-$threads.time" \
        "$delta" cohort run cohort/measured.csv --out "study-$threads" -j $threads --quiet "$@"
done
# Nothing is left to do: what it costs to look through a study and to merge its tables.
timed again.time "$delta" cohort run cohort/measured.csv --out study-1 -j 1 --quiet "$@"

# The same patients one by one.
rm -rf single single.times
mkdir single
for subject in $subjects; do
    visits=$(awk -F , -v subject="$subject" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["subject"] == subject { print (seen++ ? "--followup" : "--baseline") " cohort/" $at["visit_folder"] }
        ' cohort/measured.csv)
    # shellcheck disable=SC2086  # names of the phantom's folders hold no blanks
    timed one.time "$delta" run $visits --subject "$subject" --out "single/$subject" -j 1 --quiet "$@"
    cat one.time >> single.times
done
sums() { awk '{ wall += $1; cpu += $2 + $3 } END { print '"$1"' }' single.times; }

for count in $small_few $small_many; do
    [ -d "small-$count" ] || "$delta" phantom "small-$count" --cohort $count --size small --quiet
    rm -rf "small-study-$count"
    timed "small-$count.time" \
        "$delta" cohort run "small-$count/manifest.csv" --out "small-study-$count" -j 2 --quiet --perturb 0
done

wall1=$(field cohort-1.time wall) wall2=$(field cohort-2.time wall) cpu1=$(field cohort-1.time cpu)
few=$(field small-$small_few.time peak) many=$(field small-$small_many.time peak)
peak1=$(field cohort-1.time peak) peak2=$(field cohort-2.time peak)
all=$(megabytes study-1) results=$(megabytes study-1/patients)
transforms=$(megabytes study-1/patients/*/transforms)
cat <<TABLE
$measured patients of $size size, options: $*

| | |
|---|---|
| wall seconds per patient, 1 thread | $(calc %.2f "$wall1 / $measured") |
| wall seconds per patient, 2 threads | $(calc %.2f "$wall2 / $measured") |
| throughput of 2 threads over 1 | $(calc %.2f "$wall1 / $wall2") |
| CPU seconds per patient | $(calc %.2f "$cpu1 / $measured") |
| CPU seconds per patient by \`delta run\` | $(calc %.2f "$(sums cpu) / $measured") |
| time beyond the patients' own stages: cohort; \`delta run\` | $(calc %.2f "100 * ($wall1 / $(stages study-1/patients) - 1)") %; $(calc %.2f "100 * ($(sums wall) / $(stages single) - 1)") % |
| CPU seconds per patient where all is done | $(calc %.3f "$(field again.time cpu) / $measured") |
| MB per patient, results | $(calc %.2f "$results / $measured") |
| of these, transforms | $(calc %.2f "$transforms / $measured") |
| MB per patient, study tables and page | $(calc %.3f "($all - $results) / $measured") |
| MB per patient, scans | $(calc %.2f "$(megabytes cohort/patients) / $patients") |
| peak memory, 1 in flight; 2 | $(calc %.0f "$peak1") MB; $(calc %.0f "$peak2") MB |
| peak memory of $small_few small patients; $small_many; 2 in flight | $(calc %.0f "$few") MB; $(calc %.0f "$many") MB ($(calc %.2f "$many / $few") times) |
TABLE
