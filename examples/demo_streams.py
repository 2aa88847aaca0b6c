"""Those who follow the orders as an event stream, and how each stream ended: behind a whole event, or in the middle.

A stream that has ended is begun anew behind the last event that was seen, as a browser does it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Follower", "Reader", "streamed"]

WITHIN = 30.0
"""Seconds without a word: then a stream is given up. The API says something every few."""

READ_MOST = 65536

PAUSE = 0.5
"""Seconds before a stream is begun anew."""


class Reader:
    """One stream of the API at `url`, read in a thread of its own, behind the order `last` where that is given."""

    def __init__(self, url: str, last: int | None = None) -> None:
        """Begin to read."""
        self._read_nothing(last)
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=WITHIN)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _read_nothing(self, last: int | None) -> None:
        self.orders: list[dict[str, Any]] = []
        self.last = last
        self.began = self.over = self._cut = False
        self._socket: socket.socket | None = None
        self._lines: list[str] = []

    @classmethod
    def of(cls, text: str) -> Reader:
        """A stream that was read already."""
        reader = cls.__new__(cls)
        reader._read_nothing(None)
        for line in text.split("\n")[:-1]:
            reader._take(line)
        reader.over = True
        return reader

    @property
    def ended_well(self) -> bool:
        """Whether it is over, said so by HTTP, and ended behind a whole event."""
        return self.over and not self._cut and not self._lines

    def stop(self) -> None:
        """Read no longer."""
        with contextlib.suppress(OSError):  # it is over already
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(WITHIN)

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most so long."""
        self._thread.join(seconds)

    def _follow(self) -> None:
        try:
            since = {} if self.last is None else {"Last-Event-ID": str(self.last)}
            self._connection.request("GET", "/events", headers=since)
            self._socket = self._connection.sock  # which the connection forgets after `Connection: close`
            with self._connection.getresponse() as response:
                self.began = response.status == 200
                for line in _lines(response):
                    self._take(line.decode())
        except (OSError, HTTPException):
            self._cut = True  # also where `stop` took the connection away
        finally:
            self._connection.close()
            self.over = True

    def _take(self, line: str) -> None:
        if line.strip():
            self._lines.append(line)
            return
        for field, _, value in (one.partition(": ") for one in self._lines):
            if field == "data":
                self.orders.append(json.loads(value))
                self.last = self.orders[-1]["id"]
        self._lines = []


def _lines(response: HTTPResponse) -> Iterator[bytes]:
    """Lines as they come; `readline` would not say whether the end was one, or the connection was gone."""
    rest = b""
    while part := response.read1(READ_MOST):
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest:
        yield rest


class Follower:
    """Somebody who follows the orders for as long as it lasts, stream after stream."""

    def __init__(self, url: str) -> None:
        """Begin to follow."""
        self._url = url
        self._done = threading.Event()
        self.streams = [Reader(url)]
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer. The stream that is open is left in the middle, and is none of those that `ended`."""
        self._done.set()
        self._thread.join()
        self.streams[-1].stop()

    @property
    def ended(self) -> list[Reader]:
        """The streams that the other side has ended, one way or the other; not what never began."""
        return [stream for stream in self.streams[:-1] if stream.began]

    @property
    def went_on(self) -> bool:
        """Whether a stream was ended, and the one that is open now has begun."""
        return bool(self.ended) and self.streams[-1].began

    @property
    def missed(self) -> int:
        """How many orders between the first and the last that were seen came in no stream, or came twice."""
        seen = [order["id"] for stream in self.streams for order in stream.orders]
        return len(set(range(seen[0], seen[-1] + 1)) ^ set(seen)) + len(seen) - len(set(seen)) if seen else 0

    def _follow(self) -> None:
        while not self._done.is_set():
            if not self.streams[-1].over:
                self.streams[-1].wait(PAUSE)
            elif not self._done.wait(PAUSE):
                self.streams.append(Reader(self._url, self.streams[-1].last))


def streamed(followers: list[Follower], within: float = WITHIN) -> tuple[bool, str]:
    """Whether every stream of the old slot ended well and went on with nothing missed, and a sentence.

    They are ended one after the other; so long is waited for the last of them.
    """
    until = time.monotonic() + within
    while not all(follower.went_on for follower in followers) and time.monotonic() < until:
        time.sleep(PAUSE)
    went_on = all(follower.went_on for follower in followers)
    for follower in followers:
        follower.stop()
    ended = [stream for follower in followers for stream in follower.ended]
    well = sum(stream.ended_well for stream in ended)
    missed = sum(follower.missed for follower in followers)
    said = (
        f"{well} of {len(ended)} event streams ended behind a whole event, {'all' if went_on else 'NOT all'} of their"
        f" readers came back, and missed {missed} orders"
    )
    return bool(ended) and went_on and well == len(ended) and missed == 0, said
