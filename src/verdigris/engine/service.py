"""Keeps the engines going: one loop for each app, soon again while something moves, else once a second.

Whatever goes wrong inside one app stays there: it is logged, traffic is left alone, and the next look tries anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from verdigris.engine.loop import Engine, Tick

__all__ = ["AT_REST", "BUSY", "MOVING", "Service"]

log = logging.getLogger("verdigris")

MOVING = 0.02
"""Seconds until the next look while effects are being confirmed."""
BUSY = 0.1
AT_REST = 1.0


class Service:
    """Runs engines until it is stopped. `wake` makes every one of them look at once."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = tuple(engines)
        self.bells = {engine.app: asyncio.Event() for engine in engines}
        self.stopping = asyncio.Event()

    def wake(self) -> None:
        for bell in self.bells.values():
            bell.set()

    def stop(self) -> None:
        """Ask the loops to end after the round that they are in. Traffic is left where it is."""
        self.stopping.set()
        self.wake()

    async def run(self) -> None:
        await asyncio.gather(*(self.drive(engine) for engine in self.engines))

    async def drive(self, engine: Engine) -> None:
        bell = self.bells[engine.app]
        while not self.stopping.is_set():
            bell.clear()
            seconds = await self.one(engine)
            try:
                async with asyncio.timeout(seconds):
                    await bell.wait()
            except TimeoutError:
                continue

    async def one(self, engine: Engine) -> float:
        """One round, and how long to wait for the next."""
        try:
            return pace(await engine.tick())
        except Exception:
            # The last resort: a bug in one app must not stop the others, nor move anybody's traffic.
            log.exception("%s: this round failed, traffic is left alone", engine.app)
            return AT_REST


def pace(tick: Tick) -> float:
    if tick.moving:
        return MOVING
    return BUSY if tick.busy else AT_REST
