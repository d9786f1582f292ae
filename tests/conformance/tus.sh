#!/usr/bin/env bash
# tus-js-client and tuspy against a running station. MEGABYTES=1024 for the long run
# (`make tus-long`).
set -euo pipefail
cd "$(dirname "$0")/../.."
plugins=${TRAM_TEST_PLUGINS:-$CARGO_TARGET_DIR/test-plugins}
[ -f "$plugins/uploader.tram" ] || tests/plugins/build.sh "$plugins"
exec "$TRAM_TOOLS/venv/bin/python" -B tests/conformance/tus/clients.py "$plugins/uploader.tram" "${MEGABYTES:-64}"
