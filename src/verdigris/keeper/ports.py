"""Ports for instances: handed out without races, and seen in the hands of the right process.

A port is ours while we hold the abstract socket of its number: two keepers of one machine never hand out the same.
The kernel never gives one of them to an outgoing connection: the range lies outside its ephemeral range.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from verdigris.keeper.children import processes
from verdigris.keeper.protocol import KeeperError

__all__ = ["Evidence", "Port", "inodes", "span", "take"]

LOWEST = 20000
ROOM_LEAST = 1000
"""A range below the ephemeral one that is smaller than this is passed over for the one above it."""

LISTENING = "0A"


class Port:
    """One reserved port number; `free` gives it back."""

    def __init__(self, number: int, claim: socket.socket) -> None:
        self.number = number
        self._claim = claim

    @classmethod
    def claim(cls, number: int) -> Port | None:
        """The reservation, whoever listens there now; None when another keeper has it."""
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0verdigris-port-{number}")
        except OSError:
            claim.close()
            return None
        return cls(number, claim)

    def free(self) -> None:
        self._claim.close()


def span(ephemeral: str = "") -> range:
    """The numbers that may be handed out, from the kernel's `low high` of ephemeral ports."""
    low, high = map(int, (ephemeral or Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()).split())
    if low - LOWEST >= ROOM_LEAST:
        return range(LOWEST, low)
    if 65535 - high >= ROOM_LEAST:
        return range(high + 1, 65536)
    raise KeeperError(
        "refused", f"no room for ports outside {low}-{high}; narrow net.ipv4.ip_local_port_range"
    )


def take(preferred: int, seed: int) -> Port:
    """A reserved port that nobody listens on: the preferred one if it can be had, else the next after `seed`."""
    numbers = span()
    start = seed % len(numbers)
    for number in (preferred, *numbers[start:], *numbers[:start]):
        if number and (port := Port.claim(number)):
            if _bindable(number):
                return port
            port.free()
    raise KeeperError("refused", f"no free port in {numbers.start}-{numbers.stop - 1}; stop what uses them")


def _bindable(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # a connection in TIME_WAIT is no stranger
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
        return True


class Evidence:
    """Who listens where, read once per look and only when asked."""

    def __init__(self) -> None:
        self._listening: dict[int, set[int]] | None = None
        self._sessions: dict[int, list[int]] | None = None

    def owns_port(self, port: int, session: int) -> bool | None:
        """True: all that listen on the port belong to the session. None: nobody listens, or we may not look."""
        wanted = self.listening().get(port)
        if not wanted:
            return None
        try:
            if wanted <= inodes([session]):
                return True
            return wanted <= inodes(self._members(session))
        except PermissionError:
            return None

    def listening(self) -> dict[int, set[int]]:
        if self._listening is None:
            self._listening = {}
            for port, inode in _listeners():
                self._listening.setdefault(port, set()).add(inode)
        return self._listening

    def _members(self, session: int) -> list[int]:
        if self._sessions is None:
            self._sessions = {}
            for found in processes():
                self._sessions.setdefault(found.session, []).append(found.pid)
        return self._sessions.get(session, [])


def inodes(pids: Iterable[int]) -> set[int]:
    """The sockets these processes hold. PermissionError when one may not be looked into; a gone one holds none."""
    held: set[int] = set()
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            if _ending(pid):
                continue
            raise
        held.update(filter(None, (_socket_inode(f"/proc/{pid}/fd/{name}") for name in names)))
    return held


def _ending(pid: int) -> bool:
    """Whether the process has given its memory back, and is about to be gone: nobody but root may look into it then."""
    try:
        return Path(f"/proc/{pid}/statm").read_text().startswith("0 ")
    except (FileNotFoundError, ProcessLookupError):
        return True


def _socket_inode(link: str) -> int:
    try:
        target = os.readlink(link)
    except OSError:  # closed meanwhile
        return 0
    return int(target[8:-1]) if target.startswith("socket:[") else 0


def _listeners() -> Iterator[tuple[int, int]]:
    """(port, inode) of every socket that a connection to 127.0.0.1 can reach."""
    loopback = f"{struct.unpack('=I', socket.inet_aton('127.0.0.1'))[0]:08X}"
    mapped = "0" * 16 + f"{struct.unpack('=I', bytes((0, 0, 255, 255)))[0]:08X}" + loopback
    reachable = {loopback, "0" * 8, "0" * 32, mapped}
    for table in ("tcp", "tcp6"):
        for fields in _rows(f"/proc/net/{table}"):
            address, _, port = fields[1].partition(":")
            if address in reachable:
                yield int(port, 16), int(fields[9])


def _rows(path: str) -> Iterator[list[str]]:
    """The listening rows. The kernel writes them first, so a machine with 100,000 connections costs no more."""
    if not os.path.exists(path):  # without IPv6
        return
    with open(path) as table:
        next(table)
        for line in table:
            fields = line.split()
            if fields[3] != LISTENING:
                return
            yield fields
