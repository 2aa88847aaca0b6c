"""The story of the versioned cache, told once for threads and for event loops.

It asks the store, turns every trouble into a miss, and lets one of many make what is missing. It never raises but
for what a maker raises.
"""

import random
import secrets
import time
from collections.abc import Awaitable
from typing import Any, Callable, Optional

from verdigris_kit import counts

from .bounds import ACROSS_STEP, ACROSS_WITHIN
from .entries import Change, Entries
from .entry import Entry
from .hot import Hottest
from .manners import Manner
from .stores import Store
from .trouble import Trouble

__all__ = ["Core", "Maker"]

Maker = Callable[[], Awaitable[Any]]


class Core:
    """One cache. `across`: seconds of a lock in the store that lets one process of all make a value; 0 is none."""

    def __init__(self, entries: Entries, store: Store, manner: Manner, hot: Hottest, across: float) -> None:
        """Nothing is asked yet."""
        self._entries = entries
        self._store = store
        self._manner = manner
        self._hot = hot
        self._across = across
        self._trouble = Trouble(time.monotonic)

    async def look(self, key: str) -> Optional[Entry]:
        """The entry of this version, or of an older one, upgraded."""
        self._hot.touch(key)
        entry = await self._own(key) or await self._older(key)
        counts.add("cache.miss" if entry is None else "cache.hit")
        return entry

    async def set(self, key: str, value: Any, seconds: float) -> bool:
        """Keep a value that has changed; False when the store did not take it."""
        return await self._change(self._entries.change(key, value, seconds, 0.0, outdates=True))

    async def delete(self, key: str) -> bool:
        """Remove the entries of every known version; False when the store did not."""
        return await self._change(self._entries.removal(key))

    async def get_or_make(self, key: str, make: Maker, seconds: float) -> Any:
        """The value of a key; where there is none, or soon will be, one of all who ask makes it."""
        entry = await self.look(key)
        if entry is None:
            return await self._manner.share(key, lambda: self._found_or_made(key, make, seconds))
        if self._entries.early(entry) and not self._manner.busy(key):
            return await self._refreshed(key, make, seconds, entry)
        return entry.value

    async def _own(self, key: str) -> Optional[Entry]:
        if self._trouble.resting():
            return None
        try:
            raw = await self._manner.bounded(self._store.get(self._entries.key(key)))
        except Exception as error:
            self._trouble.note(error)
            return None
        return self._entries.opened(raw, self._entries.versions.current)

    async def _older(self, key: str) -> Optional[Entry]:
        names = self._entries.older(key)
        if not names or self._trouble.resting():
            return None
        try:
            raws = await self._manner.bounded(self._store.get_many(names))
        except Exception as error:
            self._trouble.note(error)
            return None
        for version, raw in zip(self._entries.versions.readable, raws):
            entry = self._entries.opened(raw, version)
            if entry is not None:
                counts.add("cache.upgraded")
                await self._change(self._entries.upgraded(key, entry))
                return entry
        return None

    async def _found_or_made(self, key: str, make: Maker, seconds: float) -> Any:
        # Somebody may have landed between our miss and our flight.
        entry = await self._own(key)
        return await self._made(key, make, seconds) if entry is None else entry.value

    async def _refreshed(self, key: str, make: Maker, seconds: float, old: Entry) -> Any:
        try:
            value = await self._manner.share(key, lambda: self._made(key, make, seconds, old))
        except Exception:
            counts.add("cache.refresh_failed")
            return old.value
        counts.add("cache.refreshed")
        return value

    async def _made(self, key: str, make: Maker, seconds: float, old: Optional[Entry] = None) -> Any:
        if self._across <= 0:
            return await self._make(key, make, seconds)
        lock, token = f"lock:{self._entries.key(key)}", secrets.token_hex(8)
        if not await self._locked(lock, token):
            entry = await self._awaited(key, lock, token)
            if entry is not None:
                counts.add("cache.shared_across")
                return entry.value
        try:
            # Another process may have made it, and let go of the lock, between our look and our turn.
            entry = await self._own(key)
            if entry is not None and entry != old:
                counts.add("cache.shared_across")
                return entry.value
            return await self._make(key, make, seconds)
        finally:
            await self._unlock(lock, token)

    async def _make(self, key: str, make: Maker, seconds: float) -> Any:
        began = time.perf_counter()
        value = await make()
        took = time.perf_counter() - began
        if not self._trouble.resting():
            await self._change(self._entries.change(key, value, seconds, took, outdates=False))
        return value

    async def _awaited(self, key: str, lock: str, token: str) -> Optional[Entry]:
        """What another process made; None when it is our turn now, or took too long."""
        until = time.monotonic() + ACROSS_WITHIN
        while time.monotonic() < until and not self._trouble.resting():
            entry = await self._own(key)
            if entry is not None:
                return entry
            if await self._locked(lock, token):
                break
            await self._manner.pause(ACROSS_STEP * (0.5 + random.random()))  # noqa: S311 - not all at once
        return None

    async def _locked(self, lock: str, token: str) -> bool:
        """Whether the value is ours to make; where nobody can be asked, it is."""
        if self._trouble.resting():
            return True
        try:
            taken: bool = await self._manner.bounded(self._store.lock(lock, token, self._across))
        except Exception as error:
            self._trouble.note(error)
            return True
        return taken

    async def _unlock(self, lock: str, token: str) -> None:
        if self._trouble.resting():
            return
        try:
            await self._manner.bounded(self._store.unlock(lock, token))
        except Exception as error:
            self._trouble.note(error)

    async def _change(self, change: Optional[Change]) -> bool:
        """Tried while resting as well: what is not removed would be found later."""
        if change is None:
            return False
        try:
            await self._manner.bounded(self._store.change(change))
        except Exception as error:
            self._trouble.note(error)
            return False
        return True
