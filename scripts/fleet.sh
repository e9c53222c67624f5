#!/usr/bin/env bash
# Builds and starts the platform as a fleet: two ingestion, two kpi and two forecasting processes over PostgreSQL
# and Redis, with demo data. Prints the scorecard and where to look, and stays in the foreground until Ctrl-C or SIGTERM;
# then all of it ends in order. PostgreSQL and Redis are the installed programs, started for this run alone on free
# ports of this machine. Nothing is kept: the folder .fleet (or FLEET_DIR) is made anew each time.
set -euo pipefail
cd "$(dirname "$0")/.."

fleet=${FLEET_DIR:-.fleet}
target=${CARGO_TARGET_DIR:-target}
# BUILD_PROFILE=dev builds faster and runs slower.
profile=${BUILD_PROFILE:-release}
bellwether=$target/${profile/#dev/debug}/bellwether
# What is set for another server must not reach these.
unset "${!BELLWETHER_@}"

say() { printf 'fleet: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

declare -A process=()
database=

# Starts a program with a log of its own, in a process group of its own: Ctrl-C reaches this script only.
launch() {
  local name=$1
  shift
  set -m
  "$@" >"$fleet/$name.out" 2>"$fleet/$name.log" 9>&- </dev/null &
  process[$name]=$!
  set +m
}

# Sends a signal to those of the named processes that run, then waits for all of them.
finish() {
  local signal=$1 name
  shift
  for name in "$@"; do
    [ -z "${process[$name]:-}" ] || kill -s "$signal" "${process[$name]}" 2>/dev/null || true
  done
  for name in "$@"; do
    while [ -n "${process[$name]:-}" ] && kill -0 "${process[$name]}" 2>/dev/null; do
      wait "${process[$name]}" 2>/dev/null || true
    done
    unset "process[$name]"
  done
}

# Who is asked first, then who is needed for the answers.
end_all() {
  trap '' INT TERM HUP
  finish TERM demo forecasting-1 forecasting-2
  finish TERM kpi-1 kpi-2
  finish TERM ingestion-1 ingestion-2
  finish TERM redis
  finish INT postgres
  rm -f "$fleet/endpoint"
  [ -z "$database" ] || rm -rf "$database"
}

# Waits for a minute until the command succeeds; fails at once with the log when the process ends.
wait_for() {
  local name=$1 tries
  shift
  for ((tries = 0; tries < 1200; tries++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    kill -0 "${process[$name]}" 2>/dev/null || break
    sleep 0.05
  done
  cat "$fleet/$name.log" >&2
  fail "$name did not get ready"
}

# A port below those that the system gives to outgoing connections, and nobody listens on.
free_port() {
  local port
  for port in $(shuf -i 12000-32000 -n 50); do
    if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
  fail "no port is free"
}

start_postgres() {
  local programs port as=()
  programs=$(type -P initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)
  [ -n "$programs" ] || fail "PostgreSQL is not installed: run scripts/tools.sh"
  # What stands in PATH may be a link into the folder that has all of them.
  programs=$(dirname "$(readlink -f "$programs")")
  database=$(mktemp -d /tmp/bellwether-fleet-XXXXXX)
  if [ "$(id -u)" = 0 ]; then
    # It refuses to run as root.
    chown postgres: "$database"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  (cd "$database" && "${as[@]}" "$programs/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync) \
    >"$fleet/initdb.log" 2>&1 || fail "initdb failed: see $fleet/initdb.log"
  port=$(free_port)
  launch postgres "${as[@]}" "$programs/postgres" -D "$database/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$database"
  postgres_url=postgres://postgres@127.0.0.1:$port/postgres
  wait_for postgres "$programs/pg_isready" -q -d "$postgres_url"
}

start_redis() {
  local port
  type -P redis-server >/dev/null || fail "Redis is not installed: run scripts/tools.sh"
  port=$(free_port)
  launch redis redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$fleet"
  redis_url=redis://127.0.0.1:$port
  wait_for redis redis-cli -p "$port" ping
}

# Starts a process of the platform with a folder of its own.
serve() {
  local name=$1
  shift
  launch "$name" "$bellwether" serve --data-dir "$fleet/$name" --token-file "$fleet/token" --listen 127.0.0.1:0 "$@"
}

url_of() { sed -n 's/^ready //p' "$fleet/$1.out"; }
is_ready() { [ -n "$(url_of "$1")" ]; }

# Everything this script may remove was made by it: its folder holds this file.
mark=$fleet/.lock
[ ! -e "$fleet" ] || [ -e "$mark" ] || fail "$fleet is there and was not made by this script"
mkdir -p "$fleet"
exec 9>"$mark"
flock -n 9 || fail "a fleet runs in $fleet already"
find "$fleet" -mindepth 1 -not -path "$mark" -delete

scripts/tools.sh >&2 || true
cargo build --profile "$profile" --locked --workspace --bins 9>&-

trap end_all EXIT
trap 'exit 0' INT TERM HUP
(umask 077 && head -c 32 /dev/urandom | sha256sum | cut -c1-48 >"$fleet/token")
start_postgres
start_redis

# Everything in one process on the same database, for as long as it takes to load the demo.
serve demo --demo --database-url "$postgres_url"
wait_for demo is_ready demo
finish TERM demo

for name in ingestion-1 ingestion-2; do serve "$name" --roles ingestion --database-url "$postgres_url"; done
for name in ingestion-1 ingestion-2; do wait_for "$name" is_ready "$name"; done
ingestion=$(url_of ingestion-1),$(url_of ingestion-2)
for name in kpi-1 kpi-2; do serve "$name" --roles kpi --ingestion-url "$ingestion" --redis-url "$redis_url"; done
for name in kpi-1 kpi-2; do wait_for "$name" is_ready "$name"; done
kpi=$(url_of kpi-1),$(url_of kpi-2)
for name in forecasting-1 forecasting-2; do
  serve "$name" --roles forecasting --kpi-url "$kpi" --database-url "$postgres_url"
done
for name in forecasting-1 forecasting-2; do wait_for "$name" is_ready "$name"; done
forecasting=$(url_of forecasting-1),$(url_of forecasting-2)

# The folder is to clients what a data folder is: address and token.
printf '%s\n' "$ingestion,$kpi,$forecasting" >"$fleet/endpoint"

printf '\n'
"$bellwether" scorecard --tenant demo --data-dir "$fleet" || say "the scorecard failed"
cat <<EOT

The fleet: ingestion at $ingestion
           kpi at $kpi
           forecasting at $forecasting
           token in $fleet/token, logs in $fleet/*.log

  $bellwether kpi query win_rate --tenant demo --by region --data-dir $fleet
  $bellwether forecast kpi bookings --tenant demo --horizon 3 --data-dir $fleet
  $bellwether kpi list --server $kpi --token-file $fleet/token
  psql $postgres_url -c '\dt ingestion.*'

Ctrl-C drains and stops.
EOT

# A signal ends `wait`, and the script; so does the first process that ends by itself.
wait -n "${process[@]}" || true
for name in "${!process[@]}"; do
  kill -0 "${process[$name]}" 2>/dev/null || say "$name ended: see $fleet/$name.log"
done
exit 1
