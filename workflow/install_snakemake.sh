#!/bin/sh
# Puts Snakemake, as workflow/requirements.txt pins it, into target/snakemake, and prints the program's path:
#     sh workflow/install_snakemake.sh
# Does nothing where the same is there. PYTHON names another interpreter (3.11 or newer, with venv and pip).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
place=${CARGO_TARGET_DIR:-$root/target}/snakemake
python=${PYTHON:-python3}
if ! cmp -s "$root/workflow/requirements.txt" "$place/installed.txt"; then
    rm -rf "$place"
    if ! "$python" -m venv "$place" 2>/dev/null; then
        # Debian keeps venv's pip in a package of its own.
        echo "python has no venv: on Debian, apt-get install python3-venv" >&2
        exit 1
    fi
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check -r "$root/workflow/requirements.txt" >&2
    cp "$root/workflow/requirements.txt" "$place/installed.txt"
fi
echo "$place/bin/snakemake"
