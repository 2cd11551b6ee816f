#!/usr/bin/env bash
# Installs what the tests need beside scripts/setup.sh: real clients and a real Prometheus, and a Python of their own.
# With `corpus` as argument also the fonts that documents are generated with. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh

# Debian's prometheus and postgresql may start services (ports 9090, 5432); the tests start their own on free ports.
# prometheus brings promtool, chromium with its driver shows the console to the tests.
packages=(
    curl openssl postgresql prometheus python3 python3-venv procps chromium chromium-driver
    # The load test, the Debian package, a copy of a store.
    wrk dpkg-dev sqlite3
)
if [[ ${1:-} == corpus ]]; then
    packages+=(
        fonts-paratype fonts-dejavu-core fonts-dejavu-extra fonts-liberation fonts-noto-core fonts-freefont-ttf
        fonts-crosextra-carlito fonts-open-sans fonts-sil-gentiumplus fonts-roboto-unhinted fonts-seto
    )
fi
ensure_packages "${packages[@]}"

# Debian's own Python, not the first in PATH: python3-venv belongs to it.
readonly PYTHON=/usr/bin/python3
readonly REQUIREMENTS=Tests/requirements.txt
if ! cmp -s "$REQUIREMENTS" .venv/requirements.installed; then
    if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
        echo "error: $PYTHON has no ensurepip, so it can make no virtual environment; install python3-venv" >&2
        exit 1
    fi
    echo "making .venv from $REQUIREMENTS"
    "$PYTHON" -m venv --clear .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --requirement "$REQUIREMENTS"
    cp "$REQUIREMENTS" .venv/requirements.installed
fi
