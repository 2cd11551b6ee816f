#!/usr/bin/env bash
# Checks the format of the Swift sources, the scripts' syntax, and the house rules that Tests/TidyTests hold.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict --recursive --parallel Package.swift Sources Tests
readonly SCRIPTS=(scripts/*.sh .ci/run ops/load/*.sh examples/curl/*.sh Tests/Tools/*.sh ops/debian/p*)
for script in "${SCRIPTS[@]}"; do bash -n "$script"; done
if command -v shellcheck >/dev/null; then shellcheck --external-sources "${SCRIPTS[@]}"; fi
if command -v hadolint >/dev/null; then hadolint docker/Dockerfile; fi
exec swift test --disable-xctest --filter TidyTests
