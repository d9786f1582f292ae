"""Writes a MARC-8 file with every character of every set, one a subfield."""

import sys

from pymarc import marc8_mapping as tables


def record(number, chunks):
    fields = b"".join(b"  " + b"".join(b"\x1fa" + c for c in chunk) + b"\x1e" for chunk in chunks)
    fields = b"%06d" % number + b"\x1e" + fields
    directory, start = b"", 0
    for tag, field in zip([b"001"] + [b"500"] * len(chunks), fields.split(b"\x1e")):
        directory += tag + b"%04d%05d" % (len(field) + 1, start)
        start += len(field) + 1
    base = 24 + len(directory) + 1
    length = base + len(fields) + 1
    return b"%05dnam  22%05d   4500" % (length, base) + directory + b"\x1e" + fields + b"\x1d"


texts = []
for final, table in sorted(tables.CODESETS.items()):
    for code, (_, combining) in sorted(table.items()):
        if final == 0x31:
            texts.append(b"\x1b$1" + code.to_bytes(3, "big") + b"\x1b(B")
            continue
        low = bytes([code & 0x7F])
        if not 0x21 <= low[0] <= 0x7E or final == 0x42 and low[0] in (0x1B, 0x1D, 0x1E, 0x1F):
            continue
        base = b"a" if combining else b""
        if final in (0x62, 0x67, 0x70):
            texts.append(b"\x1b" + bytes([final]) + low + b"\x1bs")
        elif final == 0x45:
            texts.append(bytes([low[0] | 0x80]) + base)
        else:
            texts.append(b"\x1b(" + bytes([final]) + low + b"\x1b(B" + base)

chunks = [texts[i : i + 100] for i in range(0, len(texts), 100)]
with open(sys.argv[1], "wb") as out:
    for number in range(0, len(chunks), 20):
        out.write(record(number, chunks[number : number + 20]))
