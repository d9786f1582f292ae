#!/usr/bin/env bash
# sickle harvests a station's materials. A station with the demonstration school serves on
# loopback for the length of this test.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/serve-for-test.sh
work=$(mktemp -d)
trap 'stop_tram; rm -rf "$work"' EXIT
start_demo "$work/school"
"$TRAM_TOOLS/venv/bin/python" tests/conformance/oai_clients.py "$TRAM_URL/materials/oai"
