"""pymarc reads both our exports, and the originals beside us."""

import gzip
import io
import sys
from contextlib import redirect_stderr

import pymarc

from listing import HALVES, Comparison, content_of_leader, of_pymarc, records

folder = sys.argv[1]
result = Comparison("pymarc")


def plain(record):
    """Whether pymarc's model can hold the record: it takes alphabetic tags for
    data fields always."""
    return all(len(field) == 4 or field[0].isdigit() for field in record["fields"])


def compare(where, ours, theirs):
    if theirs is None:
        result.add(where, ours["fields"], ["not read"])
        return
    result.add(
        where,
        [content_of_leader(ours["leader"]), *ours["fields"]],
        [content_of_leader(theirs.leader), *of_pymarc(theirs)],
    )


exported = list(records(folder, "iso2709"))
with open(f"{folder}/all.mrc", "rb") as file:
    read = 0
    for ours, theirs in zip(exported, pymarc.MARCReader(file), strict=True):
        read += 1
        if plain(ours):
            compare(f"all.mrc {ours['file']}@{ours['offset']}", ours, theirs)
result.note(f"{read} of all.mrc")

everything = list(records(folder))
read = 0


def from_xml(theirs):
    global read
    ours = everything[read]
    read += 1
    compare(f"all.xml {ours['file']}@{ours['offset']}", ours, theirs)


pymarc.map_xml(from_xml, f"{folder}/all.xml")
if read != len(everything):
    result.add("all.xml", [len(everything)], [read])
result.note(f"{read} of all.xml")

# The originals: what we read without a warning, pymarc reads alike. It knows
# one file at a time, and one broken record stops it, so it gets each alone.
beside, contents = 0, {}
for ours in everything:
    path = ours["file"]
    if path not in contents:
        with open(path, "rb") as file:
            data = file.read()
        contents = {path: gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data}
    data = contents[path][ours["offset"] : ours["offset"] + ours["length"]]
    if ours["warnings"] or data[:1] == b"<" or not plain(ours) or b"\x1b" in data:
        continue
    # pymarc leaves out what MARC-8 has above ASCII in control fields, and
    # letters that ANSEL has none of; the tables are compared elsewhere.
    with redirect_stderr(io.StringIO()) as complaints:
        theirs = next(pymarc.MARCReader(data))
    if complaints.getvalue():
        continue
    if theirs is not None and ours["encoding"] == "MARC-8":
        for field in theirs.get_fields():
            if not field.is_control_field():
                field.subfields = [s._replace(value=s.value.translate(HALVES)) for s in field.subfields]
    compare(f"{path}@{ours['offset']}", ours, theirs)
    beside += 1
result.note(f"{beside} originals read alike")
result.finish()
