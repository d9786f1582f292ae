"""Somebody of the demonstration school, for clients outside of a browser: signs in, installs
the test plugin, and knows what an upload's request must carry."""

import http.client
import json
import re
import ssl
import time
import urllib.parse
import uuid

PLUGIN = "uploader.test"
PAGE = f"/x/{PLUGIN}"


class Person:
    def __init__(self, url, name):
        self.url = url
        self.scheme, self.host = url.split("://")
        self.cookies = {}
        status, _, _ = self.post("/sign-in/demo", {"_token": self.token("/sign-in", "/sign-in/demo"), "name": name})
        if status != 303:
            raise RuntimeError(f"{name} did not get in: {status}")

    def ask(self, method, path, body=None, headers=None):
        # The station's own authority is made anew with each; it is not what is tested.
        secure = {"context": ssl._create_unverified_context()} if self.scheme == "https" else {}
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self.host, timeout=120, **secure)
        try:
            connection.request(method, path, body, {"Cookie": self.cookie(), "Origin": self.url, "Sec-Fetch-Site": "same-origin", **(headers or {})})
            reply = connection.getresponse()
            for line in reply.headers.get_all("set-cookie") or []:
                name, value = line.split(";")[0].split("=", 1)
                self.cookies[name] = value
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, path):
        return self.ask("GET", path)[2].decode()

    def post(self, path, fields):
        body = urllib.parse.urlencode(fields)
        status, headers, said = self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        return status, headers, said.decode(errors="replace")

    def token(self, path, action=None):
        page = self.get(path)
        part = page.split(f'action="{action}"', 1)[1] if action else page.split("<main", 1)[1]
        return re.search(r'name="_token" value="([^"]+)"', part).group(1)

    def install(self, file):
        """As the administrator does it: the file, then the consent to what it asks for."""
        boundary = uuid.uuid4().hex
        token = self.token("/admin", "/admin/install")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="_token"\r\n\r\n{token}\r\n--{boundary}\r\nContent-Disposition: form-data; name="package"; filename="uploader.tram"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = head.encode() + open(file, "rb").read() + f"\r\n--{boundary}--\r\n".encode()
        _, _, page = self.ask("POST", "/admin/install", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        form = page.decode().split('action="/admin/install"', 1)[1].split("</form>")[0]
        fields = {}
        for tag in re.findall(r"<input[^>]*>", form):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and ('type="checkbox"' not in tag or "checked" in tag):
                fields[name.group(1)] = value.group(1) if value else ""
        status, _, said = self.post("/admin/install", fields)
        if status != 303:
            raise RuntimeError(f"not installed: {status} {said[:2000]}")
        self.wait()

    def wait(self):
        """Until the test plugin runs: after a start it may have to be prepared."""
        until = time.monotonic() + 60
        while self.ask("GET", f"{PAGE}/kept")[0] != 200:
            if time.monotonic() > until:
                raise RuntimeError("the test plugin does not run")
            time.sleep(0.2)

    def headers(self):
        """What an upload's requests carry besides the protocol's own."""
        return {"Cookie": self.cookie(), "Origin": self.url, "Tram-Token": self.token(PAGE)}

    def kept(self):
        """What the plugin has taken, by name."""
        return {file["name"]: file for file in json.loads(self.get(f"{PAGE}/kept"))}

    def save(self, *ids, title="Bài"):
        fields = [("_token", self.token(PAGE)), ("title", title), *(("file", f"tram-upload:{one}") for one in ids)]
        return self.post(f"{PAGE}/", fields)
