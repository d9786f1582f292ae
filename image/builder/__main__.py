"""`python3 -m builder`: one run makes the image, its checksum, its SBOM and the update file."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import pathlib
import shutil
import sys
import time

from . import definition, disk, packages, root, sbom
from .definition import IMAGE, Definition, Refused, run

TOOLS = {
    "mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools", "mcopy": "mtools", "mkfs.vfat": "dosfstools",
    "sfdisk": "fdisk", "objcopy": "binutils", "chroot": "coreutils",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="image/builder", description=__doc__)
    parser.add_argument("--binary", help="the release binary of tram")
    parser.add_argument("--out", default="target/image")
    parser.add_argument("--version", help="the image's version; Cargo.toml's by default")
    parser.add_argument("--firmware", choices=["yes", "no"], default="yes", help="with the vendors' non-free firmware")
    parser.add_argument("--quick", action="store_true", help="for tests: light compression, the raw image, nothing packed")
    parser.add_argument("--key", help="Ed25519 key that signs the update file")
    parser.add_argument("--minimum", default="0.0.0", help="the oldest version that the update file may come upon")
    parser.add_argument("--spoil", help="a folder laid over the root last: tests make a sick version with it")
    parser.add_argument("--no-update", action="store_true", help="without an update file")
    parser.add_argument("--lock", action="store_true", help="renew packages.lock")
    options = parser.parse_args()
    try:
        need_tools()
        options.binary = options.binary or "/nonexistent"
        wanted = definition.load(options)
        if options.lock:
            packages.renew_lock(wanted)
        else:
            build(wanted, options)
    except Refused as refused:
        print(f"image: {refused}", file=sys.stderr)
        return 1
    return 0


def need_tools() -> None:
    if os.geteuid() != 0:
        raise Refused("building the packages' tree needs root: run `sudo make image`")
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if not (disk.BOOT / "linuxx64.efi.stub").is_file():
        missing.append("systemd-boot-efi")
    if missing:
        raise Refused(f"these Debian packages are missing: {' '.join(missing)}")


def build(wanted: Definition, options: argparse.Namespace) -> None:
    """All of it, each step with its time."""
    if not wanted.binary.is_file():
        raise Refused(f"{wanted.binary} is not there; `make build` makes it")
    wanted.out.mkdir(parents=True, exist_ok=True)
    name = f"tram-{wanted.version}-x86_64"
    work = wanted.cache / f"work-{os.getpid()}"
    work.mkdir()
    try:
        tree = step("packages", packages.tree, wanted)
        laid = step("root", root.lay, wanted, tree, work)
        initrd = step("initrd", root.initrd, wanted, tree, laid)
        pieces = {"root": wanted.out / f"{name}.root.sqfs", "uki": wanted.out / f"{name}.uki.efi",
                  "esp": work / "esp.img", "files": work / "files.img"}
        step("UKI", disk.uki, wanted, laid, initrd, pieces["uki"])
        root.settle(wanted, laid)
        step("squashfs", disk.squashfs, wanted, laid, pieces["root"])
        step("ESP and TRAM", file_systems, wanted, pieces, work)
        raw = wanted.out / f"{name}.img"
        step("disk", disk.raw, wanted, pieces, raw)
        count = sbom.write(wanted, laid, wanted.out / f"{name}.cdx.json")
        print(f"    SBOM: {count} components")
        update = wanted.out / f"{name}.tram-update"
        if not options.no_update:
            step("update", pack_update, wanted, pieces, options, update)
            show(update)
        show(pieces["root"])
        show(pieces["uki"])
        if not wanted.quick:
            packed = raw.with_suffix(".img.gz")
            step("gzip", compress, raw, packed, wanted.epoch)
            raw.unlink()
            checksum(packed)
            show(packed)
    finally:
        packages.remove(work)


def step(what: str, action, *arguments):
    begun = time.monotonic()
    result = action(*arguments)
    print(f"    {what}: {time.monotonic() - begun:.1f} s", flush=True)
    return result


def file_systems(wanted: Definition, pieces: dict[str, pathlib.Path], work: pathlib.Path) -> None:
    """ESP and TRAM with their first files."""
    sizes = wanted.table["image"]
    loader = work / "loader.conf"
    loader.write_text("timeout 2\nconsole-mode keep\neditor no\n")
    files = {
        "EFI/BOOT/BOOTX64.EFI": disk.BOOT / "systemd-bootx64.efi",
        "EFI/systemd/systemd-bootx64.efi": disk.BOOT / "systemd-bootx64.efi",
        "loader/loader.conf": loader,
        f"EFI/Linux/tram_{wanted.version}+3.efi": pieces["uki"],
    }
    disk.fat(pieces["esp"], sizes["esp_mib"], "TRAM-ESP", "54524d31", files, wanted.epoch)
    # The binary writes the same files anew at each start; one source for both.
    texts = IMAGE.parent / "core/appliance/src/boot"
    shown = {}
    for name, source in (("DOC-TOI-README.txt", "readme.txt"), ("tram-config-mau.txt", "config-sample.txt")):
        shown[name] = work / name
        text = (texts / source).read_text(encoding="utf-8").replace("\n", "\r\n")
        shown[name].write_bytes(b"\xef\xbb\xbf" + text.encode())
    disk.fat(pieces["files"], sizes["files_mib"], "TRAM", "54524d32", shown, wanted.epoch)


def pack_update(wanted: Definition, pieces: dict[str, pathlib.Path], options: argparse.Namespace, target: pathlib.Path) -> None:
    """The signed update file; the format is the binary's (docs/formats/update.md)."""
    run(wanted.binary, "box", "pack-update", "--key", wanted.key, "--root", pieces["root"], "--uki", pieces["uki"],
        "--version", wanted.version, "--minimum", options.minimum, "--built", str(wanted.epoch), "--out", target)


def compress(raw: pathlib.Path, packed: pathlib.Path, epoch: int) -> None:
    """gzip, because that is what the flashing tools of teachers open. Level 6: the
    root is compressed already, what shrinks is the empty space."""
    with open(raw, "rb") as source, open(packed, "wb") as target:
        with gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=6, mtime=epoch) as zipped:
            shutil.copyfileobj(source, zipped, 4 * disk.MIB)


def checksum(path: pathlib.Path) -> None:
    with open(path, "rb") as file:
        value = hashlib.file_digest(file, "sha256").hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{value}  {path.name}\n")


def show(path: pathlib.Path) -> None:
    print(f"    {path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
