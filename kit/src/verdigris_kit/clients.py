"""How the kit uses clients of Redis and Valkey, plain ones and those of an event loop, with the same code.

A coroutine over a plain client never waits for a loop, so it can be run without one. And a client without timeouts
is refused at start: it would hold every request while Redis stands still.
"""

import asyncio
import inspect
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
        async with asyncio.timeout(within):
            return await answer
    return await asyncio.wait_for(answer, within)


def is_async(client: Any) -> bool:
    """Whether a client's answers are awaited."""
    return inspect.iscoroutinefunction(client.execute_command)


def be_quick(who: str, client: Any, within: float, *, awaits: bool) -> None:
    """Raise `ValueError` for a client of the other kind, and a plain one that may hold a request longer.

    In an event loop `bounded` ends every call, so the client's own timeouts do not matter there.
    """
    if is_async(client) is not awaits:
        kind, other = ("plain", "without Async") if awaits else ("asynchronous", "with Async")
        raise ValueError(f"{who}: this client is {kind}. Use the class {other} in its name.")
    held = 0.0 if awaits else _held(client)
    if held is None or held > within:
        long = "for ever" if held is None else f"{held:g} s"
        raise ValueError(
            f"{who}: a Redis that stands still would hold every request {long}, longer than within={within:g}. Make"
            " the client with socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0)."
        )


def _held(client: Any) -> Optional[float]:
    """Seconds in all attempts together; None is without end."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:  # the client of a cluster has a pool for each node, and retries of its own
        return 0.0
    timeout = pool.connection_kwargs.get("socket_timeout")
    retry = client.get_retry()
    attempts = 1 + (int(getattr(retry, "_retries", 0)) if retry else 0)
    return None if timeout is None else float(timeout) * attempts
