"""Durable writes, three rows a commit: our journal against SQLite in WAL mode, synchronous=FULL."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import setting
from report import Part, middle, ratio

SECONDS = 3
OURS = Path(os.environ.get("TRAM_WRITERS", setting.TARGET / "release" / "examples" / "writers"))
PEER = Path(os.environ.get("TRAM_SQLITE", setting.TARGET / "bench" / "release" / "tram-bench-sqlite"))
LINE = re.compile(r"(\d+) writers: (\d+) commits/s, p50 ([0-9.]+) ms, p99 ([0-9.]+) ms, max ([0-9.]+) ms")


def measured(text):
    """Figures by the number of writers."""
    return {int(n): {"rate": float(rate), "p50": float(p50), "p99": float(p99), "max": float(most)} for n, rate, p50, p99, most in LINE.findall(text)}


def run():
    for program, how in ((OURS, "cargo build --release -p tram-journal --example writers"), (PEER, "tests/bench/run.sh writes builds it")):
        if not program.exists():
            setting.skip(f"{program.name} is not built ({how})")
    part = Part("writes", "Durable writes, three rows of 200 bytes a commit, against SQLite WAL FULL", "tests/bench/run.sh writes").begin()
    mine, each, shared, version = {1: [], 40: []}, {1: [], 40: []}, {1: [], 40: []}, ""
    with tempfile.TemporaryDirectory(dir=setting.BENCH) as folder:
        for _ in range(setting.ROUNDS):
            ours = measured(subprocess.run([OURS, folder, str(SECONDS)], capture_output=True, text=True, check=True, timeout=120).stdout)
            for writers in (1, 40):
                mine[writers].append(ours[writers])
                for mode, runs in (("each", each), ("shared", shared)):
                    out = subprocess.run([PEER, folder, str(SECONDS), str(writers), mode], capture_output=True, text=True, check=True, timeout=120).stdout
                    runs[writers].append(measured(out)[writers])
                    version = out.strip().rsplit(", ", 1)[1]
    for writers, target in ((1, 1), (40, 5)):
        for mode, theirs in (("a connection a thread", each[writers]), ("one connection shared", shared[writers])):
            if writers == 1 and mode.startswith("one"):
                continue
            times = ratio(mine[writers], theirs, "rate")
            label = f"{writers} writer{'s' if writers > 1 else ''}" + (f", SQLite {mode}" if writers > 1 else "")
            part.add(label, f"{middle(mine[writers], 'rate'):,.0f}/s, p50 {middle(mine[writers], 'p50'):.2f}, p99 {middle(mine[writers], 'p99'):.1f} ms", f"{middle(theirs, 'rate'):,.0f}/s, p50 {middle(theirs, 'p50'):.2f}, p99 {middle(theirs, 'p99'):.1f} ms", f"{times:.2f} ×", f"{target} ×", times >= target)
    part.notes += [
        f"{SECONDS} s a run, medians of {setting.ROUNDS} interleaved runs; longest wait at 40 writers: ours {max(r['max'] for r in mine[40]):.0f} ms, SQLite {max(r['max'] for r in each[40]):.0f} ms (a connection a thread), {max(r['max'] for r in shared[40]):.0f} ms (shared).",
        "Ours also hashes and chains each entry and keeps the history of each key; SQLite keeps the three tables alone.",
        f"Peer: {version}, rusqlite with the bundled library, journal_mode=WAL, synchronous=FULL, integer primary keys, prepared statements, busy timeout 60 s.",
    ]
    part.end()


if __name__ == "__main__":
    setting.main("writes", run)
