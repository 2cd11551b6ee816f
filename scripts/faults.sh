#!/usr/bin/env bash
# Lets everything that the server (release build) depends on be slow, wrong or gone, one after the other, under load,
# and fails unless nothing is lost, every answer has a code and all works within 10 s of the return; then counts what a
# dead dependency is asked, and kills the server while receivers of callbacks come and go. Writes the tables to
# Benchmarks/FAULTS.md, in half an hour; with `--seconds 10` (how long each is gone) in twenty minutes.
#   scripts/faults.sh [--seconds S]
#   scripts/faults.sh [--seconds S] [--only DEPENDENCY]... [--fault FAULT]...    these cells only
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh

swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
clang -O1 -Wall -Werror -D_GNU_SOURCE -o "$tools/kafka_mock" Tests/Tools/kafka_mock.c -lrdkafka -lpthread

readonly RESULTS=Benchmarks/FAULTS.md
failed=0
scripts/with-postgres.sh .venv/bin/python Tests/Tools/dependency_matrix.py --program "$program" \
    --kafka "$tools/kafka_mock" --results "$RESULTS" "$@" || failed=1
if [[ "$*" != *--only* && "$*" != *--fault* ]]; then
    scripts/with-postgres.sh .venv/bin/python Tests/Tools/dead_dependency.py --program "$program" \
        --results "$RESULTS" || failed=1
    .venv/bin/python Tests/Tools/crash_callbacks.py --program "$program" --results "$RESULTS" || failed=1
fi
exit "$failed"
