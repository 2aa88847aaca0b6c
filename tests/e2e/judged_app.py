"""The orders API as services that a judge has to tell apart: how they fail and how long they take is worked out, not
thrown, so that every run is the same. `FATE` is JSON with the fields of `Fate`.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from dataclasses import dataclass
from statistics import NormalDist

import app
from app import make
from behaviour import Misbehaving

__all__ = ["Fate", "Fated", "make"]

MEDIAN, SPREAD = 0.04, 0.7
"""Seconds, and the standard deviation of their logarithm: the 99th percentile is 0.2 s. A busy machine adds little."""
TAIL = 0.9
"""The part of the requests that `tail` leaves alone; the slower they are, the more of it they get."""
GOLDEN = (5**0.5 - 1) / 2
"""Its multiples are spread evenly over [0, 1), however many there are."""
LEAKS_EACH = 10
PLENTY = 10_000
WAITS = 0.3
"""Seconds that a request waits for a connection."""


@dataclass(frozen=True)
class Fate:
    """Of so many requests (`every`) the last `clump` fail one after the other. The 99th percentile is `tail` times
    what it should be. With `leaks_after` seconds of traffic behind it, one request of ten keeps its connection, of
    which there are `pool`.
    """

    every: int = 0
    clump: int = 1
    tail: float = 1.0
    leaks_after: float = math.inf
    pool: int = 60


class Fated(Misbehaving):
    """Carries out the fate of this process."""

    async def start(self) -> None:
        await super().start()
        self.fate = Fate(**json.loads(os.environ.get("FATE", "{}")))
        # What a busy machine is late with is no leak: who does not leak has plenty.
        self.free = asyncio.Semaphore(self.fate.pool if self.fate.leaks_after < math.inf else PLENTY)
        self.began = math.inf

    async def on_traffic(self) -> bool:
        self._seen += 1
        loop, fate, number = asyncio.get_running_loop(), self.fate, self._seen
        if number == self.behaviour.requests:
            self.began = loop.time()
        if not await self.connected():
            return True
        await asyncio.sleep(takes(number, fate.tail))  # noqa: TID251 - the application takes its time, not its test
        if loop.time() - self.began < fate.leaks_after or number % LEAKS_EACH:
            self.free.release()
        return fate.every > 0 and number % fate.every >= fate.every - fate.clump

    async def connected(self) -> bool:
        """Whether there is a connection for this request, before its patience ends."""
        try:
            async with asyncio.timeout(WAITS):
                return await self.free.acquire()
        except TimeoutError:
            return False


def takes(number: int, tail: float) -> float:
    """Seconds for this request."""
    u = number * GOLDEN % 1.0
    more = 1.0 + (tail - 1.0) * min(max(u - TAIL, 0.0) / (0.99 - TAIL), 1.0)
    return MEDIAN * math.exp(SPREAD * NormalDist().inv_cdf(max(u, 1e-6))) * more


app.Misbehaving = Fated
