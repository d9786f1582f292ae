#!/usr/bin/env bash
# Measures the station beside its peers on the same records, queries and machine, in
# one run, and rewrites the figures in docs/benchmarks.md. Everything listens on
# loopback and is stopped by its own process id.
#   tests/bench/run.sh            all parts but `million`
#   tests/bench/run.sh sru …      some: import sru pages plugin writes start memory upload materials million
#   ROUNDS=5 tests/bench/run.sh   medians of five runs instead of three
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tram
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache/target}
export TRAM_TOOLS=${TRAM_TOOLS:-$cache/tools}
wanted=${*:-import sru pages plugin writes start memory upload materials}

missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need wrk wrk
case " $wanted " in *" upload "*) need nginx nginx-light ;; esac
need zebraidx idzebra-2.0
need pkg-config pkg-config
pkg-config --exists yaz 2>/dev/null || missing+=(libyaz-dev)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -eq 0 ]; then
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
    else
        echo "Absent, and the parts that need them are skipped: sudo apt-get install ${missing[*]}"
    fi
fi

python=$TRAM_TOOLS/venv/bin/python
if ! "$python" -c 'import pymarc' 2>/dev/null; then
    [ -x "$python" ] || python3 -m venv "$TRAM_TOOLS/venv"
    "$TRAM_TOOLS/venv/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt
fi

case " $wanted " in *" writes "*)
    export TRAM_WRITERS=${TRAM_WRITERS:-$CARGO_TARGET_DIR/release/examples/writers}
    export TRAM_SQLITE=${TRAM_SQLITE:-$CARGO_TARGET_DIR/bench/release/tram-bench-sqlite}
    [ "$TRAM_WRITERS" != "$CARGO_TARGET_DIR/release/examples/writers" ] || cargo build --release -q -p tram-journal --example writers
    [ -x "$TRAM_SQLITE" ] || CARGO_TARGET_DIR=$CARGO_TARGET_DIR/bench cargo build --release -q --manifest-path tests/bench/sqlite/Cargo.toml
    ;;
esac

case " $wanted " in *" upload "*)
    export TRAM_TEST_PLUGINS=${TRAM_TEST_PLUGINS:-$CARGO_TARGET_DIR/test-plugins}
    [ -f "$TRAM_TEST_PLUGINS/uploader.tram" ] || tests/plugins/build.sh "$TRAM_TEST_PLUGINS"
    ;;
esac

exec "$python" tests/bench/run.py "$@"
