"""Boot tests of the image. usage: run.py --binary TRAM [--quick] [--keep] [CHECK...]

Builds what it boots (quick form of the image, the packages' tree from the cache), and
runs the checks one after the other, one virtual machine at a time."""

from __future__ import annotations

import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import tomllib
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import clock
import first_boot
import install
import machine
import memory
import names
import restore
import updates
import watchdog
from shared import Run, build

QUICK = ["first-boot", "plug-pulled-once"]
CHECKS = {
    "first-boot": first_boot.first_boot,
    "plug-pulled-once": lambda run: first_boot.plug_pulled(run, 1),
    "plug-pulled": lambda run: first_boot.plug_pulled(run, 5),
    "update": updates.update,
    "update-usb": updates.update_usb,
    "rolled-back": updates.rolled_back,
    "refused": updates.refused,
    "clock": clock.clock,
    "install": install.install,
    "restore": restore.restore,
    "watchdog": watchdog.watchdog,
    "factory-reset": install.factory_reset,
    "names": names.names,
    "memory": memory.memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path, help="where images are built; a scratch folder by default")
    parser.add_argument("--work", type=pathlib.Path, help="where disks and logs are; kept when given")
    parser.add_argument("--quick", action="store_true", help="the two checks of `make test`")
    parser.add_argument("checks", nargs="*")
    options = parser.parse_args()
    missing = machine.can_run()
    if missing:
        print(f"The image's boot tests are skipped: {missing}.")
        return 0
    names = options.checks or (QUICK if options.quick else [name for name in CHECKS if name != "plug-pulled-once"])
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        parser.error(f"there is no check {unknown[0]}; there are {', '.join(CHECKS)}")
    scratch = options.work or pathlib.Path(tempfile.mkdtemp(prefix="tram-image-"))
    scratch.mkdir(parents=True, exist_ok=True)
    builder = pathlib.Path(__file__).resolve().parent.parent
    cargo = tomllib.loads((builder.parent / "Cargo.toml").read_text())
    images = options.images or scratch / "images"
    run = Run(scratch, images, cargo["workspace"]["package"]["version"], options.binary.resolve(), builder)
    try:
        return checked(run, names)
    finally:
        if options.work is None:
            shutil.rmtree(scratch, ignore_errors=True)


def checked(run: Run, names: list[str]) -> int:
    begun = time.monotonic()
    if not run.image.exists():
        print("  - the image", flush=True)
        build(run, run.version)
        run.note("the image, quick form, s", round(time.monotonic() - begun, 1))
    failed = []
    for name in names:
        print(f"  - {name}", flush=True)
        start = time.monotonic()
        try:
            CHECKS[name](run)
            print(f"    {name} holds ({time.monotonic() - start:.0f} s)", flush=True)
        except Exception:
            traceback.print_exc()
            failed.append(name)
            print(f"    {name} FAILED ({time.monotonic() - start:.0f} s)", flush=True)
            if name == "first-boot":
                break
    print(f"The image: {len(names) - len(failed)} of {len(names)} checks hold, {(time.monotonic() - begun) / 60:.1f} min")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
