"""Two stations and another host on one net, made of network namespaces here (as root):
the names that the stations tell by multicast DNS, who holds `tram.local`, and what a
foreign name gets. `names.py TRAM` (the binary)."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

RESOLVER = pathlib.Path(__file__).resolve().parents[2] / "image/test/mdns.py"
HOST = "10.77.0.9"
ADDRESSES = ("10.77.0.11", "10.77.0.12")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def lan():
    """A switch, two stations' hosts and another host."""
    mark = os.getpid()
    switch, hosts = f"tn-sw-{mark}", [f"tn-a-{mark}", f"tn-b-{mark}", f"tn-c-{mark}"]
    made = []
    try:
        for name in [switch, *hosts]:
            ip("netns", "add", name)
            made.append(name)
        ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        ip("-n", switch, "link", "set", "br0", "up")
        for at, (host, address) in enumerate(zip(hosts, [*ADDRESSES, HOST])):
            ip("-n", switch, "link", "add", f"p{at}", "type", "veth", "peer", "name", "eth0", "netns", host)
            ip("-n", switch, "link", "set", f"p{at}", "master", "br0", "up")
            ip("-n", host, "link", "set", "lo", "up")
            ip("-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", host, "link", "set", "eth0", "up")
        yield hosts
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], check=False)


@contextlib.contextmanager
def station(tram: str, host: str, address: str, folder: pathlib.Path):
    printed = subprocess.run([tram, "init", "--data", folder], check=True, capture_output=True, text=True).stdout
    assert "Set-up code" in printed, printed
    with open(f"{folder}.log", "wb") as log:
        child = subprocess.Popen(
            ["ip", "netns", "exec", host, tram, "serve", "--data", folder, "--listen", f"{address}:80", "--no-plugins", "--mdns"],
            stdout=log, stderr=log,
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)


def resolve(host: str, *names: str, seconds: float = 2) -> dict[str, list[str]]:
    done = subprocess.run(
        ["ip", "netns", "exec", host, sys.executable, "-B", RESOLVER, HOST, str(seconds), *names],
        check=True, capture_output=True, text=True,
    )
    return json.loads(done.stdout)


def wait_for(host: str, name: str, wanted: list[str], seconds: float) -> float:
    """Until the name leads there; how long it took."""
    began = time.monotonic()
    found = None
    while time.monotonic() - began < seconds:
        found = resolve(host, name).get(name, [])
        if sorted(a for a in found if ":" not in a) == sorted(wanted):
            return time.monotonic() - began
        time.sleep(0.5)
    raise AssertionError(f"{name}: {found}, not {wanted}, after {seconds} s")


def fetch(host: str, address: str, name: str) -> tuple[int, str]:
    program = (
        "import sys, http.client as h\n"
        "c = h.HTTPConnection(sys.argv[1], 80, timeout=20)\n"
        "c.request('GET', '/setup', headers={'Host': sys.argv[2]})\n"
        "r = c.getresponse(); print(r.status); print(r.headers); print(r.read().decode())"
    )
    done = subprocess.run(
        ["ip", "netns", "exec", host, sys.executable, "-c", program, address, name],
        check=True, capture_output=True, text=True,
    ).stdout
    status, rest = done.split("\n", 1)
    return int(status), rest


def own_name(host: str, address: str) -> str:
    """As the station's page for a foreign name tells it."""
    status, page = fetch(host, address, "evil.example")
    assert status == 421, (status, page)
    assert "set-cookie" not in page.lower(), "a foreign name gets no session"
    return re.search(r"tram-[0-9a-f]{4}\.local", page).group(0)


def main() -> None:
    tram = sys.argv[1]
    with tempfile.TemporaryDirectory() as work, lan() as (a, b, other):
        first, second = (pathlib.Path(work) / name for name in ("first", "second"))
        with station(tram, b, ADDRESSES[1], second) as holder:
            took = wait_for(other, "tram.local", [ADDRESSES[1]], 20)
            print(f"one station: tram.local after {took:.1f} s")
            names = {ADDRESSES[1]: own_name(other, ADDRESSES[1])}
            with station(tram, a, ADDRESSES[0], first):
                time.sleep(8)
                names[ADDRESSES[0]] = own_name(other, ADDRESSES[0])
                for address, name in names.items():
                    wait_for(other, name, [address], 10)
                    assert fetch(other, address, name)[0] == 200
                wait_for(other, "tram.local", [ADDRESSES[1]], 5)
                print("two stations: each has its own name, the first one keeps tram.local")
                assert fetch(other, ADDRESSES[1], "tram.local")[0] == 200
                assert fetch(other, ADDRESSES[0], "tram.local")[0] == 421, "it is the other's name"
                ip("-n", a, "addr", "add", "10.77.0.21/24", "dev", "eth0")
                took = wait_for(other, names[ADDRESSES[0]], [ADDRESSES[0], "10.77.0.21"], 30)
                print(f"a new address is told after {took:.1f} s")
                holder.terminate()
                holder.wait(20)
                # It is asked for again every two minutes.
                took = wait_for(other, "tram.local", [ADDRESSES[0], "10.77.0.21"], 150)
                print(f"the holder left: the other has tram.local after {took:.0f} s")


def may_make_nets() -> bool:
    name = f"tn-try-{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if __name__ == "__main__":
    if may_make_nets():
        main()
    else:
        print("skipped: no network namespaces here (they need root and iproute2)")
