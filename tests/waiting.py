"""How a test waits: for evidence, with a bound that has a name, and a sentence for when it is reached."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

__all__ = ["eventually", "eventually_sync", "settled", "taken_up"]

T = TypeVar("T")

WITHIN = 20.0
"""Generous: two busy cores must not fail a test that is right."""

GLANCE = 0.01


async def eventually(look: Callable[[], T | Awaitable[T]], what: str, within: float = WITHIN) -> T:
    """Look until there is something true to see, and return it; or fail with `what` was waited for."""
    until = time.monotonic() + within
    while True:
        seen = look()
        seen = await seen if inspect.isawaitable(seen) else seen
        if seen:
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"waited {within:g} s for {what}, last seen: {seen!r}")
        await asyncio.sleep(GLANCE)


def eventually_sync(look: Callable[[], T], what: str, within: float = WITHIN) -> T:
    """The same for a test without an event loop."""
    until = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > until:
            raise AssertionError(f"waited {within:g} s for {what}, last seen: {seen!r}")
        time.sleep(GLANCE)
    return seen


async def settled(but: Iterable[asyncio.Task[object]] = ()) -> None:
    """End what runs in this loop, `but` for these: whoever is just being taken up is taken up, and then let go.

    A connection that is still held when its loop ends is a warning, and that in whichever test comes next.
    """
    spared = {*but, asyncio.current_task()}
    await _rounds(asyncio.all_tasks() - spared, 0.1)
    held = await _begun(spared)
    for task in held:
        task.cancel()
    await _rounds(held, 1.0)


async def _begun(spared: set[asyncio.Task[object] | None]) -> set[asyncio.Task[object]]:
    """The tasks, once each has taken its first step: one that is ended before lets go of nothing that it was given."""
    seen: set[asyncio.Task[object]] = set()
    while (running := asyncio.all_tasks() - spared) != seen:
        seen = running
        await taken_up()
    return running


async def taken_up() -> None:
    """Let the loop go round until a connection that is at the door is in: that takes it three rounds."""
    for _ in range(5):
        await asyncio.sleep(0)


async def _rounds(tasks: set[asyncio.Task[object]], seconds: float) -> None:
    """Let the loop go round until these are over; what was closed just now takes its leave meanwhile."""
    for waits in (tasks, (), ()):
        await asyncio.wait([*waits, asyncio.create_task(asyncio.to_thread(int))], timeout=seconds)
