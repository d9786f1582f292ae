"""A librarian without a browser: signs in by the demonstration school's one click and
sends the catalogue's form, token and all. Standard library only."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

TOKEN = re.compile(r'name="_token" value="([^"]+)"')
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.S)


class Unsaved(Exception):
    """The station answered, and what it answered is no acknowledgement."""


class Librarian:
    def __init__(self, url, timeout=10):
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path):
        """The page at a path and the address where it was found in the end."""
        with self.opener.open(self.url + path, timeout=self.timeout) as reply:
            return reply.read().decode(), reply.geturl()

    def post(self, path, fields):
        """Sends a form; the page and the address to which it led."""
        request = urllib.request.Request(
            self.url + path,
            data=urllib.parse.urlencode(fields).encode(),
            headers={"Origin": self.url, "Content-Type": "application/x-www-form-urlencoded"},
        )
        with self.opener.open(request, timeout=self.timeout) as reply:
            return reply.read().decode(), reply.geturl()

    def form(self, html, action, holds=""):
        """The token in the form that goes to `action` and has `holds` in it."""
        for form in FORM.findall(html):
            if f'action="{action}"' in form and holds in form:
                found = TOKEN.search(form)
                if found:
                    return found.group(1)
        raise Unsaved(f"no form to {action} on the page")

    def sign_in(self, role="thuvien"):
        html, _ = self.get("/sign-in")
        token = self.form(html, "/sign-in/demo", f'value="{role}"')
        html, _ = self.post("/sign-in/demo", {"name": role, "_token": token})
        if "data-sign-out" not in html:
            raise Unsaved("the one-click sign-in did not sign in")
        html, _ = self.get("/catalogue/new")
        self.token = self.form(html, "/catalogue/new")

    def save(self, title):
        """Saves a new title; the id of its record, once the station says that it is saved."""
        _, address = self.post("/catalogue/new", {"_token": self.token, "title": title, "language": "vie"})
        found = re.search(r"/catalogue/records/([0-9a-f]{32})\?said=created$", address)
        if not found:
            raise Unsaved(f"saving “{title}” led to {address}")
        return found.group(1)

    def has(self, record):
        """Whether a record is there, by the interface for programs."""
        try:
            self.get(f"/api/catalogue/v1/records/{record}")
            return True
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return False
            raise
