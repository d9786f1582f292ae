#!/usr/bin/env bash
# Builds the bundled plugins to WebAssembly, packs each into one file, and compiles
# it for the baseline processor (x86-64-v2, no AVX: cheap Celerons lack it).
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$TRAM_BUNDLE"
# In the order of their names, as the bundle lists them.
plugins=(catalogue extract materials)
scripts/step.sh "plugins to WebAssembly" cargo build --profile guest --target wasm32-unknown-unknown "${plugins[@]/#/-ptram-}"
# Always the whole workspace: another selection means other features of shared
# crates, and wasmtime compiled a second time.
scripts/step.sh "wasmtime, tantivy and the rest (the long one)" cargo build --release --workspace
for plugin in "${plugins[@]}"; do
    module="$CARGO_TARGET_DIR/wasm32-unknown-unknown/guest/tram_$plugin.wasm"
    package="$TRAM_BUNDLE/$plugin.tram"
    compiled="$TRAM_BUNDLE/$plugin.cwasm"
    "$CARGO_TARGET_DIR/release/tram-pack" "plugins/$plugin" "$module" "$package.new"
    if ! cmp -s "$package.new" "$package" || [ ! -f "$compiled" ] || [ "$CARGO_TARGET_DIR/release/tram-precompile" -nt "$compiled" ]; then
        mv "$package.new" "$package"
        scripts/step.sh "compile $plugin for the baseline processor" "$CARGO_TARGET_DIR/release/tram-precompile" "$package" "$compiled"
    else
        rm "$package.new"
    fi
done
