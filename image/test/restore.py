"""A backup on a stick, and a fresh box that becomes the old one from it."""

from __future__ import annotations

import hashlib
import html
import re
import subprocess
import time

import client
import shared
from machine import CONNECTION_ENDS, PATIENCE, Machine, make_disk
from shared import Run

BACKUPS = "/admin/backups"
SECRET = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")


def empty_stick(run: Run):
    """A FAT stick as it comes from the shop."""
    stick = run.work / "backup.fat"
    with open(stick, "wb") as file:
        file.truncate(1 << 30)
    subprocess.run(["mkfs.vfat", "-n", "SAOLUU", stick], check=True, capture_output=True)
    return stick


# Who may see everything in the demonstration school, and its librarian.
ADMINISTRATOR, LIBRARIAN = ("quantri", "dua-xanh-2026"), ("thuvien", "ke-sach-tang-2")


def signed_in(box: Machine, who: tuple[str, str]) -> client.Browser:
    browser = box.secure()
    client.sign_in(browser, *who)
    return browser


def holdings(box: Machine) -> dict[str, object]:
    """What makes a school: titles found, materials with the bytes of their files, classes
    with their people."""
    browser = signed_in(box, ADMINISTRATOR)
    links = lambda page, what: sorted(set(re.findall(rf'(?:href|src)="({what}[^"?#]+)"', page.source)))
    materials = links(browser.open("/materials"), "/materials/items/")
    files = {}
    for item in materials:
        for file in links(browser.open(item), "/materials/blob/"):
            reply = browser.open(file)
            assert reply.status == 200, f"{file}: {reply.status}"
            files[file] = hashlib.sha256(reply.body).hexdigest()
    classes = links(browser.open("/people"), "/people/group/")
    people = [link for group in classes for link in links(browser.open(group), "/people/person/")]
    return {"titles": client.finds(browser, "nguyen nhat anh"), "materials": materials, "files": files,
            "classes": classes, "people": people}


def restore(run: Run) -> None:
    """Key sheet and backup on the old box, by its pages; the stick and the sheet are all
    that the new box gets, and afterwards it is the old one: the same catalogue, people and
    materials, those of the demonstration school."""
    stick, disk = empty_stick(run), run.copy_station("backup")
    shared.put_in_place(shared.demonstration(run), disk)
    with Machine(run.work / "backup", [(disk, "ahci"), (stick, "usb")]) as box:
        box.on()
        box.wait_for_page()
        client.save_title(signed_in(box, LIBRARIAN), "Lưu ngay trước khi sao lưu")
        browser = signed_in(box, ADMINISTRATOR)
        before = holdings(box)
        assert before["titles"] and before["files"] and before["people"], before
        page = browser.open(BACKUPS)
        page = browser.send(page, page.form(f"{BACKUPS}/sheet"))
        secret = SECRET.search(html.unescape(page.source))
        assert secret, f"the sheet shows no key: {page.text[:400]}"
        page = browser.open(BACKUPS)
        assert "SAOLUU" in page.text, f"the stick is not seen: {page.text[:600]}"
        begun = time.monotonic()
        browser.send(page, page.form(f"{BACKUPS}/now"))
        end = begun + 600 * PATIENCE
        while "phục hồi được và khớp với trạm" not in (text := browser.open(BACKUPS).text):
            assert time.monotonic() < end, f"no backup was made: {text[:800]}"
            box.wait_seconds(3)
        run.note("backup to a stick and its drill, s", round(time.monotonic() - begun))
        # The stick was let go by itself: pulling it now must do no harm.
        box.wait_seconds(5)
        box.pull_the_plug()

    fresh = run.work / "fresh.raw"
    make_disk(run.image, fresh, 8)
    with Machine(run.work / "fresh", [(fresh, "nvme"), (stick, "usb")]) as box:
        box.on()
        box.wait_for_page()
        box.booted(300)
        code, browser = shared.code_on(box), box.secure()
        page = browser.open("/setup/restore")
        refused = browser.send(page, page.form("/setup/restore", "key"), {"code": "AAAA-AAAA", "key": secret[0]})
        assert refused.status == 422, f"a wrong code is refused, not {refused.status}"
        begun = time.monotonic()
        browser.send(page, page.form("/setup/restore", "key"), {"code": code, "key": secret[0]})
        end = begun + 600 * PATIENCE
        while True:
            try:
                page = box.plain().open("/")
                if page.status == 200 and not page.path.startswith("/setup"):
                    break
                text = page.text[:600]
            except CONNECTION_ENDS as error:
                text = str(error)
            assert time.monotonic() < end, f"the box is not the old one: {text}"
            box.wait_seconds(2)
        run.note("restore on a fresh box, s", round(time.monotonic() - begun))
        client.found_within(box.plain(), "luu ngay truoc khi sao luu", 1, 300)
        after = holdings(box)
        assert after == before, f"not the same school: {before} and {after}"
        run.note("restored: files of materials, people in classes", f"{len(after['files'])}, {len(after['people'])}")
        client.save_title(signed_in(box, LIBRARIAN), "Lưu sau khi phục hồi")
        box.wait_seconds(8)
        box.pull_the_plug()
    shared.verify(run, fresh)
