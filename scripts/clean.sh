#!/usr/bin/env bash
# Removes what building and testing made in this folder: the build, and the tests' Python.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf .build .venv
