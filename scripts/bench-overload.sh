#!/usr/bin/env bash
# Measures what ten times the load that the server can take does to it: how much it still judges, and how fast it
# refuses the rest. Writes the table to Benchmarks/OVERLOAD.md.
#   scripts/bench-overload.sh [SECONDS]    10 seconds at the peak and 10 beyond it if not said otherwise
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
source scripts/server.sh
scripts/setup.sh
source scripts/packages.sh
ensure_packages python3

readonly SECONDS_EACH=${1:-10} DOCUMENTS=Tests/Fixtures/documents
swift build --configuration release --product idp-server
start_server IDP_TODAY="$(jq -r '.[0].today' "$DOCUMENTS/expected.json")"
{
    echo "# Overload"
    echo
    echo "\`scripts/bench-overload.sh $SECONDS_EACH\`: POST /v1/process with a PDF that has text. $(uname -sr)," \
        "$(nproc) processors, which the client shares. Compare within the table only."
    echo
    python3 Benchmarks/overload.py "$server_url" "$DOCUMENTS/sick-leave-ru-text.pdf" 'Ли Ержан Сергеевич' \
        --seconds "$SECONDS_EACH"
    echo
    echo "What the server counted of it:"
    echo
    echo '```'
    curl -sf "$server_url/metrics" | grep -E '^idp_(requests_shed_total|concurrency_limit|uploads_arriving)'
    echo '```'
} | tee Benchmarks/OVERLOAD.md
stop_server
