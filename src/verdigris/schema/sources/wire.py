"""PostgreSQL's protocol as far as a listener needs it: where messages begin and end, and what a few of them hold.

Bytes come in pieces of any size. What does not fit the protocol is a ValueError, and what is long is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Bind", "Messages", "Parse", "Reader", "bind_of", "parse_of"]

BODY_MOST = 4 * 2**20
"""Bytes of a message that is kept; a longer one is told without its body."""
LENGTH_MOST = 2**30
"""PostgreSQL takes no longer message."""


class Messages:
    """Cuts one direction of a connection into messages. Bodies are kept of the `wanted` kinds only."""

    def __init__(self, wanted: bytes, known: bytes) -> None:
        self._wanted = wanted
        self._known = known
        self._head = bytearray()
        self._kind = 0
        self._left = 0
        self._body: bytearray | None = None

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes | None]]:
        """The messages that end in these bytes: their kind, and their body if it is kept."""
        at = 0
        while at < len(data):
            if not self._kind:
                missing = 5 - len(self._head)
                self._head += data[at : at + missing]
                at += missing
                if len(self._head) < 5:
                    return
                self._begin()
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._body is not None:
                self._body += piece
            if not self._left:
                kind, self._kind = chr(self._kind), 0
                yield kind, None if self._body is None else bytes(self._body)

    def _begin(self) -> None:
        kind, length = self._head[0], int.from_bytes(self._head[1:5], "big")
        self._head.clear()
        if kind not in self._known or not 4 <= length <= LENGTH_MOST:
            raise ValueError("there is a message that the protocol does not have")
        self._kind, self._left = kind, length - 4
        self._body = bytearray() if kind in self._wanted and self._left <= BODY_MOST else None


class Reader:
    """Values of a message's body, one after the other. ValueError where it ends too early."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def name(self) -> bytes:
        """Up to the next zero."""
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise ValueError("a text in a message has no end")
        found, self._at = self._body[self._at : end], end + 1
        return found

    def raw(self, size: int) -> bytes:
        found = self._body[self._at : self._at + size]
        if size < 0 or len(found) < size:
            raise ValueError("a message is shorter than what it tells")
        self._at += size
        return found

    def int16(self) -> int:
        """Without a sign, as counts are."""
        return int.from_bytes(self.raw(2), "big")

    def int32(self) -> int:
        return int.from_bytes(self.raw(4), "big", signed=True)

    def oid(self) -> int:
        return int.from_bytes(self.raw(4), "big")

    def oids(self) -> tuple[int, ...]:
        return tuple([self.oid() for _ in range(self.int16())])


class Parse(NamedTuple):
    """A statement is named. `oids` are the declared types of its parameters, 0 where the server is to find it."""

    name: bytes
    sql: bytes
    oids: tuple[int, ...]


class Bind(NamedTuple):
    """Parameters are put in: each with whether it is binary, `None` for NULL."""

    portal: bytes
    statement: bytes
    values: tuple[tuple[bool, bytes | None], ...]


def parse_of(body: bytes) -> Parse:
    reader = Reader(body)
    return Parse(reader.name(), reader.name(), reader.oids())


def bind_of(body: bytes) -> Bind:
    reader = Reader(body)
    portal, statement = reader.name(), reader.name()
    formats = [reader.int16() for _ in range(reader.int16())]
    count = reader.int16()
    if len(formats) not in (0, 1, count) or not set(formats) <= {0, 1}:
        raise ValueError("the formats of parameters do not fit their number")
    each = formats if len(formats) == count else (formats or [0]) * count
    return Bind(portal, statement, tuple([(bool(form), value(reader)) for form in each]))


def value(reader: Reader) -> bytes | None:
    size = reader.int32()
    return None if size == -1 else reader.raw(size)
