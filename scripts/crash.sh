#!/usr/bin/env bash
# Kills the server (release build) at random moments under load, 100 times, then cuts its power at 30 random writes, and
# fails unless every acknowledged job is there afterwards and ended once.
#   scripts/crash.sh [ROUNDS] [CUTS]    a seed of an earlier run: SEED=N scripts/crash.sh
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages python3 gcc libc6-dev

readonly ROUNDS=${1:-100} CUTS=${2:-30}
seed=()
if [[ -n ${SEED:-} ]]; then seed=(--seed "$SEED"); fi
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
gcc -O2 -shared -fPIC -o "$tools/record_writes.so" Tests/Tools/record_writes.c
if ((ROUNDS > 0)); then
    python3 Tests/Tools/crash.py --program "$program" --rounds "$ROUNDS" "${seed[@]}"
fi
if ((CUTS > 0)); then
    python3 Tests/Tools/power_loss.py --program "$program" --recorder "$tools/record_writes.so" --cuts "$CUTS" \
        "${seed[@]}"
fi
