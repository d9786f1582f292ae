"""ISO 2709 files made here, so that a test knows each title in them."""

from __future__ import annotations

import pathlib

AUTHORS = ["Tô Hoài", "Nam Cao", "Nguyễn Nhật Ánh", "Đoàn Giỏi", "Xuân Quỳnh", "Thạch Lam", "Vũ Trọng Phụng"]
SUBJECTS = ["Văn học Việt Nam", "Toán học", "Lịch sử Việt Nam", "Địa lí", "Sinh học", "Thiếu nhi"]


def record(number: int) -> bytes:
    """One book; its title holds the word `thửảnh` and its number."""
    fields = [
        ("001", f"anh{number:06d}"),
        ("008", "260101s2020    vm            000 0 vie d".ljust(40)),
        ("020", f"  \x1fa{isbn(number)}"),
        ("041", "0 \x1favie"),
        ("100", f"1 \x1fa{AUTHORS[number % len(AUTHORS)]}"),
        ("245", f"10\x1faSách thửảnh số {number} :\x1fbđọc thêm lớp {6 + number % 4}"),
        ("260", f"  \x1faHà Nội :\x1fbKim Đồng,\x1fc{2000 + number % 25}"),
        ("650", f" 4\x1fa{SUBJECTS[number % len(SUBJECTS)]}"),
    ]
    directory, body = b"", b""
    for tag, text in fields:
        data = text.encode() + b"\x1e"
        directory += f"{tag}{len(data):04d}{len(body):05d}".encode()
        body += data
    base = 24 + len(directory) + 1
    whole = base + len(body) + 1
    return f"{whole:05d}nam a22{base:05d} a 4500".encode() + directory + b"\x1e" + body + b"\x1d"


def isbn(number: int) -> str:
    """A valid ISBN-13 of Vietnam's group 604."""
    digits = f"978604{number:06d}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return digits + str(-total % 10)


def write(path: pathlib.Path, count: int) -> None:
    path.write_bytes(b"".join(record(number) for number in range(count)))
