#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own, which is gone afterwards: a fresh cluster in a temporary folder, on a
# free port of 127.0.0.1 and on a Unix socket in that folder. The command finds it in PGHOST, PGPORT, PGUSER, PGDATABASE
# and as a URL in IDP_STORE.
#   scripts/with-postgres.sh COMMAND [ARGUMENT...]      more settings: POSTGRES_OPTIONS='-c log_statement=all'
# Without a command it prints the URL and stays until it is stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
ensure_packages postgresql python3 util-linux

# Debian keeps the programs of each major version in a folder of its own, outside of PATH.
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
folder=$(mktemp -d)
run=()
# PostgreSQL refuses to run as root.
if [[ $EUID -eq 0 ]]; then
    chown postgres "$folder"
    run=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd / && "${run[@]}" "$bin/initdb" --pgdata="$folder/data" --username=idp --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-instructions >"$folder/initdb.log") || { cat "$folder/initdb.log" >&2; exit 1; }
# shellcheck disable=SC2086 # options are several words
(cd / && exec "${run[@]}" "$bin/postgres" -D "$folder/data" -k "$folder" -h 127.0.0.1 -p "$port" \
    -c log_min_messages=warning ${POSTGRES_OPTIONS:-}) >"$folder/postgres.log" 2>&1 &
postgres=$!
stop() {
    # "Fast" shutdown: it does not wait for clients.
    kill -INT "$postgres" 2>/dev/null || true
    wait "$postgres" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
export PGHOST="$folder" PGPORT="$port" PGUSER=idp PGDATABASE=postgres
export IDP_STORE="postgres://idp@127.0.0.1:$port/postgres"
until "$bin/pg_isready" -q; do
    if ! kill -0 "$postgres" 2>/dev/null; then cat "$folder/postgres.log" >&2; exit 1; fi
    sleep 0.05
done
if [[ $# -eq 0 ]]; then
    echo "$IDP_STORE"
    wait "$postgres"
else
    "$@"
fi
