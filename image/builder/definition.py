"""image.toml, the lock and the options of one run."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import subprocess
import sys
import tomllib

IMAGE = pathlib.Path(__file__).resolve().parent.parent
LOCK = IMAGE / "packages.lock"


class Refused(Exception):
    """What whoever called must do before the build can go on, in one sentence."""


def run(*command: str | os.PathLike[str], **options) -> subprocess.CompletedProcess:
    """A tool's run; its output is shown only when it fails."""
    done = subprocess.run(
        [os.fspath(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, **options,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise Refused(f"{command[0]} failed ({done.returncode}); its output stands above")
    return done


@dataclasses.dataclass(frozen=True)
class Definition:
    """What image.toml says, and how this run was asked to build it."""

    table: dict
    version: str
    binary: pathlib.Path
    out: pathlib.Path
    cache: pathlib.Path
    firmware: bool
    quick: bool
    epoch: int
    key: pathlib.Path
    spoil: str | None

    @property
    def packages(self) -> list[str]:
        """The packages asked for; the lock holds what they bring."""
        wanted = self.table["packages"]
        return wanted["base"] + (wanted["firmware"] if self.firmware else [])

    @property
    def components(self) -> str:
        return "main non-free-firmware" if self.firmware else "main"

    def sources(self) -> str:
        """The apt list of the build alone. TRAM_DEBIAN and TRAM_DEBIAN_SECURITY point
        to other mirrors, as to snapshot.debian.org when a pinned version is gone."""
        suite = self.table["image"]["suite"]
        main = os.environ.get("TRAM_DEBIAN", "http://deb.debian.org/debian")
        security = os.environ.get("TRAM_DEBIAN_SECURITY", "http://deb.debian.org/debian-security")
        return (
            f"deb {main} {suite} {self.components}\n"
            f"deb {main} {suite}-updates {self.components}\n"
            f"deb {security} {suite}-security {self.components}\n"
        )


def load(options) -> Definition:
    """The definition for parsed command-line options."""
    table = tomllib.loads((IMAGE / "image.toml").read_text())
    cargo = tomllib.loads((IMAGE.parent / "Cargo.toml").read_text())
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tram" / "image"
    cache.mkdir(parents=True, exist_ok=True)
    return Definition(
        table=table,
        version=options.version or cargo["workspace"]["package"]["version"],
        binary=pathlib.Path(options.binary),
        out=pathlib.Path(options.out),
        cache=cache,
        firmware=options.firmware == "yes",
        quick=options.quick,
        epoch=build_epoch(),
        key=pathlib.Path(options.key) if options.key else cache / "own-key",
        spoil=options.spoil,
    )


def build_epoch() -> int:
    """The date of the build: SOURCE_DATE_EPOCH, else that of the last commit, so that
    the same source gives the same image."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    return int(run("git", "-C", IMAGE, "log", "-1", "--format=%ct").stdout)


def read_lock() -> dict[str, str]:
    """Package → version."""
    pairs = (line.split() for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    return {name: version for name, version in pairs}


def digest(*parts: bytes | str) -> str:
    """A short name for a set of inputs."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()[:16]


def digest_folder(folder: pathlib.Path) -> str:
    """Names, modes and contents of all files below a folder."""
    parts: list[bytes | str] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts += [str(path.relative_to(folder)), oct(path.stat().st_mode), path.read_bytes()]
    return digest(*parts)
