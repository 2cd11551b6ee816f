#!/usr/bin/env bash
# Measures what a durable submission costs on PostgreSQL: transactions and processor time. Writes the table to
# Benchmarks/POSTGRES.md; fails when a bar is missed.
#   scripts/bench-postgres.sh [--seconds S] [--rounds N]
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages wrk postgresql python3 util-linux

swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
scripts/with-postgres.sh python3 Benchmarks/postgres.py --program "$program" --results Benchmarks/POSTGRES.md "$@"
