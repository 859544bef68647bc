#!/usr/bin/env bash
# Speed and memory on the demo help desk, beside a plain DuckDB script that does the same SQL-able work, in one run: the
# machine's speed drifts, so only the ratios mean something. bench/run.sh [TICKETS=1000000] [REPEATS=3]
# Needs build/release/deskhouse (make build). Everything is written below $BENCH_WORK (a temporary folder unless set).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
TICKETS=${1:-1000000} REPEATS=${2:-3}
WORK=${BENCH_WORK:-$(mktemp -d)}
BIN=$PWD/build/release/deskhouse PYTHON=$PWD/.deps/venv/bin/python
[ -x "$BIN" ] || { echo "build/release/deskhouse is missing: run make build" >&2; exit 1; }

# measure NAME COMMAND...: appends "NAME wall_seconds peak_MiB" to the results.
measure() {
  local name=$1; shift
  "$PYTHON" bench/measure.py "$WORK/results.tsv" "$name" "$@"
}

# checks NAME PROJECT: how long all checks of the last run took, by its own clock.
checks() {
  "$PYTHON" bench/measure.py --seconds "$WORK/results.tsv" "$1" "$BIN" -C "$2" query --csv \
    "select round(sum(seconds), 3) from meta.check_results where run_id = (select max(run_id) from meta.check_results)"
}

rm -f "$WORK/results.tsv"
echo "demo data: $TICKETS tickets in $WORK"
"$BIN" demo --tickets "$TICKETS" --dir "$WORK/demo" --delta --quiet
for _ in $(seq "$REPEATS"); do
  rm -rf "$WORK"/demo/deskhouse.duckdb*
  measure full "$BIN" -C "$WORK/demo" run --now 2026-01-01 --quiet
  checks checks_full "$WORK/demo"
  measure plain_duckdb "$PYTHON" bench/plain_duckdb.py "$WORK/demo" "$WORK/plain.duckdb"
  mkdir -p "$WORK/loaded" && cp -r "$WORK"/demo/deskhouse.duckdb* "$WORK/loaded"  # with the indexes beside it
  sync  # a commit would wait for the copy to be on disk
  # The next day: 1 % changed and 0.1 % new tickets, and what belongs to them; then the tickets alone.
  measure incremental "$BIN" -C "$WORK/demo/delta" run --now 2026-01-02 --quiet
  checks checks_next "$WORK/demo/delta"
  rm -rf "$WORK"/demo/deskhouse.duckdb* && mv "$WORK"/loaded/* "$WORK/demo"
  measure tickets_only "$BIN" -C "$WORK/demo/delta" run --only tickets --now 2026-01-02 --quiet
  measure version "$BIN" --version
done
"$PYTHON" bench/measure.py --summary "$WORK/results.tsv"

echo "PostgreSQL, beside DuckDB's own scanner and dlt with dbt"
"$PYTHON" bench/postgresql/run.py --tickets "$TICKETS" --repeats "$REPEATS"
