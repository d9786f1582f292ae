#!/usr/bin/env bash
# yaz-client, zoomsh and sruthi search our SRU; each prints one line. A station with
# the demonstration school serves on loopback for the length of this test.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/serve-for-test.sh
work=$(mktemp -d)
trap 'stop_tram; rm -rf "$work"' EXIT
start_demo "$work/school"
sru="$TRAM_URL/catalogue/sru"
fail() { echo "conformance: $*"; exit 1; }

# yaz-client over SRU 1.1 GET: hits, a record in MARCXML, explain's neighbour scan.
printf 'sru get 1.1\nopen %s\nfind dc.title="đất rừng phương nam"\nshow 1\nquit\n' "$sru" | yaz-client >"$work/yaz.log" 2>&1 || true
grep -q 'Number of hits: [1-9]' "$work/yaz.log" || { cat "$work/yaz.log"; fail "yaz-client found nothing"; }
grep -qi 'phương nam' "$work/yaz.log" || { cat "$work/yaz.log"; fail "yaz-client was shown no record"; }
echo "yaz-client: $(grep -o 'Number of hits: [0-9]*' "$work/yaz.log" | head -1)"

# The same by POST, and a scan that begins before its term.
printf 'sru post 1.1\nopen %s\nfind dc.title="đất rừng phương nam"\nshow 1\nscanpos 3\nscansize 6\nscan dc.title=rung\nquit\n' "$sru" | yaz-client >"$work/post.log" 2>&1 || true
grep -q 'Number of hits: [1-9]' "$work/post.log" || { cat "$work/post.log"; fail "yaz-client found nothing by POST"; }
grep -qi 'phương nam' "$work/post.log" || { cat "$work/post.log"; fail "yaz-client was shown no record by POST"; }
grep -q '^rung: [1-9]' "$work/post.log" || { cat "$work/post.log"; fail "yaz-client's scan did not list its term"; }
echo "yaz-client: the same by POST, scan from two terms before"

# zoomsh: the ZOOM interface, with the record as XML.
zoomsh "set sru get" "set preferredRecordSyntax xml" "set schema marcxml" "connect $sru" "search cql:dc.creator=\"to hoai\"" "show 0 1" quit >"$work/zoom.log" 2>&1 || true
grep -q 'hits' "$work/zoom.log" || { cat "$work/zoom.log"; fail "zoomsh had no answer"; }
grep -Eq '[^0-9]([1-9][0-9]*) hits' "$work/zoom.log" || { cat "$work/zoom.log"; fail "zoomsh found nothing"; }
grep -q 'datafield' "$work/zoom.log" || { cat "$work/zoom.log"; fail "zoomsh was shown no MARCXML"; }
echo "zoomsh: $(grep -oE '[0-9]+ hits' "$work/zoom.log" | head -1)"

# sruthi, a second implementation, versions 1.1 and 1.2, explain, paging, diagnostics.
"$TRAM_TOOLS/venv/bin/python" tests/conformance/sru_clients.py "$sru"

# What every reply must be: well-formed XML.
for query in 'operation=explain&version=1.1' 'operation=explain&version=1.2' 'operation=scan&version=1.1&scanClause=dc.title%3Da' \
    'operation=searchRetrieve&version=1.2&query=cql.serverChoice%3Dbi%E1%BB%83n&maximumRecords=5&recordSchema=dc' \
    'operation=searchRetrieve&version=1.1&query=dc.title%3D%28' 'operation=nonsense&version=1.1' 'operation=searchRetrieve&version=9.9&query=a' ''; do
    curl -sf "$sru?$query" | xmllint --noout - 2>"$work/xml.log" || { cat "$work/xml.log"; fail "no well-formed XML for $query"; }
done
echo "xmllint: 8 replies are well-formed"
