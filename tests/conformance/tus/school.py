"""The demonstration school in a process that may be killed."""

import http.client
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TRAM = Path(os.environ["CARGO_TARGET_DIR"]) / "release" / "tram"


class Station:
    def __init__(self, folder):
        self.folder = Path(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
            with socket.socket() as second:
                second.bind(("127.0.0.1", 0))
                self.secure_port = second.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.secure = f"https://127.0.0.1:{self.secure_port}"
        self.child = None

    def start(self, https=False):
        more = ["--https", f"127.0.0.1:{self.secure_port}"] if https else []
        with open(f"{self.folder}.log", "a") as log:
            self.child = subprocess.Popen([TRAM, "demo", "--data", self.folder, "--listen", f"127.0.0.1:{self.port}", *more], stdout=log, stderr=log)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if self.child.poll() is not None:
                raise RuntimeError(Path(f"{self.folder}.log").read_text()[-2000:])
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the station does not answer")

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        if self.child and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(30)

    def anonymous(self):
        """Anonymous memory in MB."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1000
        return 0.0
