"""What the boot tests share: the images of this run, a disk that was set up once, and
the look at a disk from outside."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import client
import machine
import marc

CODE_SHOWN = re.compile(r"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b")
TITLES = 300


@dataclasses.dataclass
class Run:
    """One run of the tests: where its files are, what it measured."""

    work: pathlib.Path
    images: pathlib.Path
    version: str
    binary: pathlib.Path
    builder: pathlib.Path
    figures: dict[str, float | int | str] = dataclasses.field(default_factory=dict)

    @property
    def image(self) -> pathlib.Path:
        return self.images / f"tram-{self.version}-x86_64.img"

    @property
    def station_disk(self) -> pathlib.Path:
        """The disk of a school that was set up; the first check makes it."""
        return self.work / "station.raw"

    def note(self, name: str, value: float | int | str) -> None:
        self.figures[name] = value
        print(f"      {name}: {value}", flush=True)

    def copy_station(self, name: str) -> pathlib.Path:
        """A copy of the set-up disk, to be spoilt."""
        if not self.station_disk.exists():
            raise AssertionError("the check `first-boot` makes the disk of this one; run it first")
        target = self.work / f"{name}.raw"
        subprocess.run(["cp", "--sparse=always", self.station_disk, target], check=True)
        return target

    def titles(self) -> pathlib.Path:
        path = self.work / "titles.mrc"
        if not path.exists():
            marc.write(path, TITLES)
        return path


def code_on(box: machine.Machine) -> str:
    """The set-up code, once the console shows it."""
    return box.wait_for(CODE_SHOWN, 120)[1]


def partitions(disk: pathlib.Path) -> list[dict]:
    """The partitions of a disk file; sizes and starts in sectors of 512 bytes."""
    shown = subprocess.run(["sfdisk", "--json", disk], check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)["partitiontable"]["partitions"]


def partition(disk: pathlib.Path, name: str) -> dict:
    found = [entry for entry in partitions(disk) if entry.get("name") == name]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} partitions are called {name} on {disk.name}")
    return found[0]


def esp_entries(disk: pathlib.Path) -> list[str]:
    """The boot entries on the ESP of a disk that is off."""
    place = partition(disk, "tram-esp")["start"] * 512
    shown = subprocess.run(
        ["mdir", "-b", "-i", f"{disk}@@{place}", "::EFI/Linux"], check=True, capture_output=True, text=True,
        env={"MTOOLS_SKIP_CHECK": "1", "PATH": "/usr/bin:/bin"},
    )
    return sorted(line.rsplit("/", 1)[-1] for line in shown.stdout.splitlines() if line.strip())


@contextlib.contextmanager
def data_of(disk: pathlib.Path):
    """The data partition of a disk that is off, mounted on a copy, as a start of the
    box would find it: its journal is replayed, the disk itself stays as it is."""
    place = partition(disk, "tram-data")
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        copy = pathlib.Path(folder) / "data.raw"
        subprocess.run(
            ["dd", f"if={disk}", f"of={copy}", "bs=1M", "iflag=skip_bytes,count_bytes", f"skip={place['start'] * 512}",
             f"count={place['size'] * 512}", "conv=sparse", "status=none"], check=True,
        )
        mounted = pathlib.Path(folder) / "data"
        mounted.mkdir()
        subprocess.run(["mount", "-o", "loop", copy, mounted], check=True)
        try:
            yield mounted
        finally:
            subprocess.run(["umount", mounted], check=True)


@contextlib.contextmanager
def data_in_place(disk: pathlib.Path):
    """The data partition of a disk that is off, mounted to be changed."""
    place = partition(disk, "tram-data")
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        options = f"loop,offset={place['start'] * 512},sizelimit={place['size'] * 512}"
        subprocess.run(["mount", "-o", options, disk, folder], check=True)
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def verify(run: Run, disk: pathlib.Path) -> None:
    """`tram verify` on the data of a disk that is off."""
    with data_of(disk) as data:
        done = subprocess.run([run.binary, "verify", "--data", data / "lib/tram"], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"tram verify: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def build(run: Run, version: str, *options: str) -> None:
    """Builds an image of another version, unless this run has it."""
    if (run.images / f"tram-{version}-x86_64.img").exists():
        return
    done = subprocess.run(
        [sys.executable, "-B", "-m", "builder", "--quick", "--binary", run.binary, "--out", run.images, "--version", version,
         *options], cwd=run.builder, capture_output=True, text=True,
    )
    if done.returncode != 0:
        raise AssertionError(f"the image {version} was not built: {done.stdout[-1500:]}{done.stderr[-1500:]}")


def demonstration(run: Run) -> pathlib.Path:
    """A folder with the demonstration school, made by the binary under test."""
    school = run.work / "demonstration"
    shutil.rmtree(school, ignore_errors=True)
    log = run.work / "demonstration.log"
    with log.open("w") as out:
        child = subprocess.Popen([run.binary, "demo", "--data", school, "--listen", "127.0.0.1:0"], stdout=out, stderr=out)
    try:
        end = time.monotonic() + 120
        while not re.search(r"^\s*http://127\.0\.0\.1:\d+/", log.read_text(), re.M):
            assert child.poll() is None and time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.2)
        time.sleep(10)  # what is imported in the background
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)
    return school


def put_in_place(school: pathlib.Path, disk: pathlib.Path) -> None:
    """Makes the station of a disk that is off another one."""
    with data_in_place(disk) as data:
        station = data / "lib/tram"
        owner = station.stat()
        shutil.rmtree(station)
        shutil.copytree(school, station)
        for path in [station, *station.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
        station.chmod(0o700)


__all__ = ["Run", "client", "machine", "code_on", "partitions", "partition", "esp_entries", "data_of", "verify", "build", "demonstration", "put_in_place"]
