"""How the kit uses clients of Redis and Valkey, plain ones and those of an event loop, with the same code.

A coroutine over a plain client never waits for a loop, so it can be run without one. And a client without timeouts
is refused at start: it would hold every request while Redis stands still. So is one that tries again.
"""

import asyncio
import inspect
import math
from collections.abc import Awaitable, Coroutine
from typing import Any, Optional

__all__ = ["be_quick", "bounded", "is_async", "run"]


def run(story: "Coroutine[Any, Any, Any]") -> Any:
    """Run a coroutine that never waits for a loop; raise `TypeError` if it does."""
    try:
        story.send(None)
    except StopIteration as told:
        return told.value
    story.close()
    raise TypeError("this client waits for an event loop. Use the class whose name begins with Async.")


async def bounded(answer: "Awaitable[Any]", within: float) -> Any:
    """The answer; raise an error of time when it takes longer than `within` seconds."""
    if hasattr(asyncio, "timeout"):  # from Python 3.11 on, and several times as fast
        async with asyncio.timeout(within):  # novermin
            return await answer
    return await asyncio.wait_for(answer, within)


def is_async(client: Any) -> bool:
    """Whether a client's answers are awaited."""
    return inspect.iscoroutinefunction(client.execute_command)


def be_quick(who: str, client: Any, within: float, *, awaits: bool) -> None:
    """Raise `ValueError` for a client of the other kind, and a plain one that may hold a request longer.

    In an event loop `bounded` ends every call, so the client's own settings do not matter there. Nor do they where
    `within` is infinite, for who has bounds elsewhere. Looking up a name is the system's, and has bounds of its own.
    """
    if is_async(client) is not awaits:
        kind, other = ("plain", "without Async") if awaits else ("asynchronous", "with Async")
        raise ValueError(f"{who}: this client is {kind}. Use the class {other} in its name.")
    why = "" if awaits or within == math.inf else _slow(client, within)
    if why:
        raise ValueError(f"{who}: {why}.")


def _slow(client: Any, within: float) -> str:
    """Why a client could hold a request longer, and what to make it with; nothing where it cannot."""
    pool = getattr(client, "connection_pool", None)
    if pool is None or hasattr(pool, "sentinel_manager"):
        return (
            "this client asks one server after the other, for which no argument has a bound. Use redis.asyncio and"
            " the class with Async in its name, or within=float('inf') where a request may be held for long"
        )
    if getattr(client, "connection", None) is not None:
        return "its threads wait for each other's answers. Make the client without single_connection_client"
    # What an argument that was left out means is each release's own business: a connection knows.
    connection = pool.connection_class(**pool.connection_kwargs)
    if getattr(getattr(connection, "retry", None), "_retries", 0) != 0:
        # Each try may connect, with as many tries of its own, and between all of them it waits.
        return "this client tries again before it gives up. Make it with retry=Retry(NoBackoff(), 0)"
    return _waits(
        within,
        socket_connect_timeout=getattr(connection, "socket_connect_timeout", None),
        socket_timeout=connection.socket_timeout,
        **({"timeout": pool.timeout} if hasattr(pool, "timeout") else {}),
    )


def _waits(within: float, **seconds: Optional[float]) -> str:
    """The same, for arguments that add up: the pool, the connection, and the answer can each be waited for."""
    endless = [name for name, one in seconds.items() if one is None]
    most = sum(one or 0.0 for one in seconds.values())
    if not endless and most <= within:
        return ""
    long = "for ever" if endless else f"for {most:g} s"
    share = f"{math.floor(within / len(seconds) * 100) / 100:g}"
    return (
        f"a Redis that stands still would hold every request {long}, longer than within={within:g}. Make the client"
        f" with {', '.join(f'{name}={share}' for name in seconds)}"
    )
