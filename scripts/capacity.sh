#!/usr/bin/env bash
# Measures what documents cost on this machine and puts the tables into docs/capacity.md.
#   scripts/capacity.sh [REPEATS]    3 if not said otherwise: about two minutes
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages python3 procps
swift build --configuration release --product idp-server
program=$(swift build --configuration release --show-bin-path)/idp-server
tables=$(python3 Benchmarks/capacity.py "$program" "${1:-3}")
TABLES=$tables python3 - docs/capacity.md <<'PYTHON'
import os
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
between = re.compile(r"(<!-- measured: .*? -->\n).*?(<!-- /measured -->)", re.DOTALL)
open(sys.argv[1], "w", encoding="utf-8").write(
    between.sub(lambda match: match[1] + os.environ["TABLES"] + "\n" + match[2], text))
PYTHON
echo "$tables"
