"""Where it is noted which deliveries were handled, by all instances of both slots together.

A store knows three verbs: claim, note as done, release. A claim has an end, so that a process that was killed in the
middle does not keep a delivery for ever; what is done is forgotten after a while, so that the store stays small.
"""

import enum
import threading
import time
from collections.abc import Awaitable
from typing import Any, Callable, Protocol, Union

__all__ = ["AsyncRedisStore", "AsyncStore", "Claim", "MemoryStore", "RedisStore", "Store"]

DONE = "done"

NOTED_MAX = 10_000
"""How many deliveries one process remembers at least; each is some 200 bytes."""

SWEEP_EVERY = 1_000
"""After so many notes what has run out, or is too much, is forgotten: a note costs the same however many there are."""

# Takes a claim away if it is still its owner's: between a look and a deletion it could have run out and be another's.
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Claim(enum.Enum):
    """What came of asking for a delivery."""

    MINE = "mine"
    BUSY = "busy"
    DONE = "done"


class Store(Protocol):
    """What an `Inbox` needs. `owner` is a text of its own for each attempt; times are seconds from now."""

    def claim(self, key: str, owner: str, within: float) -> Claim:
        """Take the delivery, unless it is done or somebody has it; of two at once exactly one gets `MINE`."""

    def done(self, key: str, owner: str, keep: float) -> None:
        """Note that it was handled, and remember that for `keep`."""

    def release(self, key: str, owner: str) -> None:
        """Give it back, if it is still this owner's."""


class AsyncStore(Protocol):
    """The same for a client of asyncio."""

    def claim(self, key: str, owner: str, within: float) -> Awaitable[Claim]:
        """Take the delivery."""

    def done(self, key: str, owner: str, keep: float) -> Awaitable[None]:
        """Note that it was handled."""

    def release(self, key: str, owner: str) -> Awaitable[None]:
        """Give it back."""


class RedisStore:
    """On `redis.Redis` or `valkey.Valkey`, one key for each delivery, from Redis 2.6 on.

    The client's own timeouts hold; give it some (`socket_timeout=2`). Its errors are let through.
    """

    def __init__(self, client: Any, prefix: str = "webhooks:") -> None:
        self._client = client
        self._prefix = prefix

    def claim(self, key: str, owner: str, within: float) -> Claim:
        """Take the delivery."""
        if self._client.set(self._prefix + key, owner, nx=True, px=_milliseconds(within)):
            return Claim.MINE
        return _judged(self._client.get(self._prefix + key))

    def done(self, key: str, owner: str, keep: float) -> None:
        """Note that it was handled."""
        self._client.set(self._prefix + key, DONE, px=_milliseconds(keep))

    def release(self, key: str, owner: str) -> None:
        """Give it back."""
        self._client.eval(RELEASE, 1, self._prefix + key, owner)


class AsyncRedisStore:
    """The same on `redis.asyncio.Redis` or `valkey.asyncio.Valkey`."""

    def __init__(self, client: Any, prefix: str = "webhooks:") -> None:
        self._client = client
        self._prefix = prefix

    async def claim(self, key: str, owner: str, within: float) -> Claim:
        """Take the delivery."""
        if await self._client.set(self._prefix + key, owner, nx=True, px=_milliseconds(within)):
            return Claim.MINE
        return _judged(await self._client.get(self._prefix + key))

    async def done(self, key: str, owner: str, keep: float) -> None:
        """Note that it was handled."""
        await self._client.set(self._prefix + key, DONE, px=_milliseconds(keep))

    async def release(self, key: str, owner: str) -> None:
        """Give it back."""
        await self._client.eval(RELEASE, 1, self._prefix + key, owner)


class MemoryStore:
    """In this process only: for tests. Two slots would each handle every delivery.

    It remembers the last `NOTED_MAX` deliveries or a few more, however long the others were to be kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, tuple[str, float]] = {}
        self._until_swept = SWEEP_EVERY

    def claim(self, key: str, owner: str, within: float) -> Claim:
        """Take the delivery."""
        now = self._clock()
        with self._lock:
            noted, until = self._noted.get(key, ("", now))
            if until > now:
                return _judged(noted)
            self._note(key, owner, now, within)
            return Claim.MINE

    def done(self, key: str, owner: str, keep: float) -> None:
        """Note that it was handled."""
        with self._lock:
            self._note(key, DONE, self._clock(), keep)

    def release(self, key: str, owner: str) -> None:
        """Give it back."""
        with self._lock:
            if self._noted.get(key, ("", 0.0))[0] == owner:
                del self._noted[key]

    def _note(self, key: str, noted: str, now: float, seconds: float) -> None:
        self._noted.pop(key, None)  # so that it stands behind those noted before
        self._noted[key] = (noted, now + seconds)
        self._until_swept -= 1
        if self._until_swept <= 0:
            self._until_swept = SWEEP_EVERY
            lasting = [(name, held) for name, held in self._noted.items() if held[1] > now]
            self._noted = dict(lasting[-NOTED_MAX:])


def _judged(noted: Union[str, bytes, None]) -> Claim:
    # Nothing there any more: it ran out or was given back a moment ago. The sender's next try will get it.
    return Claim.DONE if noted in (DONE, DONE.encode()) else Claim.BUSY


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
