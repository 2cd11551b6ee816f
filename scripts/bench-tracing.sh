#!/usr/bin/env bash
# Measures what tracing costs a cheap request: /health with it off, and on at one in a hundred, in turns. Fails when the
# bar is missed. Wants a machine that does nothing else.
#   scripts/bench-tracing.sh [--turns N] [--seconds S]
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
source scripts/packages.sh
ensure_packages wrk python3 util-linux curl

swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
python3 Benchmarks/tracing.py --program "$program" "$@"
