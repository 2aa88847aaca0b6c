"""The front door's listening sockets, at fixed descriptor numbers, so that a configuration file can name them.

They stay open while routers come and go: a connection that arrives in between waits in the backlog.
After the keeper itself was replaced they are fetched back out of the running router.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import re
import socket

from verdigris.keeper.children import Child
from verdigris.keeper.protocol import KeeperError

__all__ = ["FIRST", "MOST", "Door", "parse_address"]

PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)

FIRST = 100
MOST = 16
BACKLOG = 4096
SYS_PIDFD_GETFD = 438


def parse_address(text: str) -> tuple[str, int]:
    """("127.0.0.1", 8080) of "127.0.0.1:8080", ("::1", 8080) of "[::1]:8080"; KeeperError `invalid` otherwise."""
    host, _, port = text.rpartition(":")
    address, number = _ip_address(host), int(port) if PORT.fullmatch(port) else 0
    if not address or not 0 < number < 65536:
        raise KeeperError("invalid", f"listen: {text[:80]!r} is not an address; write it like 127.0.0.1:8080")
    return address, number


def _ip_address(text: str) -> str:
    """As the kernel writes it, "" of what is none. Brackets belong around IPv6 and around nothing else."""
    if "%" in text:  # a scope is a name of this machine only, and can be any text
        return ""
    bracketed = text.startswith("[") and text.endswith("]")
    try:
        return str(ipaddress.IPv6Address(text[1:-1]) if bracketed else ipaddress.IPv4Address(text))
    except ValueError:
        return ""


class Door:
    """The listening sockets of the router, one per address, the first at descriptor 100."""

    def __init__(self) -> None:
        self._held: list[str] = []
        keep_places()

    @property
    def environment(self) -> dict[str, str]:
        """VERDIGRIS_FD_0=100 and so on, for `bind fd@${VERDIGRIS_FD_0}`."""
        return {f"VERDIGRIS_FD_{i}": str(FIRST + i) for i in range(len(self._held))}

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(range(FIRST, FIRST + len(self._held)))

    @property
    def inodes(self) -> set[int]:
        return {os.fstat(number).st_ino for number in self.numbers}

    def open(self, addresses: tuple[str, ...]) -> None:
        """Hold exactly these. KeeperError `refused` when one is taken; then nothing has changed."""
        if list(addresses) == self._held:
            return
        fresh = [self._duplicate(a) if a in self._held else _listen(a) for a in addresses]
        self._place(list(addresses), fresh)

    def fetch(self, addresses: tuple[str, ...], router: Child) -> bool:
        """Take the sockets back out of the running router; False when the system does not let us look into it."""
        libc = ctypes.CDLL(None, use_errno=True)
        fresh = [libc.syscall(SYS_PIDFD_GETFD, router.pidfd, FIRST + i, 0) for i in range(len(addresses))]
        if all(fd >= 0 and _is_listening(fd, a) for fd, a in zip(fresh, addresses, strict=True)):
            self._place(list(addresses), fresh)
            return True
        for fd in fresh:
            if fd >= 0:
                os.close(fd)
        return False

    def close(self) -> None:
        self._place([], [])

    def _duplicate(self, address: str) -> int:
        return os.dup(FIRST + self._held.index(address))

    def _place(self, addresses: list[str], fresh: list[int]) -> None:
        keep_places()
        for i, fd in enumerate(fresh):
            os.dup2(fd, FIRST + i, inheritable=False)
            os.close(fd)
        self._held = addresses


def keep_places() -> None:
    """Occupy the fixed numbers, so that nothing else gets one of them."""
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    for number in range(FIRST, FIRST + MOST):
        os.dup2(nothing, number, inheritable=False)
    os.close(nothing)


def _listen(address: str) -> int:
    host, port = parse_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            made.bind((host, port))
            made.listen(BACKLOG)
        except OSError as error:
            raise KeeperError(
                "refused", f"{address} cannot be listened on: {error.strerror}; free it or change `listen`"
            ) from None
        return made.detach()


def _is_listening(fd: int, address: str) -> bool:
    try:
        with socket.socket(fileno=os.dup(fd)) as seen:
            accepting = seen.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            return bool(accepting) and seen.getsockname()[:2] == parse_address(address)
    except OSError:  # the number holds something else now
        return False
