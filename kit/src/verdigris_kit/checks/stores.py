"""Does the cache answer: clients of Redis and Valkey, synchronous and asynchronous, single and in a cluster."""

import inspect
from typing import Any

from verdigris_kit.health import Check, Finding

__all__ = ["redis", "valkey"]

KEPT_SECONDS = 10


def redis(client: Any, writes: str = "") -> Check:
    """Check that it answers PING; with `writes`, that it takes a key of that name as well, for ten seconds.

    A Redis that is full, or a replica, answers PING and refuses to be written to. Give the client a
    `socket_timeout`, which it has not by itself: otherwise one lost connection makes the check hang for long.
    """

    def check() -> Finding:
        return _found(client.ping(), client.set(writes, b"1", ex=KEPT_SECONDS) if writes else True)

    async def check_async() -> Finding:
        return _found(
            await client.ping(), await client.set(writes, b"1", ex=KEPT_SECONDS) if writes else True
        )

    return check_async if inspect.iscoroutinefunction(client.execute_command) else check


valkey = redis
"""The same: the clients do not differ in this."""


def _found(ponged: Any, written: Any) -> Finding:
    if not ponged:
        return Finding(False, f"PING was answered with {ponged!r}")
    return Finding(bool(written), "" if written else f"SET was answered with {written!r}")
