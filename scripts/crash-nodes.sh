#!/usr/bin/env bash
# Kills nodes (release build) that share a PostgreSQL at random moments under load, 50 times, and fails unless every
# acknowledged job is there afterwards and ended once.
#   scripts/crash-nodes.sh [ROUNDS] [NODES]    a seed of an earlier run: SEED=N scripts/crash-nodes.sh
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
seed=()
if [[ -n ${SEED:-} ]]; then seed=(--seed "$SEED"); fi
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
scripts/with-postgres.sh python3 Tests/Tools/crash_nodes.py --program "$program" --rounds "${1:-50}" --nodes "${2:-2}" \
    "${seed[@]}"
