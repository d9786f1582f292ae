"""Where things are, what the machine is, and how the benches speak."""

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tram"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", CACHE / "target"))
TOOLS = Path(os.environ.get("TRAM_TOOLS", CACHE / "tools"))
BENCH = TOOLS / "bench"
CORPUS = Path(os.environ.get("TRAM_CORPUS", CHECKOUT.parent / "shared" / "corpus"))
# The peers' scripts are outside material: they are read where they lie, never copied into the project.
PEERS = Path(os.environ.get("TRAM_PEERS", CHECKOUT.parent / "shared" / "bench" / "zebra"))
TRAM = Path(os.environ.get("TRAM_BINARY", TARGET / "release" / "tram"))
DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
RESULTS = BENCH / "results"
ROUNDS = int(os.environ.get("ROUNDS", "3"))


class Skip(Exception):
    """Why a part cannot run here; printed, and the run goes on."""


def skip(reason):
    raise Skip(reason)


def say(line):
    print(line, flush=True)


def peer_script(name):
    path = PEERS / name
    if not path.exists():
        skip(f"the peers' scripts are absent (../shared/bench/zebra/{name} beside the checkout; set TRAM_PEERS)")
    return path


def _one(path, start):
    try:
        for line in Path(path).read_text().splitlines():
            if line.startswith(start):
                return line.split(":" if ":" in line else "=", 1)[1].strip().strip('"')
    except OSError:
        pass
    return "unknown"


def machine():
    """Processor, cores, memory, system: one line."""
    memory = int(_one("/proc/meminfo", "MemTotal").split()[0]) / 1048576
    return f"{os.cpu_count()} × {_one('/proc/cpuinfo', 'model name')}, {memory:.0f} GiB, {_one('/etc/os-release', 'PRETTY_NAME')}, Linux {platform.release().split('-')[0]}"


def load():
    return os.getloadavg()[0]


def version(*command):
    """What a program says its version is: its first line."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return ((out.stdout or out.stderr).strip().splitlines() or ["unknown"])[0]
    except OSError:
        return "absent"


def main(part, function):
    """Runs one part as a program of its own."""
    try:
        function()
    except Skip as why:
        say(f"{part}: skipped: {why}")
        sys.exit(0)
