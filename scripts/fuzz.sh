#!/usr/bin/env bash
# Runs every libFuzzer target against the stack file reader, 60 s each.
#   scripts/fuzz.sh [SECONDS] [TARGET...]     for example: scripts/fuzz.sh 600 reader_fuzz
# Seeds are made of the test cases and the public stack files. What a run learns stays in build/fuzz/corpus and is where the
# next one begins; an input that breaks something is kept in build/fuzz/broken, and the exit code is 1.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
scripts/install-deps.sh build fuzz
scripts/build.sh fuzz >&2

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(find build/fuzz/fuzz -maxdepth 1 -type f -name '*_fuzz' -printf '%f\n' | sort)

seeds=build/fuzz/seeds
rm -rf "$seeds"
mkdir -p "$seeds" build/fuzz/broken
# One seed for each stack file, service body, Compose file and grid file of the cases.
awk -v out="$seeds" '
  /^=== / { n++; section = ""; next }
  /^--- / { m++; section = ($2 == "file" || $2 == "service" || $2 == "definitions") ? $2 : ""; next }
  section == "" { next }
  {
    file = sprintf("%s/%05d-%d-%s", out, n, m, section)
    if (!(file in begun)) {
      begun[file] = 1
      if (section == "service") print "stack: test\nservices:\n  web:\n    image: app:1" >file
      if (section == "definitions") print "stack: test\nservices: {web: {image: a}}\nvariables:" >file
    }
    print (section == "service" ? "    " : section == "definitions" ? "  " : "") $0 >file
  }
' tests/data/stackfile/*.case tests/data/gridfile/*.case tests/data/compose/*.case
for file in tests/data/stackfile/reference/*/kontena.yml examples/stacks/*/kontena.yml; do
  [ ! -e "$file" ] || cp "$file" "$seeds/$(basename "$(dirname "$file")").yml"
done

failed=()
for target in "${targets[@]}"; do
  [ -x "build/fuzz/fuzz/$target" ] || { echo "fuzz: there is no target $target" >&2; exit 2; }
  corpus=build/fuzz/corpus/$target
  mkdir -p "$corpus"
  echo "$target: $seconds s" >&2
  # Leaks of memory and inputs that take long are failures, too.
  "build/fuzz/fuzz/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=0 \
    -verbosity=0 -artifact_prefix="build/fuzz/broken/$target-" "$corpus" "$seeds" >&2 || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "fuzz: broken: ${failed[*]}; the inputs are in build/fuzz/broken" >&2
  exit 1
fi
echo "fuzz: ${#targets[@]} targets, $seconds s each, nothing broken"
