"""The peer for lists: Kolibri from PyPI with a channel of its own, no internet."""

import os
import subprocess
import time
import urllib.request

import process
import setting

VERSION = "0.19.5"
RESOURCES = 2000
ENV = setting.BENCH / "kolibri-venv"
HOME = setting.BENCH / "kolibri"

# Run in Kolibri's own shell: one channel whose resources carry the titles of our records.
FILL = """
import json, uuid
from django.utils import timezone
from kolibri.core.content.models import ChannelMetadata, ContentNode
if not ChannelMetadata.objects.exists():
    titles = json.load(open({titles!r}))
    channel = uuid.uuid5(uuid.NAMESPACE_DNS, "bench").hex
    root = ContentNode.objects.create(id=uuid.uuid4().hex, title="Bench", content_id=uuid.uuid4().hex, channel_id=channel, kind="topic", available=True)
    for title in titles: ContentNode.objects.create(id=uuid.uuid4().hex, title=title[:200], content_id=uuid.uuid4().hex, channel_id=channel, kind="document", available=True, parent=root)
    ChannelMetadata.objects.create(id=channel, name="Bench", root=root, version=1, min_schema_version="1", last_updated=timezone.now())
print("resources", ContentNode.objects.count())
"""


class Kolibri:
    def __init__(self):
        self.child = None

    def environment(self):
        return os.environ | {
            "KOLIBRI_HOME": str(HOME),
            "KOLIBRI_LISTEN_ADDRESS": "127.0.0.1",
            "KOLIBRI_HTTP_PORT": str(self.port),
            "KOLIBRI_ZIP_CONTENT_PORT": str(self.zip_port),
            "KOLIBRI_ZEROCONF_ENABLED": "False",
        }

    def run(self, *arguments, **options):
        return subprocess.run([ENV / "bin" / "kolibri", *arguments], env=self.environment(), capture_output=True, text=True, check=True, timeout=300, **options)

    def prepare(self, titles):
        """Installs it when it is not there, sets it up, and fills the channel."""
        self.port, self.zip_port = process.free_port(), process.free_port()
        if not (ENV / "bin" / "kolibri").exists():
            try:
                subprocess.run(["python3", "-m", "venv", ENV], check=True)
                subprocess.run([ENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", f"kolibri=={VERSION}"], check=True, timeout=600)
            except (subprocess.SubprocessError, OSError) as error:
                setting.skip(f"Kolibri cannot be installed ({error})")
        stamp = HOME / "filled"
        if not stamp.exists():
            self.run("manage", "provisiondevice", "--facility", "Truong", "--superusername", "admin", "--superuserpassword", "admin12345", "--preset", "formal", "--language_id", "vi", "--noinput")
            out = self.run("shell", input=FILL.format(titles=str(titles))).stdout
            if f"resources {RESOURCES + 1}" not in out:
                raise RuntimeError(f"Kolibri's channel was not filled: {out[-500:]}")
            stamp.touch()
        return self

    def start(self):
        with (setting.BENCH / "kolibri.log").open("w") as log:
            self.child = subprocess.Popen([ENV / "bin" / "kolibri", "start", "--foreground"], env=self.environment(), stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{self.port}"
        until = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(self.url + "/api/public/info/", timeout=10).read()
                return self
            except OSError:
                if self.child.poll() is not None or time.monotonic() > until:
                    self.stop()
                    raise RuntimeError("Kolibri did not start; see kolibri.log") from None
                time.sleep(0.2)

    def stop(self):
        if self.child:
            process.stop(self.child)
            self.child = None

    def configuration(self):
        return f"Kolibri {VERSION} (pip), default options on loopback without zeroconf, one channel of {RESOURCES:,} resources, SQLite"
