"""Processes: what they took, and how they are stopped (by their own id, never by name)."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def children(pid):
    """The process and all that descend from it."""
    found, waiting = [], [pid]
    while waiting:
        at = waiting.pop()
        found.append(at)
        for tasks in Path(f"/proc/{at}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                waiting += [int(child) for child in tasks.read_text().split()]
    return found


def cpu_seconds(pid):
    """User and system time of a process, its living descendants, and those it has reaped."""
    total = 0
    for at in children(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{at}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(int(field) for field in fields[11:15])
    return total / TICK


def memory(pid, field):
    """A field of /proc/PID/status in MB (10^6 bytes): RssAnon, VmRSS, VmHWM; 0 when the process is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def memory_of_all(pid, field):
    return sum(memory(at, field) for at in children(pid))


def blocks(*paths):
    """Allocated bytes (not lengths: database files are sparse) below some paths."""
    total = 0
    for path in paths:
        for folder, _, names in os.walk(path) if os.path.isdir(path) else [(os.path.dirname(path), [], [os.path.basename(path)])]:
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_blocks * 512
    return total


def stop(child, hard=False, patience=30):
    """Ends a process that we started."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def timed(command, **options):
    """Runs a command to its end: wall seconds, processor seconds, peak RSS in MB."""
    began = time.perf_counter()
    child = subprocess.Popen(command, **options)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6
