"""Updates by the administrator's page and from a USB stick: taken, refused, rolled back."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import time

import client
import shared
from install import menu
from machine import PATIENCE, Machine
from shared import Run


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


PAGE = "/admin/update"


def send(box: Machine, file: pathlib.Path, seconds: float) -> client.Page:
    """Sends an update file by the administrator's page and waits until it is written or
    refused; the page that says which."""
    browser = box.secure_signed_in()
    page = browser.open(PAGE)
    page = browser.send(page, page.form(f"{PAGE}/file"), files={"file": file})
    end = time.monotonic() + seconds * PATIENCE
    while page.status == 200 and "…" in page.text and not any(f"{PAGE}/" in form.action for form in page.forms):
        if time.monotonic() > end:
            raise AssertionError(f"the update is not done: {page.text[:600]}")
        time.sleep(1)
        page = browser.open(PAGE)
    return page


def try_now(box: Machine, page: client.Page) -> None:
    """Restarts into what was written."""
    browser = box.secure_signed_in()
    page = browser.open(PAGE)
    box.forget()
    page = browser.send(page, page.form(f"{PAGE}/when"), {"when": "now"})
    assert page.status == 200, page.text[:400]


def went_through(run: Run, disk: pathlib.Path, box: Machine, old: re.Match, newer: str) -> None:
    """The new version runs from the other slot, is blessed, and the data is there."""
    line = box.booted(900)
    assert (line[1], line[2]) == (newer, "b"), f"the new version runs in the other slot: {line[0]}"
    assert line[3] == old[3], "the machine-id stays"
    box.wait_for_page()
    client.found_within(box.plain(), "thuanh", shared.TITLES, 120)
    box.wait_seconds(15)
    entries = shared.esp_entries(disk)
    assert f"tram_{newer}.efi" in entries, f"not blessed: {entries}"


def update(run: Run) -> None:
    """A signed update by the page: the new version runs, is blessed, the data is there;
    then back by hand, reading what the new version wrote."""
    newer = next_version(run.version, 1)
    shared.build(run, newer)
    file = run.images / f"tram-{newer}-x86_64.tram-update"
    run.note("update file, MB", round(file.stat().st_size / 1e6, 1))
    assert file.stat().st_size < 200e6, "an update file is at most 200 MB"
    disk = run.copy_station("update")
    with Machine(run.work / "update", [(disk, "ahci")]) as box:
        box.on()
        old = box.booted()
        assert old[1] == run.version, old[0]
        begun = time.monotonic()
        try_now(box, send(box, file, 600))
        went_through(run, disk, box, old, newer)
        run.note("update: from sending to the new version, s", round(time.monotonic() - begun))
        browser = box.secure_signed_in()
        client.save_title(browser, "Ghi bởi bản mới")
        page = browser.open(PAGE)
        assert newer in page.text, page.text[:400]
        box.forget()
        page = browser.send(page, page.form(f"{PAGE}/back"))
        line = box.booted(900)
        assert (line[1], line[2]) == (run.version, "a"), line[0]
        box.wait_for_page()
        client.found_within(box.plain(), "ghi boi ban moi", 1, 120)
    run.note("update and back by hand", f"{run.version} → {newer} → {run.version}")


def update_usb(run: Run) -> None:
    """The same file from a USB stick, by the console's menu."""
    newer = next_version(run.version, 1)
    shared.build(run, newer)
    file = run.images / f"tram-{newer}-x86_64.tram-update"
    disk = run.copy_station("update-usb")
    with Machine(run.work / "update-usb", [(disk, "ahci"), (stick_with(run, "update", file), "usb")]) as box:
        box.on()
        old = box.booted()
        choose_update(box)
        try_it(box)
        went_through(run, disk, box, old, newer)


def rolled_back(run: Run) -> None:
    """An unhealthy and an unbootable update: back on the old version with its data, and
    the page says which version failed and why."""
    ill = next_version(run.version, 2)
    shared.build(run, ill, "--spoil", str(pathlib.Path(__file__).resolve().parent / "unhealthy"))
    dead, missing = next_version(run.version, 3), next_version(run.version, 9)
    shared.build(run, missing, "--no-update")
    # Its UKI looks for a root of a version that no slot holds.
    unbootable = pack(run, dead, ill, missing, own_key(), "unbootable")
    for name, version, file in (
        ("unhealthy", ill, run.images / f"tram-{ill}-x86_64.tram-update"), ("unbootable", dead, unbootable),
    ):
        disk = run.copy_station(name)
        with Machine(run.work / name, [(disk, "ahci")]) as box:
            box.on()
            old = box.booted()
            try_now(box, send(box, file, 600))
            line = box.wait_for(rf"TRAM {re.escape(run.version)} slot-a ([0-9a-f]{{32}})", 3600)
            assert line[1] == old[3], f"{name}: {line[0]}"
            box.wait_for_page()
            client.found_within(box.plain(), "thuanh", shared.TITLES, 120)
            page = box.secure_signed_in().open(PAGE)
            assert version in page.text, f"{name}: the page does not say what failed: {page.text[:600]}"
            run.note(f"{name} update, the page says", page.text[:240])


def own_key() -> pathlib.Path:
    """The key of this build, which the image trusts."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    return cache / "tram/image/own-key"


def refused(run: Run) -> None:
    """A foreign key, a cut file, a changed byte, an older version: refused with the
    reason, and not one byte of the other slot or the ESP is changed."""
    newer = next_version(run.version, 1)
    file = run.images / f"tram-{newer}-x86_64.tram-update"
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
    with Machine(run.work / "refused", [(disk, "ahci")]) as box:
        box.on()
        box.booted()
        before = slot_and_entries(disk)
        for name, update_file, reason in cases:
            page = send(box, update_file, 300)
            assert reason in page.text, f"{name}: {page.status} {page.text[:600]}"
            assert slot_and_entries(disk) == before, f"{name}: something was changed"
            run.note(f"refused: {name}", reason)
        box.pull_the_plug()
        # A disk without the room that an update needs: what was refused before it lies there
        # still, and makes room for the next.
        with shared.data_in_place(disk) as data:
            free = shutil.disk_usage(data).free - (100 << 20)
            subprocess.run(["fallocate", "-l", str(free), data / "lib/video.mp4"], check=True)
        box.on()
        box.wait_for_page()
        page = send(box, file, 300)
        assert "MB trống" in page.text, f"full: {page.status} {page.text[:600]}"
        assert slot_and_entries(disk) == before, "full: something was changed"
        client.found_within(box.plain(), "thuanh", shared.TITLES, 120)
        run.note("refused: full disk", page.text[:160])


def slot_and_entries(disk: pathlib.Path) -> tuple[list[str], bytes, list[str]]:
    """Labels, the other slot's first MiB, the boot entries."""
    table = [entry.get("name", "") for entry in shared.partitions(disk)]
    with open(disk, "rb") as file:
        file.seek(shared.partitions(disk)[3]["start"] * 512)
        return table, file.read(1 << 20), shared.esp_entries(disk)
