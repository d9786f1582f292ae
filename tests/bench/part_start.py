"""From the start of the process to the first answered search, after a clean stop and after kill -9."""

import json
import subprocess
import time

import setting
import station
from corpus import Corpus
from report import Part, median

SEARCH = "/api/catalogue/v1/search?q=river&per_page=10"
LOST_AT = 2000


def answered(body):
    return json.loads(body)["total"] > 0


def first_answer(ours):
    """Milliseconds from the start of the process to a search with hits."""
    began = time.perf_counter()
    ours.spawn()
    ours.wait(SEARCH, answered, pause=0.001)
    return (time.perf_counter() - began) * 1e3


def run():
    corpus = Corpus().prepare()
    small = corpus.first(LOST_AT)
    part = Part("start", "Start to the first answered search, 100,000 records", "tests/bench/run.sh start").begin()
    ours = station.loaded(corpus).copy_to(setting.BENCH / "stations" / "start")
    clean, idle, busy = [], [], []
    try:
        for _ in range(max(3, setting.ROUNDS)):
            clean.append(first_answer(ours))
            ours.stop(hard=True)
            idle.append(first_answer(ours))
            subprocess.run(ours.job_command(small), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            ours.stop(hard=True)
            busy.append(first_answer(ours))
            ours.stop()
    finally:
        ours.stop()
    for label, times in (("after a clean stop", clean), ("after kill -9", idle), (f"after kill -9 right behind an import of {LOST_AT:,} records", busy)):
        part.add(label, f"{median(times):.0f} ms (longest {max(times):.0f})", "", "", "≤ 300 ms", median(times) <= 300)
    part.notes.append(f"Medians of {len(clean)}; a search over the JSON list that has hits, asked every millisecond. Files are in the page cache.")
    part.end()


if __name__ == "__main__":
    setting.main("start", run)
