#!/usr/bin/env bash
# Pictures of the real pages of the demonstration school, for README and docs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/serve-for-test.sh
work=$(mktemp -d)
pids=()
finish() {
    for TRAM_PID in "${pids[@]}"; do stop_tram; done
    rm -rf "$work"
}
trap finish EXIT
start_demo "$work/school"
pids+=("$TRAM_PID")
export TRAM_DEMO_URL=$TRAM_URL
"$CARGO_TARGET_DIR/release/tram" init --data "$work/new" >"$work/init"
start_serve "$work/new"
pids+=("$TRAM_PID")
export TRAM_NEW_URL=$TRAM_URL
TRAM_NEW_CODE=$(sed -n 's/^Set-up code[^:]*: *//p' "$work/init")
export TRAM_NEW_CODE
node tests/e2e/screenshots.mjs "${1:-docs/pictures}"
