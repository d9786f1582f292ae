#!/usr/bin/env bash
# Outside clients read what we write and ask what we answer.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/conformance/marc/run.sh
tests/conformance/sru.sh
tests/conformance/api.sh
tests/conformance/tus.sh
tests/conformance/oai.sh
