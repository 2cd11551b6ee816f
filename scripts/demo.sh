#!/usr/bin/env bash
# Builds the server, sends it the sample documents (applications for a deferment, by invented persons), shows what it
# said of each and which of its Prometheus counters that moved. Exit status 0 only if all of it is as it should be.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
source scripts/server.sh
scripts/setup.sh

readonly DOCUMENTS=Tests/Fixtures/documents
echo "Building idp-server (release) ..."
swift build --configuration release --product idp-server 2>&1 | grep -E '^(Build|Compiling|error)|error:' | tail -n 5
# The samples were issued for this day: their validity windows count from it.
today=$(jq -r '.[0].today' "$DOCUMENTS/expected.json")
start_server IDP_TODAY="$today"
echo "Server at $server_url, judging as of $today"
echo

failures=0
wrong() {
    echo "  WRONG: $*"
    failures=$((failures + 1))
}

# The value of a counter, or the sum over its label sets where the name is followed by a pattern of labels.
counter() {
    curl -sf "$server_url/metrics" | awk -v sample="$1" '$1 ~ "^" sample "$" { sum += $2 } END { print sum + 0 }'
}
readonly COUNTERS=(
    'requests_total{endpoint="/v1/process",status="200"}'
    'requests_total{endpoint="/v1/jobs",status="202"}'
    jobs_submitted_total jobs_completed_total jobs_failed_total pipeline_duration_seconds_count
)
read_counters() {
    local name
    for name in "${COUNTERS[@]}"; do
        # As a pattern: braces stand for themselves, and other labels may stand between the named ones.
        name=${name//\{/[\{]}
        name=${name//\}/.*[\}]}
        counter "${name//,/.*,}"
    done
}

# Pads a text to a width in characters; printf counts bytes, which is wrong for Cyrillic.
pad() {
    local room=$(($2 - ${#1}))
    printf '%s%*s' "$1" $((room > 0 ? room : 0)) ''
}
row() {
    echo "  $(pad "$1" 32)$(pad "$2" 36)$(pad "$3" 5)$(pad "$4" 10)$(pad "$5" 9)$(pad "$6" 26)$7"
}

# Sends a document as a job, waits for its end, and prints the status document.
judge_as_job() {
    local run
    run=$(curl -sS --fail-with-body -F "file=@$1" -F "fio=$2" "$server_url/v1/jobs" | jq -r .run_id)
    local tries=0 status
    while ((tries++ < 10)); do
        status=$(curl -sS --fail-with-body "$server_url/v1/jobs/$run?wait=10")
        case $(jq -r .status <<<"$status") in completed | failed | cancelled) break ;; esac
        # A server without long polls answers at once.
        sleep 1
    done
    echo "$status"
}

mapfile -t before < <(read_counters)
sync_count=0
job_count=0
row FILE FIO BY EXPECTED VERDICT REASONS MS
while IFS=$'\t' read -r file fio expected reasons; do
    started=$(date +%s%3N)
    # Every third one goes in as a job, the others are waited for.
    if (((sync_count + job_count) % 3 == 2)); then
        way=job
        job_count=$((job_count + 1))
        answer=$(judge_as_job "$DOCUMENTS/$file" "$fio") || answer=${answer:-null}
    else
        way=sync
        sync_count=$((sync_count + 1))
        answer=$(curl -sS --fail-with-body -F "file=@$DOCUMENTS/$file" -F "fio=$fio" "$server_url/v1/process") ||
            answer=${answer:-null}
    fi
    elapsed=$(($(date +%s%3N) - started))
    verdict=$(jq -r '.verdict' <<<"$answer")
    found=$(jq -r '.errors // [] | if type == "array" then sort | join(",") else . end' <<<"$answer")
    row "$file" "$fio" "$way" "$expected" "$verdict" "${found:--}" "$elapsed"
    [[ $verdict == "$expected" && $found == "$reasons" ]] || wrong "expected $expected ${reasons:--}, got: $answer"
done < <(jq -r '.[] | [.file, .fio, .verdict, (.errors | sort | join(","))] | @tsv' "$DOCUMENTS/expected.json")
mapfile -t after < <(read_counters)

echo
echo "Prometheus counters          before  after"
expected_moves=("$sync_count" "$job_count" "$job_count" "$job_count" 0 $((sync_count + job_count)))
for index in "${!COUNTERS[@]}"; do
    name=${COUNTERS[index]}
    echo "  $(pad "$name" 60)$(pad "${before[index]}" 8)${after[index]}"
    [[ $(awk "BEGIN { print ${after[index]} - ${before[index]} }") == "${expected_moves[index]}" ]] ||
        wrong "$name should have moved by ${expected_moves[index]}"
done

echo
status=0
stop_server || status=$?
echo "SIGTERM: the server ended with status $status"
[[ $status -eq 0 ]] || wrong "it should end with 0"
if ((failures > 0)); then
    echo "$failures things were not as they should be; the end of the server's log:"
    tail -n 40 "$server_log"
    exit 1
fi
echo "All verdicts and counters are right."
