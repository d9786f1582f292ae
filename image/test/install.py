"""Onto the internal disk, stick and disk side by side, and back to the beginning."""

from __future__ import annotations

import pathlib
import re

import client
import shared
from machine import Machine, make_disk
from shared import Run

MENU = re.compile(r"Gõ số rồi bấm Enter")


def menu(box: Machine, number: str, seconds: float = 120) -> None:
    """Chooses from the console's menu, which is there or comes."""
    box.wait_for(MENU, seconds)
    box.forget()
    box.type(number)


def empty_disk(path: pathlib.Path, gib: float) -> pathlib.Path:
    with open(path, "wb") as file:
        file.truncate(int(gib * (1 << 30)))
    return path


def install(run: Run) -> None:
    """From the stick's console onto a second disk; a disk that is too small and the
    stick itself are refused; the new disk starts alone, and beside the stick."""
    stick = run.work / "install-stick.raw"
    make_disk(run.image, stick, 4)
    inner = empty_disk(run.work / "install-inner.raw", 8)
    small = empty_disk(run.work / "install-small.raw", 1)
    with Machine(run.work / "install", [(stick, "usb"), (inner, "nvme"), (small, "ahci")]) as box:
        box.on()
        box.booted()
        before = shared.partitions(small) if has_table(small) else None
        for wrong in ("sda", "sdb"):
            # One of the two is the stick, the other is too small; their order is the kernel's.
            menu(box, "3")
            box.wait_for("Gõ tên ổ", 60)
            box.type(wrong)
            box.wait_for(r"Bấm Enter để về trình đơn", 60)
            box.type("")
        assert (shared.partitions(small) if has_table(small) else None) == before, "the small disk was written"
        menu(box, "3")
        box.wait_for("Gõ tên ổ", 60)
        box.type("nvme0n1")
        box.wait_for("Đã cài xong", 600)
        box.pull_the_plug()
    stick_ids = {entry["uuid"] for entry in shared.partitions(stick)}
    inner_ids = {entry["uuid"] for entry in shared.partitions(inner)}
    assert not stick_ids & inner_ids, "the installed disk has ids of the stick"
    assert shared.esp_entries(inner) == [f"tram_{run.version}.efi"], shared.esp_entries(inner)

    # Alone.
    with Machine(run.work / "installed", [(inner, "nvme")]) as box:
        box.on()
        box.wait_for_page()
        first = box.booted(200)
        client.set_up(box.secure(), shared.code_on(box))
        client.save_title(box.secure_signed_in(), "Trên ổ trong máy")
        box.wait_seconds(8)
        box.pull_the_plug()
    # Beside the stick: the firmware's first disk decides, and each keeps its own data.
    for order, expected in (([(inner, "nvme"), (stick, "usb")], 1), ([(stick, "usb"), (inner, "nvme")], 0)):
        with Machine(run.work / f"beside-{expected}", order) as box:
            box.on()
            box.wait_for_page()
            line = box.booted(200)
            assert (line[3] == first[3]) == bool(expected), "the other disk was started"
            status = box.plain().open("/setup")
            assert ("/setup" in status.path) != bool(expected), f"the data of the other disk: {status.address}"
    run.note("install: stick and disk of one version side by side", "each its own")


def has_table(disk: pathlib.Path) -> bool:
    with open(disk, "rb") as file:
        file.seek(512)
        return file.read(8) == b"EFI PART"


def factory_reset(run: Run) -> None:
    """From the console: a new station with another code, nothing of the old one."""
    disk = run.copy_station("reset")
    with Machine(run.work / "reset", [(disk, "ahci")]) as box:
        box.on()
        old = box.booted()
        menu(box, "7")
        box.wait_for("Gõ XOA", 60)
        box.forget()
        box.type("XOA")
        line = box.booted(600)
        assert line[3] != old[3], "the machine-id stayed"
        box.wait_for_page()
        page = box.plain().open("/")
        assert page.path == "/setup", f"a reset station shows its wizard, not {page.address}"
        client.set_up(box.secure(), shared.code_on(box))
        assert client.finds(box.plain(), "thuanh") == 0, "titles of the old station are found"
