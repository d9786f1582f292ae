"""Uploads beside @tus/server, a saved form meanwhile, and ranges beside nginx."""

import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import process
import setting
from report import Part, median

sys.path.insert(0, str(setting.CHECKOUT / "tests" / "conformance" / "tus"))

MB = 1 << 20
SIZE = 100
RANGE = "bytes=10000000-11048575"
SECONDS = 5
RUNS = 3
SAVES = 400


def run():
    package = os.environ.get("TRAM_TEST_PLUGINS", setting.TARGET / "test-plugins")
    package = os.path.join(package, "uploader.tram")
    if not os.path.exists(package):
        setting.skip("the test plugins are not built (tests/plugins/build.sh)")
    from person import Person
    from school import Station

    folder = setting.BENCH / "uploads"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "peer").mkdir(parents=True)
    files = [make(folder / f"{n}.mp4") for n in range(8)]
    part = Part("upload", "Uploads beside @tus/server, ranges beside nginx", "tests/bench/run.sh upload").begin()
    station, peer = Station(folder / "school"), None
    try:
        station.start(https=True)
        person = Person(station.url, "quantri")
        person.install(package)
        port = process.free_port()
        peer = subprocess.Popen(["node", setting.HERE / "tus_server.cjs", str(port), folder / "peer"], stdout=subprocess.DEVNULL)
        sending(part, station, person, peer, port, files)
        saving(part, station, person, files)
        ranges(part, station, person, files[0], folder)
    finally:
        station.stop()
        if peer:
            process.stop(peer)
        shutil.rmtree(folder, ignore_errors=True)
    part.end()


def make(file):
    with file.open("wb") as out:
        for _ in range(SIZE):
            out.write(os.urandom(MB))
    return file


def sending(part, station, person, peer, port, files):
    """tus-js-client in turns to both: one file in pieces of 5 MiB, and eight at once."""
    from clients import job, js, place

    anonymous = {"ours": [], "peer": []}
    for name, some in [("one file, pieces of 5 MiB", files[:1]), ("eight at once", files)]:
        runs = []
        for turn in range(RUNS + 1):
            pair = {}
            for who, pid in [("ours", station.child.pid), ("peer", peer.pid)]:
                theirs = {} if who == "ours" else {"endpoint": f"http://127.0.0.1:{port}/upload", "headers": {}}
                began, spent = time.perf_counter(), process.cpu_seconds(pid)
                with watching(pid, anonymous[who]):
                    done = js([{**job(person, file), **theirs} for file in some])
                took = time.perf_counter() - began
                if any("error" in one for one in done):
                    raise RuntimeError(done)
                pair[who] = SIZE * len(some) / took
                pair[f"{who} cpu"] = (process.cpu_seconds(pid) - spent) * 1e3 / (SIZE * len(some))
                if who == "ours":
                    for one in done:
                        person.ask("DELETE", f"/upload/{place(one['url'])}", headers={**person.headers(), "Tus-Resumable": "1.0.0"})
            # The first turn warms both up.
            if turn:
                runs.append(pair)
        ratio = median([run["ours"] / run["peer"] for run in runs])
        middle = {who: median([run[who] for run in runs]) for who in runs[0]}
        part.add(f"{name}, MB/s", f"{middle['ours']:.0f}", f"{middle['peer']:.0f}", f"{ratio:.2f}", "≥ 1.0", ratio >= 1)
        part.add(f"{name}, processor ms a MB", f"{middle['ours cpu']:.1f}", f"{middle['peer cpu']:.1f}")
    ours, theirs = max(anonymous["ours"]), max(anonymous["peer"])
    part.add("anonymous memory at most, MB", f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}", "≤ 0.25", ours / theirs <= 0.25)
    part.notes.append(f"tus-js-client, files of {SIZE} MB, medians of {RUNS} interleaved runs. Ours syncs each piece to the disk before it answers and hashes it; the peer does neither. The memory of ours is that of the whole station with its plugins.")


@contextlib.contextmanager
def watching(pid, into):
    going = True

    def watch():
        while going:
            into.append(process.memory(pid, "RssAnon"))
            time.sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        going = False
        thread.join()


