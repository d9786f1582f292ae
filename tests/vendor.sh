#!/usr/bin/env bash
# The vendor's first step, as the guide says it: new, build, pack, check. The example
# builds outside the workspace. (Installing what was packed is in tests/e2e.)
set -euo pipefail
cd "$(dirname "$0")/.."
tram="$CARGO_TARGET_DIR/release/tram"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TRAM_SDK=${TRAM_SDK:-$PWD/sdk/rust}
guests="$CARGO_TARGET_DIR/vendor"
(
    cd "$work"
    "$tram" plugin new canteen.example
    cd canteen.example
    CARGO_TARGET_DIR="$guests" "$tram" plugin build .
    CARGO_TARGET_DIR="$guests" "$tram" plugin pack .
)
package=$(find "$work/canteen.example" -name '*.tram' | head -1)
[ -n "$package" ] || { echo "vendor: nothing was packed"; exit 1; }
"$tram" plugin check "$package" >"$work/sentences"
cat "$work/sentences"
[ -s "$work/sentences" ] || { echo "vendor: check says nothing"; exit 1; }
# A file that is no package is refused with a reason, and so is a second `new` there.
if "$tram" plugin check Cargo.toml 2>"$work/refused"; then echo "vendor: Cargo.toml passed as a package"; exit 1; fi
if (cd "$work" && "$tram" plugin new canteen.example) 2>>"$work/refused"; then echo "vendor: new overwrote a folder"; exit 1; fi
sed 's/^/refused: /' "$work/refused"
cp -r sdk/examples/class-list "$work/class-list"
sed -i "s#path = \"../../rust\"#path = \"$TRAM_SDK\"#" "$work/class-list/Cargo.toml"
(cd "$work/class-list" && CARGO_TARGET_DIR="$guests" "$tram" plugin build . && CARGO_TARGET_DIR="$guests" "$tram" plugin pack . >/dev/null)
echo "vendor: new, build, pack, check; the example builds outside the workspace"
