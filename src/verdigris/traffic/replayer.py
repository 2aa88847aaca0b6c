"""Replays a bounded sample of safe requests at both slots, each to both at the same time.

It goes on as it was told in the last look and stops by itself when nobody looks any more. It never waits for a slot
that hangs, never has more than a few requests under way, and never makes up for what it left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from verdigris.core.replays import Replay
from verdigris.core.world import PerSlot
from verdigris.ports import Clock
from verdigris.traffic.control import Control
from verdigris.traffic.sender import Sender

__all__ = ["AT_ONCE_MOST", "SILENT_AFTER", "Replayer", "Sample"]

AT_ONCE_MOST = 4
"""Requests under way in one slot. When there are as many, the next are left out."""

SILENT_AFTER = 5.0
"""Seconds without a look after which nothing more is sent."""

Mark = Callable[[str], str]
"""What makes a request a rehearsal for the instance of this name; empty for one that must not be told."""


class Sample(Protocol):
    """Where requests come from. Nothing is kept while nobody wants it."""

    def want(self, wanted: bool) -> None: ...

    def draw(self, now: float) -> bytes | None:
        """`GET /path`, or None."""
        ...


class Replayer:
    """Of one app, inside one event loop. What came of the requests is in `control`; `close` ends it all."""

    def __init__(self, clock: Clock, sample: Sample, sender: Sender, mark: Mark) -> None:
        self.control = Control()
        self._clock = clock
        self._sample = sample
        self._sender = sender
        self._mark = mark
        self._replay: Replay | None = None
        self._told_at = clock.now()
        self._turn = 0
        self._pacer: asyncio.Task[None] | None = None
        self._pairs: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def follow(self, replay: Replay | None) -> None:
        """Go on with this; None ends at once what is under way, and it counts for nothing."""
        self._replay, self._told_at = replay, self._clock.now()
        if replay is None:
            self._stop()
        elif self._pacer is None:
            self._sample.want(True)
            self._pacer = asyncio.create_task(self._pace(), name="replay")

    async def close(self) -> None:
        self.follow(None)
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self._sender.close()

    def _stop(self) -> None:
        self._sample.want(False)
        for task in (*self._pairs, *([self._pacer] if self._pacer else [])):
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.cancel()
        self._pairs.clear()
        self._pacer = None

    async def _pace(self) -> None:
        while self._replay is not None:
            await asyncio.sleep(1.0 / self._replay.rate)
            self._next(self._replay)

    def _next(self, replay: Replay) -> None:
        now = self._clock.now()
        if now - self._told_at > SILENT_AFTER:
            return
        self.control.begin(int(now))
        asked = self._sample.draw(now) if len(self._pairs) < AT_ONCE_MOST else None
        if asked is None:
            return
        method, _, whole = asked.decode("ascii").partition(" ")
        path = self._sender.front.within(whole)
        if path is not None:
            self._turn += 1
            pair = asyncio.create_task(self._ask(replay, method, path, self._turn), name="replayed pair")
            self._pairs.add(pair)
            pair.add_done_callback(self._pairs.discard)

    async def _ask(self, replay: Replay, method: str, path: str, turn: int) -> None:
        """One request to an instance of each slot. Who is second may find warm what both share: they take turns."""
        first = replay.live if turn % 2 else replay.candidate
        members = [replay.members[slot] for slot in (first, first.other)]
        asked = [some[turn // 2 % len(some)] for some in members]
        marks = [self._mark(member.name) for member in asked]
        if not all(marks):
            return
        one, other = await asyncio.gather(
            *(self._sender.send(method, m.address, path, mark) for m, mark in zip(asked, marks, strict=True))
        )
        self.control.count(int(self._clock.now()), PerSlot.of(first, one, other))
