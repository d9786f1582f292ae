"""First boot, and the plug pulled while writes are acknowledged."""

from __future__ import annotations

import random
import threading
import time

import client
import shared
from machine import Machine, make_disk
from shared import Run


def first_boot(run: Run) -> None:
    """Flashed on a USB disk, 1 GB of memory, no AVX: growth, wizard, import, search."""
    disk = run.work / "first.raw"
    make_disk(run.image, disk, 8)
    with Machine(run.work / "first", [(disk, "usb")], memory=1024) as box:
        box.on()
        page = box.wait_for_page()
        run.note("first boot: power-on to first page, s", round(page, 1))
        line = box.booted(120)
        assert line[1] == run.version and line[2] == "a", line[0]
        run.note("first boot: guest uptime at its line, s", float(line[4]))
        run.note("first boot: memory in use before the wizard, MiB", int(line[5]))
        begun = time.monotonic()
        browser = box.secure()
        client.set_up(browser, shared.code_on(box))
        report = client.import_titles(browser, run.titles(), 300)
        assert f"thêm {shared.TITLES}" in report.text, report.text[:400]
        client.found_within(box.plain(), "thuanh", shared.TITLES, 60)
        run.note("first boot: power-on to first search, s", round(box.uptime, 1))
        run.note("first boot: wizard, import of 300 titles, search, s", round(time.monotonic() - begun, 1))
        client.save_title(browser, "Nhan đề lưu ngay trước khi rút điện")
        machine_id = line[3]
        box.pull_the_plug()

        grown = {entry.get("name"): entry for entry in shared.partitions(disk)}
        assert {"TRAM", "tram-esp", f"tram_{run.version}", "_empty", "tram-data"} <= set(grown), sorted(grown)
        assert grown["tram-data"]["size"] * 512 > 5 * 1024**3, "the data partition takes the rest of the disk"
        assert shared.esp_entries(disk) == [f"tram_{run.version}.efi"], f"not blessed: {shared.esp_entries(disk)}"

        box.on()
        page = box.wait_for_page()
        run.note("later boot: power-on to first page, s", round(page, 1))
        line = box.booted(120)
        assert line[3] == machine_id, "the machine-id stays"
        run.note("later boot: memory in use, MiB", int(line[5]))
        client.found_within(box.plain(), "nhan de luu ngay truoc khi rut dien", 1, 60)
        # What was written last is on disk before the copy that the others start from.
        box.wait_seconds(20)
        box.pull_the_plug()
    disk.rename(run.station_disk)


def plug_pulled(run: Run, rounds: int) -> None:
    """Killed while four librarians save, again and again: what was acknowledged is there."""
    disk = run.copy_station("plug")
    acknowledged: list[str] = []
    with Machine(run.work / "plug", [(disk, "ahci")]) as box:
        for turn in range(rounds):
            box.on()
            box.wait_for_page()
            kept = len(acknowledged)
            failures = load(box, acknowledged, turn, 3 + random.random() * 6)
            assert not failures, failures
            assert len(acknowledged) > kept, "nothing was acknowledged in this round"
            shared.verify(run, disk)
        box.on()
        box.wait_for_page()
        reader = box.plain()
        lost = [path for path in acknowledged if reader.open(path).status != 200]
        run.note("plug pulled: rounds", rounds)
        run.note("plug pulled: saves acknowledged", len(acknowledged))
        run.note("plug pulled: lost", len(lost))
        assert not lost, f"acknowledged and lost: {lost[:10]}"


def load(box: Machine, acknowledged: list[str], turn: int, seconds: float) -> list[str]:
    """Saves in four threads and pulls the plug after the first acknowledgements."""
    browsers = [box.secure(timeout=30) for _ in range(4)]
    for browser in browsers:
        client.sign_in(browser, "lan.nguyen", client.PASSWORD)
    failures: list[str] = []
    first = threading.Event()

    def save(at: int) -> None:
        number = 0
        try:
            while True:
                path = client.save_title(browsers[at], f"Rút phích {turn}.{at}.{number}")
                acknowledged.append(path)
                first.set()
                number += 1
        except client.CONNECTION_ENDS:
            pass
        except AssertionError as error:
            failures.append(str(error))
            first.set()

    threads = [threading.Thread(target=save, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    first.wait(120)
    time.sleep(seconds)
    box.pull_the_plug()
    for thread in threads:
        thread.join()
    return failures
