"""Search at 1,000,000 records beside 10,000 (not in CI: an import of minutes)."""

import http.client
import json
import time

import process
import setting
import station
import vary
from corpus import Corpus
from report import Part, median

RECORDS, SMALL = 1_000_000, 10_000
# The index of a million follows its job by minutes on a busy machine.
station.PATIENCE = 1_800


def latencies(port, paths):
    """One connection, one search after the other: milliseconds, sorted."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        times.append((time.perf_counter() - began) * 1e3)
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status}")
    connection.close()
    return sorted(times)


def at(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]


def run():
    corpus = Corpus().prepare()
    corpus.query_file()
    asked = [words for _, words in json.loads((corpus.queries / "all.json").read_text())]
    file = corpus.folder / "million.mrc"
    if not file.exists():
        fresh = file.with_suffix(".new")
        vary.million(corpus.all, fresh, RECORDS)
        fresh.rename(file)
    part = Part("million", "Search at 1,000,000 records", "tests/bench/run.sh million").begin()
    figures, disk, resident = {}, 0.0, 0.0
    for name, source in (("small", corpus.first(SMALL)), ("million", file)):
        ours = station.loaded(corpus, name, source)
        try:
            ours.start()
            paths = {kind: [station.search_path(kind, words) for words in asked] for kind in ("html", "json")}
            # Addresses that nobody has asked for: an answer that is given again is no search.
            fresh = lambda kind, turn: [f"{path}&first={turn}" for path in paths[kind]]
            for kind in paths:
                latencies(ours.port, fresh(kind, "warm"))
            figures[name] = {kind: [latencies(ours.port, fresh(kind, turn)) for turn in range(setting.ROUNDS)] for kind in paths}
            disk, resident = ours.disk() / 1e6, process.memory(ours.child.pid, "RssAnon")
        finally:
            ours.stop()
    p99 = {(name, kind): median([at(times, 0.99) for times in runs]) for name, kinds in figures.items() for kind, runs in kinds.items()}
    p50 = {(name, kind): median([at(times, 0.50) for times in runs]) for name, kinds in figures.items() for kind, runs in kinds.items()}
    with_facets = p99["million", "html"]
    part.add("search page with facets, p99", f"{with_facets:.1f} ms", "", "", "≤ 50 ms", with_facets <= 50)
    part.add("search page with facets, p50", f"{p50['million', 'html']:.1f} ms", f"{p50['small', 'html']:.1f} ms at 10,000")
    times = p99["million", "json"] / p99["small", "json"]
    part.add("top ten (JSON), p99", f"{p99['million', 'json']:.1f} ms", f"{p99['small', 'json']:.1f} ms at 10,000", f"{times:.1f} ×", "≤ 3 ×", times <= 3)
    part.add("top ten (JSON), p50", f"{p50['million', 'json']:.2f} ms", f"{p50['small', 'json']:.2f} ms at 10,000")
    part.add("journal, tables and index on disk", f"{disk:.0f} MB")
    part.add("anonymous memory after it", f"{resident:.0f} MB")
    part.notes.append(f"1,000 searches over one connection, each address asked for the first time, medians of {setting.ROUNDS} runs. The corpus varied: titles' words and authors exchanged between records (seed 7).")
    part.notes.append("At 10,000 records the slowest searches are those without a hit, for which another spelling is looked for in the whole dictionary; at a million nearly every search has hits. The ratio of the two says little; each figure stands by itself.")
    part.end()


if __name__ == "__main__":
    setting.main("million", run)
