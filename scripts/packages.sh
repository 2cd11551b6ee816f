# shellcheck shell=bash
# Sourced by the setup scripts: Debian packages, asked for once and installed only when one is missing.

# The installed version of each named package that is installed: lines of "name version".
installed_packages() {
    # A name that was never installed makes dpkg-query fail; the ones that are there are printed all the same.
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null |
        sed -n 's/^installed //p' || true
}

# Installs those of the named packages that are missing. Nothing is run, and no right is needed, when none is.
ensure_packages() {
    local have missing=() name
    have=$'\n'$(installed_packages "$@")$'\n'
    for name in "$@"; do
        [[ $have == *$'\n'"$name "* ]] || missing+=("$name")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Installs or upgrades the named packages with apt-get: as root, else with sudo, else says what is needed.
install_packages() {
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "error: these Debian packages are needed, and neither root nor sudo is at hand to install them:" >&2
            echo "  apt-get install $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "installing: $*"
    export DEBIAN_FRONTEND=noninteractive
    local install=(apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0)
    # The lists may be absent or old on a fresh machine: they are renewed only if the first try does not do.
    if ! "${as_root[@]}" "${install[@]}" "$@" >/dev/null 2>&1; then
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" "${install[@]}" "$@" >/dev/null
    fi
}
