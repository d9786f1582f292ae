"""A million records from a hundred thousand: each varied in title, author and number."""

import random
import re

from corpus import pieces

FIELD_END, SUBFIELD = b"\x1e", b"\x1f"


def fields(record):
    """Tag and bytes of each field of an ISO 2709 record."""
    base = int(record[12:17])
    for at in range(24, base - 1, 12):
        entry = record[at : at + 12]
        start = base + int(entry[7:12])
        yield entry[:3], record[start : start + int(entry[3:7]) - 1]


def joined(leader, content):
    directory, body = [], b""
    for tag, value in content:
        data = value + FIELD_END
        directory.append(b"%s%04d%05d" % (tag, len(data), len(body)))
        body += data
    head = b"".join(directory) + FIELD_END
    length = 24 + len(head) + len(body) + 1
    return b"%05d%s%05d%s" % (length, leader[5:12], 24 + len(head), leader[17:24]) + head + body + b"\x1d"


def subfield_a(value):
    found = re.search(rb"\x1fa([^\x1f]*)", value)
    return found.span(1) if found else None


def million(source, target, records):
    """Writes `records` records: the source once, then again with the titles' words exchanged
    between records, authors from other records and control numbers of their own."""
    rnd = random.Random(7)
    parsed = []
    for piece in pieces(source.read_bytes()):
        try:
            parsed.append((piece[:24], list(fields(piece))))
        except ValueError:
            continue
    words, authors = [], []
    for _, content in parsed:
        for tag, value in content:
            if tag == b"245" and (span := subfield_a(value)):
                words += value[span[0] : span[1]].split()
            elif tag == b"100":
                authors.append(value)
    written = 0
    with target.open("wb") as out:
        while written < records:
            for leader, content in parsed:
                if written == records:
                    break
                varied = []
                for tag, value in content:
                    if written >= len(parsed):
                        if tag == b"245" and (span := subfield_a(value)):
                            title = value[span[0] : span[1]].split()
                            for at in range(len(title)):
                                if rnd.random() < 0.5:
                                    title[at] = rnd.choice(words)
                            value = value[: span[0]] + b" ".join(title) + value[span[1] :]
                        elif tag == b"100" and rnd.random() < 0.5:
                            value = rnd.choice(authors)
                        elif tag == b"001":
                            value = b"v%d" % written
                    varied.append((tag, value))
                out.write(joined(leader, varied))
                written += 1
