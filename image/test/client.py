"""A browser without script: follows links, fills in forms with their tokens, keeps
cookies. What the station shows is all that it knows."""

from __future__ import annotations

import html.parser
import http.client
import http.cookiejar
import pathlib
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Field:
    """One control of a form, as the page fills it in."""

    def __init__(self, name: str, kind: str, value: str, on: bool = True):
        self.name, self.kind, self.value, self.on = name, kind, value, on


class Form:
    def __init__(self, attributes: dict[str, str]):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.encoding = attributes.get("enctype", "application/x-www-form-urlencoded")
        self.fields: list[Field] = []
        self.text = ""

    def has(self, name: str) -> bool:
        return any(field.name == name for field in self.fields)


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._area: Field | None = None
        self._link: str | None = None
        self._link_words: list[str] = []
        self._main = 0
        self._hidden = 0

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        if tag == "main":
            self._main += 1
        if tag in ("script", "style", "svg"):
            self._hidden += 1
        if tag == "form":
            self._form = Form(given)
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self._link, self._link_words = given["href"], []
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            on = kind not in ("checkbox", "radio", "file") or "checked" in given
            self._form.fields.append(Field(name, kind, given.get("value", "on" if kind == "checkbox" else ""), on))
        elif tag == "button" and name:
            self._form.fields.append(Field(name, "button", given.get("value", ""), False))
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select:
            first = not any(field.name == self._select for field in self._form.fields)
            field = Field(self._select, "option", given.get("value", ""), "selected" in given)
            if field.on or first:
                self._form.fields = [known for known in self._form.fields if known.name != self._select]
                field.on = True
                self._form.fields.append(field)
        elif tag == "textarea" and name:
            self._area = Field(name, "textarea", "")
            self._form.fields.append(self._area)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "main":
            self._main -= 1
        elif tag in ("script", "style", "svg"):
            self._hidden -= 1
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link, " ".join("".join(self._link_words).split())))
            self._link = None

    def handle_data(self, data):
        if self._area is not None:
            self._area.value += data
            return
        if self._form is not None:
            self._form.text += data
        if self._link is not None:
            self._link_words.append(data)
        if self._main and not self._hidden:
            self.words.append(data)


class Page:
    """A reply: where it was in the end, its status, its words and forms."""

    def __init__(self, address: str, status: int, body: bytes):
        self.address, self.status, self.body = address, status, body
        reader = _Reader()
        self.source = body.decode("utf-8", "replace")
        reader.feed(self.source)
        self.forms, self.links = reader.forms, reader.links
        self.text = " ".join(" ".join(reader.words).split())

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.address).path

    def form(self, action: str = "", having: str = "", text: str = "") -> Form:
        """The first form with this in its action, a control of this name, this text."""
        for form in self.forms:
            if action in form.action and (not having or form.has(having)) and text in form.text:
                return form
        raise LookupError(f"{self.address} ({self.status}) has no form {action or having or text}: {self.text[:600]}")


