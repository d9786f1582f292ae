"""Learning materials: list and search pages beside Kolibri's, and a class that opens one lesson."""

import html.parser
import http.client
import json
import re
import shutil
import sys
import threading
import time
import urllib.parse
import uuid

import setting
import wrk
from corpus import Corpus
from kolibri import RESOURCES, Kolibri
from part_pages import titles
from report import Part, median, middle, ratio

sys.path.insert(0, str(setting.CHECKOUT / "tests" / "conformance" / "tus"))

ITEMS = 300
SECONDS = 4
CONNECTIONS = 40
PUPILS = 40
TIMES = 15

# What we measure, and what it is called.
OURS = {
    "list-first": "list page (HTML), asked for the first time",
    "search-first": "search page (HTML), asked for the first time",
    "json-first": "JSON search, asked for the first time",
    "search": "search page (HTML), asked before",
}


class Fields(html.parser.HTMLParser):
    """What a form would send if nothing were touched: the one whose action ends so."""

    def __init__(self, page, action):
        super().__init__()
        self.action, self.inside, self.select, self.area = action, False, None, None
        self.values = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        if tag == "form":
            self.inside = has.get("action", "").endswith(self.action)
        if not self.inside:
            return
        name, value = has.get("name"), has.get("value") or ""
        if tag == "input" and name and has.get("type") not in ("file", "submit") and (has.get("type") not in ("checkbox", "radio") or "checked" in has):
            self.values[name] = value
        elif tag == "textarea" and name:
            self.area = name
            self.values[name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in has or self.select not in self.values):
            self.values[self.select] = value

    def handle_data(self, data):
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        self.area = None if tag == "textarea" else self.area
        self.select = None if tag == "select" else self.select


