"""Saves catalogue records through the catalogue's own form, in four threads, each as
fast as it is answered, and prints the id of each record once its save was acknowledged.
Runs until the station goes away, and at most 20 seconds. usage: save_records.py URL ROUND"""

import http.client
import sys
import threading
import time
import urllib.error

from station_client import Librarian, Unsaved

THREADS = 4
SECONDS = 20
printing = threading.Lock()
failures = []


def save(url, name, end):
    librarian = Librarian(url)
    try:
        librarian.sign_in()
        number = 0
        while time.monotonic() < end:
            record = librarian.save(f"Rút phích cắm {name}, nhan đề {number}")
            # Only now: what is printed is what the station acknowledged.
            with printing:
                sys.stdout.write(record + "\n")
                sys.stdout.flush()
            number += 1
    except (urllib.error.HTTPError, Unsaved) as error:
        failures.append(f"{name}: {error}")
    except (OSError, http.client.HTTPException):
        pass  # The plug was pulled: this is the end of the round.


def main():
    url, turn = sys.argv[1:3]
    end = time.monotonic() + SECONDS
    threads = [threading.Thread(target=save, args=(url, f"{turn}.{at}", end)) for at in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
