"""Makes the flat form of a package (docs/formats/learning-package.md) of a ZIP file or folder.

    flat.py IN OUT
"""
import json
import mimetypes
import os
import struct
import sys
import zipfile

TYPES = {
    "js": "text/javascript", "css": "text/css", "html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml",
    "opf": "application/oebps-package+xml", "ncx": "application/x-dtbncx+xml", "xml": "application/xml", "json": "application/json",
    "svg": "image/svg+xml", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "mp4": "video/mp4",
}


def media_type(path):
    end = path.rsplit(".", 1)[-1].lower()
    return TYPES.get(end) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def files(source):
    if os.path.isdir(source):
        for folder, _, names in os.walk(source):
            for name in names:
                path = os.path.join(folder, name)
                yield os.path.relpath(path, source).replace(os.sep, "/"), open(path, "rb").read()
        return
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                yield entry.filename.replace("\\", "/"), archive.read(entry)


def main(source, target):
    index, offset = [], 0
    with open(target, "wb") as out:
        for path, content in sorted(files(source), key=lambda pair: pair[0].encode()):
            out.write(content)
            index.append({"path": path, "media_type": media_type(path), "offset": offset, "size": len(content)})
            offset += len(content)
        out.write(json.dumps({"files": index}).encode())
        out.write(struct.pack("<Q", offset) + b"TRAMPKG1")


if __name__ == "__main__":
    main(*sys.argv[1:])
