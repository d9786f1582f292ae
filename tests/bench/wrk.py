"""HTTP load by wrk: keep-alive connections, each asking the paths of a file in turn."""

import re
import shutil
import subprocess

import process
import setting

LUA = setting.HERE / "paths.lua"
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def milliseconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def run(base, paths, connections, seconds, pid=None):
    """Requests a second, p50 and p99 in ms, processor ms a request of the process `pid`
    with its descendants, and how many replies were not 2xx."""
    if not shutil.which("wrk"):
        setting.skip("wrk is absent (apt-get install wrk)")
    spent = process.cpu_seconds(pid) if pid else 0
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", LUA, base, "--", paths]
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    spent = process.cpu_seconds(pid) - spent if pid else 0
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    received = re.search(r"requests in [0-9.]+\w+, ([0-9.]+)(\w+) read", out)
    scale = {"B": 1, "KB": 1024, "MB": 1048576, "GB": 1073741824}[received.group(2)]
    return {
        "rps": float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1)),
        "p50": milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M).group(1)),
        "p99": milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1)),
        "cpu": spent * 1e3 / max(1, requests),
        "bytes": float(received.group(1)) * scale / max(1, requests),
        "bad": (int(bad.group(1)) if bad else 0) + (sum(int(n) for n in errors.groups()) if errors else 0),
    }
