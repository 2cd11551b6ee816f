#!/usr/bin/env bash
# Does what docker/Dockerfile's last stage does, without a Docker engine: its RUN step in a fresh Debian root made by
# debootstrap, then its USER, ENV and CMD with a root that cannot be written to, no capability and no new privileges, then
# its HEALTHCHECK and a document. Needs root and the network (Debian's mirror).
#   scripts/check-image.sh [PACKAGE]     the package of scripts/package.sh if left out
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
source scripts/packages.sh
ensure_packages debootstrap util-linux curl jq
package=${1:-$(scripts/package.sh | tail -n 1)}
readonly DOCKERFILE=docker/Dockerfile PORT=${PORT:-18080}
readonly SAMPLE=Tests/Fixtures/documents/sick-leave-ru-text.pdf

folder=$(mktemp -d)
root=$folder/root
server=''
finish() {
    if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
    umount -R "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$folder"
}
trap finish EXIT

# An instruction of the last stage, its lines joined, without the instruction's name and its mounts.
instruction() {
    awk '/^FROM /{stage = ""} {stage = stage $0 "\n"} END {printf "%s", stage}' "$DOCKERFILE" |
        sed -e ':join' -e '/\\$/{N;s/\\\n */ /;b join' -e '}' | sed -n "s/^$1 //p" | sed 's/^--mount=[^ ]* *//'
}

echo "debootstrap ..."
debootstrap --variant=minbase bookworm "$root" "${MIRROR:-http://deb.debian.org/debian}" >"$folder/log" 2>&1 ||
    { tail -n 5 "$folder/log" >&2; exit 1; }
before=$(du -sm "$root" | cut -f 1)
install -m 0644 "$package" "$root/tmp/idp-server.deb"
mount -t proc proc "$root/proc"
# Nothing that is installed may start a service here.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
step=$(instruction RUN)
echo "RUN $step"
DEBIAN_FRONTEND=noninteractive chroot "$root" /bin/sh -ec "$step" >"$folder/log" 2>&1 ||
    { tail -n 20 "$folder/log" >&2; exit 1; }
rm "$root/tmp/idp-server.deb" "$root/usr/sbin/policy-rc.d"
umount "$root/proc"

user=$(instruction USER)
read -ra settings <<<"$(instruction ENV)"
echo "as $user with ${settings[*]}, port $PORT, root read-only"
# The mounts live in a namespace of their own and go with it.
cat >"$folder/start" <<'START'
set -eu
root=$1; shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind "$root/var/lib/idp" "$root/var/lib/idp"
for device in null urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,bind,ro "$root"
exec "$@"
START
uid=${user%:*} gid=${user#*:}
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${settings[@]}" IDP_HOST=127.0.0.1 \
    IDP_PORT="$PORT" IDP_TODAY="$(jq -r '.[0].today' Tests/Fixtures/documents/expected.json)" \
    unshare --mount --pid --fork --kill-child sh "$folder/start" "$root" \
    chroot "$root" setpriv --reuid="$uid" --regid="$gid" --clear-groups --inh-caps=-all --bounding-set=-all \
    --no-new-privs idp-server serve >"$folder/log" 2>&1 &
server=$!
for ((try = 0; try < 300; try++)); do
    if curl -sf -o /dev/null "http://127.0.0.1:$PORT/ready"; then break; fi
    if ! kill -0 "$server" 2>/dev/null; then
        tail -n 5 "$folder/log" >&2
        exit 1
    fi
    sleep 0.1
done
echo "walls around workers that do not stand: $(curl -s "http://127.0.0.1:$PORT/metrics" |
    sed -n 's/^idp_worker_sandbox{measure="\(.*\)"} 0$/\1/p' | paste -sd ' ')"
health=$(instruction HEALTHCHECK | sed 's/.*CMD //' | jq -r '[.[] | @sh] | join(" ")')
chroot "$root" /bin/sh -c "${health//8000/$PORT}"
answer=$(curl -sS --fail-with-body -F "file=@$SAMPLE" -F 'fio=Ли Ержан Сергеевич' "http://127.0.0.1:$PORT/v1/process")
echo "$answer"
[[ $(jq -r .verdict <<<"$answer") == true ]]
# A scan: OCR models and the engine are there.
curl -sS --fail-with-body -F file=@Tests/Fixtures/documents/termination-order-ru-scan.pdf \
    -F "fio=$(jq -r '.[] | select(.file == "termination-order-ru-scan.pdf").fio' Tests/Fixtures/documents/expected.json)" \
    "http://127.0.0.1:$PORT/v1/process"
echo
echo "root: $(du -sm --one-file-system "$root" | cut -f 1) MiB, of which Debian's own $before MiB"
child=$(pgrep -P "$server" | head -n 1)
kill -TERM "$child"
status=0
wait "$server" || status=$?
server=''
echo "SIGTERM: ended with $status"
[[ $status -eq 0 ]]
