#!/usr/bin/env bash
# The measured budget in release mode: one JSON line a row on stdout, everything else on stderr.
#
#   scripts/bench.sh [ROW...]    rows: P2 P4 P7 P8 P9 P11 P12 P13 P14 CLASS SCAN QUERY LINK JOURNEY; none = all
#
# P2 needs h2load (Debian's nghttp2-client), JOURNEY the CRM export of ../shared/data; without them they are left out. P2,
# P7 and JOURNEY start PostgreSQL and Redis as the tests do (scripts/tools.sh installs them).
# SCAN and P4 compare with DuckDB on the generated deals of ../shared/bench: a million, and WIDE_DEALS (ten million) of
# them for P4, P9, P11 and CLASS, which take about 9 GB of memory. They need that folder and three packages from PyPI
# (scripts/bench/requirements.txt); without them they are left out. Packages and generated files lie in the user's cache
# directory.
set -euo pipefail
cd "$(dirname "$0")/.."

scan_deals=${SCAN_DEALS:-1000000}
wide_deals=${WIDE_DEALS:-10000000}
peers=../shared/bench
pins=scripts/bench/requirements.txt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bellwether/bench

say() { printf 'bench: %s\n' "$*" >&2; }

is_wanted() {
  [ "$#" -gt 1 ] || return 0
  local row=$1 asked
  shift
  for asked in "$@"; do [ "$asked" != "$row" ] || return 0; done
  return 1
}

# Makes the virtual environment at $1 unless a run that came to its end did.
make_environment() {
  local venv=$1
  [ ! -f "$venv/done" ] || return 0
  say "installing the packages of $pins into $venv"
  rm -rf "$venv" &&
    python3 -m venv "$venv" >&2 &&
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins" >&2 &&
    touch "$venv/done"
}

# Generates $3 deals into $2 with the Python of $1 unless a run that came to its end did.
make_deals() {
  local venv=$1 data=$2 deals=$3
  [ ! -f "$data/done" ] || return 0
  say "generating $deals deals into $data"
  rm -rf "$data" &&
    mkdir -p "$data" &&
    "$venv/bin/python" "$peers/gen_opportunities.py" "$data/opportunities.parquet" --rows "$deals" --naive >&2 &&
    "$venv/bin/python" scripts/bench/duckdb_side.py export "$peers" "$data/opportunities.parquet" "$data" >&2 &&
    touch "$data/done"
}

scan=()
prepare_scan() {
  local key venv tenth all
  [ -f "$peers/gen_opportunities.py" ] && [ -f "$peers/bench_kpi.py" ] ||
    { say "there is no $peers: what compares with DuckDB is left out"; return 0; }
  key=$({ cat "$pins"; python3 --version; } 2>&1 | sha256sum | cut -c1-12)
  venv=$cache/venv-$key
  make_environment "$venv" ||
    { say "the packages of $pins cannot be installed: what compares with DuckDB is left out"; return 0; }
  key=$(cat "$peers/gen_opportunities.py" scripts/bench/duckdb_side.py | sha256sum | cut -c1-12)
  tenth=$cache/deals-$scan_deals-$key
  make_deals "$venv" "$tenth" "$scan_deals" ||
    { say "the deals cannot be generated: what compares with DuckDB is left out"; return 0; }
  scan=("--scan-python=$venv/bin/python" "--scan-peers=$PWD/$peers" "--scan-data=$tenth")
  is_wanted P4 "$@" || is_wanted P9 "$@" || is_wanted P11 "$@" || is_wanted CLASS "$@" || return 0
  all=$cache/deals-$wide_deals-$key
  make_deals "$venv" "$all" "$wide_deals" ||
    { say "the deals cannot be generated: P4, P9, P11 and CLASS are left out"; return 0; }
  scan+=("--wide-data=$all")
}

if is_wanted SCAN "$@" || is_wanted P4 "$@" || is_wanted P9 "$@" || is_wanted P11 "$@" || is_wanted CLASS "$@"; then
  mkdir -p "$cache"
  prepare_scan "$@"
fi

# The bench starts the built binary, as a user does.
cargo build --release --locked --bin bellwether </dev/null
cargo bench --workspace --locked --bench budget -- "${scan[@]}" "$@" </dev/null
