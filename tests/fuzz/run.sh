#!/usr/bin/env bash
# Builds each fuzz target with libFuzzer and runs it; FUZZ_SECONDS for each (60).
# The pinned stable compiler does it: RUSTC_BOOTSTRAP unlocks the sanitizer. A crash
# leaves its input in the folder that is printed, and ends the run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-60}
target=x86_64-unknown-linux-gnu
out="$CARGO_TARGET_DIR/fuzz"
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
run() { # workspace, target, folder of seeds
    local found="$out/corpus/$2"
    mkdir -p "$found" "$out/crashes"
    echo "==> fuzz $2, $seconds s"
    "$out/$target/release/$2" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$out/crashes/$2-" "$found" ${3:+"$3"} 2>&1 | grep -E "stat::number_of_executed_units|ERROR|SUMMARY|Test unit" || true
    if compgen -G "$out/crashes/$2-*" >/dev/null; then echo "fuzz: $2 found something in $out/crashes"; exit 1; fi
}
build() { cargo build --release --manifest-path "$1/Cargo.toml" --target "$target" --target-dir "$out"; }
build tests/fuzz
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
mkdir "$seeds/package" "$seeds/people" "$seeds/oai" "$seeds/documents" "$seeds/exchange" "$seeds/journal" "$seeds/cql"
cp sdk/examples/class-list/plugin.toml "$seeds/package/"
[ ! -d "${TRAM_TEST_PLUGINS:-}" ] || cp "$TRAM_TEST_PLUGINS/greeter.tram" "$seeds/package/"
cp tests/data/pupils-*.csv tests/data/staff.xlsx "$seeds/people/"
# Small hostile files, each of something that once went wrong.
cp tests/fuzz/seeds/documents/* "$seeds/documents/"
# The first byte chooses the name that a file goes by.
seed() { [ ! -f "$3" ] || { printf "$1" && cat "$3"; } > "$seeds/documents/$2"; }
materials=${TRAM_CORPUS:-../shared/corpus}/materials
seed '\000' scorm "$materials/qti21/WebDeveloperTest1.zip"
seed '\001' docx "$materials/vi/de-olm-style.docx"
seed '\002' pdf "$materials/vi/cong-van-sgddt.pdf"
seed '\004' h5p "$materials/h5p/long_content_file_name.h5p"
seed '\005' epub "$materials/epub/valid.epub"
seed '\006' pptx "$materials/vi/bai-trinh-chieu.pptx"
seed '\007' xlsx "$materials/vi/de-excel.xlsx"
run tests/fuzz package "$seeds/package"
run tests/fuzz page
cp tests/data/exchange/* tests/fuzz/seeds/exchange/* "$seeds/exchange/"
run tests/fuzz exchange "$seeds/exchange"
printf 'verb=ListRecords&metadataPrefix=lom&from=2026-11-01&until=2026-11-02&set=a:b' >"$seeds/oai/list"
printf 'verb=ListIdentifiers&resumptionToken=1!lom!!!a:b!50!7!x' >"$seeds/oai/token"
run tests/fuzz oai "$seeds/oai"
run tests/fuzz documents "$seeds/documents"
run tests/fuzz people_list "$seeds/people"
# Entries of the journals that earlier versions wrote.
python3 tests/fuzz/journal_seeds.py core/journal/tests/fixture-*/journal "$seeds/journal"
run tests/fuzz journal "$seeds/journal"
cp tests/fuzz/seeds/cql/* "$seeds/cql/"
run tests/fuzz cql "$seeds/cql"
build library/marc/fuzz
for marc in iso2709 marcxml marc8; do run library/marc/fuzz "$marc"; done
echo "fuzz: nothing found"
