"""What a check claims: that things are the same, that they come to be so, that somebody refuses.

A check waits only for evidence and never longer than `WITHIN`; it knows time and moments only from its scene.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from verdigris.core.errors import VerdigrisError
from verdigris.core.world import Known, Seen
from verdigris.ports import Clock

__all__ = ["MOMENT", "Waiting", "eventually", "holds", "moment", "refuses", "same", "seen"]

T = TypeVar("T")

WITHIN = 30.0
"""Seconds of the scene's clock. Generous: a busy machine must not fail an adapter that is right."""


MOMENT = 0.02


class Waiting(Protocol):
    """A place where time passes."""

    @property
    def clock(self) -> Clock: ...

    async def pause(self) -> None:
        """Let a moment pass: some milliseconds of real time, or a step of a simulated one."""
        ...


async def moment() -> None:
    """The pause of a scene whose time is real."""
    await asyncio.sleep(MOMENT)


def same(expected: object, actual: object, what: str) -> None:
    if expected != actual:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def holds(true: object, what: str) -> None:
    if not true:
        raise AssertionError(f"it does not hold that {what}")


def seen(value: Seen[T], what: str) -> T:
    """What was seen; a check that comes here wants to know."""
    if isinstance(value, Known):
        return value.value
    raise AssertionError(f"{what} is unknown: {value.why}")


async def refuses(work: Awaitable[Any], error: type[VerdigrisError], what: str) -> None:
    try:
        await work
    except error:
        return
    raise AssertionError(f"{what} was taken, {error.__name__} was expected")


async def eventually(scene: Waiting, look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look until there is something true to see, and return it."""
    until = scene.clock.now() + WITHIN
    while not (found := await look()):
        if scene.clock.now() > until:
            raise AssertionError(f"waited {WITHIN:g} s for {what}, last seen: {found!r}")
        await scene.pause()
    return found
