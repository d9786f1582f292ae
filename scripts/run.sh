#!/usr/bin/env bash
# Serves the demonstration school; takes another port when 8080 is busy.
set -euo pipefail
tram=$1
data=$2
port=${PORT:-8080}
for candidate in "$port" 8081 8082 8090 8180 0; do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
        port=$candidate
        break
    fi
done
exec "$tram" demo --data "$data" --listen "0.0.0.0:$port"
