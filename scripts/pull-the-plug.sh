#!/usr/bin/env bash
# Kills a serving station under load as a pulled plug would, restarts it, verifies,
# and counts what was acknowledged and is not there. Loopback only; ROUNDS rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/serve-for-test.sh
work=$(mktemp -d)
trap 'stop_tram; rm -rf "$work"' EXIT
rounds=${ROUNDS:-5}
start_demo "$work/school"
"$TRAM_TOOLS/venv/bin/python" --version >/dev/null 2>&1 && python="$TRAM_TOOLS/venv/bin/python" || python=python3
: >"$work/acknowledged"
export PYTHONDONTWRITEBYTECODE=1
for round in $(seq 1 "$rounds"); do
    "$python" tests/torture/save_records.py "$TRAM_URL" "$round" >>"$work/acknowledged" 2>"$work/load.log" &
    load=$!
    sleep "$("$python" -c 'import random; print(1 + random.random() * 3)')"
    kill -9 "$TRAM_PID"
    wait "$TRAM_PID" 2>/dev/null || true
    # What the load says is no end of the connection but an answer that it did not expect.
    wait "$load" 2>/dev/null || { cat "$work/load.log"; exit 1; }
    "$CARGO_TARGET_DIR/release/tram" verify --data "$work/school" >"$work/verify.log" || { cat "$work/verify.log"; exit 1; }
    began=$(date +%s%N)
    start_demo "$work/school"
    echo "round $round: verified, serving again after $((($(date +%s%N) - began) / 1000000)) ms, $(wc -l <"$work/acknowledged") saves acknowledged so far"
done
"$python" tests/torture/count_records.py "$TRAM_URL" "$work/acknowledged"
