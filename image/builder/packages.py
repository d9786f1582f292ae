"""The packages' tree: Debian, pinned by the lock, pruned, cached outside the checkout."""

from __future__ import annotations

import glob
import inspect
import json
import os
import pathlib
import shutil
import sys

from . import definition
from .definition import Definition, Refused, digest, run

EXCLUDED = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"]


def tree(wanted: Definition) -> pathlib.Path:
    """The pruned tree for the lock, built when the cache does not have it."""
    lock = definition.read_lock()
    prune_source = inspect.getsource(prune) + inspect.getsource(prune_paths)
    key = digest(json.dumps([wanted.packages, lock, wanted.table["prune"]]), wanted.sources(), prune_source)
    folder = wanted.cache / f"tree-{key}"
    if folder.is_dir():
        return folder
    # What a quick build took where the mirror had moved on; never a release's.
    loose = wanted.cache / f"tree-{key}-loose"
    if wanted.quick and loose.is_dir():
        return loose
    print(f"    packages' tree for {len(wanted.packages)} asked and {len(lock)} pinned packages (about 3 min)", flush=True)
    unfinished = wanted.cache / f"tree-{key}.unfinished"
    remove(unfinished)
    bootstrap(wanted, unfinished, lock)
    installed = list_installed(unfinished)
    differs = sorted(name for name, version in installed.items() if lock.get(name) != version)
    if differs:
        shown = ", ".join(f"{name} {installed[name]} (lock: {lock.get(name, 'none')})" for name in differs[:8])
        told = (
            f"{len(differs)} packages are not what image/packages.lock says: {shown}. Renew it with `make image-lock`, "
            "or set TRAM_DEBIAN to a mirror that still has the pinned versions"
        )
        # A mirror moves on by the week. What is released must be what was pinned; the
        # boot tests must not stand still for it.
        if not wanted.quick:
            remove(unfinished)
            raise Refused(told)
        print(f"    {told}", file=sys.stderr, flush=True)
        folder = loose
    save_list(unfinished)
    prune(unfinished, wanted.table["prune"])
    unfinished.rename(folder)
    for old in wanted.cache.glob("tree-*"):
        if old != folder:
            remove(old)
    return folder


def renew_lock(wanted: Definition) -> None:
    """Asks the archive for today's versions and writes them down."""
    scratch = wanted.cache / "lock.unfinished"
    remove(scratch)
    bootstrap(wanted, scratch, {})
    installed = list_installed(scratch)
    lines = [f"{name} {version}" for name, version in sorted(installed.items())]
    head = "# Each Debian package of the image and its version; `make image-lock` writes this file.\n"
    definition.LOCK.write_text(head + "\n".join(lines) + "\n")
    remove(scratch)
    print(f"    packages.lock: {len(lines)} packages")


def bootstrap(wanted: Definition, folder: pathlib.Path, lock: dict[str, str]) -> None:
    """Installs the packages into an empty folder with mmdebstrap."""
    pins = wanted.cache / "pins"
    pins.write_text("".join(f"Package: {n}\nPin: version {v}\nPin-Priority: 1001\n\n" for n, v in lock.items()))
    sources = wanted.cache / "sources.list"
    sources.write_text(wanted.sources())
    excludes = [f"--dpkgopt=path-exclude={path}" for path in EXCLUDED]
    run(
        "mmdebstrap", "--mode=root", "--variant=minbase",
        "--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Languages \"none\"",
        *excludes, "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        f"--setup-hook=mkdir -p \"$1/etc/apt/preferences.d\" && cp {pins} \"$1/etc/apt/preferences.d/lock\"",
        f"--include={','.join(wanted.packages)}",
        wanted.table["image"]["suite"], folder, sources,
        env={**clean_environment(), "SOURCE_DATE_EPOCH": str(wanted.epoch)},
    )


def clean_environment() -> dict[str, str]:
    """No locale, no questions."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "http_proxy", "https_proxy") if name in os.environ}
    return {**keep, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def list_installed(folder: pathlib.Path) -> dict[str, str]:
    """Package → version of a tree."""
    found = run("chroot", folder, "dpkg-query", "-W", "-f", "${Package} ${Version}\n").stdout
    return dict(line.split() for line in found.splitlines())


def save_list(folder: pathlib.Path) -> None:
    """Keeps what dpkg knows of the packages, for the SBOM and for whoever looks on a box."""
    found = run(
        "chroot", folder, "dpkg-query", "-W", "-f",
        "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Section}\n",
    ).stdout
    target = folder / "usr/share/tram"
    target.mkdir(parents=True)
    (target / "packages.tsv").write_text(found)


def prune(folder: pathlib.Path, table: dict) -> None:
    """Takes out what image.toml lists; a pattern that meets nothing is named, so that
    the list does not rot."""
    modules = next((folder / "usr/lib/modules").iterdir()) / "kernel"
    prune_paths(folder, table["paths"])
    prune_paths(modules, table["modules"])
    if (folder / "usr/lib/firmware").is_dir():
        prune_paths(folder / "usr/lib/firmware", table["firmware"])


def prune_paths(base: pathlib.Path, patterns: list[str]) -> None:
    """Removes what the patterns meet below a folder."""
    stale = []
    for pattern in patterns:
        hits = glob.glob(str(base / pattern))
        if not hits:
            stale.append(pattern)
        for hit in hits:
            remove(pathlib.Path(hit))
    if stale:
        print(f"    image.toml prunes what is not there: {', '.join(stale)}", file=sys.stderr)


def remove(path: pathlib.Path) -> None:
    """A file, link or folder, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
