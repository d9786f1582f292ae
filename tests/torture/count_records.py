"""Looks for each record whose save was acknowledged. usage: count_records.py URL FILE
Ends with 1 when one is lost, or when nothing was acknowledged and so nothing was shown."""

import sys

from station_client import Librarian


def main():
    url, path = sys.argv[1:3]
    # The kill may cut the last line off; half an id was never a whole acknowledgement.
    ids = [line.strip() for line in open(path, encoding="ascii") if len(line) == 33]
    reader = Librarian(url)
    lost = [record for record in ids if not reader.has(record)]
    for record in lost[:20]:
        print(f"LOST {record}")
    print(f"{len(ids)} acknowledged, {len(lost)} lost")
    sys.exit(1 if lost or not ids else 0)


if __name__ == "__main__":
    main()
