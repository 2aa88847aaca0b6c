"""Sessions in a Redis that both slots share: an id of 256 bits in a cookie, everything else in the store.

The store knows only a hash of the id, so that who can read Redis cannot be somebody else. A Redis that does not
answer is an error and not a logout: answer 503, and the user comes back as the one that he was.
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from verdigris_kit import counts
from verdigris_kit.clients import be_quick, bounded, run
from verdigris_kit.versions import Versions

from .payload import Reading, read, refused, written

__all__ = ["SESSION_MAX", "AsyncSessionStore", "Session", "SessionStore", "SessionsUnavailable"]

SESSION_MAX = 64 << 10
"""Bytes of one session. More is refused in both directions."""


class SessionsUnavailable(Exception):
    """The store does not answer, so nobody knows who this is. Answer 503 and keep the cookie."""


@dataclass(frozen=True)
class Session:
    """One session. `id` goes into a cookie that is Secure, HttpOnly and SameSite; it is never logged."""

    id: str = field(repr=False)
    data: "dict[str, Any]"


class _Core:
    """What both stores do, over a client of either kind."""

    def __init__(
        self, client: Any, versions: Optional[Versions], ttl: float, within: float, prefix: str, awaits: bool
    ) -> None:
        be_quick("sessions", client, within, awaits=awaits)
        self._client = client
        self._versions = versions or Versions()
        self._milliseconds = max(1, int(ttl * 1000))
        self._within = within
        self._prefix = prefix
        self._awaits = awaits

    async def create(self, data: "Mapping[str, Any]") -> Session:
        session = Session(secrets.token_urlsafe(32), dict(data))
        await self._answer(self._client.set, self._key(session.id), self._raw(data), px=self._milliseconds)
        return session

    async def read(self, id: Any) -> "tuple[Optional[Session], str]":
        if not isinstance(id, str) or len(id) != 43 or not id.isascii():  # what token_urlsafe(32) gives
            return None, refused("malformed").refused
        raw = await self._answer(self._client.getex, self._key(id), px=self._milliseconds)
        if raw is None:
            return None, "unknown"
        found = self._opened(raw)
        return (None, found.refused) if found.data is None else (Session(id, found.data), "")

    async def save(self, session: Session) -> bool:
        # xx: one that was ended by another request meanwhile stays ended.
        raw = self._raw(session.data)
        return bool(
            await self._answer(self._client.set, self._key(session.id), raw, px=self._milliseconds, xx=True)
        )

    async def rotate(self, session: Session) -> Session:
        fresh = await self.create(session.data)
        await self.end(session.id)
        return fresh

    async def end(self, id: str) -> None:
        await self._answer(self._client.delete, self._key(id))

    def _key(self, id: str) -> str:
        return f"{self._prefix}:{hashlib.sha256(id.encode()).hexdigest()}"

    def _raw(self, data: "Mapping[str, Any]") -> bytes:
        raw = json.dumps({"session": written(self._versions, data)}, separators=(",", ":")).encode()
        if len(raw) > SESSION_MAX:
            raise ValueError(
                f"session: {len(raw)} bytes, at most {SESSION_MAX}. Keep a reference in it instead."
            )
        return raw

    def _opened(self, raw: Any) -> Reading:
        if len(raw) > SESSION_MAX:
            return refused("oversized")
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            return refused("malformed")
        return read(self._versions, document.get("session") if isinstance(document, dict) else None)

    async def _answer(self, command: Any, *words: Any, **more: Any) -> Any:
        try:
            answer: Any = command(*words, **more)
            return await bounded(_awaitable(answer), self._within) if self._awaits else answer
        except Exception as error:
            counts.add("sessions.backend")
            raise SessionsUnavailable(
                f"the session store does not answer: {type(error).__name__}: {error}. Answer 503."
            ) from error


def _awaitable(answer: Any) -> "Awaitable[Any]":
    result: Awaitable[Any] = answer
    return result


class SessionStore:
    """Sessions over a client of redis-py or valkey-py. `ttl`: seconds without a request until a session ends.

    `within`: seconds that a Redis that stands still may hold a request, infinite where that is bounded elsewhere.
    Every method may raise `SessionsUnavailable`.
    """

    def __init__(
        self,
        client: Any,
        versions: Optional[Versions] = None,
        *,
        ttl: float = 86_400.0,
        within: float = 1.0,
        prefix: str = "session",
    ) -> None:
        """Raise `ValueError` for a client that could hold a request longer than `within`."""
        self._core = _Core(client, versions, ttl, within, prefix, awaits=False)

    def create(self, data: "Mapping[str, Any]") -> Session:
        """Begin a session, as a login does. Never under an id that a client sent."""
        session: Session = run(self._core.create(data))
        return session

    def read(self, id: Any) -> "tuple[Optional[Session], str]":
        """The session of a cookie; or None and why: `unknown`, `malformed`, or `newer` (then keep the cookie)."""
        found: tuple[Optional[Session], str] = run(self._core.read(id))
        return found

    def save(self, session: Session) -> bool:
        """Write changed data. False when the session has ended meanwhile."""
        return bool(run(self._core.save(session)))

    def rotate(self, session: Session) -> Session:
        """The same session under a new id: after every change of what its user may do."""
        fresh: Session = run(self._core.rotate(session))
        return fresh

    def end(self, id: str) -> None:
        """Log out, in every version."""
        run(self._core.end(id))


class AsyncSessionStore:
    """`SessionStore` for an event loop, over redis.asyncio or valkey.asyncio."""

    def __init__(
        self,
        client: Any,
        versions: Optional[Versions] = None,
        *,
        ttl: float = 86_400.0,
        within: float = 1.0,
        prefix: str = "session",
    ) -> None:
        """Raise `ValueError` for a client that would hold the loop."""
        core = _Core(client, versions, ttl, within, prefix, awaits=True)
        self.create, self.read, self.save = core.create, core.read, core.save
        self.rotate, self.end = core.rotate, core.end
