#!/usr/bin/env bash
# Submits a document as a job, waits for its end, prints the verdict with its reasons.
#   judge.sh FILE FIO [URL]
set -euo pipefail
file=$1 fio=$2 url=${3:-http://127.0.0.1:8000}
# The same key goes out with every try: a repeat of a submission that came through starts nothing anew.
key=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

for try in 1 2 3 4 5; do
    # curl heeds Retry-After itself; what is tried again here is a lost connection.
    if status=$(curl -sS --retry 5 --max-time 60 -o "$answer" -w '%{http_code}' \
        -H "Idempotency-Key: $key" -F "file=@$file" -F "fio=$fio" "$url/v1/jobs"); then break; fi
    if ((try == 5)); then exit 2; fi
    sleep "$try"
done
if [[ $status != 202 ]]; then
    jq -r '"refused: \(.detail.code): \(.detail.message)"' "$answer" >&2
    exit 2
fi
run=$(jq -r .run_id "$answer")

while :; do
    # Answers as soon as the state changes, at the latest after 30 seconds.
    curl -sS --fail-with-body --retry 5 "$url/v1/jobs/$run?wait=30" >"$answer"
    case $(jq -r .status "$answer") in
    completed) break ;;
    failed | cancelled)
        jq -r '"\(.status): \(.errors // [] | join(", "))"' "$answer" >&2
        exit 2
        ;;
    esac
done
jq -r '"\(.run_id)  verdict \(.verdict)  \(.errors | join(", "))"' "$answer"
[[ $(jq -r .verdict "$answer") == true ]]
