"""Compares our reading of every MARC-8 character with that of yaz."""

import io
import subprocess
import sys

import pymarc

from listing import Comparison, nfc, records

folder = sys.argv[1]
dump = ["yaz-marcdump", "-i", "marc", "-f", "marc8", "-t", "utf-8", "-o", "marcxml", f"{folder}/tables.mrc"]
xml = subprocess.run(dump, check=True, capture_output=True).stdout
theirs = pymarc.parse_xml_to_array(io.BytesIO(xml))
ours = list(records(folder))
result = Comparison("yaz, MARC-8 tables")
if len(ours) != len(theirs):
    result.add("tables.mrc", [len(ours)], [len(theirs)])
for a, b in zip(ours, theirs):
    for field, other in zip(a["fields"][1:], b.get_fields("500")):
        for (_, text), subfield in zip(field[3], other.subfields, strict=True):
            result.add(f"record {a['fields'][0][1]}", [text], [nfc(subfield.value)])
result.finish()
