#!/usr/bin/env bash
# Builds and packs the components for the tests of the host.
#   tests/plugins/build.sh FOLDER
# puts into FOLDER:
#   gallery.tram greeter.tram exerciser.tram outsider.tram hostile.tram uploader.tram class-list.tram
#   ungranted-CAPABILITY.tram   the exerciser, its manifest without that capability
#   hostile-WAY.tram            the hostile one under an id of its own for each way,
#                               so that one that is switched off leaves the others
# A second run with nothing changed takes a few seconds.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
ways="loop memory recursion huge-reply log-flood call-flood giant-writes trap drip bad-page event-storm jobs index slots"

# Our own target folder: the plugins' is another workspace, with another lock.
target=${CARGO_TARGET_DIR:-$root/target}
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --target-dir "$target" -p tram-plugin-build --bin tram-pack
pack=$target/release/tram-pack
build() { cargo build --quiet --release --target wasm32-unknown-unknown --target-dir "$target/plugins" --manifest-path "$1"; }
build "$here/Cargo.toml"
build "$root/sdk/examples/class-list/Cargo.toml"
modules=$target/plugins/wasm32-unknown-unknown/release

for plugin in greeter exerciser hostile reader gallery uploader; do
    "$pack" "$here/$plugin" "$modules/$plugin.wasm" "$out/$plugin.tram"
done
"$pack" "$root/sdk/examples/class-list" "$modules/class_list.wasm" "$out/class-list.tram"
"$pack" --unchecked "$here/outsider" "$modules/outsider.wasm" "$out/outsider.tram"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Its templates are there: nothing but the capability is missing.
cp -r "$here/exerciser/assets" "$folder/assets"
for capability in store search blobs directory events jobs settings clock random log brokered extract print sign; do
    # A paragraph is a table of the manifest; the one of the capability is left out.
    awk -v RS= -v ORS='\n\n' -v name="name = \"$capability\"" \
        '!(/^\[\[capability\]\]/ && index($0, name))' "$here/exerciser/plugin.toml" |
        sed "s/exerciser\.test/ungranted-$capability.test/g" > "$folder/plugin.toml"
    "$pack" --unchecked "$folder" "$modules/exerciser.wasm" "$out/ungranted-$capability.tram"
done
rm -r "$folder/assets"
for way in $ways; do
    sed "s/hostile\.test/hostile-$way.test/g" "$here/hostile/plugin.toml" > "$folder/plugin.toml"
    "$pack" "$folder" "$modules/hostile.wasm" "$out/hostile-$way.tram"
done
