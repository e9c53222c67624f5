#!/usr/bin/env bash
# Builds and starts everything in one process with demo data, shows a scorecard and where to look, and stays
# in the foreground until Ctrl-C or SIGTERM. Arguments go to `bellwether serve`.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${BELLWETHER_DATA_DIR:-.demo}
target=${CARGO_TARGET_DIR:-target}
# BUILD_PROFILE=dev builds faster and runs slower.
profile=${BUILD_PROFILE:-release}
folder=${profile/#dev/debug}
bellwether=$target/$folder/bellwether
tools=$(scripts/tools.sh --bin)
# grpcurl is for looking around: without it everything still runs.
scripts/tools.sh >&2 || true

cargo build --profile "$profile" --locked --workspace --bins

pipes=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true' INT TERM
trap 'rm -rf "$pipes"' EXIT

mkfifo "$pipes/stdout"
# A process group of its own: Ctrl-C reaches this script only, which then asks the server to drain, once.
set -m
"$bellwether" serve --demo --data-dir "$data" "$@" >"$pipes/stdout" &
server=$!
set +m
exec 3<"$pipes/stdout"

url=
while IFS= read -r line <&3; do
  printf '%s\n' "$line"
  case $line in
    "ready "*)
      url=${line#ready }
      break
      ;;
  esac
done

if [ -n "$url" ]; then
  printf '\n'
  "$bellwether" scorecard --tenant demo --data-dir "$data" || printf 'run: the scorecard failed\n' >&2
  grpcurl=$tools/grpcurl
  [ -x "$grpcurl" ] || grpcurl=grpcurl
  cat <<EOF

Bellwether serves at $url   (address in $data/endpoint, token in $data/token)

  $bellwether kpi list --data-dir $data
  $bellwether kpi query win_rate --tenant demo --by region --data-dir $data
  $bellwether forecast kpi bookings --tenant demo --horizon 3 --data-dir $data
  $grpcurl -plaintext -H "authorization: Bearer \$(cat $data/token)" ${url#http://} list

Ctrl-C drains and stops.
EOF
  cat <&3 &
fi

# A signal ends `wait` early; the server then still has to drain.
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do
  status=0
  wait "$server" || status=$?
done
[ -n "$url" ] || printf 'run: the server ended before it was ready\n' >&2
exit "$status"
