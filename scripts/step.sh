#!/usr/bin/env bash
# Runs a build step and says which one it is and how long it took. Cargo's own
# lines stay visible when it compiles, so that nobody watches a silent screen.
set -euo pipefail
what=$1
shift
printf '==> %s\n' "$what"
start=$SECONDS
"$@"
took=$((SECONDS - start))
[ "$took" -lt 5 ] || printf '    %s: %d min %02d s\n' "$what" $((took / 60)) $((took % 60))
