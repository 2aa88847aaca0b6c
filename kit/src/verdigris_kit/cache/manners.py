"""How the one core of the cache waits: in threads for `Cache`, in an event loop for `AsyncCache`.

And single flight: of all who miss one key at once, one makes the value and the others wait for it. What is waited
for has a bound: a maker that hangs holds the others no longer than `FLIGHT_WITHIN`.
"""

import asyncio
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from verdigris_kit import counts
from verdigris_kit.clients import bounded

from .bounds import FLIGHT_WITHIN

__all__ = ["InLoop", "InThreads", "Make", "Manner"]

Make = Callable[[], Coroutine[Any, Any, Any]]


class Manner(Protocol):
    """What the core leaves to whoever runs it."""

    async def bounded(self, answer: "Awaitable[Any]") -> Any:
        """What a store answers; raise an error of time when it takes too long."""

    async def pause(self, seconds: float) -> None:
        """Let others go on."""

    def busy(self, key: str) -> bool:
        """Whether somebody makes this key now."""

    async def share(self, key: str, make: Make) -> Any:
        """What `make` makes, here or where it is being made already. An error is everybody's who waits."""


@dataclass(frozen=True)
class Flight:
    """One making that is under way in a thread."""

    pilot: int
    landed: "Future[Any]" = field(default_factory=Future)


class InThreads:
    """Threads wait by blocking. The store's calls are bounded by the client's own timeouts."""

    def __init__(self) -> None:
        """Nothing is being made."""
        self._open: dict[str, Flight] = {}
        _manners.add(self)

    async def bounded(self, answer: "Awaitable[Any]") -> Any:
        return await answer

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no loop: `run` drives this

    def busy(self, key: str) -> bool:
        return key in self._open

    async def share(self, key: str, make: Make) -> Any:
        mine = Flight(threading.get_ident())
        flight = self._open.setdefault(
            key, mine
        )  # one step of the interpreter: one of all threads puts it there
        if flight is mine:
            return await self._pilot(key, mine, make)
        if flight.pilot == mine.pilot:  # a maker that asks for its own key would wait for itself
            return await make()
        try:
            value = flight.landed.result(FLIGHT_WITHIN)
        except Late:
            if flight.landed.done():  # the maker's own error, which happens to be one of time
                raise
            counts.add("cache.waited_in_vain")
            return await make()
        counts.add("cache.shared")
        return value

    async def _pilot(self, key: str, mine: Flight, make: Make) -> Any:
        try:
            value = await make()
        except BaseException as error:
            mine.landed.set_exception(error)
            raise
        else:
            mine.landed.set_result(value)
            return value
        finally:
            self._open.pop(key, None)  # in a child that was forked meanwhile it is gone


class InLoop:
    """Coroutines wait in their loop. A making goes on when the one who began it is cancelled."""

    def __init__(self, within: float) -> None:
        """`within` bounds each call of the store, in seconds."""
        self._within = within
        self._open: dict[str, asyncio.Task[Any]] = {}
        _manners.add(self)

    async def bounded(self, answer: "Awaitable[Any]") -> Any:
        return await bounded(answer, self._within)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def busy(self, key: str) -> bool:
        return key in self._open

    async def share(self, key: str, make: Make) -> Any:
        flight = self._open.get(key)
        if flight is None:
            return await asyncio.shield(self._started(key, make))
        if flight is asyncio.current_task() or flight.get_loop() is not asyncio.get_running_loop():
            return await make()
        done, _ = await asyncio.wait([flight], timeout=FLIGHT_WITHIN)
        if not done:
            counts.add("cache.waited_in_vain")
            return await make()
        counts.add("cache.shared")
        return flight.result()

    def _started(self, key: str, make: Make) -> "asyncio.Task[Any]":
        flight = asyncio.ensure_future(make())
        self._open[key] = flight
        flight.add_done_callback(lambda landed: self._landed(key, landed))
        return flight

    def _landed(self, key: str, flight: "asyncio.Task[Any]") -> None:
        self._open.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # looked at: when all who waited were cancelled, nobody else does


_manners: "weakref.WeakSet[Any]" = weakref.WeakSet()


def _in_child() -> None:
    # Who was making something was left behind in the parent: nobody here would ever land.
    for manner in list(_manners):
        manner._open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
