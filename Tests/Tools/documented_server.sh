#!/usr/bin/env bash
# Stands for idp-server where documented commands are run: `serve`, which would run for ever, is stopped as soon as it
# listens, with the exit status of its stop; everything else is the program itself, which DOCUMENTED_PROGRAM names.
set -euo pipefail
if [[ ${1:-} != serve ]]; then exec "$DOCUMENTED_PROGRAM" "$@"; fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A port of its own: IDP_PORT names the server that the other commands ask.
IDP_PORT=0 "$DOCUMENTED_PROGRAM" "$@" >"$log" 2>&1 &
server=$!
until grep -q '"message":"listening"' "$log"; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$log" >&2
        exit 1
    fi
    sleep 0.05
done
kill -TERM "$server"
wait "$server"
