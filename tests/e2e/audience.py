"""Clients whose connections last. A thread of their own listens to all of them, and notes when each one ends."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import Counter
from types import TracebackType

from tests.waiting import eventually_sync

__all__ = ["Audience"]

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SSE = ("Accept: text/event-stream",)
PING = b"\x81\x84\0\0\0\0ping"
"""A text frame as a client sends it, masked with zeros."""
GLANCE = 0.05


class Audience:
    """`ended` has the moment at which a connection ended, `broken` how many did so otherwise than by a plain end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ended: dict[socket.socket, float] = {}
        self.broken = 0
        self._sockets: list[socket.socket] = []
        self._streams: list[socket.socket] = []
        self._heard: Counter[socket.socket] = Counter()
        self._over = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._listen, name="audience")

    def __enter__(self) -> Audience:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        for one in self._sockets + self._streams:
            one.close()
        self._selector.close()

    def join(self, sockets: int, streams: int) -> None:
        """So many more, to each of whom the application has answered. Every other stream does not say what it is."""
        upgraded = [self._ask("/ws", UPGRADE) for _ in range(sockets)]
        told = [self._ask("/events", SSE if n % 2 else ()) for n in range(streams)]
        for one, status in (*((one, 101) for one in upgraded), *((one, 200) for one in told)):
            self._answered(one, status)
        self._sockets += upgraded
        self._streams += told

    def all_speak(self) -> None:
        """Wait until each of them has heard something that was said after now; a WebSocket its own word."""
        before = Counter(self._heard)
        for one in self._sockets:
            one.sendall(PING)
        eventually_sync(lambda: not self._deaf(before), "everybody to hear something")

    def _deaf(self, before: Counter[socket.socket]) -> list[socket.socket]:
        return [one for one in self._sockets + self._streams if self._heard[one] == before[one]]

    def _ask(self, path: str, headers: tuple[str, ...]) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        lines = (f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", "")
        one.sendall("\r\n".join(lines).encode())
        return one

    def _answered(self, one: socket.socket, wanted: int) -> None:
        """Read the head of the answer; from now on the thread listens."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += (more := one.recv(4096))
            assert more, f"the answer ended in its head: {head!r}"
        assert wanted == int(head.split(b" ")[1])
        self._selector.register(one, selectors.EVENT_READ)

    def _listen(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select(GLANCE):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                self._hear(one)

    def _hear(self, one: socket.socket) -> None:
        try:
            said = one.recv(65536)
        except ConnectionError:
            said, self.broken = b"", self.broken + 1
        if said:
            self._heard[one] += len(said)
        else:
            self.ended[one] = time.monotonic()
            self._selector.unregister(one)
