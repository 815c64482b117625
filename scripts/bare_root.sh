#!/usr/bin/env bash
# scripts/bare_root.sh RELEASE COMMAND [ARGUMENT...]: runs a command in a clone of this repository's last commit, inside a bare Debian of that
# release (bookworm, trixie) that has git and bash and nothing else, so that nothing which this machine happens to have hides a missing step.
#
# The root is made by debootstrap and kept packed; each run unpacks a fresh one and removes it afterwards. The command runs as root
# with processes, mounts and System V objects of its own, and with this machine's network. When it ends, everything that it started is ended.
# What this machine needs to reach packages goes along: apt's mirror and proxy, npm's registry, certificates, variables that name proxies.
# Exits as the command does, and with 77 where the system does not let anybody do this.
#
#   MUSICSPACE_ROOT_CACHE  where roots, downloaded packages and compiled objects are kept: ${XDG_CACHE_HOME:-/var/cache}/musicspace-roots
#   MUSICSPACE_ROOT_PLACE  where roots are unpacked: /var/tmp
set -eu
here=$(dirname "$(dirname "$(realpath "$0")")")
release=${1:?Usage: scripts/bare_root.sh bookworm|trixie COMMAND...}
shift
[ $# -gt 0 ] || { echo "Which command is to run in the root?" >&2; exit 2; }
cache=${MUSICSPACE_ROOT_CACHE:-${XDG_CACHE_HOME:-/var/cache}/musicspace-roots}
place=${MUSICSPACE_ROOT_PLACE:-/var/tmp}
packed=$cache/$release-$(uname -m).tar
clone=/root/music-space

refused() {
    echo "No bare root can be made here: $1" >&2
    exit 77
}
[ "$(id -u)" = 0 ] || refused "only root may."
unshare --mount --pid --ipc --fork --mount-proc mount --bind /tmp /tmp 2>/dev/null || refused "the system refuses unshare or mount."

mkdir -p "$cache/$release-archives" "$cache/npm" "$cache/ccache"
exec 8>"$cache/$release.lock"
flock 8  # apt lets only one at a time use the downloaded packages

# The Debian mirror of this machine for a suite's name that ends so ("" or "-security"); nothing where this is not Debian.
mirror() {
    # shellcheck source=/dev/null
    . /etc/os-release
    [ "$ID" = debian ] || return 0
    # shellcheck disable=SC2016  # apt's own names
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n "s/^$VERSION_CODENAME$1 main //p" | head -n 1
}

make_packed() {
    local made=$cache/$release.new
    if ! command -v debootstrap >/dev/null; then
        apt-get update >/dev/null || refused "apt-get update fails."
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null || refused "debootstrap cannot be installed."
    fi
    rm -rf --one-file-system "$made" "$packed.new"
    # shellcheck disable=SC2046  # nothing, or one word
    debootstrap --variant=minbase --include=git "$release" "$made" $(mirror '') >"$cache/$release.log" 2>&1 || {
        tail -n 20 "$cache/$release.log" >&2
        refused "debootstrap fails (its last lines are above)."
    }
    rm -f "$made"/var/cache/apt/archives/*.deb
    tar -C "$made" -cf "$packed.new" . && mv "$packed.new" "$packed" && rm -rf --one-file-system "$made"
}

# What this machine needs to reach packages.
carry_settings() {
    local security npmrc
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    security=$(mirror -security)
    [ -z "$security" ] || echo "deb $security $release-security main" >>"$root/etc/apt/sources.list"
    apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https|Check-|Retries|AllowInsecure)' >"$root/etc/apt/apt.conf.d/90outer" || true
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    for npmrc in /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc "$HOME/.npmrc"; do
        [ ! -f "$npmrc" ] || grep -E '^ *(registry|proxy|https-proxy|noproxy|cafile|ca|ca\[\]|strict-ssl|@[^:]+:registry|//[^=]+) *=' "$npmrc" || true
    done >"$root/root/.npmrc"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"  # the root is thrown away
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # no package starts its service
    chmod +x "$root/usr/sbin/policy-rc.d"
}

carried_variables() {
    local name
    for name in CI http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE \
        REQUESTS_CA_BUNDLE PIP_CERT PIP_INDEX_URL npm_config_registry; do
        [ -z "${!name:-}" ] || printf '%s=%s\n' "$name" "${!name}"
    done
}

# A root is as old as its packages' list, and debootstrap takes a minute: a month is young enough.
[ -n "$(find "$packed" -mtime -30 2>/dev/null)" ] || make_packed

# What somebody ended by force could not remove its root.
find "$place" -maxdepth 1 -name 'musicspace-root-*' -mmin +1440 -exec rm -rf --one-file-system {} +
root=$(mktemp -d "$place/musicspace-root-$release-XXXXXX")
inner=''
finish() {
    trap '' INT TERM HUP
    [ -z "$inner" ] || { kill -KILL "$inner" && wait "$inner"; } 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$root"
tar -C "$root" -xf "$packed"
carry_settings
git -c advice.detachedHead=false clone --quiet --no-local "$here" "$root$clone"
[ -z "$(git -C "$here" status --porcelain)" ] || echo "(The root gets the last commit: what is not committed is not in it.)" >&2
mapfile -t variables < <(carried_variables)

# The root becomes the mount namespace's own (a mere chroot would forbid user namespaces and "ip netns"). The first process of the namespace stays
# a shell, so that somebody waits for processes that lose their parent.
inside='
set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
mkdir "$1/dev/pts" "$1/dev/shm"
for device in null zero full random urandom tty; do touch "$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$1/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
ln -s pts/ptmx "$1/dev/ptmx"
ln -s /proc/self/fd "$1/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "$1/dev/${n#*:}"; done
mkdir -p "$1/root/.npm" "$1/root/.cache/ccache" "$1/outer"
mount --bind "$2/$3-archives" "$1/var/cache/apt/archives"
mount --bind "$2/npm" "$1/root/.npm"
mount --bind "$2/ccache" "$1/root/.cache/ccache"
cd "$1"
shift 3
pivot_root . outer
cd /
umount -l /outer
rmdir /outer
/usr/bin/env -i "$@" &
wait $!
'
# shellcheck disable=SC2016  # expanded by the shell in the root
setpriv --pdeathsig KILL -- unshare --mount --pid --ipc --fork --kill-child --mount-proc bash -c "$inside" bare_root "$root" "$cache" "$release" \
    HOME=/root USER=root LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" \
    bash -c 'cd "$0" && exec "$@"' "$clone" "$@" 8>&- </dev/null &
inner=$!
status=0
wait "$inner" || status=$?
inner=''
exit $status
