#!/usr/bin/env bash
# Builds the front and its wire tests alone, under the address sanitizer and then under the thread sanitizer, and runs
# them. The rest of the service is left out: it would take many times as long to build, and holds no C memory for long.
#   scripts/sanitize.sh [address|thread|none [FILTER]]    both sanitizers and every test if not said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh

# A package of the front's targets: the same files and settings, by links. Prints its folder.
make_package() {
    local folder=$PWD/.build/front-$1 name
    rm -rf "$folder/Sources" "$folder/Tests"
    mkdir -p "$folder/Sources" "$folder/Tests"
    ln -s "$PWD/Sources/CLibevent" "$folder/Sources/CLibevent"
    ln -s "$PWD/Tests/Tools" "$folder/Tests/Tools"
    for name in Sources/EventHTTP Tests/TestSupport Tests/TLSClient Tests/EventHTTPTests; do
        cp -rs "$PWD/$name" "$folder/$name"
        [[ $1 != thread ]] || ln -s "$PWD/scripts/thread-sanitizer/PosixMutex.swift" "$folder/$name/"
    done
    {
        sed -n '1,/^]$/p' Package.swift
        cat <<'PACKAGE'
let package = Package(
    name: "front",
    targets: [
        .systemLibrary(name: "CLibevent", pkgConfig: "libevent_openssl"),
        .target(name: "EventHTTP", dependencies: ["CLibevent"], swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "TLSClient", dependencies: ["CLibevent"], path: "Tests/TLSClient", swiftSettings: strict),
        .testTarget(
            name: "EventHTTPTests", dependencies: ["EventHTTP", "TLSClient", "TestSupport"], swiftSettings: strict),
    ]
)
PACKAGE
    } >"$folder/Package.swift"
    echo "$folder"
}

# Runs the tests under one sanitizer.
run() {
    local sanitizer=$1 filter=${2:-EventHTTPTests} folder options
    folder=$(make_package "$sanitizer")
    options=(--package-path "$folder")
    [[ $sanitizer == none ]] || options+=(--sanitize "$sanitizer")
    swift build "${options[@]}" --build-tests
    # What the runtime and libevent keep until the end of the process is no leak of ours.
    ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 TSAN_OPTIONS=halt_on_error=1 \
        swift test "${options[@]}" --skip-build --disable-xctest --no-parallel --filter "$filter"
}

case ${1:-both} in
    both)
        run address
        run thread
        ;;
    address | thread | none) run "$@" ;;
    *)
        echo "usage: scripts/sanitize.sh [address|thread|none [FILTER]]" >&2
        exit 2
        ;;
esac
