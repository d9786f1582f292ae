"""Rows of figures, the table on the screen, and the marked block of docs/benchmarks.md."""

import datetime
import json
import re
import statistics
from dataclasses import asdict, dataclass, field

import setting

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


@dataclass
class Row:
    """One figure beside its target. `ok` is None where no target was set."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    ok: bool | None = None


@dataclass
class Part:
    """What a part measured, with the conditions under which it did."""

    name: str
    title: str
    command: str
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    date: str = ""
    load: str = ""
    machine: str = ""

    def begin(self):
        self._load = setting.load()
        self._began = datetime.datetime.now(datetime.UTC)
        return self

    def add(self, what, ours, peer="", ratio="", target="", ok=None):
        self.rows.append(Row(what, ours, peer, ratio, target, None if ok is None else bool(ok)))

    def end(self):
        """Keeps the figures, and prints them."""
        self.date = f"{self._began:%Y-%m-%d %H:%M} UTC"
        self.load = f"{self._load:.1f} to {setting.load():.1f}"
        self.machine = setting.machine()
        setting.RESULTS.mkdir(parents=True, exist_ok=True)
        (setting.RESULTS / f"{self.name}.json").write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))
        for line in self.text():
            setting.say(line)

    def text(self):
        yield f"\n== {self.title} ({self.date}, load {self.load})"
        for row in self.rows:
            yield f"  {row.what}: {row.ours}" + (f" | peer {row.peer}" if row.peer else "") + (f" | ratio {row.ratio}" if row.ratio else "") + (f" | target {row.target}: {verdict(row)}" if row.target else "")
        for note in self.notes:
            yield f"  {note}"


def verdict(row):
    return {True: "met", False: "MISSED", None: ""}[row.ok]


def median(values):
    return statistics.median(values)


def middle(runs, name):
    return median([run[name] for run in runs])


def ratio(ours, peers, name, larger_is_better=True):
    """The median of the ratios of runs that were made next to each other."""
    pairs = [(mine[name], theirs[name]) for mine, theirs in zip(ours, peers, strict=True)]
    return median([mine / theirs if larger_is_better else theirs / mine for mine, theirs in pairs])


def write(order):
    """Rewrites the block of docs/benchmarks.md: a part that was measured on this machine
    by its figures, any other as it stands there."""
    text = setting.DOCUMENT.read_text()
    head, rest = text.split(BEGIN, 1)
    block, tail = rest.split(END, 1)
    standing = sections(block)
    shown = []
    for name in order:
        path = setting.RESULTS / f"{name}.json"
        if path.exists():
            kept = json.loads(path.read_text())
            rows = [Row(**row) for row in kept.pop("rows")]
            shown.append("\n".join(section(Part(**kept, rows=rows))))
        elif name in standing:
            shown.append(standing[name])
    verdicts = [cells[-2].strip() for part in shown for line in part.splitlines() if len(cells := line.split("|")) == 8]
    met, missed = verdicts.count("met"), verdicts.count("**missed**")
    lines = [BEGIN, "", f"{met} of {met + missed} targets met.", "", "".join(shown) + END]
    setting.DOCUMENT.write_text(head + "\n".join(lines) + tail)


def section(part):
    """The lines of one part."""
    yield from [f"### {part.title}", "", f"`{part.command}`, {part.date}, load average {part.load}; {part.machine}.", ""]
    yield from ["| | ours | peer | ratio | target | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in part.rows:
        shown = {True: "met", False: "**missed**", None: ""}[row.ok]
        yield f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.target} | {shown} |"
    yield from ["", *[f"- {note}" for note in part.notes], *([""] if part.notes else []), ""]


def sections(block):
    """Parts as they stand in the document, by the name their command ends in."""
    found = {}
    for text in re.split(r"(?m)^(?=### )", block)[1:]:
        name = re.search(r"`tests/bench/run\.sh ([a-z]+)`", text)
        if name:
            found[name.group(1)] = text.rstrip() + "\n\n"
    return found
