#!/usr/bin/env bash
# Every test of the workspace: unit, documentation, black-box. Ends with one line of totals.
# Arguments go to `cargo test`, for instance `scripts/test.sh -- ledger`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The black-box tests start the built binary. `--tests` makes cargo choose the features that the test build
# chooses, so that no dependency is built twice.
cargo build --workspace --locked --bins --tests </dev/null || exit 1

cargo test --workspace --locked --no-fail-fast "$@" </dev/null 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

read -r passed failed skipped < <(
  awk '/^test result: / { for (i = 2; i <= NF; i++) {
         if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/) f += $(i - 1); if ($i ~ /^ignored/) s += $(i - 1) } }
       END { print p + 0, f + 0, s + 0 }' "$log"
)
if [ "$failed" -gt 0 ]; then
  printf '\nfailed:\n'
  grep -E '^test .* \.\.\. FAILED$' "$log" | sort -u
fi
[ "$passed" -gt 0 ] || status=1
printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
exit "$status"
