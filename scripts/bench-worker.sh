#!/usr/bin/env bash
# Measures the document workers of the release build beside the OCR engine alone (Benchmarks/bare_tesseract.c), in turns,
# and writes the table to Benchmarks/WORKERS.md.
#   scripts/bench-worker.sh [ROUNDS]    2 if not said otherwise: four minutes on two processors
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh corpus
source scripts/packages.sh
ensure_packages gcc libc6-dev

readonly ROUNDS=${1:-2} TODAY=2026-11-23
readonly RESULTS=Benchmarks/WORKERS.md
swift build --configuration release --product idp-server
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
read -ra flags < <(pkg-config --cflags --libs tesseract lept)
gcc -O2 -o "$folder/bare" Benchmarks/bare_tesseract.c "${flags[@]}"

# Upright single pages and text-layer PDFs of the generated corpus.
.venv/bin/python Tests/Corpus/generate.py --out "$folder/corpus" --seed 1 --n 40 --today "$TODAY" >/dev/null
mkdir "$folder/pages" "$folder/text"
jq -r 'select(.tags | any(test("rot")) | not) | select(.file | test("(jpg|png)$")) | .file' \
    "$folder/corpus/truth.jsonl" | head -n 12 | while read -r file; do cp "$folder/corpus/$file" "$folder/pages"; done
jq -r 'select(.form == "text") | .file' "$folder/corpus/truth.jsonl" |
    while read -r file; do cp "$folder/corpus/$file" "$folder/text"; done

program=$(swift build --configuration release --show-bin-path)/idp-server
{
    echo "# Document workers"
    echo
    echo "\`scripts/bench-worker.sh $ROUNDS\`. $(uname -sr), $(nproc) processors, tesseract $(tesseract --version 2>&1 |
        awk 'NR == 1 { print $2 }'). The engine alone is a C program with the same models, preparation and passes;"
    echo "all comparisons are made in turns. Compare within the table only, and only on a machine that does nothing else."
    echo
    .venv/bin/python Benchmarks/worker.py --program "$program" --bare "$folder/bare" --pages "$folder/pages" \
        --text "$folder/text" --rounds "$ROUNDS"
} | tee "$RESULTS"
