"""`Cache` and `AsyncCache`: what an application holds. The story behind both is told in `core`."""

import random
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable, Optional

from verdigris_kit.clients import run
from verdigris_kit.versions import Versions

from .bounds import ENTRY_MAX, TTL, TTL_MAX, positive
from .core import Core
from .entries import Entries, dumps, loads
from .hot import Hot, Hottest
from .manners import InLoop, InThreads
from .stores import store_of

__all__ = ["AsyncCache", "Cache", "Settings"]


@dataclass(frozen=True)
class Settings:
    """What both caches can be told, all of it optional.

    `ttl`: seconds that entries live. `within`: seconds that the store may hold one call. `across`: seconds of a lock
    in the store, so that one process of all makes a value; 0 is none. `beta`: above 1 refreshes earlier, 0 never
    early. `entry_max`: bytes; a larger entry is neither written nor read. `dumps` and `loads` are JSON; exchange
    both, and count `Versions.current` up when you do.
    """

    ttl: float = TTL
    within: float = 1.0
    across: float = 0.0
    beta: float = 1.0
    entry_max: int = ENTRY_MAX
    dumps: Callable[[Any], bytes] = dumps
    loads: Callable[[bytes], Any] = loads
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        """Raise `ValueError` for what is no span of time."""
        positive("ttl", self.ttl, TTL_MAX)
        positive("within", self.within)

    def core(self, backend: Any, versions: Optional[Versions], hot: Hottest, *, awaits: bool) -> Core:
        """What runs behind a cache with these settings."""
        known = versions or Versions()
        entries = Entries(known, self.dumps, self.loads, self.entry_max, self.beta, self.clock, self.chance)
        store = store_of(backend, self.entry_max, self.within, awaits=awaits)
        return Core(entries, store, InLoop(self.within) if awaits else InThreads(), hot, self.across)


class Cache:
    """A cache whose entries carry a version, so that two versions of an application can share one store.

    `backend` is a client of redis-py or valkey-py, a cache of Django's, a dictionary, or a `stores.Store`. Nothing
    that lies there, and nothing that it raises, becomes an exception here: it is a miss, counted in
    `verdigris_kit.counts`. `more` are the fields of `Settings`.
    """

    def __init__(
        self, backend: Any, versions: Optional[Versions] = None, *, name: str = "default", **more: Any
    ) -> None:
        """Raise `ValueError` for a backend of no known kind, or one that could hold a request too long."""
        self._hot = Hottest(name)
        self._settings = Settings(**more)
        self._core = self._settings.core(backend, versions, self._hot, awaits=False)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, of this version or upgraded from an older one; `default` where there is none."""
        entry = run(self._core.look(key))
        return default if entry is None else entry.value

    def set(self, key: str, value: Any, ttl: Optional[float] = None) -> bool:
        """Keep a value that has changed. Entries of other versions are doubled by a downgrade, or removed.

        False when the store did not take it: what was there before may still be there.
        """
        return bool(run(self._core.set(key, value, _seconds(ttl, self._settings.ttl))))

    def delete(self, key: str) -> bool:
        """Remove the entries of every known version. False when the store did not: they may still be there."""
        return bool(run(self._core.delete(key)))

    def get_or_make(self, key: str, make: Callable[[], Any], ttl: Optional[float] = None) -> Any:
        """The value of a key; where there is none `make()`, which is called once for all who ask meanwhile.

        Shortly before an entry ends, one reader makes it anew while the others still get the old value. An exception
        of `make` goes through, unless there is an old value to give.
        """

        async def made() -> Any:
            return make()

        return run(self._core.get_or_make(key, made, _seconds(ttl, self._settings.ttl)))

    def hottest(self, n: int = 100) -> "list[Hot]":
        """The keys that were asked for most, without version: what to warm before a switch."""
        return self._hot.top(n)


class AsyncCache:
    """`Cache` for an event loop: over redis.asyncio, valkey.asyncio, Django's cache, a dictionary, or a store."""

    def __init__(
        self, backend: Any, versions: Optional[Versions] = None, *, name: str = "default", **more: Any
    ) -> None:
        """Raise `ValueError` for a backend of no known kind, or one that would hold the loop."""
        self._hot = Hottest(name)
        self._settings = Settings(**more)
        self._core = self._settings.core(backend, versions, self._hot, awaits=True)

    async def get(self, key: str, default: Any = None) -> Any:
        """See `Cache.get`."""
        entry = await self._core.look(key)
        return default if entry is None else entry.value

    async def set(self, key: str, value: Any, ttl: Optional[float] = None) -> bool:
        """See `Cache.set`."""
        return await self._core.set(key, value, _seconds(ttl, self._settings.ttl))

    async def delete(self, key: str) -> bool:
        """See `Cache.delete`."""
        return await self._core.delete(key)

    async def get_or_make(
        self, key: str, make: Callable[[], Awaitable[Any]], ttl: Optional[float] = None
    ) -> Any:
        """See `Cache.get_or_make`. A making goes on when the one who asked first is cancelled."""
        return await self._core.get_or_make(key, make, _seconds(ttl, self._settings.ttl))

    def hottest(self, n: int = 100) -> "list[Hot]":
        """See `Cache.hottest`."""
        return self._hot.top(n)


def _seconds(ttl: Optional[float], otherwise: float) -> float:
    return otherwise if ttl is None else positive("ttl", ttl, TTL_MAX)
