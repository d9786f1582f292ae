#!/usr/bin/env bash
# Dependency rules: bans, licences, sources; advisories when the database is reachable.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-deny >/dev/null 2>&1 || scripts/step.sh "cargo-deny" cargo install --quiet --locked cargo-deny
cargo deny --log-level error check bans licenses sources
