#!/usr/bin/env bash
# Licences, bans, sources and advisories of the dependency tree (deny.toml).
#
# Advisories come from the live database when it can be reached, else from the snapshot beside the repository
# (../shared/rustsec/advisory-db.bundle). Which of them, and how old it is, is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bellwether
deny=$cache/cargo-deny/bin/cargo-deny
databases=$cache/advisory-dbs
bundle=../shared/rustsec/advisory-db.bundle
# The folder name that cargo-deny derives from the database's default address.
folder=$databases/advisory-db-3157b0e258782691
stale_days=90

say() { printf 'deny: %s\n' "$*" >&2; }

print_age() {
  local source=$1 seconds days
  seconds=$(git -C "$folder" log -1 --format=%ct)
  days=$((($(date +%s) - seconds) / 86400))
  say "advisories: $source of $(git -C "$folder" log -1 --format=%cs), $days days old"
  [ "$days" -le "$stale_days" ] || say "warning: advisories are older than $stale_days days; newer ones are not seen"
}

# A fresh unpacking each time: cargo-deny judges a database by when it was written.
use_snapshot() {
  local head fresh
  [ -f "$bundle" ] || return 1
  head=$(git bundle list-heads "$bundle" | cut -d' ' -f1)
  fresh=$databases/.fresh
  rm -rf "$fresh"
  git init --quiet --initial-branch=main "$fresh"
  git -C "$fresh" bundle unbundle "$PWD/$bundle" >/dev/null
  # The snapshot is one commit deep.
  printf '%s\n' "$head" >"$fresh/.git/shallow"
  git -C "$fresh" update-ref refs/heads/main "$head"
  git -C "$fresh" reset --quiet --hard
  rm -rf "$folder"
  mv "$fresh" "$folder"
}

mkdir -p "$databases"
# The configuration, with the databases in our cache instead of cargo's folder.
config=$databases/deny.toml
sed "s|^\[advisories\]|&\ndb-path = \"$databases\"|" deny.toml >"$config"
check=("$deny" --config "$config" --locked)

"${check[@]}" check --hide-inclusion-graph bans licenses sources

if timeout 120 "${check[@]}" fetch db >/dev/null 2>&1; then
  print_age "the live database"
  "${check[@]}" check advisories
elif use_snapshot; then
  print_age "the live database cannot be reached, so the snapshot"
  # `--offline` also keeps cargo from fetching crates, so they are fetched before.
  cargo fetch --locked --target x86_64-unknown-linux-gnu --target aarch64-unknown-linux-gnu --quiet
  "${check[@]}" --offline check advisories
else
  say "the advisory database cannot be reached and there is no snapshot at $bundle: advisories were not checked"
  exit 1
fi
