#!/usr/bin/env bash
# Makes a Debian package of the server, with its unit, rules, dashboard, documents and a list of what it is made of:
#   scripts/package.sh [--program FILE] [FOLDER]
# It lands in FOLDER, else in .build/package. Without --program a release build with Swift's runtime linked in is made.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh
# Who answers for the package: your own address, where you build one for others.
readonly MAINTAINER=${MAINTAINER:-idp-server <idp-server@example.org>}
program=''
if [[ ${1:-} == --program ]]; then
    program=$2
    shift 2
fi
output=${1:-.build/package}
ensure_packages dpkg-dev python3
if [[ -z $program ]]; then
    scripts/setup.sh
    build=(--configuration release --product idp-server --static-swift-stdlib)
    swift build "${build[@]}"
    program=$(swift build "${build[@]}" --show-bin-path)/idp-server
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
tree=$root/tree
version=$("$program" --version)
put() { install -D -m "$1" "$2" "$tree$3"; }
install -D -m 0755 "$program" "$tree/usr/bin/idp-server"
# Symbols are two fifths of the program: a debugger finds them in the file that is written beside the package.
objcopy --only-keep-debug --compress-debug-sections "$program" "$root/idp-server.debug"
strip --strip-all "$tree/usr/bin/idp-server"
objcopy --add-gnu-debuglink="$root/idp-server.debug" "$tree/usr/bin/idp-server"
put 0644 ops/systemd/idp-server.service /lib/systemd/system/idp-server.service
put 0640 ops/systemd/idp-server.conf /etc/idp-server/idp-server.conf
for file in recording.yml alerts.yml tests.yml; do
    put 0644 "ops/prometheus/$file" "/usr/share/idp-server/prometheus/$file"
done
put 0644 ops/grafana/idp-server.json /usr/share/idp-server/grafana/idp-server.json
for file in docs/runbook.md docs/capacity.md docs/upgrade.md docs/metrics.md README.md; do
    put 0644 "$file" "/usr/share/doc/idp-server/$(basename "$file")"
done
install -d "$tree/usr/share/bash-completion/completions" "$tree/usr/share/zsh/vendor-completions"
"$program" --generate-completion-script bash | sed '1{/^#!/d}' >"$tree/usr/share/bash-completion/completions/idp-server"
"$program" --generate-completion-script zsh >"$tree/usr/share/zsh/vendor-completions/_idp-server"
chmod 0644 "$tree"/usr/share/{bash-completion/completions/idp-server,zsh/vendor-completions/_idp-server}
install -d "$tree/usr/share/man/man1"
gzip -9n <ops/debian/idp-server.1 >"$tree/usr/share/man/man1/idp-server.1.gz"
chmod 0644 "$tree/usr/share/man/man1/idp-server.1.gz"
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    printf 'Upstream-Name: idp-server\n\nFiles: *\nCopyright: 2026 the authors of idp-server\nLicense: Apache-2.0\n'
    printf ' On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n'
} >"$root/copyright"
put 0644 "$root/copyright" /usr/share/doc/idp-server/copyright
printf 'idp-server (%s) stable; urgency=medium\n\n  * See https://keepachangelog.com: CHANGELOG.md.\n\n' "$version" \
    >"$root/changelog"
printf ' -- %s  %s\n' "$MAINTAINER" "$(date -R -d "@${SOURCE_DATE_EPOCH:-0}")" >>"$root/changelog"
install -d "$tree/usr/share/doc/idp-server"
gzip -9n <"$root/changelog" >"$tree/usr/share/doc/idp-server/changelog.gz"
gzip -9n <CHANGELOG.md >"$tree/usr/share/doc/idp-server/CHANGELOG.md.gz"
chmod 0644 "$tree"/usr/share/doc/idp-server/*.gz
python3 scripts/sbom.py "$program" >"$root/sbom.json"
put 0644 "$root/sbom.json" /usr/share/doc/idp-server/sbom.cdx.json

# The libraries that it links, with the versions whose symbols it uses; Swift's own are linked in, or not packaged.
mkdir -p "$root/debian"
printf 'Source: idp-server\n\nPackage: idp-server\nArchitecture: any\n' >"$root/debian/control"
libraries=$(cd "$root" && dpkg-shlibdeps -O --ignore-missing-info --warnings=0 tree/usr/bin/idp-server 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
install -d "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: idp-server
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $MAINTAINER
Section: net
Priority: optional
Installed-Size: $(du -sk "$tree" | cut -f 1)
Depends: $libraries, poppler-utils, tesseract-ocr-rus, tesseract-ocr-kaz, tesseract-ocr-eng, tesseract-ocr-osd, tesseract-ocr-script-cyrl, ca-certificates, passwd
Description: judges documents that applicants for a loan deferment send in
 Takes a paper (PDF, scan or photo; Russian and Kazakh) with the applicant's
 name over HTTP, reads it, and answers with a verdict and its reasons.
CONTROL
echo /etc/idp-server/idp-server.conf >"$tree/DEBIAN/conffiles"
for script in postinst prerm postrm; do put 0755 "ops/debian/$script" "/DEBIAN/$script"; done
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 0644 "$tree/DEBIAN/"{control,conffiles,md5sums}
mkdir -p "$output"
package=$output/idp-server_${version}_$(dpkg --print-architecture).deb
mv "$root/idp-server.debug" "${package%.deb}.debug"
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$tree" "$package" >/dev/null
echo "$package"
