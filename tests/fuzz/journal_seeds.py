"""Takes the bodies of a journal's frames out of its segments: journal_seeds.py FROM... TO.

The envelope is described in docs/formats/journal.md; a body is what the fuzzer begins with.
"""

import pathlib
import struct
import sys

SEGMENT_HEADER = 128
FRAME_HEADER = 24
LONGEST = 4096

*sources, target = map(pathlib.Path, sys.argv[1:])
count = 0
for segment in (file for source in sources for file in sorted(source.glob("*.seg"))):
    data, at = segment.read_bytes(), SEGMENT_HEADER
    while at + FRAME_HEADER <= len(data):
        (length,) = struct.unpack_from("<I", data, at)
        if length == 0:
            break
        if length <= LONGEST:
            (target / f"{count:04}").write_bytes(data[at + FRAME_HEADER : at + FRAME_HEADER + length])
            count += 1
        at += -(-(FRAME_HEADER + length) // 8) * 8
print(f"    {count} entries of {len(sources)} journals as seeds")
if count == 0:
    sys.exit("no entry was found: has the format of segments changed?")
