#!/usr/bin/env bash
# Builds the front and its wire tests alone, under the address sanitizer and then under the thread sanitizer, and runs
# them. The rest of the service is left out: it would take many times as long to build, and has no C memory of its own.
#   scripts/sanitize.sh [address|thread|none [FILTER]]    both sanitizers and every test if not said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
readonly FOLDER=$PWD/.build/front

# A package of the front's targets: the same files and settings, by links.
make_package() {
    mkdir -p "$FOLDER/Sources" "$FOLDER/Tests"
    ln -sfn "$PWD/Sources/CLibevent" "$FOLDER/Sources/CLibevent"
    ln -sfn "$PWD/Sources/EventHTTP" "$FOLDER/Sources/EventHTTP"
    ln -sfn "$PWD/Tests/TestSupport" "$FOLDER/Tests/TestSupport"
    ln -sfn "$PWD/Tests/EventHTTPTests" "$FOLDER/Tests/EventHTTPTests"
    {
        sed -n '1,/^]$/p' Package.swift
        cat <<'PACKAGE'
let package = Package(
    name: "front",
    targets: [
        .systemLibrary(name: "CLibevent", pkgConfig: "libevent_openssl"),
        .target(name: "EventHTTP", dependencies: ["CLibevent"], swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "EventHTTPTests", dependencies: ["EventHTTP", "TestSupport"], swiftSettings: strict),
    ]
)
PACKAGE
    } >"$FOLDER/Package.swift"
}

# Runs the tests under one sanitizer, in a build folder of its own.
run() {
    local sanitizer=$1 filter=${2:-EventHTTPTests}
    local options=(--package-path "$FOLDER" --scratch-path "$FOLDER/.build-$sanitizer" --disable-xctest)
    [[ $sanitizer == none ]] || options+=(--sanitize "$sanitizer")
    swift build "${options[@]:0:4}" "${options[@]:5}" --build-tests
    # What libevent and the allocator keep until the end of the process is no leak of ours.
    ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 \
        TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/Tests/EventHTTPTests/thread-sanitizer.txt" \
        swift test "${options[@]}" --skip-build --no-parallel --filter "$filter"
}

make_package
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
