"""Parse, journal and index the whole corpus, against Zebra's indexing alone; size on disk."""

import setting
import zebra
from corpus import Corpus, count
from report import Part, median, middle, ratio
from station import Station


def run():
    corpus = Corpus().prepare()
    peer = zebra.Zebra(setting.BENCH / "zebra").need()
    records = count(corpus.all)
    part = Part("import", f"Import of {records:,} records, against Zebra's indexing alone", "tests/bench/run.sh import").begin()
    mine, theirs = [], []
    ours = Station(setting.BENCH / "stations" / "all")
    for _ in range(setting.ROUNDS):
        ours.make().start()
        try:
            mine.append(ours.import_file(corpus.all))
            mine[-1]["tidy"] = ours.rest()
        finally:
            ours.stop()
        mine[-1]["disk"] = ours.disk() / 1e6
        peer.set_up(corpus.parts)
        wall, cpu, peak = peer.index()
        theirs.append({"wall": wall, "cpu": cpu, "peak": peak, "disk": peer.disk() / 1e6})
    (peer.folder / "indexed").touch()
    ours.folder.with_name("all.stamp").touch()
    times, cpu = ratio(mine, theirs, "wall", larger_is_better=False), ratio(mine, theirs, "cpu", larger_is_better=False)
    part.add("wall time until every record is found", f"{middle(mine, 'wall'):.1f} s", f"{middle(theirs, 'wall'):.1f} s", f"{times:.2f} × faster", "5 ×", times >= 5)
    part.add("of it until the job says done", f"{middle(mine, 'job'):.1f} s")
    part.add("processor time", f"{middle(mine, 'cpu'):.1f} s", f"{middle(theirs, 'cpu'):.1f} s", f"{cpu:.2f} × less")
    part.add("processor time of tidying the index afterwards, when idle", f"{middle(mine, 'tidy'):.1f} s")
    part.add("peak resident memory (mapped files included)", f"{middle(mine, 'peak'):.0f} MB", f"{middle(theirs, 'peak'):.0f} MB", "", "< 200 MB", middle(mine, "peak") < 200)
    part.add("peak anonymous memory", f"{middle(mine, 'anonymous'):.0f} MB")
    share = middle(mine, "disk") / middle(theirs, "disk")
    part.add("journal, tables and index on disk", f"{middle(mine, 'disk'):.0f} MB", f"{middle(theirs, 'disk'):.0f} MB", f"{share:.2f}", "≤ 0.5", share <= 0.5)
    sizes = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in ours.parts_on_disk().items() if size > 1e6)
    part.notes += [
        f"{mine[-1]['added'] - 1:,.0f} of {records:,} records added, {mine[-1]['refused']:,.0f} refused and named in the report ({', '.join(f'{name} {number:,}' for name, number in corpus.counts().items() if name != 'all')}). Medians of {setting.ROUNDS} interleaved runs, each into an empty folder; ours through the serving station (`tram --data DIR job catalogue import`). Our job and index threads run at a lower priority (nice 10) than requests and than zebraidx, so that other work on the machine weighs on our wall time; processor time is the fairer figure there.",
        f"Allocated MB in the folder: {sizes}. The uploaded file (blobs) and the reserve for a full disk are not counted; Zebra keeps the records inside its index (storeData), we in journal and tables.",
        f"Records a second: ours {records / median([r['wall'] for r in mine]):,.0f}, Zebra {records / median([r['wall'] for r in theirs]):,.0f}.",
        f"Peer: {peer.configuration()}.",
    ]
    part.end()


if __name__ == "__main__":
    setting.main("import", run)
