"""sruthi against our SRU: explain, searchRetrieve in both versions, paging, diagnostics."""

import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import sruthi

url = sys.argv[1]


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"conformance: {what} {detail}")


for version in ("1.1", "1.2"):
    client = sruthi.Client(url, sru_version=version, record_schema="marcxml", maximum_records=10)
    found = client.searchretrieve(query='dc.subject="truyện"')
    check(f"sruthi {version} found nothing", found.count > 10, found.count)
    titles = [record for record in found]  # pages through all of them
    check(f"sruthi {version} paged {len(titles)} of {found.count}", len(titles) == found.count)
    explain = client.explain()
    check("explain names no server", bool(explain.server))

namespaces = {"srw": "http://www.loc.gov/zing/srw/", "diag": "http://www.loc.gov/zing/srw/diagnostic/"}


def diagnostic(query, **more):
    parameters = {"operation": "searchRetrieve", "version": "1.1", "query": query, **more}
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(parameters)}") as reply:
        tree = ET.parse(reply)
    return [uri.text for uri in tree.iterfind(".//diag:uri", namespaces)]


for number, query, more in [
    (10, "dc.title=(", {}),
    (16, "dc.nosuch=index", {}),
    (15, "no.such=index", {}),
    (27, "", {}),
    (6, "a", {"maximumRecords": "many"}),
    (66, "a", {"recordSchema": "nonsense"}),
    (61, 'dc.title="đất rừng phương nam"', {"startRecord": "9000"}),
]:
    found = diagnostic(query, **more)
    check(f"diagnostic {number} for {query!r}", any(uri.endswith(f"/{number}") for uri in found), found)

forms = ["Đất rừng phương Nam", "dat rung phuong nam", "ĐẤT RỪNG PHƯƠNG NAM", "đat rừng"]
for form in forms:
    found = sruthi.searchretrieve(url, query=f'dc.title="{form}"', record_schema="marcxml")
    check(f"{form!r} finds nothing", found.count >= 1)
print(f"sruthi: 1.1 and 1.2, paging, explain, 7 diagnostics, {len(forms)} forms of one title")
