"""What a call through a plugin costs over the same reply from native code."""

import setting
import station
import wrk
from corpus import Corpus
from report import Part, median

SECONDS = 2
ADDRESSES = 100_000


def run():
    corpus = Corpus().prepare()
    ours = station.loaded(corpus)
    part = Part("plugin", "A call through a plugin over a native route, 1 connection", "tests/bench/run.sh plugin").begin()
    # Without a query `suggest` answers an empty list and asks the station for nothing: the bare call.
    routes = {
        "native": "/healthz",
        "bare": "/catalogue/suggest?first=",
        "list": "/api/catalogue/v1/search?q=&per_page=1&first=",
        "again": "/catalogue/suggest",
    }
    runs = {name: [] for name in routes}
    try:
        ours.start()
        for turn in range(max(5, setting.ROUNDS) + 1):
            for name, path in routes.items():
                file = corpus.folder / f"paths-{name}.txt"
                # A new address for each call: an earlier answer cannot stand in for it.
                times = ADDRESSES if path.endswith("=") else 1
                file.write_text("".join(f"{path}{turn}-{n}\n" if times > 1 else f"{path}\n" for n in range(times)))
                figures = wrk.run(ours.url, file, 1, SECONDS if turn else 1, ours.child.pid)
                if figures["bad"]:
                    raise RuntimeError(f"{path} answers errors")
                if turn:
                    runs[name].append(figures)
    finally:
        ours.stop()
    micro = {name: median([run["p50"] * 1e3 for run in figures]) for name, figures in runs.items()}
    over = median([(bare["p50"] - native["p50"]) * 1e3 for bare, native in zip(runs["bare"], runs["native"], strict=True)])
    whole = median([(one["p50"] - native["p50"]) * 1e3 for one, native in zip(runs["list"], runs["native"], strict=True)])
    part.add("p50, native (`/healthz`)", f"{micro['native']:.0f} µs")
    part.add("p50, through the plugin, nothing asked of the host", f"{micro['bare']:.0f} µs")
    part.add("difference", f"{over:.0f} µs", "", "", "≤ 60 µs", over <= 60)
    part.add("p50 of a search of one record as JSON, over native", f"{whole:.0f} µs")
    part.add("p50 of an answer that is given again, over native", f"{micro['again'] - micro['native']:.0f} µs")
    part.add("processor time a request", f"{median([r['cpu'] for r in runs['bare']]) * 1e3:.0f} µs", f"{median([r['cpu'] for r in runs['native']]) * 1e3:.0f} µs native")
    part.notes.append(f"wrk, 1 connection, {SECONDS} s a run, medians of {len(runs['bare'])} interleaved runs. Routing, permission, a snapshot, a fresh instance, the call, and the same HTTP on both sides. Each address is asked once, so every call runs; what it costs when an earlier answer is confirmed and given again stands in a row of its own.")
    part.end()


if __name__ == "__main__":
    setting.main("plugin", run)
