#!/bin/sh
# Sends a cohort to SLURM: freeze the study, an array of shards, then the tables; each waits for the one before.
#     sh workflow/slurm/submit.sh SHARDS MANIFEST STUDY [options of `delta cohort run`]
# DELTA names the program; SBATCH_PARTITION, SBATCH_ACCOUNT and the like are sbatch's own. The same command again takes
# up what is missing.
set -eu
if [ $# -lt 3 ]; then sed -n '2,5s/^# *//p' "$0" >&2; exit 2; fi
here=$(cd "$(dirname "$0")" && pwd)
shards=$1 manifest=$2 study=$3
shift 3
# Where a step fails, what waits for it is taken from the queue instead of waiting for good.
send() { sbatch --parsable --kill-on-invalid-dep=yes "$@" | cut -d ';' -f 1; }

prepare=$(send --job-name=delta-prepare "$here/step.sbatch" cohort run "$manifest" --out "$study" --prepare "$@")
array=$(send --dependency="afterok:$prepare" --array="1-$shards" \
    "$here/array.sbatch" "$shards" "$manifest" "$study" "$@")
collect=$(send --job-name=delta-collect --dependency="afterok:$array" "$here/step.sbatch" cohort collect "$study" --wide)
echo "prepare $prepare, shards ${array}_[1-$shards], collect $collect"
echo "squeue --jobs=$prepare,$array,$collect"
