"""Asks for names by multicast DNS (RFC 6762) as a computer of the LAN does. Run inside
a network namespace: mdns.py ADDRESS SECONDS NAME..., prints one JSON object."""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

GROUP, PORT = "224.0.0.251", 5353


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split("."))
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + b"\x00" + struct.pack(">2H", 1, 1)


def read_name(packet: bytes, at: int) -> tuple[str, int]:
    parts, end = [], None
    for _ in range(64):
        length = packet[at]
        if length == 0:
            return ".".join(parts), at + 1 if end is None else end
        if length >= 0xC0:
            end = at + 2 if end is None else end
            at = (length & 0x3F) << 8 | packet[at + 1]
            continue
        parts.append(packet[at + 1 : at + 1 + length].decode("utf-8", "replace"))
        at += 1 + length
    raise ValueError("a name that does not end")


def addresses(packet: bytes) -> list[tuple[str, str]]:
    """Name and IPv4 address of each A record in an answer."""
    _, flags, questions, *counts = struct.unpack(">6H", packet[:12])
    if not flags & 0x8000:
        return []
    at, found = 12, []
    for _ in range(questions):
        _, at = read_name(packet, at)
        at += 4
    for _ in range(sum(counts)):
        name, at = read_name(packet, at)
        kind, _, ttl, length = struct.unpack(">HHIH", packet[at : at + 10])
        if kind == 1 and length == 4 and ttl > 0:
            found.append((name.lower(), socket.inet_ntoa(packet[at + 10 : at + 14])))
        at += 10 + length
    return found


def resolve(own: str, seconds: float, names: list[str]) -> dict[str, list[str]]:
    """Asks each second until all names are answered, then listens two seconds more: a
    second answerer shows itself."""
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    asking.bind(("", PORT))
    member = socket.inet_aton(GROUP) + socket.inet_aton(own)
    asking.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
    asking.settimeout(0.2)
    answers: dict[str, set[str]] = {name.lower(): set() for name in names}
    end = time.monotonic() + seconds
    asked = 0.0
    while time.monotonic() < end:
        if time.monotonic() - asked > 1:
            asked = time.monotonic()
            for name in names:
                asking.sendto(question(name), (GROUP, PORT))
        try:
            packet, _ = asking.recvfrom(9000)
        except TimeoutError:
            continue
        try:
            found = addresses(packet)
        except (ValueError, IndexError, struct.error):
            continue
        for name, address in found:
            if name in answers:
                answers[name].add(address)
        if all(answers.values()):
            end = min(end, time.monotonic() + 2)
    return {name: sorted(found) for name, found in answers.items()}


if __name__ == "__main__":
    print(json.dumps(resolve(sys.argv[1], float(sys.argv[2]), sys.argv[3:])))