class Browser:
    """Cookies and one station's address. `host` is sent as Host in place of the address."""

    def __init__(self, base: str, host: str = "", timeout: float = 60):
        self.base, self.host, self.timeout = base.rstrip("/"), host, timeout
        # The station's own authority is not installed here; what is tested is not trust.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), urllib.request.HTTPSHandler(context=context)
        )

    def open(self, path: str, data: bytes | None = None, kind: str = "") -> Page:
        # Sending counts as one operation, and an update has 150 MB for an emulated box.
        timeout = max(self.timeout, len(data or b"") / 50_000)
        address = urllib.parse.urljoin(self.base + "/", path)
        headers = {"Accept-Language": "vi", "Accept": "text/html"}
        if self.host:
            headers["Host"] = self.host
        if data is not None:
            parts = urllib.parse.urlsplit(address)
            headers |= {"Origin": f"{parts.scheme}://{self.host or parts.netloc}", "Content-Type": kind}
        request = urllib.request.Request(address, data=data, headers=headers)
        try:
            with self.opener.open(request, timeout=timeout) as reply:
                return Page(reply.geturl(), reply.status, reply.read())
        except urllib.error.HTTPError as error:
            return Page(error.geturl(), error.code, error.read())

    def send(self, page: Page, form: Form, values: dict[str, str] | None = None,
             files: dict[str, pathlib.Path] | None = None, press: str = "") -> Page:
        """Sends a form as a browser would: what the page filled in, changed by `values`
        (an empty string switches a box off), with files, by the button `press`."""
        values = dict(values or {})
        pairs: list[tuple[str, str]] = []
        for field in form.fields:
            if field.kind == "file" or (field.kind == "button" and field.value != press and field.name != press):
                continue
            if field.kind == "radio" and field.name in values:
                if field.value == values[field.name]:
                    pairs.append((field.name, field.value))
                continue
            if field.kind == "checkbox" and field.name in values:
                if values[field.name]:
                    pairs.append((field.name, field.value))
                continue
            if field.name in values:
                pairs.append((field.name, values[field.name]))
            elif field.on or field.kind == "button":
                pairs.append((field.name, field.value))
        target = urllib.parse.urljoin(page.address, form.action or page.address)
        if form.method == "get":
            return self.open(target + "?" + urllib.parse.urlencode(pairs))
        if "multipart" not in form.encoding:
            return self.open(target, urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded")
        boundary = uuid.uuid4().hex
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in pairs
        )
        for name, path in (files or {}).items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{path.name}"\r\n'
            body += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + path.read_bytes() + b"\r\n"
        return self.open(target, body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


PASSWORD = "trong dua ba mua"


def set_up(browser: Browser, code: str) -> Page:
    """Goes through the wizard, page by page until it ends, and signs in when it does
    not end signed in."""
    answers = {
        "code": code, "school": "Trường THCS Thử Ảnh", "name": "Nguyễn Thị Lan", "username": "lan.nguyen",
        "password": PASSWORD, "again": PASSWORD,
    }
    page = browser.open("/")
    for _ in range(8):
        if not page.path.startswith("/setup"):
            return sign_in(browser, "lan.nguyen", PASSWORD)
        form = page.form("/setup")
        pressed = page
        page = browser.send(page, form, {name: value for name, value in answers.items() if form.has(name)})
        if page.status >= 400 or (page.path == pressed.path and page.text == pressed.text):
            raise AssertionError(f"the wizard stays at {page.address} ({page.status}): {page.text[:800]}")
        if page.path.startswith("/setup") and not any("/setup" in form.action for form in page.forms):
            return sign_in(browser, "lan.nguyen", PASSWORD)
    raise AssertionError("the wizard does not end")


def sign_in(browser: Browser, name: str, password: str) -> Page:
    """Signs in, unless this browser is signed in already."""
    page = browser.open("/")
    if "data-sign-out" in page.source:
        return page
    page = browser.open("/sign-in")
    form = page.form("/sign-in", "secret")
    page = browser.send(page, form, {"name": name, "secret": password})
    if "data-sign-out" not in page.source:
        raise AssertionError(f"nobody was signed in ({page.status}, {page.address}): {page.text[:400]}")
    return page


def import_titles(browser: Browser, file: pathlib.Path, timeout: float) -> Page:
    """Brings a file into the catalogue and waits for the report."""
    page = browser.open("/catalogue/import")
    form = next(form for form in page.forms if any(field.kind == "file" for field in form.fields))
    name = next(field.name for field in form.fields if field.kind == "file")
    page = browser.send(page, form, files={name: file})
    form = page.form(text="Bắt đầu nhập")
    page = browser.send(page, form)
    end = time.monotonic() + timeout
    while "Kết quả nhập" not in page.text:
        if page.status >= 400 or time.monotonic() > end:
            raise AssertionError(f"the import did not end ({page.status}): {page.text[:600]}")
        time.sleep(0.5)
        page = browser.open(page.address)
    return page


def save_title(browser: Browser, title: str) -> str:
    """Saves one title by the form; its record's address once the station says so."""
    page = browser.open("/catalogue/new")
    page = browser.send(page, page.form("/catalogue/new", "title"), {"title": title, "language": "vie"})
    if "said=created" not in page.address:
        raise AssertionError(f"“{title}” was not saved ({page.status}): {page.text[:400]}")
    return page.path


def finds(browser: Browser, query: str) -> int:
    """How many titles a search finds; -1 while the index is being built."""
    page = browser.open("/catalogue?" + urllib.parse.urlencode({"q": query}))
    if page.status == 503:
        return -1
    if page.status != 200:
        raise AssertionError(f"the search for {query} answers {page.status}: {page.text[:400]}")
    found = re.search(r"Tìm thấy (?:hơn )?([\d.]+) tài liệu", page.text)
    return int(found.group(1).replace(".", "")) if found else 0


def found_within(browser: Browser, query: str, count: int, seconds: float) -> None:
    """Waits until a search finds so many titles: on a slow machine the index follows a
    moment behind what was saved."""
    end = time.monotonic() + seconds
    while (seen := finds(browser, query)) != count:
        if time.monotonic() > end:
            raise AssertionError(f"{query} finds {seen} titles, not {count}, after {seconds} s")
        time.sleep(0.5)


CONNECTION_ENDS = (OSError, http.client.HTTPException, urllib.error.URLError)
