#!/usr/bin/env bash
# The JSON interface against its own description: the document is valid OpenAPI 3.1,
# and what is answered fits its schemas, mistakes included.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/serve-for-test.sh
work=$(mktemp -d)
trap 'stop_tram; rm -rf "$work"' EXIT
start_demo "$work/school"
"$TRAM_TOOLS/venv/bin/python" tests/conformance/api_schema.py "$TRAM_URL/api/catalogue"
