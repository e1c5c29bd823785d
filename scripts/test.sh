#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: unit, property and integration with ctest, end to end in the lab
# with pytest. What cannot run here is counted as skipped, and the reason is printed.
#   scripts/test.sh            everything
#   scripts/test.sh --no-e2e   without the end-to-end tests
#   scripts/test.sh --e2e ARGS only the end-to-end tests, with arguments for pytest
# The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "$0")/.."
with_ctest=1
with_e2e=1
case ${1:-} in
  --no-e2e) with_e2e=; shift ;;
  --e2e) with_ctest=; shift ;;
esac

scripts/install-deps.sh build test
# One kind of build for all tests: the optimised one is what ships, and a second one would double the time.
scripts/build.sh release
bin=$PWD/build/release/bin

passed=0
failed=0
skipped=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Adds the counts of a JUnit file to the totals.
add_results() {
  local counts
  counts=$(/usr/bin/python3 - "$1" <<'PYTHON'
import sys
import xml.etree.ElementTree as xml
total = failed = skipped = 0
for suite in xml.parse(sys.argv[1]).getroot().iter("testsuite"):
    total += int(suite.get("tests", 0))
    failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped += int(suite.get("skipped", 0)) + int(suite.get("disabled", 0))
print(total - failed - skipped, failed, skipped)
PYTHON
  ) || return 1
  local p f s
  read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

if [ -n "$with_ctest" ]; then
  echo "== unit, property and integration tests"
  status=0
  ctest --test-dir build/release -LE '^e2e$' -j "$(nproc)" --output-on-failure --timeout 300 \
    --output-junit "$results/ctest.xml" || status=$?
  if ! add_results "$results/ctest.xml"; then
    echo "test: ctest left no result" >&2
    failed=$((failed + 1))
  elif [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
    echo "test: ctest ended with $status" >&2
    failed=$((failed + 1))
  fi
fi

if [ -n "$with_e2e" ]; then
  echo "== end-to-end tests in the lab"
  why=$(tests/lab/lab.sh check 2>&1) || why=${why:-unknown reason}
  status=0
  if [ -z "$why" ]; then
    KONTENA_BIN=$bin /usr/bin/python3 -m pytest -p no:cacheprovider tests/e2e --junitxml="$results/e2e.xml" "$@" || status=$?
    if ! add_results "$results/e2e.xml"; then
      echo "test: pytest left no result" >&2
      failed=$((failed + 1))
    elif [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
      echo "test: pytest ended with $status" >&2
      failed=$((failed + 1))
    fi
  else
    count=$(cat tests/e2e/test_*.py | grep -cE '^ *def test_')
    echo "skipped, all $count of them: $why"
    skipped=$((skipped + count))
  fi
else
  echo "== end-to-end tests: left out, as asked"
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
