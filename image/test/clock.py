"""No network beyond the box's own socket, and a clock whose battery died in 2001."""

from __future__ import annotations

import email.utils
import subprocess
import urllib.request

import client
import shared
from machine import Machine, make_disk
from shared import Run

RTC_2001 = ["-rtc", "base=2001-01-01T00:00:00"]


def built(run: Run) -> int:
    """The build's date as the image itself says it."""
    root = run.images / f"tram-{run.version}-x86_64.root.sqfs"
    shown = subprocess.run(["unsquashfs", "-cat", root, "usr/lib/os-release"], check=True, capture_output=True, text=True)
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("TRAM_BUILD_EPOCH=")]
    return int(line.partition("=")[2])


def clock(run: Run) -> None:
    """A fresh box set up, filled and searched in 2001 without internet: it works, and
    nothing that it serves or keeps is dated before its build."""
    disk = run.work / "clock.raw"
    make_disk(run.image, disk, 8)
    with Machine(run.work / "clock", [(disk, "usb")], options=RTC_2001) as box:
        box.on()
        box.wait_for_page()
        box.booted(200)
        with urllib.request.urlopen(f"http://127.0.0.1:{box.http}/healthz", timeout=60) as reply:
            served = email.utils.parsedate_to_datetime(reply.headers["Date"]).timestamp()
        assert served >= built(run), f"the station's clock says {served}, it was built at {built(run)}"
        browser = box.secure()
        client.set_up(browser, shared.code_on(box))
        client.import_titles(browser, run.titles(), 300)
        client.found_within(box.plain(), "thuanh", shared.TITLES, 60)
        record = client.save_title(browser, "Lưu khi đồng hồ sai")
        assert client.Browser(browser.base).open(record).status == 200
        box.pull_the_plug()
        # A second start without a clock does not go back behind the first.
        box.on()
        box.wait_for_page()
        with urllib.request.urlopen(f"http://127.0.0.1:{box.http}/healthz", timeout=60) as reply:
            later = email.utils.parsedate_to_datetime(reply.headers["Date"]).timestamp()
        assert later >= built(run)
        box.pull_the_plug()
    with shared.data_of(disk) as data:
        # timesyncd's own file begins at the day that systemd was compiled: a floor, no date
        # of anything.
        floor = data / "lib/systemd/timesync/clock"
        files = [path for path in data.rglob("*") if path.is_file() and path != floor]
        old = [path for path in files if path.lstat().st_mtime < built(run)]
        assert not old, f"dated before the build: {[str(path.relative_to(data)) for path in old[:8]]}"
    run.note("clock of 2001: the station's date, s after the build", round(served - built(run)))
