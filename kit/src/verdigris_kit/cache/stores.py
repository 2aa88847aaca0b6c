"""Where entries lie: a Redis or Valkey through its client, Django's cache, or a dictionary.

A store does what it is told in one round trip and raises what its client raises. It never decodes an entry and never
searches for keys. Clients are not imported but known by what they can do. Every method is a coroutine; over a plain
client it never waits for a loop, so that `Cache` can run it without one.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any, Protocol, cast

from verdigris_kit.clients import be_quick, is_async

from .entries import Change

__all__ = ["BYTES_MAX", "ENTRIES_MAX", "DictStore", "DjangoStore", "RedisStore", "Store", "store_of"]

ENTRIES_MAX = 100_000
"""How many entries a dictionary holds before those written first give way."""

BYTES_MAX = 64 << 20
"""How many bytes they hold together; keys and what Python adds to each, some 150 bytes, come on top."""

UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
"""A lock is given back by the one who has it: it may have ended meanwhile, and be another's."""


class Store(Protocol):
    """What a cache needs. Write one to put entries anywhere else; it may raise whatever it likes."""

    async def get(self, key: str) -> Any:
        """The entry as it lies there, None where there is none."""

    async def get_many(self, keys: Sequence[str]) -> "list[Any]":
        """The same for several, in their order."""

    async def change(self, change: Change) -> None:
        """Write and remove."""

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Take a lock that ends by itself; False when somebody has it."""

    async def unlock(self, key: str, token: str) -> None:
        """Give it back if it is still `token`'s."""


class RedisStore:
    """A client of redis-py or valkey-py, of either kind. A value is read up to one byte more than is wanted."""

    def __init__(self, client: Any, entry_max: int) -> None:
        """Only `getrange`, `set`, `delete`, `eval` and `pipeline` are used."""
        self._client = client
        self._last = entry_max
        self._awaits = is_async(client)

    async def get(self, key: str) -> Any:
        return await self._answer(self._client.getrange(key, 0, self._last)) or None

    async def get_many(self, keys: Sequence[str]) -> "list[Any]":
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.getrange(key, 0, self._last)
        # One key with a foreign type must not hide the others.
        raws = await self._answer(pipe.execute(raise_on_error=False))
        return [None if isinstance(raw, Exception) else raw or None for raw in raws]

    async def change(self, change: Change) -> None:
        if len(change.puts) == 1 and not change.drops:  # half the price of a pipeline
            [put] = change.puts
            await self._answer(self._client.set(put.key, put.raw, px=_milliseconds(put.seconds)))
        elif change.puts or change.drops:
            await self._answer(self._piped(change).execute())

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        return bool(await self._answer(self._client.set(key, token, nx=True, px=_milliseconds(seconds))))

    async def unlock(self, key: str, token: str) -> None:
        await self._answer(self._client.eval(UNLOCK, 1, key, token))

    def _piped(self, change: Change) -> Any:
        # Single commands and no transaction: in a cluster the keys of one change lie on several nodes.
        pipe = self._client.pipeline(transaction=False)
        for put in change.puts:
            pipe.set(put.key, put.raw, px=_milliseconds(put.seconds))
        for key in change.drops:
            pipe.delete(key)
        return pipe

    async def _answer(self, answer: Any) -> Any:
        return await answer if self._awaits else answer


class DjangoStore:
    """One of Django's caches: `django.core.cache.cache` or `caches["name"]`. Its backend's pickle holds bytes only."""

    def __init__(self, cache: Any, awaits: bool) -> None:
        """`awaits`: through its asynchronous methods."""
        self._cache = cache
        self._awaits = awaits

    async def get(self, key: str) -> Any:
        return await self._call("get", key)

    async def get_many(self, keys: Sequence[str]) -> "list[Any]":
        found = await self._call("get_many", keys)
        return [found.get(key) for key in keys]

    async def change(self, change: Change) -> None:
        for put in change.puts:
            await self._call("set", put.key, put.raw, timeout=put.seconds)
        if change.drops:
            await self._call("delete_many", list(change.drops))

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        return bool(await self._call("add", key, token, timeout=seconds))

    async def unlock(self, key: str, token: str) -> None:
        # Django has no compare-and-delete: a lock that ended in between may be another's. It is short, and only
        # saves work.
        if await self._call("get", key) == token:
            await self._call("delete", key)

    async def _call(self, name: str, *words: Any, **more: Any) -> Any:
        if self._awaits:
            return await getattr(self._cache, f"a{name}")(*words, **more)
        return getattr(self._cache, name)(*words, **more)


class DictStore:
    """A dictionary of this process. Entries end when they are read, or give way when there are too many."""

    def __init__(
        self,
        entries: "MutableMapping[str, Any]",
        entries_max: int = ENTRIES_MAX,
        bytes_max: int = BYTES_MAX,
    ) -> None:
        """The dictionary stays the caller's; it can be shared between caches, each with these bounds for all of it."""
        self._entries = entries
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes_at_most = 0

    async def get(self, key: str) -> Any:
        return self._entries.get(key)

    async def get_many(self, keys: Sequence[str]) -> "list[Any]":
        return [self._entries.get(key) for key in keys]

    async def change(self, change: Change) -> None:
        for put in change.puts:
            self._entries[put.key] = put.raw
            self._bytes_at_most += len(put.raw)
        for key in change.drops:
            self._entries.pop(key, None)
        if len(self._entries) > self._entries_max or self._bytes_at_most > self._bytes_max:
            self._make_room()

    def _make_room(self) -> None:
        """Count what is there, and if it is too much let an eighth go, so that it is not done for every entry."""
        sizes = [(key, _size(self._entries.get(key))) for key in list(self._entries)]
        number, size = len(sizes), sum(size for _, size in sizes)
        part = 7 / 8 if number > self._entries_max or size > self._bytes_max else 1.0
        for key, freed in sizes:
            most = self._bytes_max * (part if number > 1 else 1.0)  # the latest stays, if it fits at all
            if number <= max(1, self._entries_max * part) and size <= most:
                break
            self._entries.pop(key, None)
            number, size = number - 1, size - freed
        self._bytes_at_most = size

    async def lock(self, key: str, token: str, seconds: float) -> bool:
        """Always given: within a process the cache's own single flight is enough."""
        return True

    async def unlock(self, key: str, token: str) -> None:
        """Nothing was taken."""


def store_of(backend: Any, entry_max: int, within: float, *, awaits: bool) -> Store:
    """The store for a client; `awaits` when it will run in an event loop.

    Raise `ValueError` for what is no client, one of the other kind, and one that could hold a request longer than
    `within` seconds.
    """
    if hasattr(backend, "getrange") and hasattr(backend, "pipeline"):
        be_quick("cache", backend, within, awaits=awaits)
        return RedisStore(backend, entry_max)
    if isinstance(backend, MutableMapping):
        return DictStore(backend)
    if hasattr(backend, "get_many") and hasattr(backend, "delete_many"):
        return DjangoStore(backend, awaits)
    if hasattr(backend, "get_many") and hasattr(backend, "change"):
        return cast(Store, backend)
    raise ValueError(
        f"cache: {type(backend).__name__} is no client of Redis or Valkey, no cache of Django's and no dictionary."
        " Give it the methods of verdigris_kit.cache.stores.Store."
    )


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _size(raw: Any) -> int:
    return len(raw) if isinstance(raw, (bytes, str)) else 0  # another's, in a dictionary that is shared
