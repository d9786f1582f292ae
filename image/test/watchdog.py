"""A server that hangs, and a kernel that hangs: the box comes back by itself."""

from __future__ import annotations

import pathlib

import client
import shared
from machine import Machine
from shared import Run
from updates import PAGE, next_version, send, try_now


def watchdog(run: Run) -> None:
    """A version, healthy at first, whose server is frozen once it was blessed: systemd
    sees that it feeds no watchdog and starts it anew; then the kernel stops without its own
    restart: the hardware's watchdog, fed by nobody, pulls the reset line."""
    hung = next_version(run.version, 4)
    shared.build(run, hung, "--spoil", str(pathlib.Path(__file__).resolve().parent / "hung"))
    disk = run.copy_station("watchdog")
    with Machine(run.work / "watchdog", [(disk, "ahci")]) as box:
        box.on()
        old = box.booted()
        try_now(box, send(box, run.images / f"tram-{hung}-x86_64.tram-update", 600))
        line = box.booted(900)
        assert (line[1], line[3]) == (hung, old[3]), line[0]
        box.wait_for("TEST: the server is frozen", 600)
        frozen = box.uptime
        box.wait_for("TEST: the server was started anew", 600)
        run.note("watchdog: a frozen server is back after, s", round(box.uptime - frozen))
        box.wait_for_page()
        box.wait_for("TEST: the kernel stops", 600)
        box.forget()
        stopped = box.uptime
        line = box.booted(900)
        assert (line[1], line[3]) == (hung, old[3]), f"the watchdog came back as {line[0]}"
        run.note("watchdog: a stopped kernel is up again after, s", round(box.uptime - stopped))
        box.wait_for_page()
        client.found_within(box.plain(), "thuanh", shared.TITLES, 120)
        assert hung in box.secure_signed_in().open(PAGE).text
