"""The peer: Zebra, the engine under Koha, with an ICU chain; scripts from outside the project."""

import os
import re
import shutil
import subprocess
import time

import process
import setting


class Zebra:
    def __init__(self, folder):
        self.folder = folder
        self.pid = None

    def need(self):
        for program in ("zebraidx", "zebrasrv"):
            if not shutil.which(program):
                setting.skip(f"{program} is absent (apt-get install idzebra-2.0)")
        return self

    def set_up(self, files):
        """An empty database over the files."""
        subprocess.run([setting.peer_script("zsetup.sh"), self.folder, *files], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["zebraidx", "-c", "zebra.cfg", "-v", "none", "init"], cwd=self.folder, check=True)

    def index(self):
        """Indexes all its records: wall seconds, processor seconds, peak RSS in MB."""
        return process.timed(["zebraidx", "-c", "zebra.cfg", "-v", "none", "update", "rec"], cwd=self.folder)

    def disk(self):
        return process.blocks(self.folder / "reg")

    def ready(self, corpus):
        """Indexed once and kept: for parts that only ask."""
        stamp = self.folder / "indexed"
        if not stamp.exists():
            self.set_up(corpus.parts)
            self.index()
            stamp.touch()
        return self

    def start(self):
        port = process.free_port()
        subprocess.run([setting.peer_script("zrun.sh"), self.folder, str(port)], check=True)
        self.pid = int((self.folder / "srv.pid").read_text())
        self.url = f"http://127.0.0.1:{port}/Default"
        return self

    def stop(self):
        if self.pid:
            for at in reversed(process.children(self.pid)):
                try:
                    os.kill(at, 15)
                except ProcessLookupError:
                    pass
            time.sleep(0.2)
            self.pid = None

    def configuration(self):
        chain = re.sub(r"\s+", " ", (self.folder / "tab" / "words-icu.xml").read_text()).strip()
        config = "; ".join(line for line in (self.folder / "zebra.cfg").read_text().splitlines() if line.split(":")[0] in ("storeKeys", "storeData", "memMax", "recordType", "encoding"))
        return f"Zebra {setting.version('dpkg-query', '-W', '-f', '${Version}', 'idzebra-2.0-utils')}, yaz {setting.version('pkg-config', '--modversion', 'yaz')}; {config}; words: `{chain}`"


def zbench():
    """The load generator for SRU, compiled from the peers' scripts."""
    source = setting.peer_script("zbench.c")
    binary = setting.BENCH / "zbench"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "yaz"], capture_output=True, text=True, check=False)
        if flags.returncode:
            setting.skip("libyaz-dev is absent (apt-get install libyaz-dev pkg-config)")
        subprocess.run(["gcc", "-O2", source, "-o", binary, *flags.stdout.split(), "-lpthread"], check=True)
    return binary


def ask(url, queries, clients, repeat=1):
    """One run of zbench over SRU with ten MARCXML records a reply: a dictionary of its figures."""
    out = subprocess.run([zbench(), url, queries, str(clients), "10", "1", str(repeat)], capture_output=True, text=True, timeout=300, check=True)
    figures = dict(re.findall(r"(\w+)=([0-9.]+)", out.stdout))
    return {name: float(figures[name]) for name in ("n", "err", "zero", "meanhits", "p50", "p90", "p99", "qps")}
