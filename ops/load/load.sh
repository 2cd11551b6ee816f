#!/usr/bin/env bash
# Loads a running server with wrk and holds it to thresholds: exit status 1 if one is missed.
#   ops/load/load.sh [URL [SECONDS [CONNECTIONS]]]       http://127.0.0.1:8000, 30 and 16 if left out
# Submits a document as jobs, as fast as the answers come; then asks for verdicts, waiting for each. Refusals (429) are
# the server's way to stay well and no failure; they are shown. Settings in the environment: DOCUMENT and FIO, the paper
# that is sent; P99_SUBMIT and P99_VERDICT, seconds; FAILED_SHARE of answers 5xx and broken connections.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
url=${1:-http://127.0.0.1:8000}
seconds=${2:-30}
connections=${3:-16}
export DOCUMENT=${DOCUMENT:-$here/../../Tests/Fixtures/documents/sick-leave-ru-text.pdf}
export FIO=${FIO:-Ли Ержан Сергеевич}
for tool in wrk jq; do
    command -v "$tool" >/dev/null || { echo "error: $tool is needed: apt-get install $tool" >&2; exit 2; }
done
curl -fsS -o /dev/null "$url/ready" || { echo "error: no server is ready at $url" >&2; exit 2; }

missed=0
# Loads a route and compares: NAME ROUTE CONNECTIONS LIMIT-OF-P99.
load() {
    local line
    line=$(wrk --threads 1 --connections "$3" --duration "${seconds}s" --timeout 65s --latency \
        --script "$here/submit.lua" "$url$2" | grep '^{')
    jq -r --arg name "$1" '"\($name): \(.requests / .seconds | round) answers/s, p50 \(.p50) s, p99 \(.p99) s, " +
        "\(.refused) refused, \(.failed) failed, \(.broken) broken"' <<<"$line"
    jq -e --arg limit "$4" '.p99 <= ($limit | tonumber)' <<<"$line" >/dev/null ||
        { echo "  MISSED: p99 is above $4 s"; missed=1; }
    jq -e --arg share "${FAILED_SHARE:-0.001}" '.failed + .broken <= .requests * ($share | tonumber)' <<<"$line" \
        >/dev/null || { echo "  MISSED: more than ${FAILED_SHARE:-0.001} of answers failed"; missed=1; }
    jq -e '.requests > 0' <<<"$line" >/dev/null || { echo "  MISSED: nothing was answered"; missed=1; }
}
load "submit jobs" /v1/jobs "$connections" "${P99_SUBMIT:-1}"
# The jobs that were submitted are in nobody's way: who waits for a verdict goes first.
load "verdicts" /v1/process 2 "${P99_VERDICT:-30}"
exit $missed
