#!/usr/bin/env bash
# Builds everything, judges a small set of generated papers and fails below its bar, then runs every test. Arguments go
# to `swift test`, for example scripts/test.sh --filter Metrics; with any, the papers are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
swift build --build-tests
if (($# == 0)); then scripts/accuracy.sh --ci; fi
# All tests are Swift Testing's: without XCTest's own empty run, its closing line is the last one.
# One at a time: most of them start servers and children of their own, and a machine with two cores that runs dozens of
# those at once lets deadlines pass that have nothing to do with what is tested.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if swift test --skip-build --disable-xctest --no-parallel "$@" 2>&1 | tee "$log"; then exit 0; fi
# What failed is far up in a long output: again at its end, the closing line last.
echo "---- what failed:"
grep -aE '^. (Test|Suite|Issue).*(recorded an issue|failed after)|✘|↳' "$log" | grep -av 'Test run with' | awk '!seen[$0]++' | tail -100 || true
grep -aE 'Test run with' "$log" | tail -1 || true
exit 1
