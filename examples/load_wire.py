"""One connection of a load: writes a request, reads its response, and says honestly how it ended.

There is never a second try here: once the first byte is sent, whatever happens is that request's result.
This runs once for every request, beside the server that is measured: what can be known before is not done here.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Callable
from dataclasses import dataclass

from load_plan import Call, Plan, Record

__all__ = ["Connection", "Reply", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it is sent, and as its records name it."""

    name: str
    wire: bytes
    bodiless: bool

    @classmethod
    def of(cls, call: Call, plan: Plan, netloc: str) -> Request:
        """Made once for each call of a plan."""
        lines = [f"{call.method} {call.target} HTTP/1.1", f"Host: {plan.host or netloc}"]
        if call.body:
            kind = "application/json" if call.body[:1] in b"{[" else "application/octet-stream"
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(call.body)}"]
        if not plan.keep_alive:
            lines.append("Connection: close")
        wire = "\r\n".join([*lines, "", ""]).encode() + call.body
        return cls(f"{call.method} {call.target}", wire, bodiless=call.method == "HEAD")


class Connection(asyncio.BufferedProtocol):
    """A connection with at most one request in flight; `ended` is told of each request's end.

    Buffered, because a plain protocol has 256 KiB mapped and unmapped for every read: a quarter of what a request cost.
    """

    def __init__(self, ended: Callable[[Connection, Record], None]) -> None:
        """The transport comes with `connection_made`."""
        self.sent = 0.0
        self.spoilt = False
        self._ended = ended
        self._request: Request | None = None
        self._reply = Reply()
        self._transport: asyncio.Transport
        self._poll = select.poll()
        self._arrived = bytearray(1 << 14)

    @property
    def usable(self) -> bool:
        """Nothing has arrived and nobody closed: all that a client can know before it sends."""
        return not (self.spoilt or self._transport.is_closing() or self._poll.poll(0))

    def send(self, request: Request) -> None:
        """Send a request on a connection that has none in flight."""
        self._request, self._reply = request, Reply(request.bodiless)
        self.sent = time.monotonic()
        self._transport.write(request.wire)

    def finish(self, error: str = "") -> None:
        """End the request in flight, if there is one, by its reply or by an error."""
        request, self._request, reply = self._request, None, self._reply
        if request is None:
            return
        received = time.monotonic()
        if error or reply.closes or self._transport.get_write_buffer_size():
            self.spoilt = True
        if error:
            record = Record(request.name, self.sent, received, error=error)
        else:
            error = "" if 200 <= reply.status < 300 else "status"
            seen = (reply.status, reply.slot, reply.version)
            record = Record(request.name, self.sent, received, *seen, error)
        self._ended(self, record)

    def close(self) -> None:
        """Close now; what was in flight has been finished before."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Called by asyncio."""
        return self._arrived

    def buffer_updated(self, nbytes: int) -> None:
        """Called by asyncio."""
        if self._request is None:  # a word between two requests, a 408 perhaps: nothing to send on any more
            self.spoilt = True
            return
        try:
            whole = self._reply.feed(bytes(self._arrived[:nbytes]))
        except ValueError:
            self.finish("malformed")
        else:
            if whole:
                self.finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.spoilt = True
        self.finish("" if exc is None and self._reply.whole_at_end else "closed")


class Reply:
    """Reads one response, however its bytes are cut. `bodiless` is the reply to HEAD."""

    __slots__ = ("_bodiless", "_buffer", "_chunked", "_left", "closes", "slot", "status", "version")

    def __init__(self, bodiless: bool = False) -> None:
        """Nothing has arrived."""
        self.status, self.slot, self.version, self.closes = 0, "", "", False
        self._bodiless, self._chunked = bodiless, False
        self._left: int | None = None
        self._buffer = b""

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
            self._read(head)
            self._buffer = rest
        return self._chunks_end() if self._chunked else self._length_ends()

    def _read(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        if not first.startswith("HTTP/1."):
            raise ValueError(f"not an HTTP/1 response: {first[:40]!r}")
        self.status = int(first[9:12])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.slot, self.version = fields.get("x-environment", ""), fields.get("x-api-version", "")
        self.closes = fields.get("connection", "").lower() == "close" or first.startswith("HTTP/1.0")
        self._chunked = fields.get("transfer-encoding", "").lower() == "chunked"
        length = fields.get("content-length")
        self._left = int(length) if length else None
        if self._bodiless or self.status in (204, 304):
            self._left, self._chunked = 0, False

    def _length_ends(self) -> bool:
        arrived, self._buffer = len(self._buffer), b""
        if self._left is None:
            self.closes = True
            return False
        self._left -= arrived
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
