"""Anonymous memory of one process after imports, SRU and pages."""

import time

import process
import setting
import station
import wrk
import zebra
from corpus import Corpus
from part_pages import first_time, path_files
from report import Part


def run():
    corpus = Corpus().prepare()
    files, queries, small = path_files(corpus), corpus.query_file(), corpus.first(10_000)
    part = Part("memory", "Anonymous memory of the station after the load", "tests/bench/run.sh memory").begin()
    ours = station.loaded(corpus).copy_to(setting.BENCH / "stations" / "memory")
    anonymous = {}
    try:
        ours.start()
        pid = ours.child.pid

        def note(name):
            anonymous[name] = process.memory(pid, "RssAnon")

        note("after the start")
        ours.import_file(small)
        note("after an import of 10,000 records more")
        for clients in (1, 8):
            zebra.ask(ours.sru, queries, clients)
        note("after SRU, 1 and 8 clients")
        for kind in ("html", "json"):
            wrk.run(ours.url, first_time(corpus, files, kind, 0), 40, 5)
            wrk.run(ours.url, files[kind], 40, 5)
        note("after pages and lists, 40 connections")
        time.sleep(20)
        note("20 s later")
        resident = process.memory(pid, "VmRSS")
    finally:
        ours.stop()
    for name, value in anonymous.items():
        last = name.startswith("after pages")
        part.add(name, f"{value:.0f} MB", "", "", "≤ 100 MB" if last else "", value <= 100 if last else None)
    part.notes.append(f"RssAnon of the one server process; with mapped files (index, journal, code) it holds {resident:.0f} MB resident at the end.")
    part.end()


if __name__ == "__main__":
    setting.main("memory", run)
