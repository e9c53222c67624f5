#!/usr/bin/env bash
# Builds the container image FROM scratch with buildah: no daemon, no network, no root filesystem of anyone else.
#
#   scripts/image.sh [--binary FILE] [--tag NAME] [--root DIR] [--archive FILE] [--max-mb N]
#
#   --binary FILE    the program; without it the release build is made and taken
#   --tag NAME       default localhost/bellwether:VERSION
#   --root DIR       containers/storage in DIR instead of this user's own, for instance a folder that is thrown away
#   --archive FILE   also written as an OCI archive
#   --max-mb N       fails when it is larger; default 120, in 10^6 bytes as `podman images` counts them
#
# What it is made of is in deploy/image/; the libraries are those of this machine that the program is linked to.
# The same program on the same machine gives the same image: times are those of the commit (or SOURCE_DATE_EPOCH).
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'image: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

binary=""
tag=""
root=""
archive=""
max_mb=120
zones=/usr/share/zoneinfo
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || fail "$1 needs a value"
  case $1 in
    --binary) binary=$2 ;;
    --tag) tag=$2 ;;
    --root) root=$2 ;;
    --archive) archive=$2 ;;
    --max-mb) max_mb=$2 ;;
    *) fail "unknown argument $1" ;;
  esac
  shift 2
done

for tool in buildah strip ldd; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing; run scripts/tools.sh"
done

if [ -z "$binary" ]; then
  cargo build --release --locked --bin bellwether >&2
  binary=${CARGO_TARGET_DIR:-target}/release/bellwether
fi
version=$("$binary" --version)
version=${version#bellwether }
tag=${tag:-localhost/bellwether:$version}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
chmod 755 "$context"

# Modes are set here, whatever this user's umask is.
stage() { install -D -m "$1" "$2" "$context/rootfs/$3"; }

strip --strip-all -o "$context/bellwether" "$binary"
stage 755 "$context/bellwether" bellwether
stage 644 LICENSE usr/share/doc/bellwether/LICENSE
for file in passwd group nsswitch.conf hosts; do
  stage 644 "deploy/image/rootfs/etc/$file" "etc/$file"
done
# Since glibc 2.34 the look-up of names by files and DNS is part of libc itself, so that this list is whole.
libraries=$(ldd "$context/bellwether" | grep -o '/[^ ]*')
for library in $libraries; do
  stage 755 "$library" "$library"
done
for package in libc6 libgcc-s1; do
  copyright=/usr/share/doc/$package/copyright
  [ ! -e "$copyright" ] || stage 644 "$copyright" "$copyright"
done
# Zones of tenants and of dates in files. The subsets are the same zones again, and the machine's own zone is nobody's.
[ -e "$zones/UTC" ] || fail "$zones is missing; run scripts/tools.sh"
install -d "$context/rootfs$zones"
tar -C "$zones" --exclude=./posix --exclude=./right --exclude=./localtime --exclude=./posixrules -cf - . |
  tar -C "$context/rootfs$zones" --no-same-owner -xf -
install -d -m 1777 "$context/rootfs/tmp"
install -d -m 700 "$context/data"
find "$context/rootfs" -type d ! -name tmp -exec chmod 755 {} +
rm "$context/bellwether"

bytes=$(find "$context/rootfs" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
mb=$(((bytes + 999999) / 1000000))
[ "$mb" -le "$max_mb" ] || fail "$mb MB, at most $max_mb"

storage=()
if [ -n "$root" ]; then
  mkdir -p "$root"
  storage=(--storage-driver vfs --root "$root/storage" --runroot "$root/run")
fi
# Nothing runs in the build, so that isolation means nothing; chroot is the one that needs no runtime.
buildah "${storage[@]}" build --isolation chroot --layers=false --pull=never --quiet \
  --timestamp "$epoch" --tag "$tag" --file deploy/image/Containerfile \
  --build-arg VERSION="$version" --build-arg REVISION="$revision" \
  --build-arg CREATED="$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" \
  "$context" >/dev/null
say "$tag is $mb MB"
if [ -n "$archive" ]; then
  buildah "${storage[@]}" push --quiet "$tag" "oci-archive:$archive:$tag"
  say "$archive is $(($(stat -c %s "$archive") / 1000000)) MB"
fi
