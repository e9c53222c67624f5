#!/usr/bin/env bash
# The measured budget in release mode: one JSON line a row on stdout, everything else on stderr.
# Arguments go to the bench, for instance the names of rows.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --workspace --locked --bench budget -- "$@" </dev/null
