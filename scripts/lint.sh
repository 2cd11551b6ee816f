#!/usr/bin/env bash
# Checks the format of the Swift sources, the scripts' syntax, and the house rules that Tests/TidyTests hold.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict --recursive --parallel Package.swift Sources Tests
for script in scripts/*.sh .ci/run; do bash -n "$script"; done
if command -v shellcheck >/dev/null; then shellcheck --external-sources scripts/*.sh .ci/run; fi
exec swift test --disable-xctest --filter TidyTests
