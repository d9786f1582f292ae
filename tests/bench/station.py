"""Ours: a station with the demonstration school and, beside it, the corpus."""

import http.client
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import uuid

import process
import setting

PATIENCE = 120
# Uploaded files, space set aside for a full disk, compiled plugins, indexes on their way.
NOT_COUNTED = {"blobs", "reserve", "cache", "drafts"}


class Station:
    def __init__(self, folder):
        self.folder = folder
        self.child = None
        self.url = ""
        self.port = 0

    # ---- life ---------------------------------------------------------------

    def make(self):
        """A fresh folder: the demonstration school, made and closed again."""
        if not setting.TRAM.exists():
            setting.skip(f"{setting.TRAM.name} is not built (make build)")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.log().open("w") as log:
            self.child = subprocess.Popen([setting.TRAM, "demo", "--data", self.folder, "--listen", "127.0.0.1:0"], stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not (found := re.search(r"^\s*http://127\.0\.0\.1:(\d+)/", self.log().read_text(), re.M)):
            self.check(until)
        self.port = int(found.group(1))
        while not self.finds("trang"):  # its own titles are indexed: nothing of that is left for later
            self.check(until)
        self.stop()
        return self

    def start(self):
        """Serves the folder; answers when it is up."""
        self.spawn()
        self.wait("/healthz")
        return self

    def spawn(self):
        self.port = process.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with self.log().open("a") as log:
            self.child = subprocess.Popen([setting.TRAM, "serve", "--data", self.folder, "--listen", f"127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def wait(self, path, good=lambda body: True, pause=0.002):
        """Asks until a good answer comes; answers how long that took in seconds."""
        began, until = time.perf_counter(), time.monotonic() + PATIENCE
        while True:
            try:
                status, body = self.get(path)
                if status == 200 and good(body):
                    return time.perf_counter() - began
            except (OSError, http.client.HTTPException):
                pass
            self.check(until, pause)

    def check(self, until, pause=0.05):
        if self.child.poll() is not None or time.monotonic() > until:
            tail = self.log().read_text()[-2000:]
            self.stop()
            raise RuntimeError(f"the station ended or is silent:\n{tail}")
        time.sleep(pause)

    def stop(self, hard=False):
        if self.child:
            process.stop(self.child, hard)
            self.child = None

    def copy_to(self, folder):
        """A second folder with the same data (blocks that are holes stay holes)."""
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", "--sparse=always", self.folder, folder], check=True)
        return Station(folder)

    def log(self):
        return self.folder.with_name(self.folder.name + ".log")

    # ---- asking -------------------------------------------------------------

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def finds(self, word):
        """Whether a search for a word finds something."""
        status, body = self.get(f"/api/catalogue/v1/search?q={word}&per_page=1")
        return status == 200 and json.loads(body)["total"] > 0

    def rest(self):
        """Waits until the station has nothing more to do (it tidies its index some time after
        an import), a minute at most; the processor seconds of that."""
        spent, until = process.cpu_seconds(self.child.pid), time.monotonic() + 60
        time.sleep(13)
        while time.monotonic() < until:
            before = process.cpu_seconds(self.child.pid)
            time.sleep(1.5)
            if process.cpu_seconds(self.child.pid) - before < 0.1:
                break
        return process.cpu_seconds(self.child.pid) - spent

    @property
    def sru(self):
        return self.url + "/catalogue/sru"

    # ---- filling ------------------------------------------------------------

    def job_command(self, *files):
        return [setting.TRAM, "--data", self.folder, "job", "catalogue", "import", *files, "--set", "duplicates=add"]

    def import_file(self, file):
        """Imports a file through the serving station and waits until the index has all of
        it. Answers wall seconds, processor seconds, peak RSS and peak RssAnon in MB of the
        server, and what the job says of records.

        A search counts no further than 10,000, so a last record of its own word tells that
        the index, which follows the journal in order, has come to the end."""
        word = f"zq{uuid.uuid4().hex}"
        last = self.folder.with_name("last.mrc")
        last.write_bytes(record_with_title(word))
        began, spent = time.perf_counter(), process.cpu_seconds(self.child.pid)
        job = subprocess.Popen(self.job_command(file, last), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        anonymous, counts, jobs_end = 0.0, {}, 0.0
        while True:
            anonymous = max(anonymous, process.memory(self.child.pid, "RssAnon"))
            if job.poll() is None:
                time.sleep(0.05)
                continue
            if not jobs_end:
                jobs_end, report = time.perf_counter(), job.stdout.read().strip()
                if job.returncode:
                    raise RuntimeError(f"the import failed: {report}")
                counts = json.loads(report)["counts"]
            if self.finds(word):
                break
            if time.perf_counter() - jobs_end > PATIENCE:
                raise RuntimeError(f"the index is not complete {PATIENCE} s after the job")
            time.sleep(0.02)
        return {
            "wall": time.perf_counter() - began,
            "job": jobs_end - began,
            "cpu": process.cpu_seconds(self.child.pid) - spent,
            "peak": process.memory(self.child.pid, "VmHWM"),
            "anonymous": anonymous,
            "added": counts["added"],
            "refused": counts["refused"],
        }

    def disk(self):
        """Allocated bytes of journal, tables and index; uploaded files and the reserve are apart."""
        return process.blocks(*[path for path in self.folder.iterdir() if path.name not in NOT_COUNTED])

    def parts_on_disk(self):
        return {path.name: process.blocks(path) for path in sorted(self.folder.iterdir())}


def record_with_title(title):
    """A record in ISO 2709 with nothing but a title."""
    field = b"10\x1fa" + title.encode() + b"\x1e"
    directory = b"245%04d%05d\x1e" % (len(field), 0)
    base = 24 + len(directory)
    return b"%05dnam a22%05d a 4500" % (base + len(field) + 1, base) + directory + field + b"\x1d"


def loaded(corpus, name="all", file=None):
    """A stopped station that holds the corpus, made once for each build of the binary."""
    file = file or corpus.all
    station = Station(setting.BENCH / "stations" / name)
    stamp = station.folder.with_name(name + ".stamp")
    if not stamp.exists() or not station.folder.exists() or stamp.stat().st_mtime < setting.TRAM.stat().st_mtime:
        station.make().start()
        try:
            figures = station.import_file(file)
            station.rest()
            setting.say(f"station: {figures['added']:,} records imported in {figures['wall']:.1f} s ({name})")
        finally:
            station.stop()
        stamp.touch()
    return station


def search_path(kind, words):
    """The path of a search for some words: html or json."""
    typed = urllib.parse.quote_plus(" ".join(words))
    return f"/catalogue/?q={typed}" if kind == "html" else f"/api/catalogue/v1/search?q={typed}&per_page=10"
