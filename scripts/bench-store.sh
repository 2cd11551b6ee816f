#!/usr/bin/env bash
# Measures what a durable submission costs (flushes, processor time, rate) beside one flush for each, and what 1,000,000
# stored jobs do to a status and to a start. Writes the table to Benchmarks/STORE.md; fails when a bar is missed.
#   scripts/bench-store.sh [--stored N] [--seconds S] [--rounds N] [--only submissions|stores] [--folder DIR]
# --folder: on the disk to measure; the system's temporary folder if not said otherwise.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages wrk gcc libc6-dev python3 util-linux

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
gcc -O2 -shared -fPIC -o "$tools/count_flushes.so" Benchmarks/count_flushes.c
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
python3 Benchmarks/store.py --program "$program" --tools "$tools" --results Benchmarks/STORE.md "$@"
