"""Updates from a USB stick by the console's menu: taken, refused, and rolled back."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import client
import shared
from install import menu
from machine import Machine
from shared import Run

PAUSE = r"Bấm Enter để về trình đơn"


def stick_with(run: Run, name: str, update: pathlib.Path) -> pathlib.Path:
    """A USB stick as a teacher makes it: FAT, one file."""
    stick = run.work / f"{name}.fat"
    size = update.stat().st_size + (64 << 20)
    with open(stick, "wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.vfat", "-n", "CAPNHAT", stick], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", stick, update, "::cap-nhat.tram-update"], check=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
    return stick


def next_version(version: str, by: int) -> str:
    major, minor, patch = version.split("~")[0].split(".")
    return f"{major}.{minor}.{int(patch) + by}"


def pack(run: Run, version: str, root: str, uki: str, key: pathlib.Path, name: str) -> pathlib.Path:
    """An update file from parts of two images, signed by a key."""
    out = run.work / f"{name}.tram-update"
    subprocess.run(
        [run.binary, "box", "pack-update", "--key", key, "--root", run.images / f"tram-{root}-x86_64.root.sqfs",
         "--uki", run.images / f"tram-{uki}-x86_64.uki.efi", "--version", version, "--minimum", "0.0.0",
         "--built", "1790000000", "--out", out], check=True, capture_output=True, text=True,
    )
    return out


def choose_update(box: Machine) -> None:
    """Menu: update from USB, the first stick, the first file."""
    menu(box, "4", 300)
    box.wait_for("Chọn số nào", 120)
    box.forget()
    box.type("1")
    box.wait_for("Chọn số nào", 120)
    box.forget()
    box.type("1")


def try_it(box: Machine) -> None:
    """The update is written; restart into it now."""
    box.wait_for("đã ghi sẵn", 900)
    box.forget()
    box.type("co")


def update(run: Run) -> None:
    """A signed update: the new version runs, is blessed, the data is there; then back by
    hand, reading what the new version wrote."""
    newer = next_version(run.version, 1)
    shared.build(run, newer)
    file = run.images / f"tram-{newer}-x86_64.tram-update"
    run.note("update file, MB", round(file.stat().st_size / 1e6, 1))
    assert file.stat().st_size < 200e6, "an update file is at most 200 MB"
    disk = run.copy_station("update")
    with Machine(run.work / "update", [(disk, "ahci"), (stick_with(run, "update", file), "usb")]) as box:
        box.on()
        old = box.booted()
        assert old[1] == run.version, old[0]
        choose_update(box)
        try_it(box)
        line = box.booted(900)
        assert (line[1], line[2]) == (newer, "b"), f"the new version runs in the other slot: {line[0]}"
        assert line[3] == old[3], "the machine-id stays"
        box.wait_for_page()
        client.found_within(box.plain(), "thuanh", shared.TITLES, 120)
        client.save_title(box.secure_signed_in(), "Ghi bởi bản mới")
        box.wait_seconds(15)
        entries = shared.esp_entries(disk)
        assert f"tram_{newer}.efi" in entries, f"not blessed: {entries}"

        menu(box, "5", 120)
        box.wait_for(f"Quay về bản {re.escape(run.version)}", 60)
        box.forget()
        box.type("co")
        line = box.booted(900)
        assert (line[1], line[2]) == (run.version, "a"), line[0]
        box.wait_for_page()
        client.found_within(box.plain(), "ghi boi ban moi", 1, 120)
    run.note("update and back by hand", f"{run.version} → {newer} → {run.version}")


def rolled_back(run: Run) -> None:
    """An unhealthy and an unbootable update: back on the old version with its data, and
    the console says which version failed and why."""
    ill = next_version(run.version, 2)
    shared.build(run, ill, "--spoil", str(pathlib.Path(__file__).resolve().parent / "unhealthy"))
    dead = next_version(run.version, 3)
    key = own_key()
    missing = next_version(run.version, 9)
    shared.build(run, missing, "--no-update")
    # Its UKI looks for a root of a version that no slot holds.
    unbootable = pack(run, dead, ill, missing, key, "unbootable")
    for name, version, file in (
        ("unhealthy", ill, run.images / f"tram-{ill}-x86_64.tram-update"), ("unbootable", dead, unbootable),
    ):
        disk = run.copy_station(name)
        with Machine(run.work / name, [(disk, "ahci"), (stick_with(run, name, file), "usb")]) as box:
            box.on()
            old = box.booted()
            choose_update(box)
            try_it(box)
            line = box.booted(2400)
            assert (line[1], line[2], line[3]) == (run.version, "a", old[3]), f"{name}: {line[0]}"
            shown = box.wait_for(rf"Bản {re.escape(version)} không dùng được[^\n]*\n[^\n]*\n", 300)
            run.note(f"{name} update, console says", " ".join(shown[0].split()))
            box.wait_for_page()
            client.found_within(box.plain(), "thuanh", shared.TITLES, 120)


def own_key() -> pathlib.Path:
    """The key of this build, which the image trusts."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    return cache / "tram/image/own-key"


def refused(run: Run) -> None:
    """A foreign key, a cut file, a changed byte, an older version: refused with the
    reason, and not one byte of the other slot or the ESP is changed."""
    newer = next_version(run.version, 1)
    file = run.images / f"tram-{newer}-x86_64.tram-update"
    if not file.exists():
        shared.build(run, newer)
    foreign = run.work / "foreign-key"
    if not foreign.exists():
        subprocess.run([run.binary, "box", "make-key", "--out", foreign], check=True, capture_output=True)
    whole = file.read_bytes()
    cut = run.work / "cut.tram-update"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    changed = run.work / "changed.tram-update"
    at = len(whole) // 2
    changed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    cases = [
        ("foreign", pack(run, newer, newer, newer, foreign, "foreign"), "khoá lạ ký"),
        ("cut", cut, "bị thiếu hoặc thừa"),
        ("changed", changed, "bị hỏng"),
        ("older", pack(run, "0.0.1", newer, newer, own_key(), "older"), "cũ hơn bản đang chạy"),
    ]
    disk = run.copy_station("refused")
    before = None
    for name, update_file, reason in cases:
        with Machine(run.work / f"refused-{name}", [(disk, "ahci"), (stick_with(run, name, update_file), "usb")]) as box:
            box.on()
            box.booted()
            before = before or slot_and_entries(disk)
            choose_update(box)
            box.wait_for(reason, 300)
            box.wait_for(PAUSE, 60)
            box.wait_seconds(3)
            box.pull_the_plug()
        assert slot_and_entries(disk) == before, f"{name}: something was changed"
        run.note(f"refused: {name}", reason)


def slot_and_entries(disk: pathlib.Path) -> tuple[list[str], bytes, list[str]]:
    """Labels, the other slot's first MiB, the boot entries."""
    table = [entry.get("name", "") for entry in shared.partitions(disk)]
    with open(disk, "rb") as file:
        file.seek(shared.partitions(disk)[3]["start"] * 512)
        return table, file.read(1 << 20), shared.esp_entries(disk)
