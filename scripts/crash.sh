#!/usr/bin/env bash
# Kills the server (release build) at random moments under load, 100 times, and fails unless every acknowledged job is
# there afterwards and ended once. Arguments go to Tests/Tools/crash.py:
#   scripts/crash.sh [--rounds N] [--seed N] [--clients N] [--seconds S]
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages python3
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
python3 Tests/Tools/crash.py --program "$program" "$@"
