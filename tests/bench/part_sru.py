"""SRU with ten MARCXML records a reply: ours against Zebra, one load generator for both."""

import setting
import station
import zebra
from corpus import Corpus
from report import Part, middle, ratio


def run():
    corpus = Corpus().prepare()
    lines = corpus.query_file().read_text().splitlines(keepends=True)
    warm, asked = (corpus.queries / name for name in ("warm.cql", "asked.cql"))
    warm.write_text("".join(lines[:100]))
    asked.write_text("".join(lines[100:]))
    zebra.zbench()
    peer = zebra.Zebra(setting.BENCH / "zebra").need().ready(corpus)
    ours = station.loaded(corpus)
    part = Part("sru", "SRU searchRetrieve, 10 MARCXML records a reply, against Zebra", "tests/bench/run.sh sru").begin()
    figures, before = {}, {}
    peer.start()
    try:
        # Each round begins with a fresh process, so that no answer is one given again; other
        # queries first, so that both have read their files.
        for clients in (1, 8):
            runs = []
            for _ in range(setting.ROUNDS):
                ours.stop()
                ours.start()
                for url in (peer.url, ours.sru):
                    zebra.ask(url, warm, clients)
                runs.append((zebra.ask(ours.sru, asked, clients), zebra.ask(peer.url, asked, clients), zebra.ask(ours.sru, asked, clients)))
            figures[clients] = ([mine for mine, _, _ in runs], [theirs for _, theirs, _ in runs])
            before[clients] = [again for _, _, again in runs]
    finally:
        ours.stop()
        peer.stop()
    for clients, (mine, theirs) in figures.items():
        label = "1 client" if clients == 1 else f"{clients} clients"
        times = ratio(mine, theirs, "qps")
        part.add(f"throughput, {label}", f"{middle(mine, 'qps'):,.0f}/s", f"{middle(theirs, 'qps'):,.0f}/s", f"{times:.2f} ×", "4 ×" if clients == 8 else "", times >= 4 if clients == 8 else None)
        for name, share in (("p50", 0.5), ("p99", 0.25)):
            part_of = 1 / ratio(mine, theirs, name, larger_is_better=False)
            part.add(f"{name}, {label}", f"{middle(mine, name):.2f} ms", f"{middle(theirs, name):.2f} ms", f"{part_of:.2f}", f"≤ {share}", part_of <= share)
        part.add(f"throughput, {label}, asked once before", f"{middle(before[clients], 'qps'):,.0f}/s", "", "", "", None)
    mine, theirs = figures[1]
    part.notes += [
        f"{int(mine[0]['n']):,} different queries a run, each asked for the first time of a process just started and warmed with 100 others; medians of {setting.ROUNDS} interleaved runs; errors: ours {sum(r['err'] for r in figures[1][0] + figures[8][0]):.0f}, Zebra {sum(r['err'] for r in figures[1][1] + figures[8][1]):.0f}.",
        f"Queries without a hit: ours {mine[0]['zero']:.0f}, Zebra {theirs[0]['zero']:.0f}; hits a query: ours {mine[0]['meanhits']:.1f}, Zebra {theirs[0]['meanhits']:.1f}. Ours ranks by relevance, Zebra does not rank.",
        f"Peer: {peer.configuration()}.",
    ]
    part.end()


if __name__ == "__main__":
    setting.main("sru", run)
