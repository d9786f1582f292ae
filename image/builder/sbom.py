"""The bill of materials, CycloneDX 1.5: Debian packages and the crates of Cargo.lock."""

from __future__ import annotations

import json
import pathlib
import time
import tomllib
import uuid

from .definition import IMAGE, Definition


def write(wanted: Definition, root: pathlib.Path, target: pathlib.Path) -> int:
    """Writes the list; answers how many components it names."""
    components = debian(root) + crates()
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'tram ' + wanted.version)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wanted.epoch)),
            "component": {"type": "operating-system", "name": "tram", "version": wanted.version},
        },
        "components": components,
    }
    target.write_text(json.dumps(document, indent=1) + "\n")
    return len(components)


def debian(root: pathlib.Path) -> list[dict]:
    listed = []
    for line in (root / "usr/share/tram/packages.tsv").read_text().splitlines():
        name, version, architecture, source, source_version, section = line.split("\t")
        purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}&distro=debian-12"
        listed.append({
            "type": "firmware" if "firmware" in name or "microcode" in name else "library",
            "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "properties": [
                {"name": "debian:source", "value": f"{source} {source_version}"},
                {"name": "debian:section", "value": section},
            ],
        })
    return listed


def crates() -> list[dict]:
    lock = tomllib.loads((IMAGE.parent / "Cargo.lock").read_text())
    listed = []
    for package in lock["package"]:
        purl = f"pkg:cargo/{package['name']}@{package['version']}"
        entry = {"type": "library", "bom-ref": purl, "name": package["name"], "version": package["version"], "purl": purl}
        if "checksum" in package:
            entry["hashes"] = [{"alg": "SHA-256", "content": package["checksum"]}]
        listed.append(entry)
    return listed
