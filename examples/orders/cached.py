"""Orders by number, remembered: in this process, or in the Redis that `ORDERS_REDIS` names and both slots share.

An order never changes, so nothing has to be outdated. A Redis that is gone is a miss and no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris_kit.cache import AsyncCache, Versions

__all__ = ["orders_cache"]

# Count up when an order gets other fields, and say what an old entry means: `Versions(2, upgrades={1: ...})`.
SHAPE = Versions(1)


def orders_cache(environ: Mapping[str, str]) -> AsyncCache:
    """The cache as the variables want it."""
    return AsyncCache(
        _redis(environ["ORDERS_REDIS"]) if environ.get("ORDERS_REDIS") else {}, SHAPE, name="orders"
    )


def _redis(url: str) -> Any:
    from redis.asyncio import Redis

    return Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25)
