#!/usr/bin/env bash
# Checks the contract: lint, format, and no breaking change against the last tag (none yet: nothing to break).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$(scripts/tools.sh --bin):$PATH

buf lint proto
buf format proto --diff --exit-code
if tag=$(git describe --tags --abbrev=0 2>/dev/null); then
  printf 'proto: compared with %s\n' "$tag"
  buf breaking proto --against ".git#tag=$tag,subdir=proto"
else
  printf 'proto: no tag yet, so nothing that a change could break\n'
fi
