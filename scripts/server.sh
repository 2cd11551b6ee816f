# shellcheck shell=bash
# Sourced by the scripts that start a server of their own: on a free port, in a folder of its own, stopped at the end.

server_folder=''
server_log=''
server_pid=''
# What the scripts that source this call.
# shellcheck disable=SC2034
server_url=''

# Starts the release build (or that of $server_configuration) with the settings given as NAME=VALUE, and waits until it
# is ready. Sets server_url.
start_server() {
    server_folder=$(mktemp -d)
    server_log=$server_folder/server.log
    local program
    program=$(swift build --configuration "${server_configuration:-release}" --show-bin-path)/idp-server
    env IDP_PORT=0 IDP_RUNS_DIR="$server_folder/runs" IDP_STORE="sqlite:$server_folder/jobs.sqlite" "$@" \
        "$program" serve >"$server_log" 2>&1 &
    server_pid=$!
    trap forget_server EXIT
    local port='' tries=0
    until [[ -n $port ]] && curl -sf -o /dev/null "http://127.0.0.1:$port/ready"; do
        if ! kill -0 "$server_pid" 2>/dev/null || ((tries++ == 300)); then
            echo "error: the server did not get ready; the end of its log:" >&2
            tail -n 20 "$server_log" >&2
            return 1
        fi
        sleep 0.1
        # The system chose the port; the server says which one it is.
        port=$(sed -n '/"message":"listening"/s/.*"port":"\{0,1\}\([0-9]*\).*/\1/p' "$server_log" | head -n 1)
    done
    # shellcheck disable=SC2034
    server_url=http://127.0.0.1:$port
}

# Asks the server to stop, waits for it, and gives its exit status.
stop_server() {
    local pid=$server_pid
    server_pid=''
    kill -TERM "$pid"
    wait "$pid"
}

# On exit: a server that still runs is killed, and its folder removed.
forget_server() {
    if [[ -n $server_pid ]]; then kill -KILL "$server_pid" 2>/dev/null || true; fi
    if [[ -n $server_folder ]]; then rm -rf "$server_folder"; fi
}
