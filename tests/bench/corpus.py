"""The records and queries that all parts share, made once and kept.

`real`: the bibliographic records of the corpus's raw files, written again as UTF-8
(authority and holdings, records without a title, and what does not survive a round
trip are left out; each record once). `all`: real, Gutenberg and Vietnamese together.
We import `all.mrc`; the peer reads the three files it is made of.
"""

import contextlib
import gzip
import hashlib
import io
import logging
import os
import random
import subprocess
import sys
import warnings

import pymarc

import setting

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")

NOT_BIBLIOGRAPHIC = set("uvxyzqw")
RECORD_END = b"\x1d"


def pieces(data):
    """Records by their end mark: one broken record costs one record and no more."""
    for piece in data.split(RECORD_END):
        piece = piece.lstrip(b"\r\n \x00\x1a")
        if len(piece) > 24:
            yield piece + RECORD_END


def decoded(path):
    """Every record of a file that pymarc can read."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        try:
            yield from (record for record in pymarc.parse_xml_to_array(io.BytesIO(data)) if record)
        except Exception:  # noqa: BLE001  broken XML is part of the corpus; its good records are in other files
            return
        return
    for piece in pieces(data):
        try:
            yield pymarc.Record(piece, to_unicode=True, force_utf8=False)
        except Exception:  # noqa: BLE001  the corpus holds broken records on purpose
            continue


def rewritten(record):
    """The record as UTF-8 ISO 2709, or None where it does not belong."""
    leader = str(record.leader)
    if len(leader) != 24 or leader[6] in NOT_BIBLIOGRAPHIC or record.get("245") is None:
        return None
    if any(len(field.tag) != 3 for field in record.fields):
        return None
    record.leader = leader[:9] + "a" + leader[10:]
    try:
        data = record.as_marc()
        again = pymarc.Record(data, to_unicode=True)
        return data if len(data) < 99999 and again.as_marc() == data else None
    except Exception:  # noqa: BLE001  what pymarc cannot write again is left out, as the description says
        return None


def make_real(raw, target):
    seen = set()
    # pymarc writes a line to stderr for every odd character of MARC-8; there are thousands.
    with target.open("wb") as out, open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        for path in sorted(p for p in raw.rglob("*") if p.is_file()):
            for record in decoded(path):
                data = rewritten(record)
                if data is None:
                    continue
                digest = hashlib.sha256(data).digest()
                if digest not in seen:
                    seen.add(digest)
                    out.write(data)
    return len(seen)


def count(path):
    return path.read_bytes().count(RECORD_END)


class Corpus:
    """Where the made files are; makes them when they are not."""

    def __init__(self):
        self.folder = setting.BENCH / "corpus"
        self.real = self.folder / "real.mrc"
        self.gutenberg = setting.CORPUS / "marc" / "gutenberg.mrc"
        self.vietnamese = setting.CORPUS / "marc" / "vietnamese.mrc"
        self.all = self.folder / "all.mrc"
        self.queries = self.folder / "queries"

    @property
    def parts(self):
        return [self.real, self.gutenberg, self.vietnamese]

    def prepare(self):
        if not self.gutenberg.exists():
            setting.skip(f"the corpus is absent ({setting.CORPUS.name}/marc; set TRAM_CORPUS)")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.real.exists():
            fresh = self.real.with_suffix(".new")
            setting.say(f"corpus: {make_real(setting.CORPUS / 'marc' / 'raw', fresh):,} real records written again as UTF-8")
            fresh.rename(self.real)
        if not self.all.exists():
            fresh = self.all.with_suffix(".new")
            with fresh.open("wb") as out:
                for part in self.parts:
                    for piece in pieces(part.read_bytes()):
                        out.write(piece)
            fresh.rename(self.all)
        return self

    def query_file(self, name="all.cql"):
        """A file of queries by the peers' own generator (seed 42)."""
        path = self.queries / name
        if not path.exists():
            generator = setting.peer_script("mkq.py")
            self.queries.mkdir(exist_ok=True)
            subprocess.run([sys.executable, generator, *self.parts], cwd=self.queries, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return path

    def first(self, records):
        """The first so many of a shuffled `all`, as a file."""
        path = self.folder / f"first-{records}.mrc"
        if not path.exists():
            everything = list(pieces(self.all.read_bytes()))
            random.Random(42).shuffle(everything)
            path.write_bytes(b"".join(everything[:records]))
        return path

    def counts(self):
        return {name: count(path) for name, path in [("real", self.real), ("Gutenberg", self.gutenberg), ("Vietnamese", self.vietnamese), ("all", self.all)]}


if __name__ == "__main__":
    corpus = Corpus().prepare()
    setting.say("corpus: " + ", ".join(f"{name} {number:,}" for name, number in corpus.counts().items()))
    setting.say(f"corpus: {len(corpus.query_file().read_text().splitlines()):,} queries")
