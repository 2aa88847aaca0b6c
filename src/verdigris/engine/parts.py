"""What an engine is given: the adapters of one app, and where time comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from verdigris.core.errors import ObservationError
from verdigris.core.intake import Direct
from verdigris.ports import (
    Board,
    Clock,
    Environment,
    Notifier,
    Rehearser,
    Replayer,
    Router,
    SchemaTool,
    Signals,
    Source,
    Store,
)

__all__ = ["Deadline", "Directs", "Parts", "Together", "in_turn", "within"]

T = TypeVar("T")
Deadline = Callable[[Coroutine[Any, Any, T], float, str], Awaitable[T]]
Together = Callable[..., Awaitable[list[Any]]]


class Directs(Protocol):
    """Where a rollback that was done without the controller leaves its record."""

    def read(self) -> Direct | None: ...

    def clear(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters of one app. What is None is not configured."""

    router: Router
    environment: Environment
    signals: Signals
    store: Store
    clock: Clock
    directs: Directs
    notifier: Notifier | None = None
    board: Board | None = None
    schema: SchemaTool | None = None
    rehearser: Rehearser | None = None
    replayer: Replayer | None = None
    source: Source | None = None


async def within(work: Coroutine[Any, Any, T], seconds: float, what: str) -> T:
    """Await `work` for at most `seconds`; then its outcome is unknown: `ObservationError`."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise ObservationError(f"{what} did not answer within {seconds:g} s") from error


async def in_turn(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """Await one after another: what the simulator uses in the place of `asyncio.gather`."""
    try:
        return [await one for one in work]
    finally:
        for one in work:
            one.close()
