"""The listing that the example `convert` makes, and how records are compared."""

import json
import sys
import unicodedata


def records(folder, form=None):
    """The records of the listing; with form "iso2709" those that it can hold."""
    with open(f"{folder}/all.jsonl", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if form != "iso2709" or record["iso2709"]:
                yield record


def nfc(text):
    return unicodedata.normalize("NFC", text)


# pymarc keeps marks over two letters as halves, as older code tables had them.
HALVES = {0xFE20: 0x0361, 0xFE21: None, 0xFE22: 0x0360, 0xFE23: None}


def of_pymarc(record):
    """The fields of a record of pymarc in the shape of the listing."""
    out = []
    for field in record.fields:
        if field.is_control_field():
            out.append([field.tag, nfc(field.data)])
        else:
            subfields = [[s.code, nfc(s.value)] for s in field.subfields]
            out.append([field.tag, field.indicators[0], field.indicators[1], subfields])
    return out


def content_of_leader(leader):
    """The positions that describe the record and not the file."""
    return str(leader)[5:9] + str(leader)[17:20]


class Comparison:
    """Counts what agrees and shows the first differences."""

    def __init__(self, client):
        self.client, self.same, self.different, self.notes = client, 0, 0, []

    def add(self, where, ours, theirs):
        if ours == theirs:
            self.same += 1
            return
        self.different += 1
        if self.different <= 5:
            pairs = [(a, b) for a, b in zip(ours, theirs) if a != b] or [(len(ours), len(theirs))]
            print(f"  {where}: ours {pairs[0][0]!r}, {self.client} {pairs[0][1]!r}", file=sys.stderr)

    def note(self, text):
        self.notes.append(text)

    def finish(self):
        notes = "".join(f"; {note}" for note in self.notes)
        verdict = "FAILED" if self.different else "ok"
        print(f"{self.client}: {verdict}: {self.same} records agree, {self.different} differ{notes}")
        sys.exit(1 if self.different else 0)