def send(person, path, fields, file=None):
    """Sends a form as a browser does, with a file where there is one; where it leads to."""
    if file is None:
        status, headers, said = person.post(path, fields)
    else:
        boundary = uuid.uuid4().hex
        parts = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items())
        parts += f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{file[0]}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + file[1] + f"\r\n--{boundary}--\r\n".encode()
        status, headers, said = person.ask("POST", path, parts, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    if status != 303:
        raise RuntimeError(f"{path} answered {status}: {said[-2000:]}")
    return urllib.parse.urlparse(headers["location"]).path


def publish(people, title, description, file):
    """A lesson on its way from the teacher to the pupils, through the pages; its address."""
    teacher, head, principal = people
    fields = Fields(teacher.get("/materials/new"), "/materials/new").values
    fields |= {"title": title, "description": description, "kind": "slides", "subject": "Khoa học tự nhiên", "grades": "8", "audience": "all"}
    item = send(teacher, "/materials/new", fields, file)
    for person, step in [(teacher, "submit"), (head, "approve"), (principal, "approve-publish")]:
        page = person.get(f"{item}?edition=work")
        forms = [part for part in page.split("<form")[1:] if f'value="{step}"' in part.split("</form>")[0]]
        if not forms:
            raise RuntimeError(f"{item}: nothing to {step}")
        send(person, f"{item}/step", Fields("<form" + forms[0], f"{item}/step").values)
    return item


def fill(station, names):
    """The demonstration school with `ITEMS` more items, and one that a class will open."""
    from person import Person

    people = [Person(station.url, name) for name in ("giaovien", "totruong", "hieutruong")]
    for at, name in enumerate(names[:ITEMS]):
        words = " ".join(names[(at + n) % len(names)] for n in range(1, 6))
        publish(people, name[:200], f"Bài đọc thêm số {at}.", (f"bài {at}.txt", words.encode()))
    text = ("Vì sao nước trà xanh sôi sùng sục đẩy bật nút bình thuỷ tinh? " * 40 + "\n") * 400
    lesson = publish(people, "Sự nở vì nhiệt", "Ba thí nghiệm nhỏ.", ("Bài giảng.txt", text.encode()))
    until = time.monotonic() + 60
    while json.loads(people[0].get("/api/materials/v1/search?q=" + urllib.parse.quote_plus(names[ITEMS - 1][:60])))["total"] == 0:
        if time.monotonic() > until:
            raise RuntimeError("the index did not follow")
        time.sleep(0.2)
    return lesson


def class_opens(port, headers, path):
    """Milliseconds that each of forty pupils waits, who ask for the same at one moment."""
    gate, times = threading.Barrier(PUPILS), []

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        for _ in range(TIMES):
            gate.wait()
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            reply = connection.getresponse()
            reply.read()
            times.append((time.perf_counter() - began) * 1e3)
            if reply.status not in (200, 206):
                raise RuntimeError(f"{path} answered {reply.status}")
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(PUPILS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) != PUPILS * TIMES:
        raise RuntimeError(f"{path}: {PUPILS * TIMES - len(times)} requests failed")
    times.sort()
    return {"p50": median(times), "p99": times[int(len(times) * 0.99)]}


def paths(folder, kind, names, turn, rounds=25):
    """A file of addresses: new ones where the first time is asked for."""
    typed = [urllib.parse.quote_plus(" ".join(name.split()[:3])) for name in names[:ITEMS]]
    plain = {
        "list": ["/materials/?"],
        "search": [f"/materials/?q={words}" for words in typed],
        "json": [f"/api/materials/v1/search?q={words}" for words in typed],
        "peer-list": ["/api/public/v2/contentnode/?max_results=10"],
        "peer-search": [f"/api/content/contentnode_search/?max_results=10&search={words}" for words in typed],
    }[kind.removesuffix("-first")]
    if kind.endswith("-first"):
        plain = [f"{path}&first={turn}-{n}" for n in range(rounds * ITEMS // len(plain)) for path in plain]
    file = folder / f"paths-{kind}.txt"
    file.write_text("\n".join(plain) + "\n")
    return file


def run():
    from person import Person
    from school import Station

    if not setting.TRAM.exists():
        setting.skip(f"{setting.TRAM.name} is not built (make build)")
    listed = titles(Corpus().prepare())
    names = [name for name in json.loads(listed.read_text()) if re.search(r"\w{2}", name)]
    folder = setting.BENCH / "materials"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peer = Kolibri().prepare(listed)
    part = Part("materials", f"Learning materials: pages at {CONNECTIONS} connections beside Kolibri, and a class that opens one lesson", "tests/bench/run.sh materials").begin()
    ours = Station(folder / "school")
    kinds = [*OURS, "peer-list", "peer-search"]
    runs = {kind: [] for kind in kinds}
    opened = {"page": [], "file": [], "peer": []}
    try:
        ours.start()
        began = time.perf_counter()
        lesson = fill(ours, names)
        setting.say(f"materials: {ITEMS + 1} items published through the pages in {time.perf_counter() - began:.0f} s")
        peer.start()
        for turn in range(setting.ROUNDS + 1):
            for kind in kinds:
                server, pid = (peer.url, peer.child.pid) if kind.startswith("peer") else (ours.url, ours.child.pid)
                figures = wrk.run(server, paths(folder, kind, names, turn), CONNECTIONS, SECONDS if turn else 1, pid)
                if turn:  # the first round warms both
                    runs[kind].append(figures)
        pupil = {"Cookie": Person(ours.url, "hocsinh").cookie()}
        with_range = {**pupil, "Range": "bytes=0-1048575"}
        node = json.loads(get(peer.port, "/api/public/v2/contentnode/?max_results=2"))["results"][-1]["id"]
        for turn in range(setting.ROUNDS + 1):
            once = {
                "page": class_opens(ours.port, pupil, lesson),
                "file": class_opens(ours.port, with_range, f"{lesson}/files/1"),
                "peer": class_opens(peer.port, {}, f"/api/public/v2/contentnode/{node}/"),
            }
            if turn:
                for what, figures in once.items():
                    opened[what].append(figures)
    finally:
        ours.stop()
        peer.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for kind, label in OURS.items():
        mine, theirs = runs[kind], runs["peer-list" if kind.startswith("list") else "peer-search"]
        times = ratio(mine, theirs, "rps")
        part.add(f"{label}: throughput", f"{middle(mine, 'rps'):,.0f}/s", f"{middle(theirs, 'rps'):,.0f}/s", f"{times:.1f} ×", "20 ×", times >= 20)
        part.add(f"{label}: p99", f"{middle(mine, 'p99'):.1f} ms", f"{middle(theirs, 'p99'):.0f} ms")
        part.add(f"{label}: processor time a request", f"{middle(mine, 'cpu'):.3f} ms", f"{middle(theirs, 'cpu'):.2f} ms")
    page, file, theirs = opened["page"], opened["file"], opened["peer"]
    part.add(f"{PUPILS} pupils open one lesson at once, signed in: its page, p50 and p99", f"{middle(page, 'p50'):.0f} and {middle(page, 'p99'):.0f} ms", f"{middle(theirs, 'p50'):.0f} and {middle(theirs, 'p99'):.0f} ms", f"{ratio(page, theirs, 'p99', larger_is_better=False):.1f} ×")
    part.add("the same: the first MiB of its file, p50 and p99", f"{middle(file, 'p50'):.0f} and {middle(file, 'p99'):.0f} ms")
    part.notes += [
        f"wrk on the same two cores, {SECONDS} s a run, medians of {setting.ROUNDS} interleaved runs. Ours: the demonstration school with {ITEMS} more items that went through both approvals on the pages; searches by the first three words of each title. Not 2xx: " + ", ".join(f"{kind} {sum(r['bad'] for r in runs[kind])}" for kind in kinds) + ".",
        f"A class: {PUPILS} connections that ask at one moment, {TIMES} times over, by a client of {PUPILS} threads on the same cores; the peer answers the JSON of one resource, without a session.",
        f"Peer: {peer.configuration()}; it has {RESOURCES:,} resources, ours {ITEMS + 33}.",
    ]
    part.end()


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    try:
        return connection.getresponse().read()
    finally:
        connection.close()


if __name__ == "__main__":
    setting.main("materials", run)
