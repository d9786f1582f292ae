#!/usr/bin/env bash
# Everything that `make test` runs, in the order that finds a fault soonest. Each
# part prints its own result; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
began=$SECONDS
part() { printf '\n==> %s  (%d min in)\n' "$1" $(((SECONDS - began) / 60)); shift; "$@"; }

if [ ! -d "$TRAM_CORPUS" ]; then
    echo "The corpus is absent ($(basename "$(dirname "$TRAM_CORPUS")")/corpus): tests on it are skipped, and say so."
fi
part "the arrows of the house" tests/house.sh
part "test plugins to WebAssembly" tests/plugins/build.sh "$CARGO_TARGET_DIR/test-plugins"
export TRAM_TEST_PLUGINS="$CARGO_TARGET_DIR/test-plugins"
part "unit, property, snapshot and corpus tests" cargo test --release --workspace --no-fail-fast
part "torture: kill -9 under load, 300 rounds" "$CARGO_TARGET_DIR/release/torture" kill 300
part "torture: kill -9 in backup and restore, 40 rounds" "$CARGO_TARGET_DIR/release/torture" backup 40
part "torture: simulated power cuts and torn writes, 300 rounds" "$CARGO_TARGET_DIR/release/torture" power 300
part "torture: full disks and failing syncs" "$CARGO_TARGET_DIR/release/torture" full
part "outside clients" tests/conformance/run.sh
part "the vendor's first step" tests/vendor.sh
part "the browser" tests/e2e/run.sh
part "names on a net with two stations" python3 -B tests/names/names.py "$CARGO_TARGET_DIR/release/tram"
# The image needs root, QEMU and a mirror of Debian's: where one is missing it says so.
part "the image boots, and survives a pulled plug" scripts/boot-quick.sh
printf '\nAll of make test: %d min %02d s\n' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
