"""One connection of a load: writes a request, reads its response, and says honestly how it ended.

There is never a second try here: once the first byte is sent, whatever happens is that request's result.
"""

from __future__ import annotations

import asyncio
import re
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from load_plan import Call, Plan, Record

__all__ = ["Connection", "Reply", "wire"]


def wire(call: Call, plan: Plan, netloc: str) -> bytes:
    """The bytes of one request."""
    lines = [f"{call.method} {call.target} HTTP/1.1", f"Host: {plan.host or netloc}"]
    if call.body:
        kind = "application/json" if call.body[:1] in b"{[" else "application/octet-stream"
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(call.body)}"]
    if not plan.keep_alive:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + call.body


class Connection(asyncio.Protocol):
    """A connection with at most one request in flight; `ended` is told of each request's end."""

    def __init__(self, ended: Callable[[Connection, Record], None]) -> None:
        """The transport comes with `connection_made`."""
        self.sent = 0.0
        self._ended = ended
        self._call: Call | None = None
        self._reply = Reply()
        self._spoilt = False
        self._transport: asyncio.Transport
        self._poll = select.poll()

    @property
    def usable(self) -> bool:
        """Nothing has arrived and nobody closed: all that a client can know before it sends."""
        return not (self._spoilt or self._transport.is_closing() or self._poll.poll(0))

    def send(self, call: Call, request: bytes) -> None:
        """Send a request on a connection that has none in flight."""
        self._call, self._reply = call, Reply(bodiless=call.method == "HEAD")
        self.sent = time.monotonic()
        self._transport.write(request)

    def finish(self, error: str = "") -> None:
        """End the request in flight, if there is one, by its reply or by an error."""
        call, self._call, reply = self._call, None, self._reply
        if call is None:
            return
        self._spoilt |= bool(error or reply.closes or self._transport.get_write_buffer_size())
        name, received = f"{call.method} {call.target}", time.monotonic()
        if error:
            record = Record(name, self.sent, received, error=error)
        else:
            error = "" if 200 <= reply.status < 300 else "status"
            record = Record(name, self.sent, received, reply.status, reply.slot, reply.version, error)
        self._ended(self, record)

    def close(self) -> None:
        """Close now; what was in flight has been finished before."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self._call is None:  # a word between two requests, a 408 perhaps: nothing to send on any more
            self._spoilt = True
            return
        try:
            if self._reply.feed(data):
                self.finish()
        except ValueError:
            self.finish("malformed")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._spoilt = True
        self.finish("" if exc is None and self._reply.whole_at_end else "closed")


@dataclass(slots=True)
class Reply:
    """Reads one response, however its bytes are cut. `bodiless` is the reply to HEAD."""

    bodiless: bool = False
    status: int = 0
    slot: str = ""
    version: str = ""
    closes: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _left: int | None = None
    _chunked: bool = False

    @property
    def whole_at_end(self) -> bool:
        """A response without a length is whole when the server closes."""
        return self.status >= 200 and self._left is None and not self._chunked

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; true when the response is whole. `ValueError` for what is not HTTP/1.1."""
        self._buffer += data
        while self.status < 200:  # 0, or an interim response
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return False
            self._read(bytes(head))
            self._buffer = rest
        return self._chunks_end() if self._chunked else self._length_ends()

    def _read(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1."):
            raise ValueError(f"not an HTTP/1 response: {head[:40]!r}")
        self.status = int(head[9:12])
        self.slot, self.version = SLOT(head), VERSION(head)
        self.closes = CONNECTION(head).lower() == "close" or head.startswith(b"HTTP/1.0")
        self._chunked = ENCODING(head).lower() == "chunked"
        length = LENGTH(head)
        self._left = int(length) if length else None
        if self.bodiless or self.status in (204, 304):
            self._left, self._chunked = 0, False

    def _length_ends(self) -> bool:
        if self._left is None:
            self._buffer.clear()
            self.closes = True
            return False
        self._left -= len(self._buffer)
        self._buffer.clear()
        if self._left < 0:
            raise ValueError(f"{-self._left} bytes more than the response has")
        return self._left == 0

    def _chunks_end(self) -> bool:
        while True:
            line, found, rest = self._buffer.partition(b"\r\n")
            size = int(line.split(b";")[0], 16) if found else 0
            if not found or len(rest) < size + 2:
                return False
            if size == 0:  # the trailers, mostly none
                return rest.startswith(b"\r\n") or b"\r\n\r\n" in rest
            self._buffer = rest[size + 2 :]


def _header(name: bytes) -> Callable[[bytes], str]:
    pattern = re.compile(rb"\r\n" + name + rb":[ \t]*([^\r]*)", re.IGNORECASE)

    def value(head: bytes) -> str:
        match = pattern.search(head)
        return match[1].decode("latin-1").strip() if match else ""

    return value


SLOT, VERSION = _header(b"x-environment"), _header(b"x-api-version")
CONNECTION, ENCODING, LENGTH = (_header(n) for n in (b"connection", b"transfer-encoding", b"content-length"))
