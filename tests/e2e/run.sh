#!/usr/bin/env bash
# The browser's tests: a demonstration school, a new station and one without plugins
# on loopback, then node's own runner, whose summary is the end. Names of test files
# as arguments run those alone.
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

# A station that nobody has set up yet, with the code that its making printed.
start_new() {
    local data=$1
    shift
    "$CARGO_TARGET_DIR/release/tram" init --data "$data" >"$data.init"
    TRAM_CODE=$(sed -n 's/^Set-up code[^:]*: *//p' "$data.init")
    [ -n "$TRAM_CODE" ] || { echo "tram init printed no set-up code:"; cat "$data.init"; return 1; }
    start_serve "$data" "$@"
    pids+=("$TRAM_PID")
}
start_new "$work/new"
export TRAM_NEW_URL=$TRAM_URL TRAM_NEW_CODE=$TRAM_CODE
# A second school, with which the first one shares; it has a secure address too.
secure=$(free_port)
start_demo "$work/other" --https "127.0.0.1:$secure"
pids+=("$TRAM_PID")
export TRAM_OTHER_URL=$TRAM_URL TRAM_OTHER_HTTPS="https://127.0.0.1:$secure/"
start_new "$work/bare" --no-plugins
export TRAM_BARE_URL=$TRAM_URL TRAM_BARE_CODE=$TRAM_CODE

tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/e2e/*.test.mjs)
# node runs them by name; the wizard is looked at (accessibility) before it is used.
# One file at a time: they share the stations, and a small machine has two cores.
timeout 2400 node --test --test-concurrency=1 --test-reporter="${TRAM_REPORTER:-spec}" "${tests[@]}"
