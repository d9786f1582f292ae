"""tus-js-client and tuspy send files to a running station: with breaks, over a restart, many
at once, with checksums. What the plugin has in the end is what was sent.

    clients.py PLUGIN.tram MEGABYTES
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tusclient import client as tuspy
from tusclient.exceptions import TusCommunicationError

from person import PAGE, PLUGIN, Person
from school import Station

HERE = Path(__file__).parent
MB = 1 << 20
PIECE = 5 * MB


def check(what, holds, seen=""):
    if not holds:
        raise SystemExit(f"tus: {what}: {seen}")


def make(folder, name, megabytes):
    """A file of random bytes, its size no multiple of anything."""
    file = folder / name
    with file.open("wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(MB))
        out.write(os.urandom(4321))
    return file


def sha256(file):
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def js(jobs, wait=True):
    child = subprocess.Popen(["node", HERE / "client.cjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    child.stdin.write(json.dumps(jobs))
    child.stdin.close()
    child.stdin = None
    return json.loads(child.communicate()[0]) if wait else child


def metadata(file, name=None):
    return {"plugin": PLUGIN, "upload": "files", "filename": name or file.name, "filetype": "video/mp4"}


def job(person, file, **more):
    return {"endpoint": f"{person.url}/upload/", "file": str(file), "headers": person.headers(), "metadata": metadata(file), "chunk": PIECE, **more}


def place(url):
    return url.rsplit("/", 1)[1]


def offset(person, upload):
    status, headers, _ = person.ask("HEAD", f"/upload/{upload}", headers={"Tus-Resumable": "1.0.0"})
    return int(headers["Upload-Offset"]) if status == 200 else None


def same(person, file, name=None):
    """The plugin has the file, whole; ranges of it too."""
    kept = person.kept().get(name or file.name)
    check(f"{file.name} is kept", kept and kept["size"] == file.stat().st_size, kept)
    hashed = hashlib.sha256()
    status, headers, body = person.ask("GET", f"{PAGE}/blob/{kept['blob']}")
    hashed.update(body)
    check(f"{file.name} has its hash", hashed.hexdigest() == sha256(file))
    status, headers, body = person.ask("GET", f"{PAGE}/blob/{kept['blob']}", headers={"Range": "bytes=0-1"})
    size = file.stat().st_size
    check("a range of two bytes", (status, headers["Content-Range"], body) == (206, f"bytes 0-1/{size}", file.open("rb").read(2)), headers)


def protocol(station, person):
    """Case by case against the running station."""
    resumable = {"Tus-Resumable": "1.0.0"}
    own = {**person.headers(), **resumable}
    status, headers, _ = person.ask("OPTIONS", "/upload/")
    check("OPTIONS", status == 204 and headers["Tus-Version"] == "1.0.0" and "termination" in headers["Tus-Extension"], headers)
    encoded = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata(Path("x"), "Bài giảng.mp4").items())
    begin = {**own, "Upload-Length": "10", "Upload-Metadata": encoded}
    status, headers, _ = person.ask("POST", "/upload/", headers=begin)
    check("POST", status == 201 and headers["Location"].startswith("/upload/") and headers["Upload-Expires"].endswith("GMT"), status)
    where = headers["Location"]
    status, headers, _ = person.ask("HEAD", where, headers=resumable)
    check("HEAD", (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "0", "10"), headers)
    check("metadata with marks", base64.b64encode("Bài giảng.mp4".encode()).decode() in headers["Upload-Metadata"], headers)
    piece = {**own, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    wrong = {**piece, "Upload-Offset": "3"}
    check("a wrong offset", person.ask("PATCH", where, b"abc", wrong)[0] == 409)
    bare = {name: value for name, value in piece.items() if name != "Tus-Resumable"}
    check("no Tus-Resumable", person.ask("PATCH", where, b"abc", bare)[0] == 412)
    damaged = {**piece, "Upload-Checksum": "sha1 " + base64.b64encode(hashlib.sha1(b"other").digest()).decode()}
    check("a bad checksum", person.ask("PATCH", where, b"abc", damaged)[0] == 460)
    good = {**piece, "Upload-Checksum": "sha256 " + base64.b64encode(hashlib.sha256(b"abc").digest()).decode()}
    status, headers, _ = person.ask("PATCH", where, b"abc", good)
    check("PATCH", (status, headers["Upload-Offset"]) == (204, "3"), status)
    check("DELETE", person.ask("DELETE", where, headers=own)[0] == 204)
    check("gone", person.ask("HEAD", where, headers=resumable)[0] == 404 and person.ask("PATCH", where, b"x", piece)[0] == 404)
    forged = {**begin, "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    check("another origin", person.ask("POST", "/upload/", headers=forged)[0] == 403)
    check("no token", person.ask("POST", "/upload/", headers={**begin, "Tram-Token": ""})[0] == 403)
    check("another person", offset(Person(station.url, "giaovien"), where.rsplit("/", 1)[1]) is None)
    print("protocol: 14 cases")


def tus_js(station, person, file):
    """tus-js-client: broken off, gone on with, killed and restarted in the middle."""
    third = file.stat().st_size // 3
    [broken] = js([job(person, file, abortAt=third)])
    at = offset(person, place(broken["url"]))
    check("an upload that was broken off", "error" not in broken and at and broken["sent"] <= at < file.stat().st_size, (broken, at))
    running = js([job(person, file, url=broken["url"])], wait=False)
    for line in running.stderr:
        if int(line) >= 2 * third:
            break
    station.kill()
    running.communicate()
    station.start()
    person = Person(station.url, "quantri")
    person.wait()
    after = offset(person, place(broken["url"]))
    check("the offset after a kill", after and after >= 2 * third, after)
    [done] = js([job(person, file, url=broken["url"])])
    check("the rest", "error" not in done, done)
    status, _, said = person.save(place(done["url"]))
    check("the form takes it", status == 303, (status, said[:500]))
    same(person, file)
    print(f"tus-js-client: {file.stat().st_size / MB:.0f} MB, broken off, killed at {after / MB:.0f} MB, gone on with: same hash")
    return person


def tus_py(person, file):
    """tuspy: stopped and gone on with, pieces with checksums."""
    tus = tuspy.TusClient(f"{person.url}/upload/", headers=person.headers())
    half = file.stat().st_size // 2
    up = tus.uploader(str(file), chunk_size=PIECE, metadata=metadata(file), upload_checksum=True)
    up.upload(stop_at=half)
    again = tus.uploader(str(file), chunk_size=PIECE, url=up.url, upload_checksum=True)
    check("tuspy asks where it is", again.get_offset() >= half, again.offset)
    again.upload()
    status, _, said = person.save(place(up.url))
    check("the form takes it", status == 303, (status, said[:500]))
    same(person, file)
    try:
        tus.uploader(str(file), chunk_size=PIECE, metadata={**metadata(file), "filename": "game.exe"}).upload()
        check("a program is refused", False)
    except TusCommunicationError as error:
        check("a program is refused in words", error.status_code == 400 and "chương trình" in error.response_content.decode(), error)
    print(f"tuspy: {file.stat().st_size / MB:.0f} MB in two parts with checksums: same hash; refused in words")


def eight(station, person, folder, megabytes):
    """Eight at once, and the same content under two names."""
    files = [make(folder, f"lớp {n}.mp4", megabytes) for n in range(8)]
    highest, going = [station.anonymous()], True

    def watch():
        while going:
            highest.append(station.anonymous())
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    done = js([job(person, file) for file in files])
    took = time.monotonic() - began
    going = False
    watcher.join()
    check("eight at once", all("error" not in one for one in done), done)
    grown = max(highest) - highest[0]
    check("memory stays flat", grown < 40, f"{grown:.0f} MB more")
    [twin] = js([{**job(person, files[0]), "metadata": metadata(files[0], "bản sao.mp4")}])
    status, _, said = person.save(*(place(one["url"]) for one in [*done, twin]))
    check("the form takes all", status == 303, (status, said[:500]))
    for file in files:
        same(person, file)
    same(person, files[0], "bản sao.mp4")
    blobs = [file for file in station.folder.glob("blobs/??/*") if file.stat().st_size == files[0].stat().st_size]
    check("the same content is there once", len(blobs) == len(files), len(blobs))
    check("nothing is left over", not list(station.folder.glob("blobs/partial/*")), list(station.folder.glob("blobs/partial/*")))
    total = sum(file.stat().st_size for file in files) / MB
    print(f"eight at once: {total:.0f} MB in {took:.1f} s, {grown:.0f} MB of memory more; one content under two names is there once")


def not_taken(person, folder):
    """What a form did not take is still its sender's."""
    file = make(folder, "thử.mp4", 1)
    [done] = js([job(person, file)])
    for title, expected in [("fail", 400), ("trap", 500), ("again", 422)]:
        status, _, _ = person.save(place(done["url"]), title=title)
        check(f"a form that ends with {title}", status == expected, status)
        check("it is still there", offset(person, place(done["url"])) == file.stat().st_size)
    check("and then it is taken", person.save(place(done["url"]))[0] == 303 and file.name in person.kept())
    check("once", person.save(place(done["url"]))[0] == 409)
    print("a form that fails, traps or asks again leaves the file with its sender")


def main():
    package, megabytes = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        station = Station(folder / "school").start()
        try:
            person = Person(station.url, "quantri")
            person.install(package)
            protocol(station, person)
            not_taken(person, folder)
            person = tus_js(station, person, make(folder, "bài giảng.mp4", megabytes))
            tus_py(person, make(folder, "phim.mp4", megabytes))
            eight(station, person, folder, max(8, megabytes // 8))
        finally:
            station.stop()


if __name__ == "__main__":
    main()
