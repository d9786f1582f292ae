"""What a box of 1 GB holds while it serves the demonstration school."""

from __future__ import annotations

import pathlib
import re

import shared
from machine import Machine, make_disk
from shared import Run

# Whole-system memory with the demonstration school, MiB.
MOST = 350
SAID = re.compile(r"TEST: memory (\d+) MiB, server (\d+) MiB, ready after (\d+) ms")
PAGES = ["/", "/search?q=truyen", "/catalogue", "/catalogue?q=nguyen+du", "/catalogue?q=lich+su", "/materials",
         "/materials?q=phan+so", "/sign-in", "/healthz"]


def memory(run: Run) -> None:
    """The demonstration school on a box of 1 GB that starts from USB: what the whole system
    and the server hold after its pages were asked for, and how long the service takes from
    its start until it answers."""
    version = "0.2.0"
    shared.build(run, version, "--no-update", "--spoil", str(pathlib.Path(__file__).resolve().parent / "watched"))
    school = shared.demonstration(run)
    disk = run.work / "memory.raw"
    make_disk(run.images / f"tram-{version}-x86_64.img", disk, 8)
    with Machine(run.work / "memory", [(disk, "usb")], memory=1024) as box:
        box.on()
        box.wait_for_page()
        box.wait_seconds(10)
        box.pull_the_plug()
        shared.put_in_place(school, disk)
        box.on()
        box.wait_for_page()
        run.note("service ready after its start, ms", int(box.wait_for(SAID, 300)[3]))
        reader = box.plain()
        for turn in range(3):
            for path in PAGES:
                page = reader.open(path)
                assert page.status == 200, f"{path}: {page.status} {page.text[:300]}"
        box.wait_seconds(15)
        box.forget()
        said = box.wait_for(SAID, 60)
        used, server = int(said[1]), int(said[2])
        run.note("memory in use with the demonstration school, MiB", used)
        run.note("memory in use: of it the server's, MiB", server)
        assert used <= MOST, f"{used} MiB in use, at most {MOST}"
