#!/usr/bin/env bash
# Calls every operation of the API's description with right and wrong values made up by schemathesis, all of its checks
# on, against a release build.
#   EXAMPLES=200 SEED=7 scripts/check-api.sh    100 examples an operation and a new seed if not said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
scripts/setup-tests.sh
server_configuration=${CONFIGURATION:-release}
swift build --configuration "$server_configuration" --product idp-server
source scripts/server.sh
start_server
seed=${SEED:-$RANDOM}
echo "seed $seed"
status=0
PYTHONPATH=Tests/Tools SCHEMATHESIS_HOOKS=schemathesis_hooks .venv/bin/schemathesis run "$server_url/openapi.json" \
    --checks all --max-examples "${EXAMPLES:-100}" --seed "$seed" --request-timeout 70 --suppress-health-check all \
    --no-color || status=$?
stop_server
exit "$status"
