"""One virtual machine under QEMU without KVM. Its serial console and its ports are all
that a test sees of it; pulling the plug is a SIGKILL."""

from __future__ import annotations

import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from client import CONNECTION_ENDS, PASSWORD, Browser, sign_in

CODE = pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
VARS = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
# x86-64-v2 without AVX, as the Celerons of cheap mini-PCs.
CPU = "Nehalem"
BOOTED = re.compile(r"TRAM (\S+) slot-([ab]) ([0-9a-f]{32}) ([0-9.]+)s (\d+)MiB")
# A boot's fast figure on two free cores is some 40 s; four times that, because the
# same work was seen to take three times as long (domain notes).
PATIENCE = float(os.environ.get("TRAM_IMAGE_PATIENCE", "1"))


class Stuck(AssertionError):
    """What was waited for did not come; the end of the console is in the text."""


def can_run() -> str:
    """Empty, or the sentence that says what is missing."""
    for tool in ("qemu-system-x86_64", "mmdebstrap", "mksquashfs", "mcopy", "sfdisk"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if os.geteuid() != 0:
        return "building and looking into disks needs root"
    if not (CODE.is_file() and VARS.is_file()):
        return "OVMF is not installed"
    return ""


def make_disk(image: pathlib.Path, target: pathlib.Path, gib: float) -> None:
    """A disk of a size with the image at its start, as a flashing tool leaves it."""
    subprocess.run(["cp", "--sparse=always", image, target], check=True)
    os.truncate(target, int(gib * (1 << 30)))


class Machine:
    """A computer with disks. `disks` are files and how they are attached: usb, ahci,
    nvme; the first one is started from. `tap` is a namespace, a tap device in it and
    the card's address; without it the station is reached by ports of this host and
    reaches nothing itself."""

    def __init__(self, folder: pathlib.Path, disks: list[tuple[pathlib.Path, str]], memory: int = 1024,
                 card: str = "e1000e", options: list[str] | None = None, tap: tuple[str, str, str] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.disks, self.memory, self.card = folder, disks, memory, card
        self.options, self.tap = options or [], tap
        self.variables = folder / "vars.fd"
        if not self.variables.exists():
            shutil.copy(VARS, self.variables)
        self.console = folder / "serial.log"
        self.console.write_bytes(b"")
        self.process: subprocess.Popen | None = None
        self.http = self.https = 0
        self.seen = 0
        self.started = 0.0
        self._typing: socket.socket | None = None

    # --- power ------------------------------------------------------------------

    def on(self) -> None:
        """Power on. The console's log goes on where it was."""
        self.http, self.https = _free_port(), _free_port()
        self.seen = self.console.stat().st_size
        plug = self.folder / "serial.sock"
        plug.unlink(missing_ok=True)
        command = [
            "qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", CPU, "-smp", "2", "-m", str(self.memory),
            "-nodefaults", "-display", "none", "-no-user-config",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}",
            "-drive", f"if=pflash,format=raw,unit=1,file={self.variables}",
            "-device", "qemu-xhci,id=xhci", "-device", "ahci,id=ahci", "-device", "i6300esb", "-action", "watchdog=reset",
            "-object", "rng-random,filename=/dev/urandom,id=rng", "-device", "virtio-rng-pci,rng=rng",
            "-chardev", f"socket,id=serial,path={plug},server=on,wait=off,logfile={self.console},logappend=on",
            "-serial", "chardev:serial",
        ]
        for at, (file, bus) in enumerate(self.disks):
            command += ["-drive", f"if=none,id=d{at},format=raw,file={file},discard=unmap"]
            device = {
                "usb": "usb-storage,bus=xhci.0,removable=on", "ahci": f"ide-hd,bus=ahci.{at}",
                "nvme": f"nvme,serial=tram{at}",
            }[bus]
            command += ["-device", f"{device},drive=d{at}" + (f",bootindex={at + 1}")]
        before = []
        if self.tap:
            space, name, address = self.tap
            before = ["ip", "netns", "exec", space]
            command += ["-netdev", f"tap,id=n0,ifname={name},script=no,downscript=no", "-device", f"{self.card},netdev=n0,mac={address}"]
        else:
            forwards = f"hostfwd=tcp:127.0.0.1:{self.http}-:80,hostfwd=tcp:127.0.0.1:{self.https}-:443"
            command += ["-netdev", f"user,id=n0,restrict=on,{forwards}", "-device", f"{self.card},netdev=n0"]
        self.started = time.monotonic()
        with open(self.folder / "qemu.log", "ab") as log:
            self.process = subprocess.Popen(
                before + command + self.options, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        end = time.monotonic() + 20
        while not plug.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Stuck(f"QEMU did not start: {(self.folder / 'qemu.log').read_text()[-2000:]}")
            time.sleep(0.05)
        self._typing = socket.socket(socket.AF_UNIX)
        self._typing.connect(str(plug))

    def pull_the_plug(self) -> None:
        """Off, this instant."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self._typing:
            self._typing.close()
        self.process = self._typing = None

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_) -> None:
        self.pull_the_plug()

    @property
    def uptime(self) -> float:
        """Seconds since power-on."""
        return time.monotonic() - self.started

    # --- the serial console -------------------------------------------------------

    def text(self) -> str:
        """What the console showed since power-on or the last `forget`."""
        with open(self.console, "rb") as log:
            log.seek(self.seen)
            return log.read().decode("utf-8", "replace")

    def forget(self) -> None:
        """What stands on the console so far is no answer any more."""
        self.seen = self.console.stat().st_size

    def wait_for(self, pattern: str | re.Pattern, seconds: float) -> re.Match:
        """Waits until the console shows it."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            # What came over the socket is in the log already; it must only be taken.
            self._drain()
            found = re.search(pattern, self.text())
            if found:
                return found
            if self.process is None or self.process.poll() is not None:
                raise Stuck(f"QEMU ended while {pattern} was waited for:\n{self.text()[-3000:]}")
            if time.monotonic() > end:
                raise Stuck(f"{pattern} did not come in {seconds * PATIENCE:.0f} s:\n{self.text()[-3000:]}")
            time.sleep(0.1)

    def wait_seconds(self, seconds: float) -> None:
        """Lets it run, and its console be read."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._drain()
            time.sleep(0.1)

    def booted(self, seconds: float = 400) -> re.Match:
        """The line of a boot: version, slot, machine-id, uptime, MiB."""
        return self.wait_for(BOOTED, seconds)

    def type(self, line: str) -> None:
        """Types a line on the console."""
        assert self._typing is not None
        self._typing.sendall(line.encode() + b"\r")

    def _drain(self) -> None:
        if self._typing is None:
            return
        self._typing.setblocking(False)
        try:
            while self._typing.recv(65536):
                pass
        except BlockingIOError:
            pass
        finally:
            self._typing.setblocking(True)

    # --- the network --------------------------------------------------------------

    def secure(self, **options) -> Browser:
        return Browser(f"https://127.0.0.1:{self.https}", **options)

    def secure_signed_in(self) -> Browser:
        browser = self.secure()
        sign_in(browser, "lan.nguyen", PASSWORD)
        return browser

    def plain(self, **options) -> Browser:
        return Browser(f"http://127.0.0.1:{self.http}", **options)

    def wait_for_page(self, seconds: float = 400) -> float:
        """Waits until the station answers; seconds from power-on."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            self._drain()
            try:
                if self.plain(timeout=5).open("/healthz").status == 200:
                    return self.uptime
            except CONNECTION_ENDS:
                pass
            if self.process is None or self.process.poll() is not None:
                raise Stuck(f"QEMU ended: {(self.folder / 'qemu.log').read_text()[-2000:]}")
            if time.monotonic() > end:
                raise Stuck(f"no page in {seconds * PATIENCE:.0f} s; the console:\n{self.text()[-3000:]}")
            time.sleep(0.2)


def _die_with_parent() -> None:
    """No machine outlives the test, however that ends (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
