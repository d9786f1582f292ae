#!/usr/bin/env bash
# Fetches the players that go into the binary (scripts of others for H5P and PDF), at
# fixed versions whose archives are held to their hashes, and puts the files that are
# needed into the folder TRAM_PLAYERS, packed. The registry is the one that npm is set
# to. Without it the build goes on, and the viewers say what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${TRAM_PLAYERS:-$CARGO_TARGET_DIR/players}
# name version sha512
packages="h5p-standalone 3.8.2 afb790b53cc193f75b69067eb40f570f915e4a6c8cc65ca94595ee76285e0a70bccc04f4ff336052f3b8319b596b39f07d8568f7ca3b768e6ec4b4d442bc71c2
pdfjs-dist 3.11.174 4dd4d93dfd6dad9f3f505bb90b1fc65c1ec664cdf42d3fb059435fb22e81abc78f2e76fec2834ab43ca62369b165806931ba27345a8a9a2cfaf380c87e777c74"
# Bytes unpacked: H5P 1.1 MB (0.9 of it fonts with Vietnamese letters), PDF 1.5 MB.
stamp=$(printf '%s' "$packages" | cat - "$0" | sha512sum | cut -c1-32)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

missing() {
    printf 'The players of H5P and PDF are not built in: %s\nThe rest works; run "make players" later, then "make build".\n' "$1" >&2
    exit 0
}
if ! command -v npm >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 || missing "npm is not installed (sudo apt-get install -y npm)."
    echo '==> Debian packages: npm'
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; } || missing "npm could not be installed."
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '==> players of H5P and PDF'
while read -r name version hash; do
    file=$(cd "$work" && npm pack --silent --fetch-retries 1 "$name@$version" 2>/dev/null) || missing "$name $version could not be fetched; is there a network?"
    # What was fetched must be what was looked at; anything else ends the build.
    printf '%s  %s\n' "$hash" "$work/$file" | sha512sum --check --status || { echo "$name $version is not the file that it was; nothing was taken of it." >&2; exit 1; }
    mkdir "$work/$name"
    tar -xzf "$work/$file" -C "$work/$name" --strip-components 1
done <<<"$packages"

new="$work/players"
mkdir -p "$new/h5p" "$new/pdf"
cp "$work"/h5p-standalone/dist/{main.bundle.js,frame.bundle.js} "$new/h5p"
cp -r "$work"/h5p-standalone/dist/{styles,fonts,images} "$new/h5p"
# Styles of an editor, the older form of a font, and texts of licences (see NOTICE).
rm -f "$new"/h5p/styles/h5p-fonts.css "$new"/h5p/fonts/*.woff "$new"/h5p/fonts/*/*.txt
cp "$work"/pdfjs-dist/legacy/build/{pdf.min.js,pdf.worker.min.js} "$new/pdf"
find "$new" -type f -exec gzip -9n {} +
mkdir -p "$(dirname "$out")"
rm -rf "$out"
mv "$new" "$out"
printf '%s' "$stamp" >"$out/stamp"
