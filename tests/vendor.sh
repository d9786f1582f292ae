#!/usr/bin/env bash
# The vendor's first step, as the guide says it: new, build, keygen, pack, check, with
# the program alone: the SDK comes out of it. The example builds outside the workspace.
# (Installing what was packed is in tests/e2e and core/host/tests.)
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A copy where no checkout is near, and no variable that leads to one.
cp "$CARGO_TARGET_DIR/release/tram" "$work/tram"
tram="$work/tram"
unset TRAM_SDK
guests="$CARGO_TARGET_DIR/vendor"
(
    cd "$work"
    "$tram" plugin keygen vendor.pem
    "$tram" plugin new canteen.example
    cd canteen.example
    CARGO_TARGET_DIR="$guests" "$tram" plugin build .
    CARGO_TARGET_DIR="$guests" "$tram" plugin pack . --key ../vendor.pem
)
if grep -rq "$PWD" "$work/canteen.example" --include=Cargo.toml; then echo "vendor: the new plugin leads into the checkout"; exit 1; fi
package=$(find "$work/canteen.example" -name '*.tram' | head -1)
[ -n "$package" ] || { echo "vendor: nothing was packed"; exit 1; }
LANG=C.UTF-8 LC_ALL= LC_MESSAGES= "$tram" plugin check "$package" >"$work/sentences"
cat "$work/sentences"
grep -q "Signed by the publisher with the key" "$work/sentences" || { echo "vendor: check does not say who signed it"; exit 1; }
# A changed byte, a file that is no package and a second `new` there are refused with a reason.
cp "$package" "$work/changed.tram"
at=$(grep -abo 'version = "0\.1\.0"' "$work/changed.tram" | tail -1 | cut -d: -f1)
printf 9 | dd of="$work/changed.tram" bs=1 seek=$((at + 11)) conv=notrunc status=none
if "$tram" plugin check "$work/changed.tram" 2>"$work/refused"; then echo "vendor: a changed package passed"; exit 1; fi
if "$tram" plugin check Cargo.toml 2>>"$work/refused"; then echo "vendor: Cargo.toml passed as a package"; exit 1; fi
if (cd "$work" && "$tram" plugin new canteen.example) 2>>"$work/refused"; then echo "vendor: new overwrote a folder"; exit 1; fi
if (cd "$work" && "$tram" plugin keygen vendor.pem) 2>>"$work/refused"; then echo "vendor: keygen overwrote a key"; exit 1; fi
sed 's/^/refused: /' "$work/refused"
# The example on the same SDK, shared by --sdk.
(cd "$work" && "$tram" plugin new shop.example --sdk "$work/sdk" >/dev/null)
cp -r sdk/examples/class-list "$work/class-list"
sed -i "s#path = \"../../rust\"#path = \"$work/sdk/rust\"#" "$work/class-list/Cargo.toml"
(cd "$work/class-list" && CARGO_TARGET_DIR="$guests" "$tram" plugin build . && CARGO_TARGET_DIR="$guests" "$tram" plugin pack . >/dev/null)
echo "vendor: keygen, new, build, pack, check with the program alone; the example builds outside the workspace"
