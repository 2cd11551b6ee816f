#!/usr/bin/env bash
# Generates documents, sends each through a running server, and prints how much of what it said is right.
#   scripts/accuracy.sh [--families "dev b c d e"] [--seeds "1"] [--n 124] [--forms mix] [--bar 0] [--url URL]
#                       [--keep DIR] [--fails] [--tags] [--ci]
# --families  dev: the texts that the rules were made with; b: other texts, known to whoever tunes them; c, d, e: texts
#             that were held out, e the youngest (Tests/Corpus/README.md).
# --n         documents of each family and seed; 400 and more for a figure to be quoted (make accuracy ARGS="--n 400").
# --forms     of all families but dev: mix (a third text-layer PDFs, the rest scans and photos), text or scan.
# --bar P     exit with 1 if less than P per cent of a family's verdicts are right, of those that one seed makes.
# --url URL   a server that runs already (started with IDP_TODAY=2026-11-23); without it one is built and started.
# --keep DIR  leave the documents, predictions.jsonl and scores.json there, in a folder for each family and seed.
# --ci        the small fixed set (without e), through the debug build, against the bars below; writes no report.
# Without --ci and --url the report goes to Benchmarks/ACCURACY.md.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/server.sh

readonly TODAY=2026-11-23
# What the small set must reach: per cent of right verdicts of each family. It is the same documents each time, so the
# bars stand just below what was measured.
declare -A CI_BARS=([dev]=97 [b]=97 [c]=97 [d]=95)
families='' seeds=1 count=124 forms=mix bar=0 url='' keep='' ci='' report=()
while (($# > 0)); do
    case $1 in
        --families) families=$2 && shift ;;
        --seeds | --seed) seeds=$2 && shift ;;
        --n) count=$2 && shift ;;
        --forms) forms=$2 && shift ;;
        --bar) bar=$2 && shift ;;
        --url) url=$2 && shift ;;
        --keep) keep=$2 && shift ;;
        --fails | --tags) report+=("$1") ;;
        --ci) ci=yes ;;
        *)
            sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
    esac
    shift
done

if [[ -z $families ]]; then
    families='dev b c d'
    if [[ -z $ci ]]; then families+=' e'; fi
fi
scripts/setup.sh
scripts/setup-tests.sh corpus
mine=''
if [[ -z $url ]]; then
    if [[ -n $ci ]]; then
        server_configuration=debug
        swift build --product idp-server
    else
        swift build --configuration release --product idp-server
    fi
    start_server IDP_TODAY="$TODAY"
    url=$server_url mine=yes
fi
root=${keep:-${server_folder:-$(mktemp -d)}/corpus}
readonly python=.venv/bin/python

# Makes COUNT documents of a family with a seed in a folder.
generate() {
    local family=$1 seed=$2 number=$3 folder=$4
    rm -rf "$folder"
    mkdir -p "$folder"
    if [[ $family == dev ]]; then
        "$python" Tests/Corpus/generate.py --out "$folder" --seed "$seed" --n "$number" --today "$TODAY"
    else
        "$python" Tests/Corpus/families.py --family "$family" --out "$folder" --seed "$seed" --n "$number" \
            --today "$TODAY" --forms "$forms"
    fi
}

failed='' scored=()
for family in $families; do
    for seed in $seeds; do
        folder=$root/$family-$seed
        # The small set holds scans in the dev family only: two cores have two minutes for all of it.
        number=$count
        if [[ -n $ci ]]; then
            forms=text
            case $family in
                dev) number=32 ;;
                d) number=62 ;;
                *) number=124 ;;
            esac
        fi
        generate "$family" "$seed" "$number" "$folder"
        "$python" Tests/Tools/submit_corpus.py --url "$url" --corpus "$folder" --out "$folder/predictions.jsonl"
        "$python" Tests/Corpus/score.py "$folder/truth.jsonl" "$folder/predictions.jsonl" \
            --json "$folder/scores.json" ${report[@]+"${report[@]}"}
        "$python" Tests/Corpus/report.py --table "$folder"
        scored+=("$folder")
        right=$(jq '.overall.verdict * 1000 | round / 10' "$folder/scores.json")
        least=$([[ -n $ci ]] && echo "${CI_BARS[$family]:-$bar}" || echo "$bar")
        echo "family $family, seed $seed, $number documents: $right % of the verdicts are right; the bar is $least %"
        if [[ $(jq -n "$right >= $least") != true ]]; then failed=yes; fi
    done
done
if [[ -n $mine ]]; then stop_server; fi
if [[ -z $ci && -n $mine ]]; then
    "$python" Tests/Corpus/report.py --out Benchmarks/ACCURACY.md "${scored[@]}"
    echo "wrote Benchmarks/ACCURACY.md"
fi
[[ -z $failed ]]
