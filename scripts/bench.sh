#!/usr/bin/env bash
# Measures the release build beside nginx, plain evhttp and the kernel's limit in one run, prints what each bar comes to
# and writes it to Benchmarks/RESULTS.md.
#   scripts/bench.sh [--rounds N] [--seconds S] [--short] [ROW ...]
# ROW: health, queued, status, slow, tls, upload, metrics, idle, memory, micro, allocations; without one, all run, and
# only then the results are written. --short: one round, to see that everything works.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
scripts/setup.sh
source scripts/packages.sh
ensure_packages wrk nginx-light gcc libc6-dev libevent-dev libssl-dev openssl python3 util-linux

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
gcc -O2 -o "$tools/evhttp_plain" Benchmarks/evhttp_plain.c -levent_core -levent_extra
gcc -O2 -o "$tools/epoll_limit" Benchmarks/epoll_limit.c
gcc -O2 -o "$tools/upload_parts" Benchmarks/upload_parts.c -lcrypto
gcc -O2 -shared -fPIC -o "$tools/count_allocations.so" Benchmarks/count_allocations.c
swift build --configuration release --product idp-server
swift build --configuration release --product MicroBenchmarks
programs=$(swift build --configuration release --show-bin-path)
python3 Benchmarks/bench.py --program "$programs/idp-server" --micro "$programs/MicroBenchmarks" --tools "$tools" \
    --results Benchmarks/RESULTS.md "$@"
