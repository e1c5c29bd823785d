#!/usr/bin/env bash
# Builds Kontena: `build.sh [PRESET]`, release by default; the programs are in build/PRESET/bin.
# Installs what is missing first. As many jobs as there are cores, but no more than memory allows: a file that uses
# Beast takes the compiler up to 2 GB.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

scripts/install-deps.sh build

cores=$(nproc)
by_memory=$(awk '/^MemAvailable:/ {print int($2 / 1024 / 1024 / 2)}' /proc/meminfo)
jobs=$((by_memory < cores ? by_memory : cores))
jobs=$((jobs < 1 ? 1 : jobs))

started=$SECONDS
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build --preset "$preset" -j "${KONTENA_JOBS:-$jobs}"
echo "built preset $preset in $((SECONDS - started)) s: $PWD/build/$preset/bin"
