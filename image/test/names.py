"""The station's name on a LAN: a bridge in network namespaces made here, two boxes on
it, and another host that asks."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from machine import Machine, make_disk
from shared import Run

OWN_NAME = re.compile(r"\btram-[0-9a-f]{4}\.local\b")
HERE = pathlib.Path(__file__).resolve().parent
PUPIL = "169.254.7.7"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def lan():
    """A switch with two sockets for boxes and one other host, without any router."""
    switch, pupil = f"tram-lan-{os.getpid()}", f"tram-pupil-{os.getpid()}"
    ip("netns", "add", switch)
    ip("netns", "add", pupil)
    try:
        ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        for tap in ("tap0", "tap1"):
            ip("-n", switch, "tuntap", "add", tap, "mode", "tap")
            ip("-n", switch, "link", "set", tap, "master", "br0", "up")
        ip("-n", switch, "link", "add", "cable", "type", "veth", "peer", "name", "eth0", "netns", pupil)
        ip("-n", switch, "link", "set", "cable", "master", "br0", "up")
        ip("-n", switch, "link", "set", "br0", "up")
        ip("-n", pupil, "link", "set", "lo", "up")
        ip("-n", pupil, "link", "set", "eth0", "up")
        ip("-n", pupil, "addr", "add", f"{PUPIL}/16", "dev", "eth0")
        yield switch, pupil
    finally:
        ip("netns", "del", switch)
        ip("netns", "del", pupil)


def resolve(pupil: str, seconds: float, *names: str) -> dict[str, list[str]]:
    done = subprocess.run(
        ["ip", "netns", "exec", pupil, sys.executable, "-B", HERE / "mdns.py", PUPIL, str(seconds), *names],
        check=True, capture_output=True, text=True,
    )
    return json.loads(done.stdout)


def fetch(pupil: str, address: str, host: str, path: str = "/") -> tuple[int, str]:
    """A page over HTTP from the other host: status, head and body."""
    program = (
        "import http.client, sys\n"
        "line = http.client.HTTPConnection(sys.argv[1], 80, timeout=60)\n"
        "line.request('GET', sys.argv[3], headers={'Host': sys.argv[2], 'Accept-Language': 'vi'})\n"
        "reply = line.getresponse()\n"
        "print(reply.status, reply.headers, reply.read().decode('utf-8', 'replace'), sep='\\n')\n"
    )
    done = subprocess.run(
        ["ip", "netns", "exec", pupil, sys.executable, "-c", program, address, host, path],
        check=True, capture_output=True, text=True,
    )
    status, _, rest = done.stdout.partition("\n")
    return int(status), rest


def names(run: Run) -> None:
    """`tram-XXXX.local` resolves from another host and its page loads; a second box
    gives up `tram.local`; a foreign Host header gets no session."""
    first_disk = run.copy_station("names-first")
    second_disk = run.work / "names-second.raw"
    make_disk(run.image, second_disk, 8)
    with lan() as (switch, pupil):
        first = Machine(run.work / "names-1", [(first_disk, "ahci")], tap=(switch, "tap0", "52:54:00:74:72:01"))
        second = Machine(run.work / "names-2", [(second_disk, "ahci")], tap=(switch, "tap1", "52:54:00:74:72:02"))
        with first, second:
            first.on()
            first.booted()
            own = first.wait_for(OWN_NAME, 120)[0]
            found = resolve(pupil, 120, own, "tram.local")
            assert found[own], f"{own} does not resolve from another host"
            assert found["tram.local"] == found[own], f"alone on the net it is tram.local too: {found}"
            address = found[own][0]
            status, page = fetch(pupil, address, own)
            assert status == 200 and "<main" in page, f"http://{own}/ answers {status}"

            status, page = fetch(pupil, address, "evil.example", "/sign-in")
            assert status >= 400 and "set-cookie" not in page.lower(), f"a foreign name gets {status}: {page[:300]}"

            second.on()
            second.booted()
            other = second.wait_for(OWN_NAME, 120)[0]
            assert other != own, "two stations of one name"
            time.sleep(5)
            found = resolve(pupil, 120, own, other, "tram.local")
            assert found[own] == [address], f"{own} moved: {found}"
            assert found[other] and found[other] != [address], f"the second box has no address of its own: {found}"
            assert found["tram.local"] == [address], f"the second box did not give way: {found}"
            run.note("names: two boxes", f"{own} {other}")
