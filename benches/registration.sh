#!/bin/sh
# delta beside elastix, greedy, ANTs and convexAdam on the pairs of a reference folder: reports/registration.csv and
# reports/registration.md.
#     sh benches/registration.sh REFERENCE [--pairs NAMES] [--only PROGRAMS] [--slow] [--threads N]
# Needs Python 3.11, apt-get install elastix, and some 8 GB for the peers' packages, which are installed into PEERS
# (default: target/peers/venv) at the first call. CPU seconds mean something on a machine that does nothing else.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,6s/^# *//p' "$0" >&2; exit 2; }
here=$root/benches/peers/registration
peers=${PEERS:-$root/target/peers/venv}
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
if ! cmp -s "$here/requirements.txt" "$peers/installed.txt"; then
    "$peers/bin/pip" install --quiet --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$peers/installed.txt"
fi
(cd "$root" && cargo build --release --locked --quiet --bin delta)
"$peers/bin/python" "$here/compare.py" "$@"
"$peers/bin/python" "$here/report.py"
echo "$root/reports/registration.md"
