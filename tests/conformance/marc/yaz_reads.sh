#!/usr/bin/env bash
# yaz-marcdump reads both our exports without a warning, and what it makes of
# them is compared field by field.
set -euo pipefail
work=$1
python=$2
here=$(cd "$(dirname "$0")" && pwd)

dump() {
    if ! yaz-marcdump "$@" >"$work/yaz.out" 2>"$work/yaz.err" || [ -s "$work/yaz.err" ]; then
        echo "yaz: FAILED: yaz-marcdump $*: $(head -n 1 "$work/yaz.err")"
        exit 1
    fi
    # yaz writes its complaints about records into the output, as comments.
    if grep -q '^<!--' "$work/yaz.out"; then
        echo "yaz: FAILED: yaz-marcdump $*: $(grep -m 1 '^<!--' "$work/yaz.out")"
        exit 1
    fi
}

dump -i marc -f utf-8 -t utf-8 -o marcxml "$work/all.mrc"
mv "$work/yaz.out" "$work/yaz-from-mrc.xml"
dump -i marcxml -f utf-8 -t utf-8 -o marcxml "$work/all.xml"
mv "$work/yaz.out" "$work/yaz-from-xml.xml"
"$python" "$here/yaz_compare.py" "$work"
