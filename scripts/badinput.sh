#!/usr/bin/env bash
# Sends several hundred broken, fuzzed and hostile documents to a server of its own and checks that each is answered with
# a defined code in time, and that server, workers and memory are as before.
#   scripts/badinput.sh [--seed 1] [--mutants 200] [--qpdf DIR] [--no-qpdf]
# The test PDFs of Debian's qpdf source package are fetched with apt (source lists of its own, nothing is installed)
# unless a folder that holds them is named.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/server.sh

seed=1 mutants=200 qpdf='' fetch=yes
while (($# > 0)); do
    case $1 in
        --seed) seed=$2 && shift ;;
        --mutants) mutants=$2 && shift ;;
        --qpdf) qpdf=$2 fetch=no && shift ;;
        --no-qpdf) fetch=no ;;
        *)
            sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
    esac
    shift
done

# Leaves the PDFs of qpdf's source package in $1/qpdf, with an apt state of their own.
fetch_qpdf() {
    local state=$1/apt
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/sources" "$1/qpdf"
    sed -s 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/*.sources >"$state/sources/src.sources" 2>/dev/null ||
        true
    sed 's/^deb /deb-src /' /etc/apt/sources.list >"$state/sources/src.list" 2>/dev/null || true
    local options=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$state/sources"
        -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache")
    (cd "$1" && apt-get "${options[@]}" update -qq && apt-get "${options[@]}" source -qq --download-only qpdf) || return 1
    dpkg-source --no-check -x "$1"/qpdf_*.dsc "$1/source" >/dev/null
    local path
    while IFS= read -r path; do cp -n "$path" "$1/qpdf/$(tr / _ <<<"${path#"$1"/source/}")"; done < <(
        find "$1/source" -name '*.pdf' -o -path '*fuzz*' -type f \( -path '*corpus*' -o -path '*seed*' \)
    )
}

scripts/setup.sh
scripts/setup-tests.sh
swift build --configuration release --product idp-server
start_server IDP_WORKERS=2
folder=$server_folder/bad
mkdir -p "$folder"
.venv/bin/python Tests/Corpus/make_hostile.py "$folder/hostile"
.venv/bin/python Tests/Tools/make_bad_documents.py "$folder/broken"
paths=("$folder/hostile" "$folder/broken")
if [[ $fetch == yes ]]; then
    source scripts/packages.sh
    ensure_packages dpkg-dev
    if fetch_qpdf "$folder"; then qpdf=$folder/qpdf; else echo "warning: no source of qpdf to be had; going on without" >&2; fi
fi
if [[ -n $qpdf ]]; then paths+=("$qpdf"); fi
.venv/bin/python Tests/Tools/bad_input.py --url "$server_url" --pid "$server_pid" --seed "$seed" --mutants "$mutants" \
    "${paths[@]}"
stop_server
