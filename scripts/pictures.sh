#!/usr/bin/env bash
# Takes README's pictures of the console anew, from a server with sample papers, into docs/pictures.
#   CONFIGURATION=debug scripts/pictures.sh    of a release build if not said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
source scripts/packages.sh
# Letters of all three languages.
ensure_packages fonts-dejavu-core
export server_configuration=${CONFIGURATION:-release}
swift build --configuration "$server_configuration" --product idp-server
source scripts/server.sh
start_server IDP_TODAY="$(jq -r '.[0].today' Tests/Fixtures/documents/expected.json)"
.venv/bin/python Tests/Tools/take_pictures.py "$server_url" docs/pictures
stop_server
