"""Makes src/charset/marc8/{sets.rs,eacc.bin} from the MARC-8 code tables.

The tables are those of the Library of Congress (MARC 21 Specifications for
Record Structure, Character Sets, "Code Tables"), a work of the United States
government in the public domain. This script reads them in the shape in which
the Python package pymarc carries them and keeps the numbers only:

    python -m venv v && v/bin/pip install pymarc==5.4.0
    v/bin/python library/marc/tables/generate.py

eacc.bin: runs of consecutive codes, sorted. First a 16-bit count of runs, then
for each run its first code (3 bytes, big-endian as in the data), its number of
characters (1 byte) and the place of its first character (16 bits); then the
characters of all runs, 16 bits each. Numbers without a stated order are
little-endian.
"""

import pathlib
import struct
import unicodedata

from pymarc import marc8_mapping as tables

# Where the package is behind the Library of Congress, whose present tables yaz
# has: two Korean characters that Unicode has gained, and marks over two letters
# as one character on the first, with nothing on the second (0xFFFF).
EACC_CORRECTIONS = {0x6F7625: 0x318D, 0x6F773C: 0xC717}
LATIN_CORRECTIONS = {0xEB: 0x0361, 0xEC: 0xFFFF, 0xFA: 0x0360, 0xFB: 0xFFFF}

OUT = pathlib.Path(__file__).parent.parent / "src" / "charset" / "marc8"

SETS = [
    ("BASIC_HEBREW", 0x32, "Basic Hebrew, final byte 0x32"),
    ("BASIC_ARABIC", 0x33, "Basic Arabic, final byte 0x33"),
    ("EXTENDED_ARABIC", 0x34, "Extended Arabic, final byte 0x34"),
    ("EXTENDED_LATIN", 0x45, "Extended Latin (ANSEL), final byte 0x45"),
    ("BASIC_CYRILLIC", 0x4E, "Basic Cyrillic, final byte 0x4E"),
    ("EXTENDED_CYRILLIC", 0x51, "Extended Cyrillic, final byte 0x51"),
    ("BASIC_GREEK", 0x53, "Basic Greek, final byte 0x53"),
    ("SUBSCRIPTS", 0x62, "Subscripts, final byte 0x62"),
    ("GREEK_SYMBOLS", 0x67, "Greek symbols, final byte 0x67"),
    ("SUPERSCRIPTS", 0x70, "Superscripts, final byte 0x70"),
]


def sets():
    lines = [
        "//! The one-byte sets of MARC-8. Made by `tables/generate.py`; not edited by hand.",
        "//!",
        "//! Each table holds the characters of the bytes 0x21 to 0x7E (0xA1 to 0xFE when",
        "//! the set is designated as G1); 0 where the set has none.",
        "",
    ]
    for name, final, doc in SETS:
        table = tables.CODESETS[final]
        row = [0] * 94
        for code, (char, combining) in table.items():
            index = (code & 0x7F) - 0x21
            if not 0 <= index < 94:
                continue
            if final == 0x45 and code in LATIN_CORRECTIONS:
                row[index] = LATIN_CORRECTIONS[code]
                continue
            # Combining is not stored: it is what Unicode says of the character,
            # but for U+0670, which the code table does not put before its base.
            marks = unicodedata.combining(chr(char)) != 0 and char != 0x0670
            assert bool(combining) == marks, (name, hex(code))
            assert row[index] in (0, char), (name, hex(code))
            row[index] = char
        lines.append(f"/// {doc}.")
        lines.append(f"pub(super) const {name}: [u16; 94] = [")
        for start in range(0, 94, 12):
            lines.append("    " + " ".join(f"0x{c:04X}," for c in row[start : start + 12]))
        lines.append("];")
        lines.append("")
    (OUT / "sets.rs").write_text("\n".join(lines[:-1]) + "\n")


def eacc():
    table = {code: char for code, (char, _) in tables.CODESETS[0x31].items()}
    for code, char in tables.ODD_MAP.items():
        table.setdefault(code, char)
    table.update(EACC_CORRECTIONS)
    runs = []
    for code in sorted(table):
        char = table[code]
        assert char <= 0xFFFF, hex(char)
        if runs and code == runs[-1][0] + len(runs[-1][1]) and len(runs[-1][1]) < 255:
            runs[-1][1].append(char)
        else:
            runs.append((code, [char]))
    out = struct.pack("<H", len(runs))
    place = 0
    for first, chars in runs:
        out += first.to_bytes(3, "big") + bytes([len(chars)]) + struct.pack("<H", place)
        place += len(chars)
    for _, chars in runs:
        out += struct.pack(f"<{len(chars)}H", *chars)
    (OUT / "eacc.bin").write_bytes(out)
    print(len(table), "characters,", len(runs), "runs,", len(out), "bytes")


sets()
eacc()
