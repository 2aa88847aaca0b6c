"""One replayed request to one instance, and what became of it. Its answer is read up to a bound and thrown away.

It is sent as the router would send it, bears the mark of a rehearsal, and follows no redirect. What the instance did
is told apart from what we could not do or understand ourselves: that is void, and speaks against nobody.
"""

from __future__ import annotations

import asyncio
import errno
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from verdigris.traffic.guarded import guarded

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

__all__ = ["WITHIN", "Front", "How", "Outcome", "Sender"]

WITHIN = 5.0
"""Seconds until a request has timed out. Only what users were answered within one is replayed."""

BODY_MOST = 64 << 10
HEADER_MOST, HEADERS_MOST = 32 << 10, 256
MARK = "X-Verdigris-Rehearsal"
CLIENT = "verdigris-replay"
OURS = {
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EADDRNOTAVAIL,
    errno.EACCES,
    errno.EPERM,
}
"""What goes wrong before a request has left."""


class How(StrEnum):
    """How a request ended. `void`: nothing can be said of the instance, or its answer has no end."""

    ANSWERED = "answered"
    UNREACHED = "unreached"
    TIMED_OUT = "timed out"
    VOID = "void"


class Outcome(NamedTuple):
    """`status` is 0 without an answer; `milliseconds` are those to its beginning."""

    how: How
    status: int = 0
    milliseconds: float = 0.0


VOID = Outcome(How.VOID)


@dataclass(frozen=True, slots=True)
class Front:
    """What the router says of a request to the app: for which host, how the client came, which path it takes off."""

    host: str = ""
    scheme: str = "http"
    prefix: str = ""

    def headers(self) -> dict[str, str]:
        told = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": self.scheme}
        named = {"Host": self.host, "X-Forwarded-Host": self.host} if self.host else {}
        taken = {"X-Forwarded-Prefix": self.prefix} if self.prefix else {}
        return {**told, **named, **taken}

    def within(self, path: str) -> str | None:
        """The path that the app sees; None for one that is not its own."""
        if not self.prefix:
            return path
        rest = path.removeprefix(self.prefix)
        return (rest or "/") if rest != path and (not rest or rest.startswith("/")) else None


class Sender:
    """Asks over a connection of its own for each request. `close` ends it; used inside one event loop."""

    def __init__(self, front: Front, within: float = WITHIN) -> None:
        self.front = front
        self.within = within
        self._session: ClientSession | None = None

    async def send(self, method: str, address: str, path: str, mark: str) -> Outcome:
        """The outcome, within `within` seconds. Never raises for what the other side does."""
        session, seen = self._opened(), _Seen(time.monotonic())
        try:
            async with asyncio.timeout(self.within):
                await _exchange(session, method, f"http://{address}{path}", mark, seen)
        except TimeoutError:
            # An answer that has begun and only goes on may be meant so: nobody can say that it has failed.
            return Outcome(How.TIMED_OUT) if not seen.status else VOID
        except (OSError, ValueError) as error:
            return Outcome(How.UNREACHED) if _theirs(error) else VOID
        return VOID if seen.endless else Outcome(How.ANSWERED, seen.status, seen.milliseconds)

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = guarded(CLIENT, HEADER_MOST, HEADERS_MOST, self.front.headers())
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


@dataclass(slots=True)
class _Seen:
    """What has come of an answer so far, to a request that `began`."""

    began: float
    status: int = 0
    milliseconds: float = 0.0
    endless: bool = False


class _Broken(ValueError):
    """The exchange ended before the answer did; `theirs` when the instance ended it."""

    def __init__(self, theirs: bool) -> None:
        super().__init__("it broke off")
        self.theirs = theirs


async def _exchange(session: ClientSession, method: str, url: str, mark: str, seen: _Seen) -> None:
    from aiohttp import ClientError
    from yarl import URL

    try:
        async with session.request(
            method, URL(url, encoded=True), headers={MARK: mark}, allow_redirects=False
        ) as answer:
            seen.status, seen.milliseconds = answer.status, (time.monotonic() - seen.began) * 1000.0
            seen.endless = answer.content_type == "text/event-stream"
            if not seen.endless:
                await _read(answer)
            answer.close()
    except ClientError as error:
        if isinstance(error, OSError):
            raise
        raise _Broken(_broke_off(error)) from error


async def _read(answer: ClientResponse) -> None:
    left = BODY_MOST
    async for part in answer.content.iter_any():
        left -= len(part)
        if left <= 0:
            return


def _broke_off(error: Exception) -> bool:
    """Whether the instance ended it. An answer that only we cannot read says nothing."""
    from aiohttp import ClientPayloadError, ServerDisconnectedError

    return isinstance(error, ServerDisconnectedError | ClientPayloadError)


def _theirs(error: OSError | ValueError) -> bool:
    if isinstance(error, _Broken):
        return error.theirs
    cause = getattr(error, "os_error", error)
    return isinstance(cause, OSError) and cause.errno is not None and cause.errno not in OURS
