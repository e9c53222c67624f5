#!/usr/bin/env bash
# Every fault row with full counts against real servers, then a table of what was seen. Takes about 25 minutes.
#
#   scripts/faults.sh [ROW...]    rows such as F5 F22; none = all of them
#
# Each row leaves one JSON object in the target folder, under faults/. F25 also partitions network namespaces, for which
# it must be root.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

target=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
mkdir -p "$target/faults"
names=()
for row in "$@"; do
  name=$(printf '%s' "$row" | tr '[:upper:]' '[:lower:]')
  names+=("::${name}_")
  rm -f "$target/faults/${row^^}.json"
done
[ "$#" -gt 0 ] || rm -f "$target"/faults/*.json

cargo build --workspace --locked --bins --tests </dev/null || exit 1
FAULTS=full cargo test --workspace --locked --no-fail-fast --test faults -- \
  --include-ignored --test-threads 1 "${names[@]}" </dev/null >&2
status=$?

python3 - "$target/faults" <<'END'
import json, pathlib, sys

rows = [json.loads(path.read_text()) for path in pathlib.Path(sys.argv[1]).glob("F*.json")]
rows.sort(key=lambda row: (int("".join(c for c in row["row"] if c.isdigit())), row["row"]))
columns = ["row", "holds", "counts", "acknowledged", "lost", "doubled", "wrong", "errors", "recovery_ms", "seconds", "fault"]
table = [columns] + [[str(row.get(name, "")) for name in columns] for row in rows]
widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
for line in table:
    print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
lost = sum(row.get("lost", 0) + row.get("doubled", 0) + row.get("wrong", 0) for row in rows)
print(f"\n{len(rows)} rows, {sum(row['holds'] for row in rows)} hold; lost, counted twice or wrong: {lost}")
END
exit "$status"
