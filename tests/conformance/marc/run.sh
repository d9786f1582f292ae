#!/usr/bin/env bash
# Other programs read what library/marc writes, and it reads what they read.
#
#     tests/conformance/marc/run.sh [FOLDER OF MARC FILES]
#
# Needs cargo, python3, node with npm, and yaz (Debian: yaz). pymarc and marcjs
# go into $TRAM_TOOLS. Prints one line for each client; exits 1 on a difference,
# 2 when something is missing, 0 with a word when there is no corpus.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
tools=${TRAM_TOOLS:-$HOME/.cache/tram/tools}
corpus=${1:-${TRAM_CORPUS:-$root/../shared/corpus}/marc}

if [ ! -d "$corpus" ]; then
    echo "skipped: no corpus at $corpus"
    exit 0
fi
for program in cargo python3 node npm yaz-marcdump; do
    command -v "$program" >/dev/null || { echo "missing: $program" >&2; exit 2; }
done

mkdir -p "$tools"
if ! "$tools/marc-venv/bin/python" -c 'import pymarc' 2>/dev/null; then
    python3 -m venv "$tools/marc-venv"
    "$tools/marc-venv/bin/pip" install --quiet pymarc==5.4.0
fi
if [ ! -d "$tools/marc-npm/node_modules/marcjs" ]; then
    mkdir -p "$tools/marc-npm"
    npm install --silent --no-fund --no-audit --prefix "$tools/marc-npm" marcjs@3.0.2
fi
python=$tools/marc-venv/bin/python

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p tram-marc --example convert
target=${CARGO_TARGET_DIR:-$root/target}
mapfile -d '' files < <(find -L "$corpus" -type f -print0 | sort -z)
convert() { "$target/release/examples/convert" "$@"; }

echo "export: $(convert "$work" "${files[@]}" | tail -n 1)"
failed=0
"$python" "$here/pymarc_reads.py" "$work" || failed=1
"$here/yaz_reads.sh" "$work" "$python" || failed=1
NODE_PATH="$tools/marc-npm/node_modules" node "$here/marcjs_reads.js" "$work" || failed=1

mkdir "$work/marc8"
"$python" "$here/marc8_tables.py" "$work/marc8/tables.mrc"
convert "$work/marc8" "$work/marc8/tables.mrc" >/dev/null
"$python" "$here/marc8_compare.py" "$work/marc8" || failed=1
exit $failed
