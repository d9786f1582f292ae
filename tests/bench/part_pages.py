"""The search page and the JSON list at forty connections, against Kolibri's JSON list."""

import json
import random

import setting
import station
import wrk
from corpus import Corpus, pieces
from kolibri import RESOURCES, Kolibri
from report import Part, middle, ratio

SECONDS = 4
CONNECTIONS = 40


def titles(corpus):
    """Titles for the peer's channel: those of our records, so that both lists are alike."""
    import pymarc

    path = corpus.folder / f"titles-{RESOURCES}.json"
    if not path.exists():
        chosen = random.Random(42).sample(list(pieces(corpus.vietnamese.read_bytes())), RESOURCES)
        path.write_text(json.dumps([pymarc.Record(piece, to_unicode=True).title or "?" for piece in chosen]))
    return path


def path_files(corpus):
    """Files of paths: our searches, and the peer's list and search."""
    corpus.query_file()
    asked = [words for _, words in json.loads((corpus.queries / "all.json").read_text())]
    lists = {
        "html": [station.search_path("html", words) for words in asked],
        "json": [station.search_path("json", words) for words in asked],
        "list": ["/api/public/v2/contentnode/?max_results=10"],
        "search": ["/api/content/contentnode_search/?max_results=10&" + station.search_path("html", words).split("?")[1].replace("q=", "search=") for words in asked],
    }
    files = {}
    for name, paths in lists.items():
        files[name] = corpus.folder / f"paths-{name}.txt"
        files[name].write_text("\n".join(paths) + "\n")
    return files


def first_time(corpus, files, kind, turn, rounds=30):
    """A file of the same searches under addresses that nobody has asked for yet: nothing
    that the station kept can answer them."""
    paths = files[kind].read_text().split()
    file = corpus.folder / f"paths-{kind}-first.txt"
    file.write_text("".join(f"{path}&first={turn}-{n}\n" for n in range(rounds) for path in paths))
    return file


# What we measure, and what it is called.
OURS = {
    "html-first": "search page (HTML), asked for the first time",
    "json-first": "JSON list, asked for the first time",
    "html": "search page (HTML), asked before",
    "json": "JSON list, asked before",
}


def run():
    corpus = Corpus().prepare()
    files = path_files(corpus)
    ours = station.loaded(corpus)
    peer, why = Kolibri(), ""
    try:
        peer.prepare(titles(corpus))
    except setting.Skip as reason:
        peer, why = None, str(reason)
    part = Part("pages", f"Search page and JSON list at {CONNECTIONS} connections, against Kolibri's JSON list", "tests/bench/run.sh pages").begin()
    kinds = list(OURS) + (["list", "search"] if peer else [])
    runs = {kind: [] for kind in kinds}
    try:
        ours.start()
        if peer:
            peer.start()
        for turn in range(setting.ROUNDS + 1):
            for kind in kinds:
                server, pid = (ours.url, ours.child.pid) if kind in OURS else (peer.url, peer.child.pid)
                first = kind.endswith("-first")
                file = first_time(corpus, files, kind.removesuffix("-first"), turn) if first else files[kind]
                figures = wrk.run(server, file, CONNECTIONS, SECONDS if turn else 1, pid)
                if turn:  # the first round warms both
                    runs[kind].append(figures)
    finally:
        ours.stop()
        if peer:
            peer.stop()
    for kind, label in OURS.items():
        mine, theirs = runs[kind], runs.get("list")
        cpu = middle(mine, "cpu")
        if theirs:
            times, part_of = ratio(mine, theirs, "rps"), 1 / ratio(mine, theirs, "p99", larger_is_better=False)
            part.add(f"{label}: throughput", f"{middle(mine, 'rps'):,.0f}/s", f"{middle(theirs, 'rps'):,.0f}/s", f"{times:.1f} ×", "20 ×", times >= 20)
            part.add(f"{label}: p99", f"{middle(mine, 'p99'):.1f} ms", f"{middle(theirs, 'p99'):.0f} ms", f"{part_of:.3f}", "≤ 0.1", part_of <= 0.1)
            part.add(f"{label}: processor time a request", f"{cpu:.3f} ms", f"{middle(theirs, 'cpu'):.2f} ms", f"{cpu / middle(theirs, 'cpu'):.3f}", "≤ 0.3 ms", cpu <= 0.3)
        else:
            part.add(f"{label}: throughput", f"{middle(mine, 'rps'):,.0f}/s")
            part.add(f"{label}: p99", f"{middle(mine, 'p99'):.1f} ms")
            part.add(f"{label}: processor time a request", f"{cpu:.3f} ms", "", "", "≤ 0.3 ms", cpu <= 0.3)
    if peer:
        theirs = runs["search"]
        part.add("for comparison: Kolibri's own search", "", f"{middle(theirs, 'rps'):,.0f}/s, p99 {middle(theirs, 'p99'):.0f} ms, {middle(theirs, 'cpu'):.2f} ms a request")
    part.notes += [
        f"wrk on the same two cores, {SECONDS} s a run, medians of {setting.ROUNDS} interleaved runs; ours asks 1,000 different searches in turn over the whole corpus; not 2xx: " + ", ".join(f"{kind} {sum(r['bad'] for r in runs[kind])}" for kind in kinds) + ".",
        "“Asked for the first time”: every address is new, so each reply is made from search, tables and plugin. “Asked before”: the 1,000 addresses come round again, as the peer's one address does; the station gives an answer again, whole, once it has checked that nothing that it was made of has changed since (rows, index, plugin), and only to those who are not signed in. No reply is kept for a time that it might be stale in.",
        "Bytes a reply: " + ", ".join(f"{kind} {middle(runs[kind], 'bytes'):,.0f}" for kind in kinds) + ".",
        f"Peer: {peer.configuration()}; its list is `/api/public/v2/contentnode/?max_results=10`, one address for all." if peer else f"Peer not measured: {why}.",
    ]
    part.end()


if __name__ == "__main__":
    setting.main("pages", run)
