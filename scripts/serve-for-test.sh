# Sourced by tests that need a serving station. Starts one on a free loopback port
# and stops it by its own process id.
#   start_demo DATA [options]   start_serve DATA [options]   -> $TRAM_URL, $TRAM_PID
#   stop_tram
wait_for_url() {
    local log=$1 i
    for i in $(seq 1 600); do
        TRAM_URL=$(sed -n 's#^ *\(http://[0-9a-z.:]*\)/.*#\1#p' "$log" | head -1)
        if [ -n "$TRAM_URL" ] && curl -sf -o /dev/null "$TRAM_URL/healthz"; then return 0; fi
        kill -0 "$TRAM_PID" 2>/dev/null || { echo "tram ended:"; cat "$log"; return 1; }
        sleep 0.1
    done
    echo "tram did not answer in a minute:"; cat "$log"; return 1
}
start_demo() {
    local data=$1
    shift
    : >"$data.log"
    "$CARGO_TARGET_DIR/release/tram" demo --data "$data" --listen 127.0.0.1:0 "$@" >"$data.log" 2>&1 &
    TRAM_PID=$!
    wait_for_url "$data.log"
    export TRAM_URL TRAM_PID
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
start_serve() {
    local data=$1 port i
    shift
    port=$(free_port)
    "$CARGO_TARGET_DIR/release/tram" serve --data "$data" --listen "127.0.0.1:$port" "$@" >>"$data.log" 2>&1 &
    TRAM_PID=$!
    TRAM_URL="http://127.0.0.1:$port"
    for i in $(seq 1 600); do
        curl -sf -o /dev/null "$TRAM_URL/healthz" && { export TRAM_URL TRAM_PID; return 0; }
        kill -0 "$TRAM_PID" 2>/dev/null || { echo "tram ended:"; cat "$data.log"; return 1; }
        sleep 0.05
    done
    echo "tram did not answer:"; cat "$data.log"; return 1
}
stop_tram() {
    [ -n "${TRAM_PID:-}" ] || return 0
    kill "$TRAM_PID" 2>/dev/null || true
    wait "$TRAM_PID" 2>/dev/null || true
    TRAM_PID=
}
