#!/usr/bin/env bash
# Feeds the gate, the multipart reader and a live front with spoilt messages for a while. Each test prints its seed.
#   scripts/fuzz.sh [SECONDS [SEED]]    60 seconds for each test and a seed of its own if not said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
export IDP_FUZZ_SECONDS=${1:-60}
[[ -z ${2:-} ]] || export IDP_FUZZ_SEED=$2
exec scripts/sanitize.sh address 'EventHTTPTests\..*FuzzTests'
