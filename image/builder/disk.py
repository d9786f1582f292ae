"""The pieces of a disk: squashfs, UKI, ESP, partition TRAM, the raw image. Plain file
work: no loop device, no mount."""

from __future__ import annotations

import os
import pathlib
import subprocess
import uuid

from . import packages
from .definition import Definition, Refused, run

MIB = 1024 * 1024
TYPE_FILES = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
TYPE_ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
TYPE_ROOT = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
NAMESPACE = uuid.UUID("7d2a2c1e-5e0f-4f0b-9f0e-7472616d2e01")
BOOT = pathlib.Path("/usr/lib/systemd/boot/efi")


def squashfs(wanted: Definition, root: pathlib.Path, target: pathlib.Path) -> None:
    """The root slot's content. A quick build trades 30 % size for two minutes."""
    packages.remove(target)
    level = "3" if wanted.quick else "19"
    run(
        "mksquashfs", root, target, "-comp", "zstd", "-Xcompression-level", level, "-b", "256K", "-noappend",
        "-quiet", "-no-progress", "-no-xattrs", "-wildcards", "-e", "proc/*", "sys/*", "dev/*", "run/*", "tmp/*",
        env={**packages.clean_environment(), "SOURCE_DATE_EPOCH": str(wanted.epoch)},
    )
    limit = wanted.table["image"]["slot_mib"] * MIB
    if target.stat().st_size > limit:
        raise Refused(f"the root is {target.stat().st_size // MIB} MiB; a slot holds {limit // MIB}")


def uki(wanted: Definition, root: pathlib.Path, initrd: pathlib.Path, target: pathlib.Path) -> None:
    """Kernel, initrd and command line in one EFI program. The addresses are those of
    systemd 252's stub; the kernel must fit between 0x2000000 and 0x4000000."""
    (kernel,) = (root / "boot").glob("vmlinuz-*")
    if kernel.stat().st_size > 0x2000000:
        raise Refused("the kernel is larger than its place in the UKI")
    line = target.with_suffix(".cmdline")
    line.write_text(f"{wanted.table['image']['cmdline']} tram.version={wanted.version}")
    run(
        "objcopy",
        "--add-section", f".osrel={root}/usr/lib/os-release", "--change-section-vma", ".osrel=0x20000",
        "--add-section", f".cmdline={line}", "--change-section-vma", ".cmdline=0x30000",
        "--add-section", f".linux={kernel}", "--change-section-vma", ".linux=0x2000000",
        "--add-section", f".initrd={initrd}", "--change-section-vma", ".initrd=0x4000000",
        BOOT / "linuxx64.efi.stub", target,
    )
    line.unlink()
    undate(target, wanted.epoch)


def undate(program: pathlib.Path, epoch: int) -> None:
    """objcopy writes the time of day into a PE header, and a checksum over it that no
    firmware reads (PE format, "COFF File Header" and "Optional Header"): the date of the
    build, and none."""
    with open(program, "r+b") as file:
        file.seek(0x3C)
        header = int.from_bytes(file.read(4), "little")
        file.seek(header + 8)
        file.write(epoch.to_bytes(4, "little"))
        file.seek(header + 24 + 64)
        file.write(bytes(4))


def fat(image: pathlib.Path, mib: int, label: str, serial: str, files: dict[str, pathlib.Path], epoch: int) -> None:
    """A FAT32 file system with files in it; names are paths with `/`."""
    packages.remove(image)
    with open(image, "wb") as file:
        file.truncate(mib * MIB)
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    run("mkfs.vfat", "--invariant", "-F", "32", "-n", label, "-i", serial, image)
    folders = sorted({str(parent) for name in files for parent in pathlib.PurePosixPath(name).parents if str(parent) != "."})
    for folder in folders:
        run("mmd", "-i", image, f"::{folder}", env=environment)
    for name, source in files.items():
        run("mcopy", "-i", image, source, f"::{name}", env=environment)


def raw(wanted: Definition, pieces: dict[str, pathlib.Path], target: pathlib.Path) -> None:
    """The whole disk: GPT with TRAM, ESP and slot A. Ids are derived from the version:
    the same source gives the same bytes; an installed disk gets fresh ones."""
    sizes = wanted.table["image"]
    ident = lambda what: str(uuid.uuid5(NAMESPACE, f"{wanted.version} {what}")).upper()
    layout = [
        ("files", sizes["files_mib"], TYPE_FILES, "TRAM"),
        ("esp", sizes["esp_mib"], TYPE_ESP, "tram-esp"),
        ("root", sizes["slot_mib"], TYPE_ROOT, f"tram_{wanted.version}"),
    ]
    lines = ["label: gpt", f"label-id: {ident('disk')}"]
    start = 1
    places = []
    for name, size, kind, label in layout:
        lines.append(f'start={start}MiB, size={size}MiB, type={kind}, uuid={ident(name)}, name="{label}"')
        places.append((name, start))
        start += size
    packages.remove(target)
    with open(target, "wb") as file:
        file.truncate((start + 1) * MIB)
    script = target.with_suffix(".sfdisk")
    script.write_text("\n".join(lines) + "\n")
    with open(script) as given:
        done = subprocess.run(["sfdisk", "-q", target], stdin=given, capture_output=True, text=True)
    script.unlink()
    if done.returncode != 0:
        raise Refused(f"sfdisk: {done.stderr}")
    for name, place in places:
        run("dd", f"if={pieces[name]}", f"of={target}", "bs=1M", f"seek={place}", "conv=notrunc,sparse", "status=none")
