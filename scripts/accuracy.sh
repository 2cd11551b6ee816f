#!/usr/bin/env bash
# Generates documents, sends each through a running server, and prints how much of what it said is right.
#   scripts/accuracy.sh [--seed 1] [--n 124] [--bar 0] [--url URL] [--keep DIR] [--fails] [--tags]
# --bar P     exit with 1 if less than P per cent of the verdicts are right.
# --url URL   a server that runs already (started with IDP_TODAY=2026-11-23); without it one is built and started.
# --keep DIR  leave the documents, predictions.jsonl and scores.json there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/server.sh

readonly TODAY=2026-11-23
seed=1 count=124 bar=0 url='' keep='' report=()
while (($# > 0)); do
    case $1 in
        --seed) seed=$2 && shift ;;
        --n) count=$2 && shift ;;
        --bar) bar=$2 && shift ;;
        --url) url=$2 && shift ;;
        --keep) keep=$2 && shift ;;
        --fails | --tags) report+=("$1") ;;
        *)
            sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
    esac
    shift
done

scripts/setup.sh
scripts/setup-tests.sh corpus
if [[ -z $url ]]; then
    swift build --configuration release --product idp-server
    start_server IDP_TODAY="$TODAY"
    url=$server_url
fi
folder=${keep:-${server_folder:-$(mktemp -d)}/corpus}
mkdir -p "$folder"
.venv/bin/python Tests/Corpus/generate.py --out "$folder" --seed "$seed" --n "$count" --today "$TODAY"
.venv/bin/python Tests/Tools/submit_corpus.py --url "$url" --corpus "$folder" --out "$folder/predictions.jsonl"
.venv/bin/python Tests/Corpus/score.py "$folder/truth.jsonl" "$folder/predictions.jsonl" \
    --json "$folder/scores.json" ${report[@]+"${report[@]}"}
if [[ -n $server_pid ]]; then stop_server; fi
right=$(jq '.overall.verdict * 1000 | round / 10' "$folder/scores.json")
echo "seed $seed, $count documents: $right % of the verdicts are right; the bar is $bar %"
[[ $(jq -n "$right >= $bar") == true ]]
