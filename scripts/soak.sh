#!/usr/bin/env bash
# Keeps the server (release build) busy and fails unless its memory stays flat; prints a table of samples.
#   MINUTES=30 scripts/soak.sh
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages python3
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
python3 Tests/Tools/soak.py --program "$program" --minutes "${MINUTES:-30}"