def saving(part, station, person, files):
    """A form that is saved, alone and while eight files come in."""
    from clients import job, js, place

    def saves(count, going):
        times = []
        connection = http.client.HTTPConnection("127.0.0.1", station.port, timeout=60)
        headers = {**person.headers(), "Content-Type": "application/x-www-form-urlencoded"}
        body = f"_token={headers.pop('Tram-Token')}&title=note"
        while len(times) < count and going():
            began = time.perf_counter()
            connection.request("POST", "/x/uploader.test/", body, headers)
            reply = connection.getresponse()
            reply.read()
            times.append((time.perf_counter() - began) * 1e3)
            if reply.status != 303:
                raise RuntimeError(f"a form was answered by {reply.status}")
            time.sleep(0.01)
        times.sort()
        return times[int(len(times) * 0.99)], median(times), len(times)

    alone, alone_median, _ = saves(SAVES, lambda: True)
    done, over = [], threading.Event()

    def send():
        for _ in range(3):
            done.extend(js([job(person, file) for file in files]))
        over.set()

    sender = threading.Thread(target=send)
    sender.start()
    busy, busy_median, count = saves(100_000, lambda: not over.is_set())
    sender.join()
    for one in done:
        person.ask("DELETE", f"/upload/{place(one['url'])}", headers={**person.headers(), "Tus-Resumable": "1.0.0"})
    part.add("a saved form, p99, ms (median)", f"{alone:.1f} ({alone_median:.1f})")
    part.add("the same during eight uploads", f"{busy:.1f} ({busy_median:.1f})")
    part.notes.append(f"{SAVES} forms alone, {count} while 8 × {SIZE} MB came in three times over, one after the other 10 ms apart; the clients run on the same cores.")


NGINX = """
{user}
worker_processes auto; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ video/mp4 mp4; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; root {root};
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3; }}
}}
"""


def ranges(part, station, person, file, folder):
    """1 MiB of a 100 MB file at 40 connections."""
    from clients import job, js, place
    from person import PAGE, Person

    if not (shutil.which("nginx") and shutil.which("wrk")):
        part.notes.append("Ranges were not measured: nginx or wrk is absent (apt-get install nginx-light wrk).")
        return
    [done] = js([job(person, file)])
    person.save(place(done["url"]))
    blob = person.kept()[file.name]["blob"]
    secure = Person(station.secure, "quantri")
    work = folder / "nginx"
    work.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", work / "key.pem", "-out", work / "cert.pem"], check=True, capture_output=True)
    ports = {"http": process.free_port(), "https": process.free_port()}
    # Workers of a master that root started become www-data, who may not read the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (work / "nginx.conf").write_text(NGINX.format(folder=work, root=folder, user=user, **ports))
    nginx = subprocess.Popen(["nginx", "-p", work, "-c", work / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        for name, own, who in [("TLS", station.secure, secure), ("plain HTTP", station.url, person)]:
            scheme = own.split(":")[0]
            ours = (f"{own}{PAGE}/blob/{blob}", station.child.pid, who.cookie())
            peer = (f"{scheme}://127.0.0.1:{ports[scheme]}/{file.name}", nginx.pid, "")
            runs = [(load(*ours), load(*peer)) for _ in range(RUNS + 1)][1:]
            middle = [{key: median([run[side][key] for run in runs]) for key in runs[0][0]} for side in (0, 1)]
            through = median([mine["mib"] / theirs["mib"] for mine, theirs in runs])
            spent = median([mine["cpu"] / theirs["cpu"] for mine, theirs in runs])
            target = name == "TLS"
            part.add(f"1 MiB ranges over {name}, 40 connections, MiB/s", f"{middle[0]['mib']:.0f}", f"{middle[1]['mib']:.0f}", f"{through:.2f}", "≥ 0.9" if target else "", through >= 0.9 if target else None)
            part.add(f"processor ms a MiB over {name}", f"{middle[0]['cpu']:.2f}", f"{middle[1]['cpu']:.2f}", f"{spent:.2f}", "≤ 1.5" if target else "", spent <= 1.5 if target else None)
    finally:
        process.stop(nginx)
    part.notes.append(f"wrk, {SECONDS} s a run, medians of {RUNS} interleaved runs; nginx with as many workers as cores, sendfile, the same kind of key.")


def load(address, pid, cookie):
    spent = process.cpu_seconds(pid)
    command = ["wrk", "-t2", "-c40", f"-d{SECONDS}s", "--timeout", "20s", "-H", f"Range: {RANGE}", "-H", f"Cookie: {cookie}", address]
    out = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 60, check=True).stdout
    spent = process.cpu_seconds(pid) - spent
    if re.search(r"Non-2xx or 3xx responses", out):
        raise RuntimeError(out)
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    return {"mib": float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1)), "cpu": spent * 1e3 / max(1, requests)}


if __name__ == "__main__":
    setting.main("upload", run)
