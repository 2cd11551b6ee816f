#!/usr/bin/env bash
# Runs a release build of the server in the foreground, with the settings of the environment. Arguments go to `serve`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
swift build --configuration release --product idp-server
exec "$(swift build --configuration release --show-bin-path)/idp-server" serve "$@"
