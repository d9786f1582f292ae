"""Compares what yaz-marcdump made of our exports with our listing."""

import sys

import pymarc

from listing import Comparison, content_of_leader, of_pymarc, records

folder = sys.argv[1]
result = Comparison("yaz")
for name, form in [("yaz-from-mrc.xml", "iso2709"), ("yaz-from-xml.xml", None)]:
    expected = list(records(folder, form))
    read = 0

    def compare(theirs):
        global read
        ours = expected[read] if read < len(expected) else {"leader": "", "fields": [], "file": "", "offset": 0}
        read += 1
        # yaz tells control fields by their tag and has no alphabetic ones.
        if any(len(field) == 2 and not field[0].isdigit() for field in ours["fields"]):
            return
        result.add(
            f"{name} {ours['file']}@{ours['offset']}",
            [content_of_leader(ours["leader"]), *ours["fields"]],
            [content_of_leader(theirs.leader), *of_pymarc(theirs)],
        )

    pymarc.map_xml(compare, f"{folder}/{name}")
    if read != len(expected):
        result.add(name, [len(expected)], [read])
    result.note(f"{read} in {name}")
result.note("no warning")
result.finish()
