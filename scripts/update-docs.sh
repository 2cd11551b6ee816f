#!/usr/bin/env bash
# Makes what is made: docs/metrics.md of what running servers register, ops/grafana/idp-server.json of its script. After
# a change of metrics; the tests fail until it has been run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
python3 ops/grafana/dashboard.py
IDP_UPDATE_DOCS=1 swift test --disable-xctest --filter MetricsReferenceTests
