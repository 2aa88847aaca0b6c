"""Every kind of store that a cache can lie on, each over the same real Redis where it needs one."""

import inspect
from collections.abc import Callable
from itertools import count
from typing import Any

import redis
import redis.asyncio
import valkey
import valkey.asyncio
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from verdigris_kit import counts
from verdigris_kit.cache import AsyncCache, Cache

__all__ = ["KINDS", "OVER_REDIS", "awaited", "closed", "counted", "plain", "plain_valkey"]

QUICK = {"socket_timeout": 0.45, "socket_connect_timeout": 0.45}
"""As long as a call may be held where nothing else is said: two busy cores must not make a miss of a hit."""


def plain(url: str) -> redis.Redis:
    """A client that gives up soon enough for a cache."""
    return redis.Redis.from_url(url, retry=None, **QUICK)


def plain_valkey(url: str) -> valkey.Valkey:
    """The same of valkey-py."""
    return valkey.Valkey.from_url(url.replace("redis:", "valkey:"), retry=None, **QUICK)


NUMBERS = count()
"""Django keeps what is in memory by name, for the whole process: each test has one of its own."""

Make = Callable[[str], tuple[type, Any]]
OVER_REDIS: dict[str, Make] = {
    "redis": lambda url: (Cache, plain(url)),
    "redis decoding": lambda url: (
        Cache,
        redis.Redis.from_url(url, retry=None, decode_responses=True, **QUICK),
    ),
    "redis.asyncio": lambda url: (AsyncCache, redis.asyncio.Redis.from_url(url)),
    "valkey": lambda url: (Cache, plain_valkey(url)),
    "valkey.asyncio": lambda url: (
        AsyncCache,
        valkey.asyncio.Valkey.from_url(url.replace("redis:", "valkey:")),
    ),
    "django over redis": lambda url: (Cache, RedisCache(url, {"OPTIONS": QUICK})),
    "django over redis, awaited": lambda url: (AsyncCache, RedisCache(url, {"OPTIONS": QUICK})),
}
KINDS: dict[str, Make] = {
    **OVER_REDIS,
    "django in memory": lambda url: (Cache, LocMemCache(f"{next(NUMBERS)}", {})),
    "dictionary": lambda url: (Cache, {}),
    "dictionary, awaited": lambda url: (AsyncCache, {}),
}


async def awaited(answer: Any) -> Any:
    """What a cache of either kind answered."""
    return await answer if inspect.isawaitable(answer) else answer


async def closed(backend: Any) -> None:
    """Let the connections of a client go while their loop still runs."""
    if hasattr(backend, "aclose") and hasattr(backend, "getrange"):
        await backend.aclose()


class counted:
    """`with counted("cache.hit") as hits: ...; hits()`. How often something was counted since the block began."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Callable[[], int]:
        before = counts.read().get(self._name, 0)
        return lambda: counts.read().get(self._name, 0) - before

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""
