#!/usr/bin/env bash
# Installs what idp-server needs to be built and run on Debian 12. Safe to run again; quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh

# Below this, libevent lacks Debian's fixes of the HTTP parser that stands at our front door.
readonly LIBEVENT_MINIMUM=2.1.12-stable-8+deb12u1

readonly PACKAGES=(
    # The front: HTTP on libevent, TLS on OpenSSL.
    libevent-dev libssl-dev
    # The stores, Kafka, outgoing HTTP, compression.
    libsqlite3-dev libpq-dev librdkafka-dev libcurl4-openssl-dev zlib1g-dev
    # Reading documents: poppler's programs for PDF, tesseract for scans in Russian, Kazakh and English.
    poppler-utils libtesseract-dev libleptonica-dev
    tesseract-ocr tesseract-ocr-rus tesseract-ocr-kaz tesseract-ocr-eng tesseract-ocr-osd tesseract-ocr-script-cyrl
    # The workers' system call filter.
    libseccomp-dev
    # The build and the scripts.
    pkg-config make curl ca-certificates jq
)
readonly LIBEVENT_PACKAGES=(
    libevent-dev libevent-2.1-7 libevent-core-2.1-7 libevent-extra-2.1-7 libevent-openssl-2.1-7 libevent-pthreads-2.1-7
)

if ! command -v dpkg-query >/dev/null; then
    echo "error: this is no Debian system; install the equivalents of these packages by hand:" >&2
    echo "  ${PACKAGES[*]}" >&2
    exit 1
fi

ensure_packages "${PACKAGES[@]}"

# The names of the libevent packages that are installed and older than the minimum.
outdated_libevent() {
    local name version
    while read -r name version; do
        dpkg --compare-versions "$version" ge "$LIBEVENT_MINIMUM" || echo "$name $version"
    done < <(installed_packages "${LIBEVENT_PACKAGES[@]}")
}

outdated=$(outdated_libevent)
if [[ -n $outdated ]]; then
    mapfile -t names < <(cut -d ' ' -f 1 <<<"$outdated")
    # What cannot be upgraded is told below, with its version.
    install_packages "${names[@]}" || true
    outdated=$(outdated_libevent)
fi
if [[ -n $outdated ]]; then
    echo "error: libevent is older than $LIBEVENT_MINIMUM, which has fixes that a server in the open needs:" >&2
    echo "  ${outdated//$'\n'/$'\n'  }" >&2
    echo "  Enable Debian's bookworm-security or bookworm-updates and run: apt-get update && apt-get upgrade" >&2
    exit 1
fi

if ! command -v swift >/dev/null; then
    echo "error: swift is not in PATH; install the Swift 6.3 toolchain for Debian 12 from swift.org/install" >&2
    exit 1
fi
