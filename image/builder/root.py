"""The root of one version: the packages' tree with what is ours laid over it."""

from __future__ import annotations

import os
import pathlib
import shutil

from . import packages
from .definition import IMAGE, Definition, digest, digest_folder, run


def lay(wanted: Definition, tree: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    """Copies the tree and lays image/root, the binary, users and units over it."""
    root = work / "root"
    packages.remove(root)
    run("cp", "-a", tree, root)
    overlay(wanted, root)
    shutil.copy2(wanted.binary, root / "usr/bin/tram")
    (root / "usr/bin/tram").chmod(0o755)
    keys(wanted, root)
    for folder in ("efi", "media/TRAM"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    name_release(wanted, root)
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("tram\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost tram\n::1 localhost tram\n")
    link(root / "etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf")
    link(root / "etc/localtime", "/usr/share/zoneinfo/Asia/Ho_Chi_Minh")
    for unneeded in ("etc/adjtime", "etc/motd", "var/lib/systemd/random-seed"):
        packages.remove(root / unneeded)
    run("chroot", root, "systemd-sysusers")
    run("chroot", root, "passwd", "--lock", "root")
    units = wanted.table["units"]
    run("chroot", root, "systemctl", "mask", *units["mask"])
    run("chroot", root, "systemctl", "enable", *units["enable"])
    run("chroot", root, "depmod", kernel(root))
    if wanted.spoil:
        # A unit is switched on by a link, and systemd takes nothing else for it.
        shutil.copytree(wanted.spoil, root, symlinks=True, dirs_exist_ok=True)
    # /var is the data partition; what a package put there has no reader.
    packages.remove(root / "var")
    (root / "var").mkdir()
    return root


def overlay(wanted: Definition, root: pathlib.Path) -> None:
    """image/root over the tree; `@SLOT_MIB@` is the one thing that is filled in."""
    shutil.copytree(IMAGE / "root", root, dirs_exist_ok=True, symlinks=True)
    slot = str(wanted.table["image"]["slot_mib"])
    for path in (root / "usr/lib/repart.d").iterdir():
        path.write_text(path.read_text().replace("@SLOT_MIB@", slot))
    for path in (IMAGE / "root").rglob("*"):
        laid = root / path.relative_to(IMAGE / "root")
        os.chown(laid, 0, 0, follow_symlinks=False)
        # A checkout's own times would make two builds of one commit differ.
        os.utime(laid, (wanted.epoch, wanted.epoch), follow_symlinks=False)


def keys(wanted: Definition, root: pathlib.Path) -> None:
    """The public keys whose updates this image takes: those of the releases
    (image/keys) and that of this build. Without `--key` the build's own is made once
    and kept outside the checkout: who builds it himself can update it himself."""
    if not wanted.key.exists():
        run(wanted.binary, "box", "make-key", "--out", wanted.key)
    folder = root / "usr/share/tram/update-keys"
    folder.mkdir(parents=True)
    shutil.copyfile(wanted.key.with_name(wanted.key.name + ".pub"), folder / "build.pub")
    for released in sorted((IMAGE / "keys").glob("*.pub")):
        shutil.copyfile(released, folder / released.name)


def name_release(wanted: Definition, root: pathlib.Path) -> None:
    """os-release: systemd-boot shows and sorts by it; updates compare IMAGE_VERSION."""
    path = root / "usr/lib/os-release"
    kept = [line for line in path.read_text().splitlines() if not line.startswith(("PRETTY_NAME=", "NAME=", "IMAGE_", "TRAM_"))]
    lines = [
        f'PRETTY_NAME="Tram {wanted.version}"', 'NAME="Tram"', *kept,
        "IMAGE_ID=tram", f"IMAGE_VERSION={wanted.version}", f"TRAM_BUILD_EPOCH={wanted.epoch}",
    ]
    path.write_text("\n".join(lines) + "\n")
    # systemd never lets the clock stand before this file's date.
    (root / "usr/lib/clock-epoch").touch()
    for stamped in (path, root / "usr/lib/clock-epoch"):
        os.utime(stamped, (wanted.epoch, wanted.epoch))


def link(path: pathlib.Path, target: str) -> None:
    packages.remove(path)
    path.symlink_to(target)


def kernel(root: pathlib.Path) -> str:
    """The one kernel's release."""
    (only,) = (root / "usr/lib/modules").iterdir()
    return only.name


def initrd(wanted: Definition, tree: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """The initrd, cached by the tree and what we add to it."""
    ours = digest_folder(IMAGE / "root/etc/initramfs-tools")
    cached = wanted.cache / f"initrd-{digest(tree.name, ours)}"
    if cached.is_file():
        return cached
    print("    initrd", flush=True)
    for stale in wanted.cache.glob("initrd-*"):
        stale.unlink()
    (root / "var/tmp").mkdir(parents=True, exist_ok=True)
    run("chroot", root, "mkinitramfs", "-o", "/initrd.new", kernel(root), env={**packages.clean_environment()})
    packages.remove(root / "var/tmp")
    shutil.move(root / "initrd.new", cached)
    return cached


def settle(wanted: Definition, root: pathlib.Path) -> None:
    """Takes out what only the making of the initrd and the UKI needed."""
    packages.prune_paths(root, wanted.table["prune"]["after_initrd"])
