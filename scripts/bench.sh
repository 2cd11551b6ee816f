#!/usr/bin/env bash
# Measures GET /health of the release build beside a plain C evhttp server, a bare epoll responder and nginx, in rounds
# that take turns, and writes the table to Benchmarks/RESULTS.md.
#   scripts/bench.sh [ROUNDS [SECONDS]]    3 rounds of 3 seconds if not said otherwise
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
source scripts/server.sh
scripts/setup.sh
source scripts/packages.sh
ensure_packages wrk nginx-light gcc libc6-dev python3 procps

readonly ROUNDS=${1:-3} SECONDS_EACH=${2:-3}
readonly RESULTS=Benchmarks/RESULTS.md
swift build --configuration release --product idp-server
folder=$(mktemp -d)
declare -A pids ports
# Ends what was started here, and nothing else.
finish() {
    for name in "${!pids[@]}"; do kill "${pids[$name]}" 2>/dev/null || true; done
    rm -rf "$folder"
    forget_server
}

gcc -O2 -o "$folder/evhttp" Benchmarks/evhttp_server.c -levent_core -levent_extra -levent_pthreads -lpthread
gcc -O2 -o "$folder/epoll" Benchmarks/epoll_limit.c
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
for name in evhttp epoll nginx; do ports[$name]=$(free_port); done
sed "s#@PORT@#${ports[nginx]}#; s#@WORKERS@#1#; s#@DIR@#$folder#g" Benchmarks/nginx.conf.in >"$folder/nginx.conf"

start_server IDP_LOOPS=1
trap finish EXIT
taskset -acp 0 "$server_pid" >/dev/null
ports[idp-server]=${server_url##*:}
taskset -c 0 "$folder/evhttp" -p "${ports[evhttp]}" >"$folder/evhttp.log" 2>&1 &
pids[evhttp]=$!
taskset -c 0 "$folder/epoll" "${ports[epoll]}" >"$folder/epoll.log" 2>&1 &
pids[epoll]=$!
taskset -c 0 nginx -c "$folder/nginx.conf" >"$folder/nginx.log" 2>&1 &
pids[nginx]=$!
sleep 1
declare -A measured=([idp-server]=$server_pid [evhttp]=${pids[evhttp]} [epoll]=${pids[epoll]}
    [nginx]=$(pgrep -P "${pids[nginx]}"))

# Processor ticks that a process has used.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for ((round = 1; round <= ROUNDS; round++)); do
    for name in idp-server evhttp nginx epoll; do
        before=$(ticks "${measured[$name]}")
        output=$(taskset -c 1 wrk -t1 -c64 -d"$SECONDS_EACH" --latency "http://127.0.0.1:${ports[$name]}/health")
        after=$(ticks "${measured[$name]}")
        requests=$(awk '/requests in/ { print $1 }' <<<"$output")
        awk -v n="$requests" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
            'BEGIN { printf "%.2f\n", t / hz * 1e6 / n }' >>"$folder/$name.cpu"
        awk '/Requests\/sec/ { print $2 }' <<<"$output" >>"$folder/$name.rate"
        awk '$1 == "99%" { print $2 }' <<<"$output" >>"$folder/$name.p99"
    done
done

declare -A cpu
for name in idp-server evhttp nginx epoll; do cpu[$name]=$(median <"$folder/$name.cpu"); done
{
    echo "# Results"
    echo
    echo "\`scripts/bench.sh $ROUNDS $SECONDS_EACH\`: GET /health, keep-alive, 64 connections, one loop; medians of"
    echo "$ROUNDS rounds. $(uname -sr), $(nproc) processors. Compare within the table only."
    echo
    echo "| server | CPU µs a request | of plain evhttp | of nginx | requests/s | p99 | RSS MiB |"
    echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name in idp-server evhttp nginx epoll; do
        rss=$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/${measured[$name]}/status")
        echo "| $name | ${cpu[$name]} | $(ratio "${cpu[$name]}" "${cpu[evhttp]}") |" \
            "$(ratio "${cpu[$name]}" "${cpu[nginx]}") | $(median <"$folder/$name.rate") |" \
            "$(sort -g "$folder/$name.p99" | sed -n "$(((ROUNDS + 1) / 2))p") | $rss |"
    done
} | tee "$RESULTS"
stop_server
